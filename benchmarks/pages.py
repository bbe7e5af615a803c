"""Every page and every list of the API over a large database, through gunicorn.

    .venv/bin/python -m benchmarks.pages [--requests 40] [--only sqlite]

Fills a database (benchmarks/pages_data), starts the web process of `make up` on it, and
asks for each page over keep-alive as an admin, a reviewer and an operator. Told are for
each page: queries, milliseconds at the client (p50 and p95 of the admin, p95 of the
others), bytes of the page, bytes as sent, and bytes of a first view: the page and all
that a browser without cache fetches for it. `!` marks a figure above its aim.
"""

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import decompress
from pathlib import Path
from typing import Any

from preciso.launcher import HOST, answers, listen_on, web
from preciso.processes import stop_all

ROOT = Path(__file__).parent.parent
PORT, WARM_UP = 8793, 5
AIM_MS, AIM_FIRST_VIEW, AIM_CSS, AIM_JS = 100, 150_000, 40_000, 11_500
ROLES = ("admin", "reviewer", "operator")
FILES = re.compile(r'(?:src|href)="(/static/[^"#]+)')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", default="", help="sqlite or postgres")
    parser.add_argument("--page", default="", help="only pages with this in their name")
    parser.add_argument("--filled", default="", help="a data directory filled before")
    parser.add_argument("--fill", default="", help="only fill this data directory")
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options)
        return
    static_sizes()
    if options.filled or options.fill:
        home = Path(options.filled or options.fill)
        run("", home, os.environ.get("DATABASE_URL", ""))
        return
    with tempfile.TemporaryDirectory(prefix="preciso-pages-") as folder:
        for name, database in databases(options.only):
            with database as url:
                (Path(folder) / name).mkdir()
                run(name, Path(folder) / name, url)


def static_sizes() -> None:
    files = ROOT / "static" / "preciso"
    css = (files / "app.css").stat().st_size
    scripts = sum(path.stat().st_size for path in files.glob("*.js"))
    print(f"stylesheet {css:,} bytes{mark(css, AIM_CSS)}, ", end="")
    print(f"own JavaScript {scripts:,} bytes{mark(scripts, AIM_JS)}")


def databases(only: str) -> Iterator[tuple[str, Any]]:
    if only in ("", "sqlite"):
        yield "SQLite", in_a_file()
    if only in ("", "postgres"):
        os.environ["DJANGO_SETTINGS_MODULE"] = "preciso.settings_test"
        from tests.services import postgres_server

        yield "PostgreSQL", postgres_server()


@contextmanager
def in_a_file() -> Iterator[str]:
    yield ""


