"""Calls a service defined as a Rust trait with Python grpcio and the .proto file that Rust exports.

usage: trait_first.py ADDR
"""

import sys
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proto"))  # where grpcio looks for .proto files
messages, services = grpc.protos_and_services("trait_first.proto")

from google.protobuf.empty_pb2 import Empty  # noqa: E402

SECONDS = 20


def add(stub):
    assert stub.Add(messages.AddRequest(a=40, b=2), timeout=SECONDS).value == 42
    assert stub.Add(messages.AddRequest(a=-5), timeout=SECONDS).value == -5
    try:
        stub.Add(messages.AddRequest(a=2**31 - 1, b=1), timeout=SECONDS)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.OUT_OF_RANGE, error
    else:
        raise AssertionError("an overflow was answered")


def echo(stub):
    everything = messages.Everything()
    scalars = everything.scalars
    scalars.a_double, scalars.a_float, scalars.an_int32, scalars.an_int64 = -0.0, 0.5, -1, -(2**63)
    scalars.a_uint64, scalars.a_sint32, scalars.a_sint64 = 2**64 - 1, -(2**31), -7
    scalars.a_fixed32, scalars.a_fixed64 = 2**32 - 1, 1
    scalars.a_sfixed32, scalars.a_sfixed64 = -1, -2
    scalars.a_bool, scalars.a_string, scalars.some_bytes, scalars.color = True, "Grüße", b"\0\xff", 77
    everything.optionals.an_int32 = 0
    everything.optionals.a_string = ""
    everything.repeated.sint32s.extend([1, -1, 0])
    everything.repeated.colors.extend([messages.COLOR_RED, messages.INFRARED, 7])
    everything.repeated.strings.extend(["", "a"])
    everything.maps.texts["a"] = "b"
    everything.maps.numbers[-(2**63)] = 3
    everything.maps.colors[True] = messages.COLOR_BLUE
    everything.maps.times[1].seconds = 12
    everything.choices.add(first=1).again.signed = -3
    everything.choices.add(between=2, flag=False).nothing.SetInParent()
    everything.tree.label = "root"
    everything.tree.children.add(label="leaf")
    everything.tree.special.special.label = "deep"
    everything.well_known.timestamp.GetCurrentTime()
    everything.well_known.object["key"] = [1, "two", None]
    everything.well_known.any.add().Pack(scalars)
    reply = stub.Echo(everything, timeout=SECONDS)
    assert reply == everything, reply
    assert not reply.optionals.HasField("a_bool") and reply.optionals.HasField("an_int32")
    assert reply.scalars.color == 77, "an unknown number was lost"


def colors(stub):
    reply = stub.Colors(Empty(), timeout=SECONDS)
    assert list(reply.value) == [messages.COLOR_RED, messages.INFRARED, 7], reply
    assert stub.Rest(Empty(), timeout=SECONDS) == Empty()


def lengths(stub):
    reply = stub.Lengths(messages.LengthsRequest(texts=["a", "bcd"]), timeout=SECONDS)
    assert dict(reply.value) == {"a": 1, "bcd": 3}, reply


def streams(stub):
    assert [reply.value for reply in stub.Count(messages.CountRequest(**{"from": 3}), timeout=SECONDS)] == [2, 1, 0]
    trees = [messages.Tree(label=label) for label in ("oak", "elm")]
    assert stub.Labels(iter(trees), timeout=SECONDS).value == "oak, elm"
    planted = list(stub.Plant(iter(trees), timeout=SECONDS))
    assert [(tree.label, tree.special.label) for tree in planted] == [("garden", "oak"), ("garden", "elm")], planted


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        stub = services.CatalogStub(channel)
        for check in (add, echo, colors, lengths, streams):
            check(stub)
            print(check.__name__, "ok")


if __name__ == "__main__":
    main()
