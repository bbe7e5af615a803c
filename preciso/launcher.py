"""`make up`: everything from nothing, then web and worker until told to stop.

    python -m preciso.launcher

The launcher holds a lock on the data directory, keeps what the two processes print in
`log/` there, starts again whichever dies, and ends both with everything they started.
"""

import contextlib
import errno
import fcntl
import http.client
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from preciso import env
from preciso.processes import Child, stop_all

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY_WITHIN = 60
PORT_FREE_WITHIN = 5
TICK = 0.2


class CannotStart(Exception):
    """One sentence on why nothing runs."""


class StopRequest:
    """Whether somebody has asked us to end, by Ctrl-C or SIGTERM."""

    requested = False

    def __init__(self) -> None:
        signal.signal(signal.SIGTERM, self._request)
        signal.signal(signal.SIGINT, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True


def main() -> None:
    try:
        run(StopRequest())
    except CannotStart as reason:
        sys.exit(f"Preciso does not run: {reason}")


def run(stop: StopRequest) -> None:
    """Everything between the command and its end. Raises CannotStart."""
    values = env.process_values()
    port, data_dir = chosen_port(values), chosen_data_dir(values)
    with locked(data_dir, port), take_port(port, stop) as listener:
        ensure_settings_file(data_dir, values)
        values["PRECISO_DATA_DIR"] = str(data_dir)
        values["DJANGO_SETTINGS_MODULE"] = "preciso.settings"
        prepare(values, data_dir, stop)
        children = [web(listener, values, data_dir), worker(values, data_dir)]
        try:
            supervise(children, port, data_dir, stop)
        finally:
            say("Stopping ...")
            listener.close()  # the web process has its own; nobody else queues here
            stop_all(children)
    say("Stopped.")


def chosen_port(values: dict[str, str]) -> int:
    raw = values.get("PORT", "").strip() or "8000"
    if not (raw.isascii() and raw.isdigit() and 0 < int(raw) < 65536):
        raise CannotStart(f"PORT={raw!r} is no port number.")
    return int(raw)


def chosen_data_dir(values: dict[str, str]) -> Path:
    raw = values.get("PRECISO_DATA_DIR", "").strip()
    path = (Path(raw).expanduser() if raw else BASE_DIR / "var").absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{path} cannot be the data directory: {error}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise CannotStart(f"the data directory {path} cannot be written to.")
    return path


@contextlib.contextmanager
def locked(data_dir: Path, port: int) -> Iterator[None]:
    """Hold the data directory. Raises CannotStart when another launcher does."""
    with (data_dir / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"it already runs on {data_dir} ({lock.read().strip()}). Stop that "
                "one first, or give this one a PRECISO_DATA_DIR of its own."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, http://{HOST}:{port}/\n")
        lock.flush()
        yield


def take_port(port: int, stop: StopRequest) -> socket.socket:
    """Listen on the port until the end, so that whatever answers there is ours.

    The web process inherits the socket, again after each of its restarts; a visitor
    who comes before it is ready waits. Waits itself for a moment: a launcher that was
    killed leaves the port to its web process. Raises CannotStart.
    """
    deadline = time.monotonic() + PORT_FREE_WITHIN
    while (listener := listen_on(port)) is None:
        if stop.requested or time.monotonic() > deadline:
            raise CannotStart(
                f"port {port} is in use by another program. Choose another one: "
                f"make up PORT={port + 1 if port < 65535 else 8001}"
            )
        time.sleep(TICK)
    return listener


def listen_on(port: int) -> socket.socket | None:
    """None if the port is in use. Raises CannotStart if it never can be."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise CannotStart(f"port {port} cannot be used: {error}.") from error
    return listener


def ensure_settings_file(data_dir: Path, values: dict[str, str]) -> None:
    """Make the settings file at the first start; add a key that is missing later."""
    path = data_dir / env.SETTINGS_FILE
    try:
        known = env.read_settings_file(path)
    except env.WrongSettingsFile as wrong:
        raise CannotStart(str(wrong)) from wrong
    lines = []
    if not path.exists():
        lines.append("# Settings of this installation; the environment goes before.")
        lines.append("TRAINING_JOBS_ENABLED=on")
    if not known.get("SECRET_KEY"):
        lines.append(f"SECRET_KEY={secrets.token_urlsafe(50)}")
    if lines:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(handle, "a", encoding="utf-8") as file:
            ends_bare = path.stat().st_size and not path.read_text().endswith("\n")
            file.write("\n" * bool(ends_bare) + "\n".join(lines) + "\n")


def prepare(values: dict[str, str], data_dir: Path, stop: StopRequest) -> None:
    """Tables, static files, people, sample cases; Django stays out of this process."""
    say(f"Preparing {data_dir} ...")
    log = data_dir / "log" / "prepare.log"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "preciso.prepare"]
    child = Child("prepare", command, values=values, log=log)
    child.start()
    while not child.has_ended() and not stop.requested:
        time.sleep(TICK / 4)
    if child.end() != 0 and not stop.requested:
        raise CannotStart(f"{data_dir} could not be prepared.\n{tail(log)}")


def web(listener: socket.socket, values: dict[str, str], data_dir: Path) -> Child:
    options = ["--config", str(BASE_DIR / "gunicorn.conf.py")]
    options += ["--bind", f"fd://{listener.fileno()}"]
    command = [sys.executable, "-m", "gunicorn", *options, "preciso.wsgi"]
    log = data_dir / "log" / "web.log"
    return Child("web", command, values=values, log=log, inherits=[listener.fileno()])


def worker(values: dict[str, str], data_dir: Path) -> Child:
    command = [sys.executable, "manage.py", "run_huey"]
    return Child("worker", command, values=values, log=data_dir / "log" / "worker.log")


def supervise(
    children: list[Child], port: int, data_dir: Path, stop: StopRequest
) -> None:
    """Keep all running until asked to stop; say so once the web process answers."""
    deadline, announced = time.monotonic() + READY_WITHIN, False
    if not stop.requested:
        for child in children:
            child.start()
    while not stop.requested:
        for child in children:
            if child.keep_running():
                say(f"The {child.name} process ended and was started again.")
        if not announced and answers(port):
            announce(port, data_dir)
            announced = True
        if not announced and time.monotonic() > deadline:
            log = children[0].log
            raise CannotStart(f"the web process does not answer.\n{tail(log)}")
        time.sleep(TICK)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(port: int, data_dir: Path) -> None:
    sign_in = data_dir / "sign-in.txt"
    say("")
    if sign_in.exists():
        say(sign_in.read_text().rstrip())
        say("")
    say(f"Logs are in {data_dir / 'log'}; Ctrl-C stops everything.")
    say(f"Preciso runs: open http://{HOST}:{port}/")


def tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
