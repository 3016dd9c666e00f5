#!/usr/bin/env python3
"""Writes Sources/CResourceCatalog/catalog.bin: what pipeplan knows about every resource type of CloudFormation.

    scripts/python-env && .venv/bin/python scripts/make-catalog.py [OUTPUT]

Reads the resource schemas inside the installed PyPI package cfn-lint (MIT-0; pinned in scripts/requirements.txt), into
which that package has already merged its own corrections. A type is taken from us-east-1; one that is missing there from
the first region, by name, that has it, which the record says. The same input gives the same bytes, laid out as
scripts/catalog_format.py tells.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import cfnlint
from catalog_format import NODE_FIELDS, NODE_VALUED, PATH_LISTS, encode, parts
from cfnlint.schema._schema import Schema
from cfnlint.version import __version__ as cfnlint_version

HOME_REGION = "us-east-1"
ROOT = Path(__file__).resolve().parent.parent
SOURCE = """\
// Written by scripts/make-catalog.py.
extension ResourceTypeCatalog {{
    /// Where the facts of the catalog inside this program are from.
    package static let source = "cfn-lint {}"
}}
"""
TAGGABLE, TAG_UPDATABLE, DELETES_FIRST, IMMUTABLE = 1, 2, 4, 8

# What Ref returns is the primary identifier, except for these. None: it is no property, or not always.
# Sources: "Return values" on the types' pages in the CloudFormation user guide; for identifiers of several parts also what
# LocalStack's developers found at AWS (localstack/services/cloudformation/engine/quirks.py).
REF_EXCEPTIONS = {
    "AWS::ApiGateway::Model": "Name",
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::Batch::JobDefinition": None,  # the ARN with its revision
    "AWS::Logs::LogStream": "LogStreamName",
    "AWS::S3::BucketPolicy": None,  # a generated name where the resource is older than the type's registry schema
}

TYPES = {"string": 1, "integer": 2, "number": 4, "boolean": 8, "array": 16, "object": 32, "null": 64}


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Sources/CResourceCatalog/catalog.bin"
    nodes = NodeTable()
    records = [Record(schema, region, nodes) for region, schema in read_schemas()]
    data = encode(records, nodes)
    output.write_bytes(data)
    if len(sys.argv) == 1:
        (ROOT / "Sources/ResourceTypes/ResourceTypeCatalog+Source.swift").write_text(SOURCE.format(cfnlint_version))
    elsewhere = Counter(record.region for record in records if record.region != HOME_REGION)
    print(f"{output}: {len(records)} types of cfn-lint {cfnlint_version}, {len(data):,} bytes")
    print("not in", HOME_REGION + ":", ", ".join(f"{count} of {region}" for region, count in sorted(elsewhere.items())))


def read_schemas():
    """(region, schema) of every type, by name."""
    folder = Path(cfnlint.__file__).parent / "data/schemas"
    regions = sorted((folder / "providers").glob("*.json"), key=lambda file: (file.stem != HOME_REGION, file.stem))
    found = {}
    for file in regions:
        for name, digest in json.loads(file.read_text()).items():
            found.setdefault(name, (file.stem, digest))
    for name in sorted(found, key=lambda name: name.encode()):
        region, digest = found[name]
        yield region, json.loads((folder / "resources" / f"{digest}.json").read_text())


class Record:
    """What is said of a type apart from its properties' schemas."""

    def __init__(self, schema, region, nodes):
        self.name = schema["typeName"]
        self.region = region
        lists = {key: {tuple(split_pointer(pointer)) for pointer in schema.get(key, [])} for key in PATH_LISTS}
        # What is create-only and read-only at once may be set, but the service may answer something else.
        settable_once = lists["readOnlyProperties"] & lists["createOnlyProperties"]
        lists["readOnlyProperties"] -= settable_once
        lists["propertyTransform"] |= settable_once
        self.paths = [sorted(lists[key]) for key in PATH_LISTS]
        self.tag_property = self.find_tag_property(schema)
        self.ref_property = self.find_ref_property()
        self.flags = self.find_flags(schema)
        self.attributes = sorted(self.find_attributes(schema))
        self.lifecycle = [schema["lifecycle"].get(key, "") for key in ["status", "date"]] if "lifecycle" in schema else []
        self.root = nodes.add_schema(schema, {key: value for key, value in schema.items() if key in ROOT_KEYS})

    @staticmethod
    def find_tag_property(schema):
        tagging = schema.get("tagging", {})
        if tagging.get("taggable", schema.get("taggable")) is False:
            return ()
        pointer = tagging.get("tagProperty", "/properties/Tags")
        path = tuple(split_pointer(pointer))
        return path if path[0] in schema["properties"] else ()

    def find_flags(self, schema):
        flags = 0
        tagging = schema.get("tagging", {})
        # A type that says nothing of tagging takes tags where it has a property for them.
        if tagging.get("taggable", schema.get("taggable", bool(self.tag_property))):
            flags |= TAGGABLE
            if tagging.get("tagUpdatable", True) and self.tag_property not in self.paths[0]:
                flags |= TAG_UPDATABLE
        if schema.get("replacementStrategy") == "delete_then_create":
            flags |= DELETES_FIRST
        # "The type does not include an update handler, so the type cannot be updated and must instead be replaced"
        # (API reference of DescribeType, ProvisioningType). Types without any handlers predate the registry.
        if "handlers" in schema and "update" not in schema["handlers"]:
            flags |= IMMUTABLE
        return flags

    def find_ref_property(self):
        """The property that Ref returns the value of: only where that is certain, and only one that a template sets."""
        create_only, _, read_only, write_only, _, identifiers, normalized = self.paths
        identifier = identifiers[0] if len(identifiers) == 1 else ()
        if self.name in REF_EXCEPTIONS:
            name = REF_EXCEPTIONS[self.name]
            identifier = (name,) if name else ()
        return identifier if identifier in create_only and identifier not in [*read_only, *write_only, *normalized] else ()

    @staticmethod
    def find_attributes(schema):
        """What Fn::GetAtt accepts; a `*` at the end stands for any name."""
        for expression in Schema(schema).get_atts.data:
            prefix = expression.removesuffix(".*")
            if prefix != expression:
                yield prefix.replace("\\", "") + "*"
            elif "*" not in expression:
                yield expression


