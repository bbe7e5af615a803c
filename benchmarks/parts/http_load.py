"""Clients of an HTTP server: one process, one socket each, over keep-alive.

    python -m benchmarks.parts.http_load PORT CLIENTS SECONDS < REQUESTS

REQUESTS is a JSON list of whole HTTP requests. Each client sends its next one as soon
as its answer is read. Prints JSON: latencies in seconds, the seconds it took, the CPU
seconds this process used, and whatever was answered with another status than 200.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

HOST = "127.0.0.1"
END = b"\r\n\r\n"
LENGTH = b"content-length:"
BETWEEN = 0.02  # seconds


@dataclass
class Client:
    """One connection and what has come back of the answer it waits for."""

    port: int
    took: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    received: bytes = b""
    sent_at: float = 0.0

    def __post_init__(self) -> None:
        self.socket = socket.create_connection((HOST, self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> bool:
        """Read what is there; whether the answer is whole."""
        # Said before each read: Linux forgets it. A server that leaves Nagle's
        # algorithm on would otherwise wait 40 ms for us.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = self.socket.recv(1 << 16)
        if not part:
            raise SystemExit("The server closed a connection.")
        self.received += part
        head, end, body = self.received.partition(END)
        if not end or len(body) < length_of(head):
            return False
        self.took.append(time.perf_counter() - self.sent_at)
        if b" 200 " not in head[:16]:
            self.refused.append(self.received[:300].decode(errors="replace"))
        return True


def connected(port: int) -> Client:
    """One after the other: whichever worker wakes first takes all that wait."""
    time.sleep(BETWEEN)
    return Client(port)


def length_of(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(LENGTH) + len(LENGTH)
    return int(lowered[start:].split(b"\r\n", 1)[0])


def drive(clients: list[Client], requests: Iterator[bytes], seconds: float) -> float:
    """Keep every client busy for so long; the seconds until the last answer."""
    waiting = selectors.DefaultSelector()
    start = time.perf_counter()
    for client in clients:
        waiting.register(client.socket, selectors.EVENT_READ, client)
        client.send(next(requests))
    while waiting.get_map():
        for key, _events in waiting.select():
            client = key.data
            if not client.read():
                continue
            if time.perf_counter() - start < seconds:
                client.send(next(requests))
            else:
                waiting.unregister(client.socket)
    return time.perf_counter() - start


def main(port: int, count: int, seconds: float) -> None:
    requests = cycle([text.encode() for text in json.load(sys.stdin)])
    clients = [connected(port) for _ in range(count)]
    used = time.process_time()
    lasted = drive(clients, requests, seconds)
    told = {
        "took": [took for client in clients for took in client.took],
        "refused": [refusal for client in clients for refusal in client.refused],
        "lasted": lasted,
        "cpu": time.process_time() - used,
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