def run(name: str, home: Path, url: str) -> None:
    """In a process of its own, for Django knows one database."""
    environment = {
        **os.environ,
        "PRECISO_DATA_DIR": str(home),
        "PRECISO_SAMPLE": "0",
        "SECRET_KEY": "benchmark" * 8,
        "TRAINING_JOBS_ENABLED": "on",
        "MLFLOW_TRACKING_URI": "off",
        "DJANGO_SETTINGS_MODULE": "benchmarks.pages_settings",
        **({"DATABASE_URL": url} if url else {}),
    }
    command = [sys.executable, "-m", "benchmarks.pages", *sys.argv[1:]]
    command += ["--inside", name or "given"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def inside(options: argparse.Namespace) -> None:
    import django

    django.setup()
    if not options.filled:
        fill(options.scale)
    if options.fill:
        return
    home = Path(os.environ["PRECISO_DATA_DIR"])
    listener = listen_on(PORT)
    if listener is None:
        raise SystemExit(f"port {PORT} is in use")
    server = web(listener, dict(os.environ), home)
    server.start()
    try:
        wait_for_answers()
        measure(options)
    finally:
        stop_all([server])


def fill(scale: float) -> None:
    from django.core.management import call_command

    from benchmarks.pages_data import fill

    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    fill(scale)
    print(f"filled in {time.perf_counter() - began:.0f} s")


def wait_for_answers() -> None:
    deadline = time.monotonic() + 30
    while not answers(PORT):
        if time.monotonic() > deadline:
            raise SystemExit("The web process does not answer.")
        time.sleep(0.1)


def measure(options: argparse.Namespace) -> None:
    from django.db import connection

    from benchmarks.pages_asked import pages

    load = os.getloadavg()[0]
    print(f"\n{connection.vendor}, load {load:.1f}, processors {os.cpu_count()}")
    heads = f"{'page':<44}{'queries':>8}{'p50':>7}{'p95':>8}{'review':>8}{'operat':>8}"
    print(f"{heads}{'bytes':>10}{'sent':>9}{'first view':>11}")
    visitors = [Visitor(role) for role in ROLES]
    for name, path in pages().items():
        if options.page in name:
            found = [visitor.ask(path, options.requests) for visitor in visitors]
            show(name, found, visitors[0].first_view(path))
    print(f"load {os.getloadavg()[0]:.1f}")


@dataclass
class Asked:
    """What came of asking one page again and again."""

    took: list[float] = field(default_factory=list)
    queries: set[str] = field(default_factory=set)
    bare: int = 0
    sent: int = 0
    status: int = 0

    def percentile(self, cut: int) -> float:
        if len(self.took) < 2:
            return 0.0
        return (
            1000 * statistics.quantiles(self.took, n=100, method="inclusive")[cut - 1]
        )


class Visitor:
    """Somebody who is signed in, with a browser that keeps its connection."""

    def __init__(self, username: str) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        client = Client()
        client.force_login(User.objects.get(username=username))
        cookie = client.cookies["sessionid"].value
        self.headers = {"Cookie": f"sessionid={cookie}", "Accept-Encoding": "gzip"}
        self.connection = http.client.HTTPConnection(HOST, PORT)

    def get(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def ask(self, path: str, times: int) -> Asked:
        asked = Asked()
        self.connection.close()  # the server gave up one that was idle meanwhile
        for number in range(WARM_UP + times):
            began = time.perf_counter()
            answer, body = self.get(path)
            took = time.perf_counter() - began
            if answer.status in (302, 403, 404):  # not for this role
                return Asked(status=answer.status)
            if answer.status not in (200, 286):  # 286: the log has come to its end
                raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")
            if number >= WARM_UP:
                asked.took.append(took)
                asked.queries.add(answer.headers["X-Queries"])
        asked.status, asked.sent = answer.status, len(body)
        asked.bare = len(unpacked(answer, body))
        return asked

    def first_view(self, path: str) -> int:
        """Bytes of the page and of every file that it names."""
        self.connection.close()
        answer, body = self.get(path)
        if not answer.headers["Content-Type"].startswith("text/html"):
            return 0
        files = set(FILES.findall(unpacked(answer, body).decode()))
        return len(body) + sum(len(self.get(file)[1]) for file in files)


def unpacked(answer: http.client.HTTPResponse, body: bytes) -> bytes:
    packed = answer.headers["Content-Encoding"] == "gzip"
    return decompress(body) if packed else body


def mark(figure: float, aim: float) -> str:
    return "!" if figure > aim else ""


def show(name: str, found: list[Asked], first_view: int) -> None:
    first = found[0]
    queries = "/".join(sorted(first.queries)) or str(first.status)
    times = [timing(asked.percentile(95)) for asked in found]
    print(
        f"{name:<44}{queries:>8}{first.percentile(50):>7.0f}{times[0]:>8}{times[1]:>8}"
        f"{times[2]:>8}{first.bare:>10,}{first.sent:>9,}"
        f"{f'{first_view:,}' + mark(first_view, AIM_FIRST_VIEW):>11}",
        flush=True,
    )


def timing(milliseconds: float) -> str:
    return f"{milliseconds:.0f}{mark(milliseconds, AIM_MS)}" if milliseconds else "-"


if __name__ == "__main__":
    main()
