"""POST /predict beside MLflow's own scoring server, over HTTP, in one run.

    .venv/bin/python -m benchmarks.predict_peers [--seconds 5] [--switches 20]

Preciso: gunicorn as docs/operations.md has it (4 workers of 4 threads), the built-in
model as it chose itself (a scorecard and 60 trees) and as a scorecard alone, with
token, rights and rationale. MLflow: `mlflow models serve`, a scikit-learn pipeline with
a logistic regression, as it starts by default and with 4 workers. Both learnt from the
same file of mortgage cases, and are asked about its cases, one in each request. The
clients are `benchmarks.predict_load`; they share the machine with the server.
"""

import argparse
import contextlib
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.predict_http import DEMO, demo_cases, environment, prepare
from benchmarks.predict_load import HOST
from preciso.launcher import answers

PORT = 8793
CLIENTS = (1, 8, 32)
WARM_UP = 1.5
WORKERS = ["--workers", "4"]
GUNICORN = ["-m", "gunicorn", *WORKERS]
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


class Server:
    """A command and the processes it starts, listening on PORT."""

    def __init__(self, command: list[str], values: dict[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                env=values,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ask all of them to end, and wait until nobody listens."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=60)
        while answers(PORT):
            time.sleep(0.01)


class Caller:
    """One patient client: asks until it is answered."""

    def __init__(self, path: str, token: str = "") -> None:
        self.path = path
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, body: Any, path: str = "") -> Any:
        """The answer; OSError while nobody listens."""
        client = http.client.HTTPConnection(HOST, PORT, timeout=60)
        try:
            client.request("POST", path or self.path, json.dumps(body), self.headers)
            answer = client.getresponse()
            content = answer.read()
        finally:
            client.close()
        if answer.status not in (200, 201):
            raise SystemExit(f"{self.path} answered {answer.status}: {content[:300]!r}")
        return json.loads(content)

    def requests(self, bodies: list[Any]) -> list[str]:
        """Whole HTTP requests, so that the clients have nothing left to write."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\n{lines}"
        texts = [json.dumps(body) for body in bodies]
        return [f"{head}Content-Length: {len(t.encode())}\r\n\r\n{t}" for t in texts]


@contextlib.contextmanager
def running(
    command: list[str], values: dict[str, str], log: Path, caller: Caller, body: Any
) -> Iterator[float]:
    """A server that answers; yields the seconds from its start to its first answer."""
    started = time.perf_counter()
    server = Server(command, values, log)
    try:
        while not is_answered(caller, body):
            if server.has_ended():
                raise SystemExit(f"It ended: {log.read_text()[-500:]}")
            time.sleep(0.01)
        yield time.perf_counter() - started
    finally:
        server.stop()


def is_answered(caller: Caller, body: Any) -> bool:
    try:
        caller.ask(body)
    except OSError:
        return False
    return True


def load(requests: list[str], clients: int, seconds: float) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.predict_load"),
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


def measure(name: str, requests: list[str], seconds: float) -> None:
    load(requests, 8, WARM_UP)
    for clients in CLIENTS:
        told = load(requests, clients, seconds)
        cuts = statistics.quantiles(told["took"], n=100)
        rate = len(told["took"]) / told["lasted"]
        busy = told["cpu"] / told["lasted"]
        print(
            f"{name:<28} {clients:>7} {1000 * cuts[49]:>8.2f} {1000 * cuts[94]:>8.2f} "
            f"{rate:>9.0f} {busy:>7.0%}",
            flush=True,
        )


def typed(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def our_bodies(**more: str) -> list[Any]:
    return [
        {
            "cases": [
                {
                    "facts": [{**fact, "value": typed(fact["value"])} for fact in case],
                    **{key: f"{value}-{n}" for key, value in more.items()},
                }
            ]
        }
        for n, case in enumerate(demo_cases())
    ]


def their_bodies() -> list[Any]:
    return [
        {
            "dataframe_split": {
                "columns": [fact["name"] for fact in case],
                "data": [[typed(fact["value"]) for fact in case]],
            }
        }
        for case in demo_cases()
    ]


def a_second_version() -> str:
    """Train the scorecard alone on the same dataset; a token that may select."""
    from django.contrib.auth.models import User

    from training import execution
    from training.models import DatasetVersion
    from training.services.runs import RunRequest, submit_run
    from training.services.tokens import create_token

    asker = User.objects.get(username="asker")
    dataset = DatasetVersion.objects.sealed().get()
    wish = RunRequest(dataset, training_args={"model": "linear"})
    submit_run(wish, by=asker)
    execution.work(lambda: False)
    return create_token(asker, by=None)[1]


def ours(folder: Path, options: argparse.Namespace) -> None:
    values = {**environment(folder), "API_REQUESTS_PER_MINUTE": "1000000"}
    token = prepare(values)
    operator = Caller("/api/v1/serving/select", a_second_version())
    caller, bodies = Caller("/api/v1/predict", token), our_bodies()
    bind = ["--bind", f"{HOST}:{PORT}", "--keep-alive", "30", "--no-control-socket"]
    command = [*GUNICORN, *bind, "preciso.wsgi"]
    everything = {**os.environ, **values}
    with running(command, everything, folder / "ours.log", caller, bodies[0]) as cold:
        measure("Preciso, chosen by itself", caller.requests(bodies), options.seconds)
        named = caller.requests(our_bodies(external_id="BENCH"))
        measure("Preciso, recorded", named, options.seconds)
        operator.ask({"model_version_id": "2"})
        measure("Preciso, scorecard", caller.requests(bodies), options.seconds)
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
    learn = [sys.executable, "-W", "ignore", "-c", LEARN, str(DEMO), model]
    subprocess.run(learn, env=values, stderr=subprocess.DEVNULL, check=True)
    caller, bodies = Caller("/invocations"), their_bodies()
    requests = caller.requests(bodies)
    serve = ["-m", "mlflow", "models", "serve", "--env-manager", "local"]
    serve += ["--model-uri", model, "--host", HOST, "--port", str(PORT)]
    kinds: dict[str, list[str]] = {"as it starts": [], "4 workers": WORKERS}
    for name, more in kinds.items():
        log, command = folder / "theirs.log", [*serve, *more]
        with running(command, values, log, caller, bodies[0]) as cold:
            measure(f"MLflow, {name}", requests, options.seconds)
            stopped = time.perf_counter()
        with running(command, values, log, caller, bodies[0]):
            again = time.perf_counter() - stopped
        print(f"MLflow, {name}: cold start {cold:.2f} s; restart {again:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--switches", type=int, default=20)
    options = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()}")
    print(f"{'':<28} {COLUMNS}")
    sides: list[Callable[[Path, argparse.Namespace], None]] = [theirs, ours]
    for side in sides:
        with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
            side(Path(folder), options)


if __name__ == "__main__":
    main()
