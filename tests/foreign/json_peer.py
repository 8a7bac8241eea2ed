"""Converts random messages by two ProtoJSON implementations, Python protobuf's and rsrpc's; exits 0 if they agree.

usage: json_peer.py PEER [COUNT] [SEED]

PEER is the program of tests/src/bin/json-peer.rs. For each message: what either writes is the same JSON, and either
reads what the other writes (in each of the forms that Python's can write) as the message that it was made from.
"""

import json
import math
import random
import struct
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

from google.protobuf import (  # noqa: F401 (some only register their file)
    any_pb2,
    api_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)
from google.rpc import error_details_pb2
from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parents[1] / "proto"
FILES = ["json_corpus_proto2.proto", "json_corpus.proto"]

# Ways in which Python writes a message; the first is canonical.
FORMS = [
    {},
    {"preserving_proto_field_name": True},
    {"use_integers_for_enums": True},
    {"always_print_fields_with_no_presence": True},
    {"ensure_ascii": False, "sort_keys": True},
]

# Error details of a status; rsrpc knows all of them.
DETAILS = [
    message_factory.GetMessageClass(message)
    for message in error_details_pb2.DESCRIPTOR.message_types_by_name.values()
]
# Number of random messages of each type, besides those nested in others.
DETAILS_OF_A_KIND = 20

# Fields of google.protobuf's descriptors that editions added; prost-types lacks them.
TOO_NEW = {"edition", "features", "feature_support", "edition_defaults", "option_dependency", "visibility"}
TOO_NEW |= {"retention", "targets", "debug_redact", "unverified_lazy", "declaration", "verification"}
TOO_NEW |= {"deprecated_legacy_json_field_conflicts", "semantic"}
TOO_NEW_VALUES = {"SYNTAX_EDITIONS"}


def load():
    """The class of json_corpus.Everything, from the .proto files."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        include = resources.files("grpc_tools") / "_proto"
        arguments = ["protoc", f"-I{PROTOS}", f"-I{include}", f"--descriptor_set_out={out}", *FILES]
        assert protoc.main(arguments) == 0
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.Default()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("json_corpus.Everything"))


class Peer:
    """The rsrpc side."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request, argument):
        self.process.stdin.write(f"{request} {argument}\n".encode())
        self.process.stdin.flush()
        kind, _, answer = self.process.stdout.readline().decode().rstrip("\n").partition(" ")
        assert kind == "ok", f"{request}: {kind} {answer}"
        return answer

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0


STRINGS = ["", "a", "grüße", "\u0000\u001f\b\f\n\r\t", "\"\\/'", "\u2028\u2029\u007f", "😀\U0010ffff", "</script>"]
STRINGS += ["NaN", "1e3", "null", "@type", " spaces ", "x" * 300]
DOUBLES = [1.0, -1.5, 0.1, 1e-7, 1e21, 1e22, 123456789.125, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]
DOUBLES += [math.inf, -math.inf, math.nan, 9007199254740993.0, -1e300, 1 / 3]
# Not the largest float: Python writes it as 3.4028235e+38 and refuses to read that.
FLOATS = [0.1, 1.5, 16777216.0, 3.4028232635611926e38, 1e-45, math.inf, -math.inf, math.nan]
MASK_PATHS = ["a", "a_b", "a.b", "foo_bar.baz_qux", "a1", "x.y.z"]


