"""POST /predict for one case, through gunicorn, as one client over keep-alive.

    .venv/bin/python -m benchmarks.predict_http [--requests 2000]

Trains the built-in model on the demo's decisions in a temporary data directory, serves
it with the web process of `make up`, and measures at the client: what the server takes
is less by the way over loopback. Each request signs in by token; "recorded" also writes
the answer to the database. "/healthz" is what a request costs that does nothing.
"""

import argparse
import csv
import http.client
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from preciso.launcher import HOST, answers, listen_on, web
from preciso.processes import stop_all

DEMO = Path(__file__).parent.parent / "training" / "demo" / "hmda.csv"
LEFT_OUT = {"application_id", "deny", "afam"}
PORT, WARM_UP = 8791, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        values = environment(Path(folder))
        token = prepare(values)
        listener = listen_on(options.port)
        if listener is None:
            parser.error(f"port {options.port} is in use")
        server = web(listener, {**os.environ, **values}, Path(folder))
        server.start()
        try:
            wait_for(options.port)
            measure(options.port, token, options.requests)
        finally:
            stop_all([server])


def environment(folder: Path) -> dict[str, str]:
    return {
        "PRECISO_DATA_DIR": str(folder),
        "SECRET_KEY": "benchmark" * 8,
        "TRAINING_JOBS_ENABLED": "on",
        "MLFLOW_TRACKING_URI": "off",
        "DJANGO_SETTINGS_MODULE": "preciso.settings",
    }


def prepare(values: dict[str, str]) -> str:
    """Train and select a model in the data directory; returns a token for it."""
    os.environ.update(values)
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from mlops.models import ModelVersion
    from mlops.services.serving import select_version
    from training import execution
    from training.models import DatasetVersion
    from training.services.runs import seal_and_train
    from training.services.tokens import create_token

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    asker = User.objects.create_superuser("asker")
    call_command(
        "import_cases",
        DEMO,
        id_column="application_id",
        decision_column="deny",
        protected_column=["afam"],
        replay_as="asker",
    )
    seal_and_train(DatasetVersion.objects.open().get(), by=asker)
    execution.work(lambda: False)
    select_version(ModelVersion.objects.get(), by=asker)
    viewer = User.objects.create_user("viewer")
    viewer.groups.add(*viewer.groups.model.objects.filter(name="Viewer"))
    return create_token(viewer, by=None)[1]


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while not answers(port):
        if time.monotonic() > deadline:
            raise SystemExit("The web process does not answer.")
        time.sleep(0.1)


def measure(port: int, token: str, requests: int) -> None:
    client = http.client.HTTPConnection(HOST, port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    cases = demo_cases()

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
        for number in range(WARM_UP):
            send(number)
        took = [timed(send, number) for number in range(requests)]
        cuts = statistics.quantiles(took, n=100)
        figures = [1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98]]
        shown = " ".join(f"{figure:>8.2f}" for figure in figures)
        print(f"{name:<20} {shown} {requests / sum(took):>9.0f}")


def demo_cases() -> list[list[dict[str, str]]]:
    with DEMO.open(newline="", encoding="utf-8") as file:
        return [
            [{"name": k, "value": v} for k, v in row.items() if k not in LEFT_OUT]
            for row in csv.DictReader(file)
        ]


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
