"""One build's side of benchmarks/refusals.py; it knows nothing of the one beside it.

python refusals_side.py REQUESTS COUNTED
"""

import sys
import time
from pathlib import Path

KINDS = (
    ("GET", "/api/v1/cases/{n}", {}),
    ("GET", "/api/v1/cases/{n}", {"HTTP_AUTHORIZATION": "Bearer pml_{n}"}),
    ("POST", "/signin/", {}),
)
ERROR = "The disk is full: this line should still be there."


def inside(requests: int, counted: int) -> None:
    import logging

    import django
    from django.core.wsgi import get_wsgi_application

    django.setup()
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
        from training.services.access.access_log import counters
    except ImportError:  # an older build counts nothing, or has it in one folder
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
    inside(int(sys.argv[1]), int(sys.argv[2]))
