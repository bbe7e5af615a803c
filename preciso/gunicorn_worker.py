"""gunicorn's worker as `make up` starts it: no client that is slow holds a thread.

    gunicorn --worker-class preciso.gunicorn_worker.BufferingWorker preciso.wsgi

gunicorn looks after the processes; inside one, waitress reads each request whole before
a thread sees it, and sends each answer after the thread has gone on. Bodies and answers
that are large wait in temporary files.
"""

import os
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 72 * 1024 * 1024  # an import, as a form
LARGEST_KEPT_ANSWER = 1 << 40  # the thread waits for nobody
LOOK_AGAIN_AFTER = 5
PATIENCE, LEAST_BYTES = 20, 20 * 1024  # within these seconds so many bytes, or done
TICK = 1.0

Application = Callable[..., Iterable[bytes]]


class PatientChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows how many bytes have gone over it, either way."""

    moved = 0
    marked: tuple[float, int] | None = None

    def received(self, data: bytes) -> bool:
        self.moved += len(data)
        return bool(super().received(data))

    def send(self, data: bytes, do_close: bool = True) -> int:
        count = int(super().send(data, do_close=do_close))
        self.moved += count
        return count

    @property
    def waits_for_client(self) -> bool:
        """Whether it is the client's turn: to send the rest, or to take the answer."""
        return not self.requests and bool(self.request or self.total_outbufs_len)

    @property
    def is_idle(self) -> bool:
        return not (self.requests or self.request or self.total_outbufs_len)

    def close_if_it_stalls(self, now: float) -> None:
        """To be asked now and then: closes where next to nothing moved in between."""
        if not self.waits_for_client:
            self.marked = None
        elif self.marked is None:
            self.marked = (now, self.moved)
        elif now - self.marked[0] >= PATIENCE:
            if self.moved - self.marked[1] < LEAST_BYTES:
                self.will_close = True
            self.marked = (now, self.moved)


class BufferingWorker(Worker):  # type: ignore[misc]
    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, frame)
        for server in self._servers:  # none yet, while the application is read
            server.pull_trigger()

    def init_process(self) -> None:
        self._servers: list[Any] = []
        super().init_process()

    def run(self) -> None:
        self._servers = [self._serve(listener) for listener in self.sockets]
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self._turn(TICK)
        self._finish(time.monotonic() + self.cfg.graceful_timeout)

    def _serve(self, listener: Any) -> Any:
        listener.sock.setblocking(False)
        server = create_server(
            self._logged(self.wsgi) if self.log.access_log_enabled else self.wsgi,
            sockets=[listener.sock],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=self.cfg.worker_connections,
            channel_timeout=self.cfg.keepalive,
            cleanup_interval=LOOK_AGAIN_AFTER,
            max_request_header_size=LARGEST_HEAD,
            max_request_body_size=LARGEST_BODY,
            outbuf_high_watermark=LARGEST_KEPT_ANSWER,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,  # the application knows its proxies
            send_bytes=1,  # the thread sends what the connection takes at once
            ident=None,
        )
        server.channel_class = PatientChannel
        server.maintenance = lambda now: self._look_after(server, now)
        return server

    def _look_after(self, server: Any, now: float) -> None:
        type(server).maintenance(server, now)
        for channel in list(server.active_channels.values()):
            channel.close_if_it_stalls(now)

    def _turn(self, timeout: float) -> None:
        for server in self._servers:
            wasyncore.loop(
                timeout / len(self._servers), use_poll=True, map=server._map, count=1
            )

    def _finish(self, deadline: float) -> None:
        """Accept nothing new; end what has begun."""
        for server in self._servers:
            server.accepting = False
        while time.monotonic() < deadline and (left := self._channels()):
            for channel in left:
                channel.will_close = channel.will_close or channel.is_idle
            self._turn(TICK / 10)
        for server in self._servers:
            server.task_dispatcher.shutdown(timeout=0)

    def _channels(self) -> list[PatientChannel]:
        return [
            channel
            for server in self._servers
            for channel in list(server.active_channels.values())
        ]

    def _logged(self, application: Application) -> Application:
        """Write each answer to gunicorn's access log, which reads these attributes."""

        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            began, responses = time.monotonic(), []

            def start(status: str, headers: Any, *more: Any) -> Any:
                responses.append(
                    SimpleNamespace(
                        status=status,
                        headers=headers,
                        sent=dict(headers).get("Content-Length"),
                    )
                )
                return start_response(status, headers, *more)

            result = application(environ, start)
            environ.setdefault("RAW_URI", environ.get("REQUEST_URI", ""))
            if responses:
                took = timedelta(seconds=time.monotonic() - began)
                self.log.access(responses[-1], [], environ, took)
            return result

        return answer
