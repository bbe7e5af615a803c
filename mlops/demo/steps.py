"""The story: approvals in, a better model out, and anyone allowed to can undo it."""

from collections.abc import Callable
from typing import Any

from mlops.demo import reviews
from mlops.demo.applications import Application
from mlops.demo.demo_run import DemoRun, version_label
from mlops.demo.errors import DemoFailed
from mlops.demo.installation import Installation
from mlops.demo.printer import Printer

FIRST_PART = 1000
AUTO_AFTER = 300  # new samples until Auto trains
TOLD_WITHIN = 45
METRICS = ("accuracy", "balanced_accuracy", "auc", "log_loss", "brier")


def tell(installation: Installation, printer: Printer, rows: list[Application]) -> None:
    """The whole loop. Raises DemoFailed, with the step in ``printer.step_now``."""
    with printer.step("Start a web process and a worker"):
        run = open_stage(installation, printer, rows)
    for title, act in ACTS:
        with printer.step(title):
            act(run)


def open_stage(
    installation: Installation, printer: Printer, rows: list[Application]
) -> DemoRun:
    installation.wait_until_ready()
    operator, reviewer, admin = installation.api_of("operator", "reviewer", "admin")
    printer.figure("address", installation.address)
    printer.figure("data directory", installation.data_dir)
    printer.figure("signed in", "operator, reviewer, admin")
    return DemoRun(installation, printer, rows, operator, reviewer, admin)


def replay_first_part(run: DemoRun) -> None:
    rows = run.rows[:FIRST_PART]
    run.import_decided(rows)
    reviews.print_decisions(run, [row.decision for row in rows])


def import_second_part(run: DemoRun) -> None:
    run.import_undecided(run.rows[FIRST_PART:])


def seal_and_train(run: DemoRun) -> None:
    version = run.operator.post("/datasets/versions")
    sealed = run.operator.post(f"/datasets/versions/{version['id']}/seal")
    run.printer.figure("dataset", f"no. {sealed['number']}, {sealed['status']}")
    run.printer.figure("samples", f"{sealed['sample_count']:,}")
    run.printer.figure("sha256", f"{sealed['sha256'][:32]} ...")
    body = {"dataset_version_id": sealed["id"], "notes": "The demo's first training"}
    run.finish_training(run.operator.post("/training/run", body)["job_id"])


def let_auto_train(run: DemoRun) -> None:
    policy = {
        "enabled": True,
        "min_new_samples": AUTO_AFTER,
        "cooldown_minutes": 0,
        "undo_window_minutes": 0,  # nobody waits ten minutes in a demo
    }
    run.admin.post("/training/auto", policy)
    run.printer.figure("Auto", f"on, from {AUTO_AFTER:,} new samples")
    chosen = reviews.waiting(run)[: AUTO_AFTER + reviews.HANDS]
    answers = reviews.decide(run, chosen)
    reviews.agreement(run, chosen)
    run.finish_training(reviews.auto_job(run, answers))


def select_first(run: DemoRun) -> None:
    select(run, 0, "The first model there is.")


def select_second(run: DemoRun) -> None:
    run.predict("before")
    select(run, 1, "It learnt from more decisions.")


def select(run: DemoRun, place: int, reason: str) -> None:
    version = run.versions[place]
    body = {"model_version_id": version["id"], "reason": reason}
    period = run.operator.post("/serving/select", body)
    require_serving(period, version)
    run.printer.figure("serves now", version_label(period["model_version"]))
    run.predict("next request")


def compare(run: DemoRun) -> None:
    evaluation = run.versions[1]["evaluation"]
    before, after = evaluation["champion"]["metrics"], evaluation["candidate"]
    heads = ["", *(f"version {each['version']}" for each in run.versions)]
    heads.append("always the commonest")
    measured = [before, after, evaluation["commonest"]]
    run.printer.figure("held-out cases", f"{evaluation['held_out']:,}")
    run.printer.table(
        heads,
        [
            [name.replace("_", " "), *(_number(each[name]) for each in measured)]
            for name in METRICS
        ],
    )


def roll_back(run: DemoRun) -> None:
    run.predict("before")
    body = {"reason": "To show that it is one click."}
    period = run.operator.post("/serving/rollback", body)
    require_serving(period, run.versions[0])
    run.printer.figure("serves now", version_label(period["model_version"]))
    run.predict("next request")
    hold = run.operator.get("/serving")["hold"]
    if hold is None:
        raise DemoFailed("the rollback put no hold on automatic promotion")
    run.printer.figure("automatic promotion", f"on hold, by {hold['by']}")


def look_back(run: DemoRun) -> None:
    for period in reversed(run.operator.get("/serving/history")["items"]):
        clock = period["since"].partition("T")[2][:8]
        run.printer.figure(
            f"{clock} version {period['model_version']['version']}",
            f"{period['kind']} by {period['by']}: {period['reason']}",
        )


def check_mirror(run: DemoRun) -> None:
    def all_told() -> dict[str, Any] | None:
        status = run.operator.get("/mlflow/status")
        return None if status["pending"] else dict(status)

    status = run.installation.wait_until(
        all_told, within=TOLD_WITHIN, what="MLflow had been told"
    )
    runs = run.operator.get("/training/runs")["items"]
    mirrored = [run for run in runs if run["mlflow_run_id"]]
    experiments = run.operator.get("/mlflow/experiments")["items"]
    run.printer.figure("store", status["store"])
    run.printer.figure("experiment", ", ".join(each["name"] for each in experiments))
    run.printer.figure("runs", f"{len(mirrored)} of {len(runs)}")
    if len(mirrored) != len(run.versions):
        raise DemoFailed("a run is missing in MLflow")


def check_audit(run: DemoRun) -> None:
    for line in run.installation.verify_audit().splitlines():
        name, _colon, value = line.partition(": ")
        run.printer.figure(name, value)


def require_serving(period: dict[str, Any], version: dict[str, Any]) -> None:
    if period["model_version"]["id"] != version["id"]:
        raise DemoFailed(f"{version_label(version)} should serve, but {period} does")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


ACTS: tuple[tuple[str, Callable[[DemoRun], None]], ...] = (
    ("Replay the first half, with the decisions of 1990", replay_first_part),
    ("Seal what was learnt, and train on it", seal_and_train),
    ("Let version 1 serve", select_first),
    ("Import the other half; the model recommends a decision", import_second_part),
    ("Switch Auto on, and review until it trains", let_auto_train),
    ("Compare both on the same cases, kept out of all training", compare),
    ("Let version 2 serve", select_second),
    ("Roll back: the version before serves again", roll_back),
    ("Look back: what served when, and who put it there", look_back),
    ("MLflow has been told all of it", check_mirror),
    ("The audit trail holds together", check_audit),
)
