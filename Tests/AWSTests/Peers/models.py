"""Checks query-protocol requests against botocore's own service models.

Standard input: a JSON list of [service, form]. Standard output: a JSON list of what is wrong with each, or null. A form is
read back into an operation's input by the model, validated, written anew by botocore's serializer, and compared.
"""
import json
import sys
from urllib.parse import parse_qsl

import botocore.session
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()


def read(shape, form, prefix):
    """The value that the form's entries below `prefix` stand for, by the shape; takes them out of the form."""
    if shape.type_name == "structure":
        return {
            name: read(member, form, "%s%s" % (prefix + "." if prefix else "", name))
            for name, member in shape.members.items()
            if any(key == (prefix + "." if prefix else "") + name or key.startswith((prefix + "." if prefix else "") + name + ".") for key in form)
        }
    if shape.type_name == "list":
        if form.get(prefix) == "":
            del form[prefix]
            return []
        items, number = [], 1
        while any(key == "%s.member.%d" % (prefix, number) or key.startswith("%s.member.%d." % (prefix, number)) for key in form):
            items.append(read(shape.member, form, "%s.member.%d" % (prefix, number)))
            number += 1
        return items
    if shape.type_name == "map":
        entries, number = {}, 1
        while "%s.entry.%d.key" % (prefix, number) in form:
            key = form.pop("%s.entry.%d.key" % (prefix, number))
            entries[key] = form.pop("%s.entry.%d.value" % (prefix, number))
            number += 1
        return entries
    text = form.pop(prefix)
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            raise ValueError("%s is no boolean: %s" % (prefix, text))
        return text == "true"
    if shape.type_name == "integer":
        return int(text)
    if getattr(shape, "enum", None) and text not in shape.enum:
        raise ValueError("%s: %s is none of %s" % (prefix, text, shape.enum))
    return text


def fault(service, body):
    model = SESSION.get_service_model(service)
    pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
    form = dict(pairs)
    if len(form) != len(pairs):
        return "a name occurs twice"
    sent = dict(form)
    action, version = form.pop("Action"), form.pop("Version")
    if version != model.api_version:
        return "version %s" % version
    operation = model.operation_model(action)
    if not operation.input_shape:
        return "members where there are none: %s" % sorted(form) if form else None
    try:
        value = read(operation.input_shape, form, "")
    except ValueError as error:
        return str(error)
    if form:
        return "not in the model: %s" % sorted(form)
    report = ParamValidator().validate(value, operation.input_shape)
    if report.has_errors():
        return report.generate_report()
    written = create_serializer("query").serialize_to_request(value, operation)["body"]
    if {name: str(text) for name, text in written.items()} != sent:
        return "botocore writes %s" % written
    return None


if __name__ == "__main__":
    json.dump([fault(service, body) for service, body in json.load(sys.stdin)], sys.stdout)
