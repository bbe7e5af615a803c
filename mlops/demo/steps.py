"""The story: approvals in, a better model out, and anyone allowed to can undo it."""

from collections.abc import Callable
from typing import Any

from mlops.demo import reviews
from mlops.demo.applications import Application
from mlops.demo.demo_run import Stage, named
from mlops.demo.errors import DemoFailed
from mlops.demo.installation import Installation
from mlops.demo.printer import Paper

FIRST_PART = 1000
AUTO_AFTER = 300  # new samples until Auto trains
TOLD_WITHIN = 45
METRICS = ("accuracy", "balanced_accuracy", "auc", "log_loss", "brier")


def tell(installation: Installation, paper: Paper, rows: list[Application]) -> None:
    """The whole loop. Raises DemoFailed, with the step in ``paper.step_now``."""
    with paper.step("Start a web process and a worker"):
        stage = open_stage(installation, paper, rows)
    for title, act in ACTS:
        with paper.step(title):
            act(stage)


def open_stage(
    installation: Installation, paper: Paper, rows: list[Application]
) -> Stage:
    installation.wait_until_ready()
    operator, reviewer, admin = installation.api_of("operator", "reviewer", "admin")
    paper.figure("address", installation.address)
    paper.figure("data directory", installation.data_dir)
    paper.figure("signed in", "operator, reviewer, admin")
    return Stage(installation, paper, rows, operator, reviewer, admin)


def replay_first_part(stage: Stage) -> None:
    rows = stage.rows[:FIRST_PART]
    stage.import_decided(rows)
    reviews.print_decisions(stage, [row.decision for row in rows])


def import_second_part(stage: Stage) -> None:
    stage.import_undecided(stage.rows[FIRST_PART:])


def seal_and_train(stage: Stage) -> None:
    version = stage.operator.post("/datasets/versions")
    sealed = stage.operator.post(f"/datasets/versions/{version['id']}/seal")
    stage.paper.figure("dataset", f"no. {sealed['number']}, {sealed['status']}")
    stage.paper.figure("samples", f"{sealed['sample_count']:,}")
    stage.paper.figure("sha256", f"{sealed['sha256'][:32]} ...")
    body = {"dataset_version_id": sealed["id"], "notes": "The demo's first training"}
    stage.finish_training(stage.operator.post("/training/run", body)["job_id"])


def let_auto_train(stage: Stage) -> None:
    policy = {
        "enabled": True,
        "min_new_samples": AUTO_AFTER,
        "cooldown_minutes": 0,
        "undo_window_minutes": 0,  # nobody waits ten minutes in a demo
    }
    stage.admin.post("/training/auto", policy)
    stage.paper.figure("Auto", f"on, from {AUTO_AFTER:,} new samples")
    chosen = reviews.waiting(stage)[: AUTO_AFTER + reviews.HANDS]
    answers = reviews.decide(stage, chosen)
    reviews.agreement(stage, chosen)
    stage.finish_training(reviews.auto_job(stage, answers))


def select_first(stage: Stage) -> None:
    select(stage, 0, "The first model there is.")


def select_second(stage: Stage) -> None:
    stage.predict("before")
    select(stage, 1, "It learnt from more decisions.")


def select(stage: Stage, place: int, reason: str) -> None:
    version = stage.versions[place]
    body = {"model_version_id": version["id"], "reason": reason}
    period = stage.operator.post("/serving/select", body)
    require_serving(period, version)
    stage.paper.figure("serves now", named(period["model_version"]))
    stage.predict("next request")


def compare(stage: Stage) -> None:
    evaluation = stage.versions[1]["evaluation"]
    before, after = evaluation["champion"]["metrics"], evaluation["candidate"]
    heads = ["", *(f"version {each['version']}" for each in stage.versions)]
    heads.append("always the commonest")
    measured = [before, after, evaluation["commonest"]]
    stage.paper.figure("held-out cases", f"{evaluation['held_out']:,}")
    stage.paper.table(
        heads,
        [
            [name.replace("_", " "), *(_number(each[name]) for each in measured)]
            for name in METRICS
        ],
    )


def roll_back(stage: Stage) -> None:
    stage.predict("before")
    body = {"reason": "To show that it is one click."}
    period = stage.operator.post("/serving/rollback", body)
    require_serving(period, stage.versions[0])
    stage.paper.figure("serves now", named(period["model_version"]))
    stage.predict("next request")
    hold = stage.operator.get("/serving")["hold"]
    if hold is None:
        raise DemoFailed("the rollback put no hold on automatic promotion")
    stage.paper.figure("automatic promotion", f"on hold, by {hold['by']}")


def look_back(stage: Stage) -> None:
    for period in reversed(stage.operator.get("/serving/history")["items"]):
        clock = period["since"].partition("T")[2][:8]
        stage.paper.figure(
            f"{clock} version {period['model_version']['version']}",
            f"{period['kind']} by {period['by']}: {period['reason']}",
        )


def check_mirror(stage: Stage) -> None:
    def all_told() -> dict[str, Any] | None:
        status = stage.operator.get("/mlflow/status")
        return None if status["pending"] else dict(status)

    status = stage.installation.wait_until(
        all_told, within=TOLD_WITHIN, what="MLflow had been told"
    )
    runs = stage.operator.get("/training/runs")["items"]
    told = [run for run in runs if run["mlflow_run_id"]]
    experiments = stage.operator.get("/mlflow/experiments")["items"]
    stage.paper.figure("store", status["store"])
    stage.paper.figure("experiment", ", ".join(each["name"] for each in experiments))
    stage.paper.figure("runs", f"{len(told)} of {len(runs)}")
    if len(told) != len(stage.versions):
        raise DemoFailed("a run is missing in MLflow")


def check_audit(stage: Stage) -> None:
    for line in stage.installation.verify_audit().splitlines():
        name, _colon, value = line.partition(": ")
        stage.paper.figure(name, value)


def require_serving(period: dict[str, Any], version: dict[str, Any]) -> None:
    if period["model_version"]["id"] != version["id"]:
        raise DemoFailed(f"{named(version)} should serve, but {period} does")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


ACTS: tuple[tuple[str, Callable[[Stage], None]], ...] = (
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