def split_pointer(pointer):
    """`/properties/A/*/B` as a list of names."""
    head, *path = pointer.removeprefix("/").split("/")
    assert head == "properties" and path, pointer
    return [part.replace("~1", "/").replace("~0", "~") for part in path]


# What of a whole schema describes the object that a resource's Properties are.
ROOT_KEYS = {
    "properties", "patternProperties", "additionalProperties", "required", "allOf", "anyOf", "oneOf", "dependencies",
    "dependentRequired", "dependentExcluded", "requiredXor", "requiredOr",
}  # fmt: skip


# What of a property's schema is kept.
KEPT = ROOT_KEYS | {
    "$ref", "type", "enum", "enumCaseInsensitive", "const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum",
    "minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems", "insertionOrder", "items",
}  # fmt: skip
def number_by_first_use(values):
    numbers = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]


class NodeTable:
    """Property schemas as nodes whose fields are plain values or numbers of other nodes.

    A definition becomes one node per type, however often and however recursively it is referred to; `share` then finds
    the nodes that say the same, over all types.
    """

    def __init__(self):
        self.nodes = []

    def add_schema(self, schema, root):
        self.schema = schema
        self.known = {}
        return self.add(root)

    def add(self, source):
        source = self.merged(source)
        key = json.dumps(source, sort_keys=True)
        if key not in self.known:
            # Known before it is filled, so that a definition that refers to itself finds its own number.
            self.known[key] = len(self.nodes)
            self.nodes.append({})
            self.fill(self.known[key], source)
        return self.known[key]

    def target(self, pointer):
        value = self.schema
        for part in pointer.removeprefix("#/").split("/"):
            value = value[part]
        return value

    def merged(self, source):
        """Without what is not kept; a `$ref` with more beside it, or in a lone `allOf`, as the one schema that they mean."""
        source = {key: value for key, value in source.items() if key in KEPT}
        while "$ref" in source and len(source) > 1:
            target = self.target(source.pop("$ref"))
            source = {**{key: value for key, value in target.items() if key in KEPT}, **source}
        constraints = [c for c in source.get("allOf", []) if set(c) & KEPT]
        if len(constraints) == 1 and not set(constraints[0]) & set(source):
            del source["allOf"]
            return self.merged({**constraints[0], **source})
        return source

    def fill(self, number, source):
        while "$ref" in source:
            source = self.merged(self.target(source["$ref"]))
        node = self.nodes[number]
        types = source.get("type", [])
        mask = sum(TYPES[name] for name in ([types] if isinstance(types, str) else types))
        if not mask and ("properties" in source or "patternProperties" in source):
            mask = TYPES["object"]
        if not mask and "items" in source:
            mask = TYPES["array"]
        node["types"] = mask
        values = source.get("enum") or source.get("enumCaseInsensitive") or [source[k] for k in ["const"] if k in source]
        node["enum"] = tuple(scalar_text(value) for value in values)
        node["enumIgnoresCase"] = "enumCaseInsensitive" in source
        for key in ["pattern", "format"]:
            node[key] = source.get(key)
        for key in ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]:
            node[key] = source.get(key)
        for key in ["minimum", "maximum"]:
            node[key] = scalar_text(source[key]) if key in source else None
        node["uniqueItems"] = source.get("uniqueItems", False)
        node["unordered"] = source.get("insertionOrder") is False
        additional = source.get("additionalProperties", True)
        node["closed"] = additional is False
        node["additionalProperties"] = self.add(additional) if isinstance(additional, dict) else None
        node["items"] = self.add(source["items"]) if "items" in source else None
        for key in ["properties", "patternProperties"]:
            node[key] = tuple((name, self.add(source[key][name])) for name in sorted(source.get(key, {})))
        node["required"] = tuple(sorted(source.get("required", [])))
        for key in ["allOf", "anyOf", "oneOf"]:
            node[key] = self.alternatives(key, source.get(key, []))
        lists = {**source.get("dependencies", {}), **source.get("dependentRequired", {})}
        node["dependentRequired"] = named_lists(lists)
        node["dependentExcluded"] = named_lists(source.get("dependentExcluded", {}))
        for key in ["requiredXor", "requiredOr"]:
            node[key] = tuple(source.get(key, []))

    def alternatives(self, key, sources):
        """The schemas of an `allOf`, `anyOf` or `oneOf`; none where what is kept of them no longer restricts anything."""
        kept = [{k: v for k, v in source.items() if k in KEPT} for source in sources]
        if key == "allOf":
            kept = [source for source in kept if source]
        if key == "anyOf" and not all(kept) or key == "oneOf" and not any(kept):
            return ()
        return tuple(self.add(source) for source in kept)

    def share(self):
        """The number of the class of each node: two are in one class when no path from them tells them apart.

        Refines classes until they are stable, as an automaton is minimised; so recursive definitions are shared too.
        """
        plain, children = [], []
        for node in self.nodes:
            plain.append(repr([(key, node[key]) for key, kind in NODE_FIELDS if kind not in NODE_VALUED]))
            below = [(key, parts(kind, node[key])) for key, kind in NODE_FIELDS if kind in NODE_VALUED]
            children.append([(key, name, child) for key, members in below for name, child in members])
        classes = number_by_first_use(plain)
        while True:
            signatures = (
                (own, tuple((key, name, classes[child]) for key, name, child in below)) for own, below in zip(classes, children)
            )
            refined = number_by_first_use(signatures)
            if max(refined) == max(classes):
                return refined
            classes = refined


def scalar_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def named_lists(lists):
    return tuple((name, tuple(lists[name])) for name in sorted(lists) if isinstance(lists[name], list))


if __name__ == "__main__":
    main()
