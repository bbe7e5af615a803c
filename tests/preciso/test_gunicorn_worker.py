"""The worker of gunicorn that `make up` starts: what it does with a connection."""

import socket
from contextlib import closing

import pytest
from waitress import wasyncore
from waitress.server import create_server

from preciso.gunicorn_worker import LEAST_BYTES, PATIENCE, PatientChannel

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nab"
LONG = b"x" * 8 * 1024 * 1024
TURNS = 200


def application(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(LONG)))])
    return [LONG]


class Served:
    """A server in this process that moves only when it is told to."""

    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.server = create_server(
            application, sockets=[listener], threads=1, outbuf_high_watermark=1 << 40
        )
        self.server.channel_class = PatientChannel
        self.address = listener.getsockname()

    def connect(self, sent=b""):
        client = socket.create_connection(self.address, timeout=10)
        client.sendall(sent)
        self.turn_until(self.server.active_channels)
        (channel,) = self.server.active_channels.values()
        self.turn_until(lambda: channel.moved >= len(sent))
        return client, channel

    def turn_until(self, condition):
        for _ in range(TURNS):
            wasyncore.loop(0.05, use_poll=True, map=self.server._map, count=1)
            if condition() if callable(condition) else condition:
                return
        raise AssertionError("it did not happen")

    def close(self):
        self.server.task_dispatcher.shutdown(timeout=5)
        for channel in list(self.server.active_channels.values()):
            channel.handle_close()
        wasyncore.close_all(self.server._map)


@pytest.fixture
def served():
    with closing(Served()) as one:
        yield one


@pytest.mark.parametrize("sent", [HALF_A_HEAD, HALF_A_BODY], ids=["head", "body"])
def test_a_request_that_stalls_is_given_up(served, sent):
    client, channel = served.connect(sent)
    channel.close_if_it_stalls(100.0)
    channel.close_if_it_stalls(99.9 + PATIENCE)
    assert not channel.will_close

    channel.close_if_it_stalls(100.0 + PATIENCE)

    served.turn_until(lambda: not channel.connected)
    with client:
        assert client.recv(100) == b""


def test_an_answer_that_nobody_takes_is_given_up(served):
    client, channel = served.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with client:
        served.turn_until(lambda: channel.waits_for_client)
        channel.close_if_it_stalls(100.0)
        channel.close_if_it_stalls(100.0 + PATIENCE)

        assert channel.will_close


def test_a_slow_line_is_waited_for_as_long_as_something_comes(served):
    client, channel = served.connect(HALF_A_BODY)
    with client:
        channel.close_if_it_stalls(100.0)
        client.sendall(b"x" * LEAST_BYTES)
        served.turn_until(lambda: channel.moved >= LEAST_BYTES)
        channel.close_if_it_stalls(100.0 + PATIENCE)

        assert not channel.will_close


def test_an_idle_connection_is_not_the_clients_turn(served):
    client, channel = served.connect()
    with client:
        channel.close_if_it_stalls(100.0)
        channel.close_if_it_stalls(100.0 + PATIENCE)

        assert channel.is_idle
        assert not channel.will_close
