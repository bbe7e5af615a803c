"""Clients that never finish what they began."""

import http.client
import socket
import ssl
from contextlib import ExitStack, contextmanager

AS_MANY = 16
PATIENCE = 15  # seconds until an answer counts as none
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: "
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BODY = (
    b"POST /signin/ HTTP/1.1\r\nHost: localhost\r\n"
    + FORM
    + b"Content-Length: 1000\r\n\r\nuser"
)
CHUNK = (
    b"POST /signin/ HTTP/1.1\r\nHost: localhost\r\n"
    + FORM
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nus"
)
KINDS = {"nothing": b"", "head": HEAD, "body": BODY, "chunk": CHUNK}


def connection(port, context=None, **options):
    one = socket.socket()
    for name, value in options.items():
        one.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    one.settimeout(PATIENCE)
    one.connect(("127.0.0.1", port))
    return context.wrap_socket(one, server_hostname="localhost") if context else one


@contextmanager
def stalled(port, request_part, context=None, **options):
    """So many clients, each of whom has sent this part of a request, and no more."""
    with ExitStack() as stack:
        for _ in range(AS_MANY):
            one = stack.enter_context(connection(port, context, **options))
            one.sendall(request_part)
        yield


def ask(port, method, path, body=None, headers=None, context=None):
    """Status, headers and body; raises OSError where nobody answers in time."""
    if context:
        client = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=PATIENCE, context=context
        )
    else:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        client.request(method, path, body, {"Host": "localhost", **(headers or {})})
        answer = client.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        client.close()


def no_certificates():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
