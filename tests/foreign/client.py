"""Calls every kind of method of a helloworld.Greeter with Python grpcio; exits 0 if all replies are right.

usage: client.py ADDR
"""

import queue
import sys

import grpc

from greeter import HelloRequest, services

SECONDS = 20


def say_hello(stub):
    reply = stub.SayHello(HelloRequest(name="grpcio"), timeout=SECONDS)
    assert reply.message == "Hello grpcio", reply


def stream_hello(stub):
    replies = list(stub.StreamHello(HelloRequest(name="grpcio"), timeout=SECONDS))
    assert len(replies) == 10, replies
    assert all("grpcio" in reply.message for reply in replies), replies


def chat(stub):
    """Sends each request after the previous reply: neither side may wait for the end of the other's stream."""
    requests = queue.SimpleQueue()
    replies = stub.Chat(iter(requests.get, None), timeout=SECONDS)
    for name in ("one", "two", "three"):
        requests.put(HelloRequest(name=name))
        reply = next(replies)
        assert name in reply.message, reply
    requests.put(None)
    assert list(replies) == []
    assert replies.code() == grpc.StatusCode.OK, replies.code()


def unknown_method(channel):
    call = channel.unary_unary("/helloworld.Greeter/Nothing")
    try:
        call(b"", timeout=SECONDS)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
    else:
        raise AssertionError("a method that does not exist was answered")


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        stub = services.GreeterStub(channel)
        for check in (say_hello, stream_hello, chat):
            check(stub)
            print(check.__name__, "ok")
        unknown_method(channel)
        print("unknown_method ok")


if __name__ == "__main__":
    main()
