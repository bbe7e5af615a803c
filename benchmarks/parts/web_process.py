"""The web process of `make up`, on an installation of the benchmark's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from preciso.launcher import answers, listen_on, web
from preciso.processes import stop_all
from tests.services import free_port, wait_until


@contextmanager
def web_process(values: dict[str, str]) -> Iterator[int]:
    """The port at which it answers."""
    port = free_port()
    listener = listen_on(port)
    if listener is None:
        raise SystemExit(f"The port {port} is in use.")
    server = web(listener, values, Path(values["PRECISO_DATA_DIR"]))
    server.start()
    try:
        wait_until(lambda: answers(port), within=60, what="The web process answering")
        yield port
    finally:
        stop_all([server])
        listener.close()
