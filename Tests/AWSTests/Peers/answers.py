"""Answers in which every member of an operation's output stands that botocore's service model has.

Standard input: a JSON list of [service, action]. Standard output: for each, a JSON list of its pages, each an object with
status, headers and body. A text is the name of its member, or the first value of its enumeration; the pages differ in their
tokens only. moto's serializers write the answers, and botocore's parsers have to read the same out of them again.
"""
import datetime
import json
import sys

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from moto.core.model import ServiceModel
from moto.core.serialize import get_serializer_class

SESSION = botocore.session.get_session()
LOADER = SESSION.get_component("data_loader")
NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
SCALARS = {"integer": 7, "long": 7, "boolean": True, "timestamp": NOON, "blob": b"bytes", "double": 0.5, "float": 0.5}
# What says that there is another page.
TOKENS = {"NextToken": "token", "NextContinuationToken": "token", "IsTruncated": True}


def sample(shape, name, above=()):
    if shape.type_name == "structure":
        return {
            key: sample(member, key, (*above, shape.name))
            for key, member in shape.members.items()
            if member.name not in above
        }
    if shape.type_name == "list":
        return [sample(shape.member, name, above)]
    if shape.type_name == "map":
        return {"key": sample(shape.value, name, above)}
    if shape.type_name == "string":
        return next(iter(getattr(shape, "enum", None) or []), name)
    return SCALARS[shape.type_name]


def written(service, operation, value):
    protocol = operation.service_model.metadata["protocol"]
    model = ServiceModel(LOADER.load_service_model(service, "service-2"), service)
    answer = get_serializer_class(service, protocol)(model.operation_model(operation.name)).serialize(value)
    body = answer["body"] if isinstance(answer["body"], bytes) else answer["body"].encode()
    headers = {name.lower(): str(text) for name, text in answer["headers"].items()}
    if operation.name == "HeadObject":
        body = b""
    # S3's own name of the element, which is in no model.
    body = body.replace(b"ListObjectsV2Response", b"ListBucketResult").replace(b"ListObjectVersionsResponse", b"ListVersionsResult")
    response = {"status_code": answer["status_code"], "headers": HeadersDict(headers), "body": body}
    again = create_parser(protocol).parse(response, operation.output_shape)
    # moto gives every body its own type.
    different = {key for key in {*again, *value} - {"ResponseMetadata", "Body", "ContentType"} if again.get(key) != value.get(key)}
    if different:
        raise SystemExit("botocore does not read the same %s of %s" % (different, operation.name))
    return {"status": answer["status_code"], "headers": headers, "body": body.decode()}


def pages(service, action):
    operation = SESSION.get_service_model(service).operation_model(action)
    if not operation.output_shape:
        return [{"status": 200, "headers": {}, "body": "<%sResponse/>" % action}]
    last = sample(operation.output_shape, action)
    first = {**last, **{name: value for name, value in TOKENS.items() if name in last}}
    for name in TOKENS:
        last.pop(name, None)
    return [written(service, operation, page) for page in ([first, last] if first.keys() & TOKENS.keys() else [last])]


if __name__ == "__main__":
    json.dump([pages(service, action) for service, action in json.load(sys.stdin)], sys.stdout)
