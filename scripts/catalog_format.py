"""The layout of Sources/CResourceCatalog/catalog.bin, which scripts/make-catalog.py writes and ResourceTypes reads.

The file (all integers little-endian; "varint" is LEB128; "path" is a count and that many string numbers):

    header   "PPCATLG1", then six u32: number of types, of strings, of nodes; offsets of the string, type and node indexes
    strings  u32 offsets into the UTF-8 bytes that follow, one more than there are strings; the most used come first
    types    (u32 string number of the name, u32 offset of the record), sorted by the bytes of the name
    nodes    u32 offset of each node: one property schema, shared by every type that says the same
    record   varints: region, flags, root node; lists of paths in the order of PATH_LISTS; paths of the tag property and of
             what Ref returns (empty: none); attribute names; lifecycle: nothing or a status and a date
    node     varint of NODE_FIELDS bits, then the fields that are present, in that order
"""

import struct
from collections import Counter

PATH_LISTS = [
    "createOnlyProperties",
    "conditionalCreateOnlyProperties",
    "readOnlyProperties",
    "writeOnlyProperties",
    "deprecatedProperties",
    "primaryIdentifier",
    "propertyTransform",
]

# Name and encoding of each field of a node; the position is the bit that says whether it is there.
NODE_FIELDS = [
    ("types", "number"),
    ("enum", "strings"),
    ("enumIgnoresCase", "flag"),
    ("pattern", "string"),
    ("format", "string"),
    ("minLength", "number"),
    ("maxLength", "number"),
    ("minimum", "string"),
    ("maximum", "string"),
    ("minItems", "number"),
    ("maxItems", "number"),
    ("minProperties", "number"),
    ("maxProperties", "number"),
    ("uniqueItems", "flag"),
    ("unordered", "flag"),
    ("closed", "flag"),
    ("items", "node"),
    ("additionalProperties", "node"),
    ("properties", "members"),
    ("patternProperties", "members"),
    ("required", "strings"),
    ("allOf", "nodes"),
    ("anyOf", "nodes"),
    ("oneOf", "nodes"),
    ("dependentRequired", "string lists"),
    ("dependentExcluded", "string lists"),
    ("requiredXor", "strings"),
    ("requiredOr", "strings"),
]
NODE_VALUED = {"node", "nodes", "members"}


def parts(kind, value):
    """(name, node) of what a field of nodes holds."""
    if kind == "members":
        return value
    if kind == "nodes":
        return [("", node) for node in value]
    return [] if value is None else [("", value)]


def encode(records, table):
    """The bytes of the catalog: `Record`s by name, and the `NodeTable` that their properties are in."""
    classes = table.share()
    representatives = {}
    for number, node_class in enumerate(classes):
        representatives.setdefault(node_class, table.nodes[number])
    # What is used most gets the smallest numbers, which take the fewest bytes.
    use = Counter(classes[record.root] for record in records)
    strings = Counter()
    for node in representatives.values():
        for key, kind in NODE_FIELDS:
            if kind in NODE_VALUED:
                for name, child in parts(kind, node[key]):
                    use[classes[child]] += 1
                    if kind == "members":
                        strings[name] += 1
            else:
                strings.update(texts(kind, node[key]))
    for record in records:
        strings.update([record.name, record.region, *record.attributes, *record.lifecycle])
        strings.update([*record.tag_property, *record.ref_property])
        strings.update(part for paths in record.paths for path in paths for part in path)
    string_number = {text: n for n, text in enumerate(sorted(strings, key=lambda text: (-strings[text], text)))}
    ordered = sorted(representatives, key=lambda node_class: (-use[node_class], node_class))
    node_number = {node_class: n for n, node_class in enumerate(ordered)}
    writer = Writer(string_number, [node_number[node_class] for node_class in classes])

    header_size = 8 + 6 * 4
    string_bytes = [text.encode() for text in string_number]
    string_index = header_size
    type_index = string_index + 4 * (len(string_bytes) + 1) + sum(map(len, string_bytes))
    node_index = type_index + 8 * len(records)
    offset = node_index + 4 * len(ordered)
    node_data = [writer.node(representatives[node_class]) for node_class in ordered]
    record_data = [writer.record(record) for record in records]

    data = bytearray(b"PPCATLG1")
    data += struct.pack("<6I", len(records), len(string_bytes), len(ordered), string_index, type_index, node_index)
    data += pack_offsets(string_index + 4 * (len(string_bytes) + 1), string_bytes, with_end=True)
    data += b"".join(string_bytes)
    record_offset = offset + sum(map(len, node_data))
    for record, encoded in zip(records, record_data):
        data += struct.pack("<2I", string_number[record.name], record_offset)
        record_offset += len(encoded)
    data += pack_offsets(offset, node_data, with_end=False)
    return bytes(data) + b"".join(node_data) + b"".join(record_data)


def texts(kind, value):
    if kind == "string":
        return [] if value is None else [value]
    if kind == "strings":
        return value
    if kind == "string lists":
        return [text for name, others in value for text in (name, *others)]
    return []


def pack_offsets(start, chunks, with_end):
    offsets = [start]
    for chunk in chunks:
        offsets.append(offsets[-1] + len(chunk))
    return struct.pack(f"<{len(chunks) + with_end}I", *offsets[: len(chunks) + with_end])


def says_nothing(key, value):
    return value is None or value is False or value == () or value == 0 and (key == "types" or key.startswith("min"))


class Writer:
    """Encodes records and nodes with the final numbers of strings and nodes."""

    def __init__(self, string_number, node_number):
        self.string_number = string_number
        self.node_number = node_number

    def node(self, node):
        present = [(bit, key, kind) for bit, (key, kind) in enumerate(NODE_FIELDS) if not says_nothing(key, node[key])]
        fields = b"".join(self.field(kind, node[key]) for _, key, kind in present)
        return varint(sum(1 << bit for bit, _, _ in present)) + fields

    def field(self, kind, value):
        if kind == "flag":
            return b""
        if kind == "number":
            return varint(value)
        if kind == "string":
            return varint(self.string_number[value])
        if kind == "strings":
            return self.names(value)
        if kind == "node":
            return varint(self.node_number[value])
        if kind == "nodes":
            return varint(len(value)) + b"".join(varint(self.node_number[node]) for node in value)
        if kind == "members":
            members = (varint(self.string_number[name]) + varint(self.node_number[node]) for name, node in value)
            return varint(len(value)) + b"".join(members)
        return varint(len(value)) + b"".join(varint(self.string_number[name]) + self.names(list_) for name, list_ in value)

    def record(self, record):
        data = varint(self.string_number[record.region]) + varint(record.flags) + varint(self.node_number[record.root])
        for paths in record.paths:
            data += varint(len(paths)) + b"".join(map(self.names, paths))
        for texts in [record.tag_property, record.ref_property, record.attributes, record.lifecycle]:
            data += self.names(texts)
        return data

    def names(self, texts):
        return varint(len(texts)) + b"".join(varint(self.string_number[text]) for text in texts)


def varint(value):
    assert value >= 0
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)
