"""POST /predict for one case, through gunicorn, as one client over keep-alive.

    .venv/bin/python -m benchmarks.predict_http [--requests 2000]

Trains the built-in model on the demo's decisions in a temporary data directory, serves
it with the web process of `make up`, and measures at the client: what the server takes
is less by the way over loopback. Each request signs in by token; "recorded" also writes
the answer to the database. "/healthz" is what a request costs that does nothing.
"""

import argparse
import http.client
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.parts.demo import facts_of_the_demo
from benchmarks.parts.installation import Parser, answer_inside, installation
from benchmarks.parts.web_process import web_process
from preciso.launcher import HOST


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("--learnt", type=int, default=2000, help="cases learnt from")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--warm-up", type=int, default=100)
    options = parser.read(learnt=150, requests=3, warm_up=1)
    if options.inside:
        prepare(options.learnt)
        return
    with installation("sqlite") as values:
        token = answer_inside(values, "prepare")
        with web_process(values) as port:
            measure(port, token, options)


def prepare(cases: int) -> None:
    """Train and select a model in the data directory; prints a token for it."""
    import django

    django.setup()
    from benchmarks.parts.trained_models import first_version, token_of_viewer
    from mlops.serving.selection import select_version

    select_version(first_version(cases), by=None)
    print(token_of_viewer())


def measure(port: int, token: str, options: argparse.Namespace) -> None:
    client = http.client.HTTPConnection(HOST, port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    cases = facts_of_the_demo()

    def predict(number: int, **more: Any) -> None:
        body = {"cases": [{"facts": cases[number % len(cases)], **more}]}
        ask(client, "POST", "/api/v1/predict", json.dumps(body), headers)

    rows: dict[str, Callable[[int], None]] = {
        "/healthz": lambda number: ask(client, "GET", "/healthz", "", {}),
        "one case": predict,
        "one case, recorded": lambda n: predict(n, external_id=f"BENCH-{n}"),
    }
    print(f"{'request':<20} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'a second':>9}")
    for name, send in rows.items():
        for number in range(options.warm_up):
            send(number)
        took = [timed(send, number) for number in range(options.requests)]
        cuts = statistics.quantiles(took, n=100)
        figures = [1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98]]
        shown = " ".join(f"{figure:>8.2f}" for figure in figures)
        print(f"{name:<20} {shown} {options.requests / sum(took):>9.0f}")


def timed(send: Callable[[int], None], number: int) -> float:
    start = time.perf_counter()
    send(number)
    return time.perf_counter() - start


def ask(
    client: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str,
    headers: dict[str, str],
) -> None:
    client.request(method, path, body, headers)
    answer = client.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}: {content[:300]!r}")


if __name__ == "__main__":
    main()
