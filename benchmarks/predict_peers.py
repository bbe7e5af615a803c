"""POST /predict beside MLflow's own scoring server, over HTTP, in one run.

    .venv/bin/python -m benchmarks.predict_peers [--seconds 5] [--switches 20]

Preciso: gunicorn as docs/operations.md has it (4 workers of 4 threads), the built-in
model as it chose itself (a scorecard and 60 trees) and as a scorecard alone, with
token, rights and rationale. MLflow: `mlflow models serve`, a scikit-learn pipeline with
a logistic regression, as it starts by default and with 4 workers. Both learnt from the
same file of mortgage cases, and are asked about its cases, one in each request. The
clients are `benchmarks.parts.http_load`; they share the machine with the server.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.parts.demo import facts_of_the_demo
from benchmarks.parts.http_load import HOST
from benchmarks.parts.http_server import PORT, Caller, running
from benchmarks.parts.installation import (
    Parser,
    answer_inside,
    installation,
    machine,
)
from mlops.demo.applications import SOURCE

SERVERS: dict[str, list[str]] = {"as it starts": [], "4 workers": ["--workers", "4"]}
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
COLUMNS = "clients   p50 ms   p95 ms  a second  client"
LEARN = """
import sys, mlflow, pandas
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
table = pandas.read_csv(sys.argv[1]).drop(columns=["application_id", "afam"])
given, decided = table.drop(columns="deny"), table["deny"]
numbers = list(given.select_dtypes("number"))
columns = make_column_transformer(
    (StandardScaler(), numbers),
    (OneHotEncoder(handle_unknown="ignore"), list(given.drop(columns=numbers))),
)
model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(given, decided)
mlflow.sklearn.save_model(model, sys.argv[2], pyfunc_predict_fn="predict_proba")
"""


def load(requests: list[str], clients: int, seconds: float) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.parts.http_load"),
            *(str(PORT), str(clients), str(seconds)),
        ],
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    if told["refused"]:
        raise SystemExit(f"Refused: {told['refused'][0]}")
    return told


def measure(name: str, requests: list[str], options: argparse.Namespace) -> None:
    load(requests, 8, options.warm_up)
    for clients in options.clients:
        told = load(requests, clients, options.seconds)
        cuts = statistics.quantiles(told["took"], n=100)
        rate = len(told["took"]) / told["lasted"]
        busy = told["cpu"] / told["lasted"]
        print(
            f"{name:<28} {clients:>7} {1000 * cuts[49]:>8.2f} {1000 * cuts[94]:>8.2f} "
            f"{rate:>9.0f} {busy:>7.0%}",
            flush=True,
        )


def our_bodies(**more: str) -> list[Any]:
    return [
        {
            "cases": [
                {
                    "facts": case,
                    **{key: f"{value}-{n}" for key, value in more.items()},
                }
            ]
        }
        for n, case in enumerate(facts_of_the_demo())
    ]


def their_bodies() -> list[Any]:
    return [
        {
            "dataframe_split": {
                "columns": [fact["name"] for fact in case],
                "data": [[fact["value"] for fact in case]],
            }
        }
        for case in facts_of_the_demo()
    ]


def prepare(cases: int) -> None:
    """Two versions, of which the first serves; prints tokens to ask and to select."""
    import django

    django.setup()
    from benchmarks.parts.trained_models import (
        first_version,
        second_version,
        token_of_asker,
        token_of_viewer,
    )
    from mlops.serving.selection import select_version

    select_version(first_version(cases), by=None)
    second_version()
    print(json.dumps([token_of_viewer(), token_of_asker()]))


def ours(_folder: Path, options: argparse.Namespace) -> None:
    with installation("sqlite") as values:
        token, select_token = json.loads(answer_inside(values, "prepare"))
        everything = {**values, "API_REQUESTS_PER_MINUTE": "1000000"}
        operator = Caller("/api/v1/serving/select", select_token)
        measure_ours(everything, Caller("/api/v1/predict", token), operator, options)


def measure_ours(
    values: dict[str, str],
    caller: Caller,
    operator: Caller,
    options: argparse.Namespace,
) -> None:
    bodies = our_bodies()
    bind = ["--bind", f"{HOST}:{PORT}", "--keep-alive", "30", "--no-control-socket"]
    workers = ["--workers", str(options.workers)]
    command = ["-m", "gunicorn", *workers, *bind, "preciso.wsgi"]
    log = Path(values["PRECISO_DATA_DIR"], "ours.log")
    with running(command, values, log, caller, bodies[0]) as cold:
        measure("Preciso, chosen by itself", caller.requests(bodies), options)
        named = caller.requests(our_bodies(external_id="BENCH"))
        measure("Preciso, recorded", named, options)
        operator.ask({"model_version_id": "2"})
        measure("Preciso, scorecard", caller.requests(bodies), options)
        told = switches(operator, caller, bodies[0], options.switches)
    print(f"Preciso: cold start {cold:.2f} s; switch to first new answer, {told}")


def switches(operator: Caller, caller: Caller, body: Any, count: int) -> str:
    """From sending the select to the first answer of the version selected."""
    took = []
    for number in range(count):
        wanted = str(number % 2 + 1)
        started = time.perf_counter()
        operator.ask({"model_version_id": wanted})
        answered = caller.ask(body)["model_version"]["id"]
        took.append(1000 * (time.perf_counter() - started))
        if answered != wanted:
            raise SystemExit(f"{answered} answered after {wanted} was selected.")
    return f"ms: median {statistics.median(took):.0f}, longest {max(took):.0f}"


def theirs(folder: Path, options: argparse.Namespace) -> None:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    values = {**os.environ, "PATH": programs, **QUIET}
    values["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder / 'theirs.db'}"
    model = str(folder / "theirs")
    learn = [sys.executable, "-W", "ignore", "-c", LEARN, str(SOURCE), model]
    subprocess.run(learn, env=values, stderr=subprocess.DEVNULL, check=True)
    caller, bodies = Caller("/invocations"), their_bodies()
    requests = caller.requests(bodies)
    serve = ["-m", "mlflow", "models", "serve", "--env-manager", "local"]
    serve += ["--model-uri", model, "--host", HOST, "--port", str(PORT)]
    for name in options.servers:
        log, command = folder / "theirs.log", [*serve, *SERVERS[name]]
        with running(command, values, log, caller, bodies[0]) as cold:
            measure(f"MLflow, {name}", requests, options)
            stopped = time.perf_counter()
        print(f"MLflow, {name}: cold start {cold:.2f} s", end="", flush=True)
        if not options.smoke:
            with running(command, values, log, caller, bodies[0]):
                print(f"; restart {time.perf_counter() - stopped:.2f} s", end="")
        print()


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=1.5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--switches", type=int, default=20)
    parser.add_argument("--learnt", type=int, default=2000, help="cases learnt from")
    parser.add_argument("--workers", type=int, default=4, help="Preciso's")
    parser.add_argument(
        "--servers", nargs="+", choices=SERVERS, default=list(SERVERS), help="MLflow's"
    )
    options = parser.read(
        seconds=0.1,
        warm_up=0.1,
        clients=[2],
        switches=2,
        learnt=150,
        workers=1,
        servers=["as it starts"],
    )
    if options.inside:
        prepare(options.learnt)
        return
    print(machine())
    print(f"{'':<28} {COLUMNS}")
    sides: list[Callable[[Path, argparse.Namespace], None]] = [theirs, ours]
    for side in sides:
        with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
            side(Path(folder), options)


if __name__ == "__main__":
    main()
