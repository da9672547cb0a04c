"""What a link can do: link.py serve on one end; link.py probe ADDRESS SECONDS on the other prints milliseconds there and
back (least, median) and megabits a second in one direction, and in each of both at once."""

import contextlib
import socket
import statistics
import sys
import threading
import time

PORT = 9797
PIECE = 1 << 16
PINGS = 50


def receive(connection):
    """Until the other end stops sending; bytes a second from the first on, without what came at once at the beginning."""
    total, begin, last = 0, None, None
    while piece := connection.recv(PIECE):
        last = time.perf_counter()
        if begin is None:
            begin = last
        else:
            total += len(piece)
    return total / (last - begin) if total else 0.0


def send(connection, seconds):
    piece = bytes(PIECE)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


def answer(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    kind = connection.recv(1)
    if kind == b"p":
        while piece := connection.recv(1):
            connection.sendall(piece)
        return
    seconds = float(connection.recv(16))
    sender = threading.Thread(target=send, args=(connection, seconds))
    if kind == b"2":
        sender.start()
    rate = receive(connection)
    if kind == b"2":
        sender.join()
    # The answer goes by a connection of its own: this one is shut.
    connection.close()
    RATES.append(rate)


RATES = []


def serve():
    with socket.create_server(("", PORT)) as server:
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                if connection.recv(1, socket.MSG_PEEK) == b"r":
                    connection.sendall(f"{RATES[-1]}".encode())
                else:
                    answer(connection)


def ask(address, kind):
    connection = socket.create_connection((address, PORT), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(kind)
    return connection


def pings(address):
    with ask(address, b"p") as connection:
        times = []
        for _ in range(PINGS):
            begin = time.perf_counter()
            connection.sendall(b".")
            connection.recv(1)
            times.append(1000 * (time.perf_counter() - begin))
    return min(times), statistics.median(times)


def megabits(address, seconds, both):
    with ask(address, (b"2" if both else b"1") + f"{seconds:<16}".encode()) as connection:
        sender = threading.Thread(target=send, args=(connection, seconds))
        sender.start()
        back = receive(connection) if both else None
        sender.join()
        if not both:
            connection.recv(1)
    with ask(address, b"r") as connection:
        there = float(connection.recv(64))
    rates = [there, back] if both else [there]
    return 8e-6 * statistics.fmean(rates)


def main():
    if sys.argv[1] == "serve":
        serve()
    address, seconds = sys.argv[2], float(sys.argv[3])
    print(*pings(address), megabits(address, seconds, both=False), megabits(address, seconds, both=True))


if __name__ == "__main__":
    main()
