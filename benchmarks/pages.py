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
import time
from dataclasses import dataclass, field
from gzip import decompress
from pathlib import Path

from benchmarks.parts.installation import (
    ROOT,
    Parser,
    databases,
    environment_of,
    installation,
    machine,
    migrate,
    run_inside,
)
from benchmarks.parts.web_process import web_process
from preciso.launcher import HOST

SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.parts.pages_settings"}
AIM_MS, AIM_FIRST_VIEW, AIM_CSS, AIM_JS = 100, 150_000, 40_000, 11_500
ROLES = ("admin", "reviewer", "operator")
FILES = re.compile(r'(?:src|href)="(/static/[^"#]+)')


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=list(ROLES))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--page", default="", help="only pages with this in their name")
    parser.add_argument("--filled", default="", help="a data directory filled before")
    parser.add_argument("--fill", default="", help="only fill this data directory")
    options = parser.read(requests=1, warm_up=0, scale=0.002, roles=["admin"])
    if options.inside:
        inside(options)
        return
    static_sizes()
    if options.filled or options.fill:
        run(given(Path(options.filled or options.fill)), options)
        return
    for database in databases(options):
        with installation(database) as values:
            run({**values, **SETTINGS}, options)


def given(home: Path) -> dict[str, str]:
    """The environment of a data directory that stays."""
    values = {**environment_of(home), **SETTINGS}
    if url := os.environ.get("DATABASE_URL", ""):
        values["DATABASE_URL"] = url
    migrate(values)
    return values


def run(values: dict[str, str], options: argparse.Namespace) -> None:
    if not options.filled:
        run_inside(values, "fill")
    if not options.fill:
        with web_process(values) as port:
            run_inside(values, str(port))


def static_sizes() -> None:
    files = ROOT / "static" / "preciso"
    css = (files / "app.css").stat().st_size
    scripts = sum(path.stat().st_size for path in files.glob("*.js"))
    print(f"stylesheet {css:,} bytes{mark(css, AIM_CSS)}, ", end="")
    print(f"own JavaScript {scripts:,} bytes{mark(scripts, AIM_JS)}")


def inside(options: argparse.Namespace) -> None:
    import django

    django.setup()
    if options.inside == "fill":
        fill(options.scale)
    else:
        measure(options)


def fill(scale: float) -> None:
    from benchmarks.pages_data import fill

    began = time.perf_counter()
    fill(scale)
    print(f"filled in {time.perf_counter() - began:.0f} s")


def measure(options: argparse.Namespace) -> None:
    from django.db import connection

    from benchmarks.parts.page_addresses import pages

    print(f"\n{connection.vendor}, {machine()}")
    roles = "".join(f"{role[:6]:>8}" for role in options.roles)
    heads = f"{'page':<44}{'queries':>8}{'p50':>7}{roles}"
    print(f"{heads}{'bytes':>10}{'sent':>9}{'first view':>11}")
    port = int(options.inside)
    visitors = [Visitor(role, port, options.warm_up) for role in options.roles]
    for name, path in pages().items():
        if options.page in name:
            found = [visitor.ask(path, options.requests) for visitor in visitors]
            show(name, found, visitors[0].first_view(path))
    print(machine())


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
            return 1000 * sum(self.took)
        cuts = statistics.quantiles(self.took, n=100, method="inclusive")
        return 1000 * cuts[cut - 1]


class Visitor:
    """Somebody who is signed in, with a browser that keeps its connection."""

    def __init__(self, username: str, port: int, warm_up: int) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        client = Client()
        client.force_login(User.objects.get(username=username))
        cookie = client.cookies["sessionid"].value
        self.headers = {"Cookie": f"sessionid={cookie}", "Accept-Encoding": "gzip"}
        self.connection = http.client.HTTPConnection(HOST, port)
        self.warm_up = warm_up
        self.may_see_all = username == ROLES[0]
        self.sizes: dict[str, int] = {}  # of static files, which stay as they are

    def get(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def ask(self, path: str, times: int) -> Asked:
        asked = Asked()
        self.connection.close()  # the server gave up one that was idle meanwhile
        for number in range(self.warm_up + times):
            began = time.perf_counter()
            answer, body = self.get(path)
            took = time.perf_counter() - began
            if answer.status in (302, 403, 404) and not self.may_see_all:
                return Asked(status=answer.status)
            if answer.status not in (200, 286):  # 286: the log has come to its end
                raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")
            if number >= self.warm_up:
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
        for file in files - self.sizes.keys():
            self.sizes[file] = len(self.get(file)[1])
        return len(body) + sum(self.sizes[file] for file in files)


def unpacked(answer: http.client.HTTPResponse, body: bytes) -> bytes:
    packed = answer.headers["Content-Encoding"] == "gzip"
    return decompress(body) if packed else body


def mark(figure: float, aim: float) -> str:
    return "!" if figure > aim else ""


def show(name: str, found: list[Asked], first_view: int) -> None:
    first = found[0]
    queries = "/".join(sorted(first.queries)) or str(first.status)
    times = "".join(f"{timing(asked.percentile(95)):>8}" for asked in found)
    print(
        f"{name:<44}{queries:>8}{first.percentile(50):>7.0f}{times}{first.bare:>10,}{first.sent:>9,}"
        f"{f'{first_view:,}' + mark(first_view, AIM_FIRST_VIEW):>11}",
        flush=True,
    )


def timing(milliseconds: float) -> str:
    return f"{milliseconds:.0f}{mark(milliseconds, AIM_MS)}" if milliseconds else "-"


if __name__ == "__main__":
    main()