class Maker:
    """Fills messages at random."""

    def __init__(self, seed, known):
        self.random = random.Random(seed)
        self.known = known  # what Any may hold, beside well-known types

    def fill(self, message, depth):
        special = getattr(self, message.DESCRIPTOR.full_name.replace("google.protobuf.", "fill_"), None)
        if special:
            special(message, depth)
            return message
        share = self.random.choice([0.1, 0.5, 0.9])
        filled_oneofs = set()
        for field in message.DESCRIPTOR.fields:
            if field.file.package == "google.protobuf" and field.name in TOO_NEW:
                continue
            oneof = field.containing_oneof
            if oneof and len(oneof.fields) > 1:
                if oneof.name in filled_oneofs or self.random.random() > 2 / len(oneof.fields):
                    continue
                filled_oneofs.add(oneof.name)
            elif not field.is_required and self.random.random() > share:
                continue
            if field.message_type and depth <= 0 and not field.is_required:
                continue
            self.set(message, field, depth - 1)
        return message

    def set(self, message, field, depth):
        if field.message_type and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            place = getattr(message, field.name)
            for _ in range(self.random.randrange(4)):
                if value.message_type:
                    self.fill(place[self.scalar(key)], depth)
                else:
                    place[self.scalar(key)] = self.scalar(value)
        elif field.is_repeated:
            place = getattr(message, field.name)
            for _ in range(self.random.randrange(4)):
                if field.message_type:
                    self.fill(place.add(), depth)
                else:
                    place.append(self.scalar(field))
        elif field.message_type:
            place = getattr(message, field.name)
            place.SetInParent()
            self.fill(place, depth)
        else:
            setattr(message, field.name, self.scalar(field))

    def scalar(self, field):
        choose = self.random.choice
        if field.cpp_type == field.CPPTYPE_BOOL:
            return choose([False, True])
        if field.cpp_type == field.CPPTYPE_ENUM:
            numbers = [value.number for value in field.enum_type.values if value.name not in TOO_NEW_VALUES]
            if not field.enum_type.is_closed and field.enum_type.file.package != "google.protobuf":
                numbers.append(4711)
            return choose(numbers)
        if field.type == field.TYPE_BYTES:
            return self.random.randbytes(self.random.randrange(12))
        if field.type == field.TYPE_STRING:
            return choose(STRINGS)
        if field.cpp_type == field.CPPTYPE_DOUBLE:
            return choose([self.double(), *DOUBLES])
        if field.cpp_type == field.CPPTYPE_FLOAT:
            return choose([self.float(), *FLOATS])
        bits = 64 if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) else 32
        if field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64):
            low, high = 0, 2**bits - 1
        else:
            low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        return choose([low, high, 0, 1, min(high, 2**53 + 1), self.random.randint(low, high)])

    def double(self):
        number = struct.unpack("<d", self.random.randbytes(8))[0]
        return number if math.isfinite(number) else 0.5

    def float(self):
        number = struct.unpack("<f", self.random.randbytes(4))[0]
        return number if math.isfinite(number) else 0.5

    def nanos(self):
        return self.random.choice([0, 1, 999_999_999, 500_000_000, 123_000_000, 123_456_000, 1_000])

    def fill_Timestamp(self, message, _):
        low, high = -62135596800, 253402300799
        message.seconds = self.random.choice([low, high, 0, -1, self.random.randint(low, high)])
        message.nanos = self.nanos()

    def fill_Duration(self, message, _):
        sign = self.random.choice([1, -1])
        message.seconds = sign * self.random.choice([0, 1, 315_576_000_000, self.random.randrange(10**6)])
        message.nanos = 0 if abs(message.seconds) == 315_576_000_000 else sign * self.nanos()

    def fill_FieldMask(self, message, _):
        message.paths.extend(self.random.sample(MASK_PATHS, self.random.randrange(4)))

    def fill_Value(self, message, depth):
        kinds = ["null_value", "number_value", "string_value", "bool_value"]
        kind = self.random.choice(kinds + (["struct_value", "list_value"] if depth > 0 else []))
        if kind == "number_value":
            message.number_value = self.random.choice([0.0, self.double(), 1e15, 0.1, 2.0**53])
        else:
            self.set(message, message.DESCRIPTOR.fields_by_name[kind], depth - 1)

    def fill_Any(self, message, depth):
        if self.random.random() < 0.1:
            return
        kinds = [duration_pb2.Duration, empty_pb2.Empty, field_mask_pb2.FieldMask, struct_pb2.Struct, struct_pb2.Value]
        kinds += [timestamp_pb2.Timestamp, wrappers_pb2.Int64Value, wrappers_pb2.BytesValue, any_pb2.Any]
        kinds += DETAILS
        inner = self.random.choice(kinds + self.known)()
        message.Pack(self.fill(inner, depth - 1))


def read_by_them(text, like):
    return json_format.Parse(text, type(like)())


def expect(found, meant, what):
    difference = first_difference(found, meant, "")
    assert difference is None, f"{what}: {difference}"


def first_difference(found, meant, path):
    """Returns the first difference of two JSON values."""
    if isinstance(found, dict) and isinstance(meant, dict) and found.keys() == meant.keys():
        parts = ((found[key], meant[key], f"{path}.{key}") for key in meant)
    elif isinstance(found, list) and isinstance(meant, list) and len(found) == len(meant):
        parts = ((one, other, f"{path}[{index}]") for index, (one, other) in enumerate(zip(found, meant)))
    elif found == meant and isinstance(found, bool) == isinstance(meant, bool):
        return None
    elif "loat" in path and as_float(found) == as_float(meant) is not None:
        return None  # in a field called so: many texts stand for one float
    else:
        return f"{path} is {json.dumps(found)[:1000]}, not {json.dumps(meant)[:1000]}"
    return next(filter(None, (first_difference(*part) for part in parts)), None)


def as_float(number):
    """Returns the bytes of a number as a 32-bit float."""
    return struct.pack("<f", number) if isinstance(number, (int, float)) else None


def compare(peer, message):
    # The dictionary distinguishes unset from default and treats two NaNs as equal.
    meant = json_format.MessageToDict(message)
    ours = peer.ask("to_json", message.SerializeToString().hex())
    expect(json.loads(ours), json.loads(json_format.MessageToJson(message)), "what we write")
    expect(json_format.MessageToDict(read_by_them(ours, message)), meant, "what they read of ours")
    for form in FORMS:
        text = json_format.MessageToJson(message, **{"indent": None, **form})
        if "always_print_fields_with_no_presence" in form and '"described"' in text:
            continue  # it would hold the fields of TOO_NEW
        read = type(message).FromString(bytes.fromhex(peer.ask("from_json", text)))
        expect(json_format.MessageToDict(read), meant, f"what we read of theirs, {form}")


def messages(everything, count, seed):
    """The comparisons, each with its name."""
    for number in range(count):
        maker = Maker(f"{seed}/{number}", [everything, type(everything().scalars)])
        yield f"message {number} of seed {seed}", maker.fill(everything(), 4)
    for kind in DETAILS:
        for number in range(DETAILS_OF_A_KIND):
            message = everything()
            detail = Maker(f"{seed}/{kind.DESCRIPTOR.name}/{number}", []).fill(kind(), 3)
            message.well_known.any.Pack(detail)
            yield f"{kind.DESCRIPTOR.full_name} {number} of seed {seed}", message


def main():
    program, count, seed = [*sys.argv[1:], *["400", "1"][len(sys.argv) - 2 :]]
    everything = load()
    peer = Peer(program)
    number = size = 0
    for name, message in messages(everything, int(count), seed):
        number += 1
        size += message.ByteSize()
        try:
            compare(peer, message)
        except Exception:
            print(name, file=sys.stderr)
            raise
    peer.stop()
    print(f"json_peer.py: agreed on {number} messages, {size} bytes")


if __name__ == "__main__":
    main()
