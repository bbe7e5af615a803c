"""What every part of the demo shares: who acts, on what, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from mlops.demo.applications import DECISION, ID, PROTECTED, Application, as_csv
from mlops.demo.client import Api
from mlops.demo.errors import DemoFailed
from mlops.demo.installation import Installation
from mlops.demo.printer import Printer, percent

TRAINED_WITHIN = 60


@dataclass
class DemoRun:
    """The installation, three people signed in to it, and the model versions so far."""

    installation: Installation
    printer: Printer
    rows: Sequence[Application]
    operator: Api
    reviewer: Api
    admin: Api
    versions: list[dict[str, Any]] = field(default_factory=list)

    def import_undecided(self, rows: Sequence[Application]) -> None:
        """Send them as a CSV file, to be decided later."""
        self._import(self.operator, rows, {"ignore_column": DECISION})

    def import_decided(self, rows: Sequence[Application]) -> None:
        """Send them as a CSV file, with what was decided about them then."""
        self._import(self.admin, rows, {"decision_column": DECISION})

    def _import(
        self, sender: Api, rows: Sequence[Application], columns: dict[str, str]
    ) -> None:
        """Raises DemoFailed unless all are taken."""
        query = urlencode({"id_column": ID, "protected_column": PROTECTED, **columns})
        report = sender.post_csv(f"/cases/import?{query}", as_csv(rows))
        self.printer.figure("imported", f"{report['imported']:,}")
        self.printer.figure("refused", len(report["refused"]))
        if report["imported"] != len(rows):
            raise DemoFailed(f"not all were imported: {report}")

    def finish_training(self, job_id: str) -> dict[str, Any]:
        """Wait for the job; print and keep the model version it made."""
        job = self.installation.wait_until(
            lambda: self._ended_job(job_id),
            within=TRAINED_WITHIN,
            what=f"job {job_id} ended",
        )
        if job["status"] != "completed":
            raise DemoFailed(
                f"job {job_id} ended as {job['status']}: {job['reason_text']}"
            )
        runs = self.operator.get("/training/runs", job_id=job_id)["items"]
        run = next(run for run in runs if run["job_id"] == job_id)
        version = self.operator.get(f"/models/{run['model_version_id']}")
        if not version["eligible"]:
            raise DemoFailed(f"it may not serve: {version['ineligible_reason']}")
        self.versions.append(version)
        self._print_version(job, version)
        return dict(version)

    def predict(self, when: str) -> None:
        """Ask about one application, and say which version answered.

        The last one that was denied: nobody has shown it to a model before.
        """
        probe = next(row for row in reversed(self.rows) if row.decision == "yes")
        answer = self.operator.post("/predict", {"cases": [probe.as_prediction()]})
        prediction = answer["predictions"][0]
        self.printer.figure(
            f"predict, {when}",
            f"version {answer['model_version']['version']}: {probe.external_id} "
            f"{prediction['decision']}, {percent(prediction['confidence'])} sure",
        )

    def _ended_job(self, job_id: str) -> dict[str, Any] | None:
        job = self.operator.get(f"/pipeline/jobs/{job_id}")
        return dict(job) if job["finished_at"] else None

    def _print_version(self, job: dict[str, Any], version: dict[str, Any]) -> None:
        metrics = version["metrics"]
        self.printer.figure(
            "job", f"no. {job['id']} ({job['flow']}), attempt {job['attempt']}"
        )
        self.printer.figure("model version", version_label(version))
        self.printer.figure(
            "right on held-out cases",
            f"{percent(metrics['accuracy'])}, AUC {metrics['auc']:.3f}",
        )


def version_label(version: dict[str, Any]) -> str:
    return f"{version['name']} v{version['version']}"
