"""Calls the bookshop of examples/trait-first with Python grpcio, by the .proto file that its Rust trait exports; exits 0
when each answer is right.

usage: bookshop.py ADDR DIRECTORY_OF_PROTO
"""

import sys

import grpc

SECONDS = 20


def main():
    addr, protos = sys.argv[1:]
    sys.path.insert(0, protos)  # where grpcio looks for .proto files
    messages, services = grpc.protos_and_services("bookshop.proto")
    with grpc.insecure_channel(addr) as channel:
        stub = services.BookshopStub(channel)
        Book, Shelf = messages.Book, messages.Shelf

        def book(isbn, title, price, shelf):
            return Book(isbn=isbn, title=title, price=price, shelf=shelf)

        # Messages in both directions; `()` is Empty.
        first = book("1", "Middlemarch", 2**40, Shelf.SHELF_FICTION)
        stub.Add(first, timeout=SECONDS)
        assert stub.Find(messages.FindRequest(isbn="1"), timeout=SECONDS) == first
        print("messages ok")

        # Plain arguments, and a scalar as its wrapper.
        price = stub.Price(messages.PriceRequest(isbn="1", copies=3), timeout=SECONDS)
        assert price.value == 3 * 2**40, price
        print("plain arguments ok")

        # A stream of requests.
        more = [book("2", "Cosmos", 5, Shelf.SHELF_SCIENCE), book("3", "Emma", 6, 77)]
        assert stub.Fill(iter(more), timeout=SECONDS).value == 2
        print("client stream ok")

        # A stream of replies; an unknown number of an enum survives.
        assert list(stub.Browse(messages.google_dot_protobuf_dot_empty__pb2.Empty(), timeout=SECONDS)) == [first, *more]
        print("server stream ok")

        # An optional argument, and a list in a message made for it.
        fiction = stub.Titles(messages.TitlesRequest(shelf=Shelf.SHELF_FICTION), timeout=SECONDS)
        assert list(fiction.value) == ["Middlemarch"], fiction
        everything = stub.Titles(messages.TitlesRequest(), timeout=SECONDS)
        assert list(everything.value) == ["Middlemarch", "Cosmos", "Emma"], everything
        print("containers ok")

        try:
            stub.Find(messages.FindRequest(isbn="4"), timeout=SECONDS)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
            assert error.details() == "no book has the ISBN 4", error
        else:
            raise AssertionError("a book that is not there was found")
        print("errors ok")


if __name__ == "__main__":
    main()
