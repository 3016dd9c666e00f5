"""Checks requests against botocore's own service models.

Standard input: a JSON list of requests, each an object with the service as botocore calls it, the action, and what goes over
the wire: method, path, query, headers, body. Standard output: a JSON list of what is wrong with each, or null. A request is
read back into an operation's input by the model, validated, written anew by botocore's serializer, and compared.
"""
import json
import sys
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()


class Wrong(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Wrong(what)


def scalar(shape, text, name):
    """The value that a text stands for."""
    if shape.type_name == "boolean":
        require(text in ("true", "false"), "%s is no boolean: %s" % (name, text))
        return text == "true"
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text


def read_form(shape, form, prefix):
    """The value that the form's entries below `prefix` stand for, by the shape; takes them out of the form."""
    below = prefix + "." if prefix else ""
    if shape.type_name == "structure":
        return {
            name: read_form(member, form, below + name)
            for name, member in shape.members.items()
            if any(key == below + name or key.startswith(below + name + ".") for key in form)
        }
    if shape.type_name == "list":
        if form.get(prefix) == "":
            del form[prefix]
            return []
        items, number = [], 1
        while any(key == "%s.member.%d" % (prefix, number) or key.startswith("%s.member.%d." % (prefix, number)) for key in form):
            items.append(read_form(shape.member, form, "%s.member.%d" % (prefix, number)))
            number += 1
        return items
    if shape.type_name == "map":
        entries, number = {}, 1
        while "%s.entry.%d.key" % (prefix, number) in form:
            key = form.pop("%s.entry.%d.key" % (prefix, number))
            entries[key] = form.pop("%s.entry.%d.value" % (prefix, number))
            number += 1
        return entries
    return scalar(shape, form.pop(prefix), prefix)


def query(request, operation):
    """The query protocol's input, and a function that compares what botocore writes for it."""
    pairs = parse_qsl(request["body"], keep_blank_values=True, strict_parsing=True)
    sent = dict(pairs)
    require(len(sent) == len(pairs), "a name occurs twice")
    require((request["method"], request["path"], request["query"]) == ("POST", "/", {}), "not a POST of a form")
    form = dict(sent)
    require(form.pop("Action") == operation.name, "another action")
    require(form.pop("Version") == operation.service_model.api_version, "another version")
    value = read_form(operation.input_shape, form, "") if operation.input_shape else {}
    require(not form, "not in the model: %s" % sorted(form))
    return value, lambda written: {name: str(text) for name, text in written["body"].items()} == sent


def json_rpc(request, operation):
    metadata = operation.service_model.metadata
    headers = request["headers"]
    require(headers["x-amz-target"] == "%s.%s" % (metadata["targetPrefix"], operation.name), headers["x-amz-target"])
    require(headers["content-type"] == "application/x-amz-json-%s" % metadata["jsonVersion"], headers["content-type"])
    require((request["method"], request["path"], request["query"]) == ("POST", "/", {}), "not a POST of an object")
    value = json.loads(request["body"])
    return value, lambda written: json.loads(written["body"]) == value and written["headers"]["X-Amz-Target"] == headers["x-amz-target"]


def rest(request, operation):
    """The input of a protocol that spreads it over path, query, headers and body: S3's XML, whose bodies are bytes, and JSON."""
    shape = operation.input_shape
    template, _, fixed = operation.http["requestUri"].partition("?")
    require(request["method"] == operation.http["method"], "another method")
    asked = dict(request["query"])
    for name, text in parse_qsl(fixed, keep_blank_values=True):
        require(asked.pop(name, None) == text, "the query lacks %s=%s" % (name, text))
    # Signed and sent by every request, and in no model.
    headers = {
        name: text for name, text in request["headers"].items()
        if name not in ("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "host")
    }
    value = {}
    parts = template.strip("/").split("/")
    segments = request["path"].lstrip("/").split("/", len(parts) - 1)
    require(len(parts) == len(segments), "the path is not %s" % template)
    for part, segment in zip(parts, segments):
        if part.startswith("{"):
            value[part.strip("{+}")] = unquote(segment)
        else:
            require(part == segment, "the path is not %s" % template)
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        place = member.serialization.get("location")
        if place == "querystring" and wire in asked:
            value[name] = scalar(member, asked.pop(wire), wire)
        if place == "header" and wire.lower() in headers:
            value[name] = scalar(member, headers.pop(wire.lower()), wire)
    payload = shape.serialization.get("payload")
    document = None
    if payload and shape.members[payload].type_name == "blob":
        value[payload] = request["body"].encode()
    elif any("location" not in member.serialization for member in shape.members.values()):
        require(operation.service_model.metadata["protocol"] == "rest-json", "XML, which nothing here reads")
        require(headers.pop("content-type", None) == "application/json", "a body that is not said to be JSON")
        document = json.loads(request["body"])
        value.update(document)
    else:
        require(request["body"] == "", "a body where there is none")
    require(not asked and not headers, "not in the model: %s" % sorted([*asked, *headers]))

    def is_same(written):
        path, _, fixed = written["url_path"].partition("?")
        query = {name: str(text) for name, text in [*parse_qsl(fixed, keep_blank_values=True), *written["query_string"].items()]}
        sent = {name.lower(): str(text) for name, text in written["headers"].items()}
        return (
            unquote(path) == unquote(request["path"]) and query == request["query"] and sent.items() <= request["headers"].items()
            and (document is None or json.loads(written["body"]) == document)
        )

    return value, is_same


READERS = {"query": query, "json": json_rpc, "rest-xml": rest, "rest-json": rest}


def check_enums(shape, value, path):
    if shape.type_name == "structure":
        for name, member in value.items():
            check_enums(shape.members[name], member, "%s.%s" % (path, name))
    elif shape.type_name == "list":
        for item in value:
            check_enums(shape.member, item, path)
    elif getattr(shape, "enum", None):
        require(value in shape.enum, "%s: %s is none of %s" % (path, value, shape.enum))


def fault(request):
    model = SESSION.get_service_model(request["service"])
    operation = model.operation_model(request["action"])
    protocol = model.metadata["protocol"]
    try:
        is_signed = "authorization" in request["headers"]
        require(is_signed == (operation.auth_type != "none"), "it is signed" if is_signed else "it is not signed")
        value, is_same = READERS[protocol](request, operation)
        shape = operation.input_shape
        if not shape:
            require(not value, "members where there are none: %s" % value)
            return None
        report = ParamValidator().validate(value, shape)
        require(not report.has_errors(), report.generate_report())
        check_enums(shape, value, operation.name)
        written = create_serializer(protocol).serialize_to_request(value, operation)
        require(is_same(written), "botocore writes %s" % written)
    except Wrong as wrong:
        return "%s: %s" % (operation.name, wrong)
    return None


if __name__ == "__main__":
    json.dump([fault(request) for request in json.load(sys.stdin)], sys.stdout)
