"""helloworld.Greeter on Python grpcio. Prints `listening ADDR`, then a line for each call that ended with OK.

grpcio sends a call's headers with its first reply, so Chat sends nothing before it has read a message: a client that
waits for headers before it sends would wait for ever. SIGTERM ends the server.
"""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc

from greeter import HelloReply, services


class Greeter(services.GreeterServicer):
    def SayHello(self, request, context):
        print("served SayHello", flush=True)
        return HelloReply(message=f"Hello {request.name}")

    def StreamHello(self, request, context):
        for _ in range(10):
            yield HelloReply(message=f"Hello {request.name}")
        print("served StreamHello", flush=True)

    def Chat(self, requests, context):
        count = 0
        for request in requests:
            count += 1
            yield HelloReply(message=f"Hello {request.name}")
        assert count > 0, "an empty chat"
        print("served Chat", flush=True)


def main():
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    services.add_GreeterServicer_to_server(Greeter(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening 127.0.0.1:{port}", flush=True)
    ended.wait()
    server.stop(grace=5).wait()


if __name__ == "__main__":
    main()
