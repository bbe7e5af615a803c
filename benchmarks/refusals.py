"""What a flood of refused requests leaves behind, beside an older build.

    python -m benchmarks.refusals [--requests N] [--counted N] [--database URL]
                                  [--beside DIRECTORY]

Calls the WSGI application in process: without a token, with a wrong one, with a forged
form, each from another address and for another case. Tells how long it took, how many
statements it asked of the database, how many rows each table got, and what became of
an error that was logged before it. Then ``--counted`` more refusals go through the
middleware that counts them alone, since a whole request takes milliseconds and it some
microseconds. ``--beside`` is a checkout of an older build, which
the same file is run in, in the same run. The database has to be empty; without it each
build has an SQLite file of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
KINDS = (
    ("GET", "/api/v1/cases/{n}", {}),
    ("GET", "/api/v1/cases/{n}", {"HTTP_AUTHORIZATION": "Bearer pml_{n}"}),
    ("POST", "/signin/", {}),
)
ERROR = "The disk is full: this line should still be there."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--counted", type=int, default=1_000_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--beside", default="")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        inside(asked.requests, asked.counted)
        return
    builds = {"this build": ROOT}
    if asked.beside:
        builds = {"older build": Path(asked.beside), **builds}
    for name, directory in builds.items():
        print(f"== {name}, {asked.requests:,} requests", flush=True)
        run(directory, asked)


def run(directory: Path, asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(directory),
            "PRECISO_DATA_DIR": folder,
            "SECRET_KEY": "4f9c1e7ab2d84c00a1b2c3d4e5f60718" * 2,
            "MLFLOW_TRACKING_URI": "off",
            "DJANGO_SETTINGS_MODULE": "preciso.settings",
            **({"DATABASE_URL": asked.database} if asked.database else {}),
        }
        command = [
            sys.executable, __file__, "--inside",
            "--requests", str(asked.requests), "--counted", str(asked.counted),
        ]  # fmt: skip
        subprocess.run(
            command, cwd=directory, env=environment, check=True,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


def inside(requests: int, counted: int) -> None:
    import logging

    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    if rows():
        sys.exit("The database is not empty.")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    application = get_wsgi_application()
    before = rows()
    logging.getLogger("benchmark").error(ERROR)
    statements = count_statements()
    started = time.monotonic()
    answers: dict[str, int] = {}
    for number in range(requests):
        status = call(application, number)
        answers[status] = answers.get(status, 0) + 1
    took = time.monotonic() - started
    tell(answers, took, statements, before)
    through_the_middleware(counted)
    print(f"   rows of the access log then: {rows().get('training_accessentry')}")


def call(application, number: int) -> str:
    import io

    method, path, headers = KINDS[number % len(KINDS)]
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.format(n=number),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "0",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        **{name: value.format(n=number) for name, value in headers.items()},
    }
    told: list[str] = []
    body = application(environ, lambda status, _headers: told.append(status))
    for _part in body:
        pass
    if hasattr(body, "close"):
        body.close()
    return told[0]


def rows() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        found = {}
        for name in names:
            cursor.execute(f'SELECT COUNT(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
    return found


def count_statements() -> list[int]:
    """How many are asked from here on; of the thread that answers, not of a writer."""
    from django.db import connection

    asked = [0]

    def counting(execute, *arguments):
        asked[0] += 1
        return execute(*arguments)

    connection.execute_wrappers.append(counting)
    return asked


def through_the_middleware(requests: int) -> None:
    from django.http import HttpRequest, HttpResponse

    try:
        from training.middleware import AccessMiddleware
    except ImportError:
        return
    counting = AccessMiddleware(lambda _request: HttpResponse(status=401))
    started = time.monotonic()
    for number in range(requests):
        request = HttpRequest()
        request.method = "GET"
        request.META["REMOTE_ADDR"] = f"2001:db8::{number:x}"
        counting(request)
    took = time.monotonic() - started
    flush()
    each = 1e6 * took / max(requests, 1)
    print(f"   {requests:,} refusals counted: {took:,.0f} s, {each:,.0f} us each")


def flush() -> None:
    try:
        from training.services.access import counters
    except ImportError:
        return
    counters.flush()


def tell(answers, took, statements, before) -> None:
    from django.conf import settings

    asked = statements[0]
    flush()
    after = rows()
    more = {name: n - before.get(name, 0) for name, n in after.items()}
    logs = list(Path(settings.DATA_DIR, "log").glob("service*"))
    kept = any(ERROR in path.read_text() for path in logs)
    size = sum(path.stat().st_size for path in logs)
    print(f"   {took:,.0f} s, {1e6 * took / sum(answers.values()):,.0f} us each")
    print(f"   answers: {answers}")
    print(f"   statements while answering: {asked:,}")
    print(f"   rows more: { {name: n for name, n in more.items() if n} }")
    print(f"   the error of before is {'kept' if kept else 'GONE'}; log {size:,} bytes")


if __name__ == "__main__":
    main()
