"""Messages and methods of helloworld.Greeter for Python grpcio."""

import sys
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proto"))  # where grpcio looks for .proto files
messages, services = grpc.protos_and_services("helloworld.proto")

HelloRequest, HelloReply = messages.HelloRequest, messages.HelloReply
