"""The OpenAPI document against a running server: a client made of it plays the story of
the demo, and schemathesis finds nothing that is said otherwise."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.generated import GeneratedClient
from tests.faults.slow import ask
from tests.services import accepts_connections, free_port, wait_until

pytestmark = pytest.mark.long

PREPARE = """
from django.contrib.auth.models import User
from training.services.people.tokens import create_token
answer = create_token(User.objects.get(), by=None)[1]
"""
ROWS = 120
DEMO = Path(settings.BASE_DIR) / "training" / "demo" / "hmda.csv"
HOOKS = {"SCHEMATHESIS_HOOKS": "tests.faults.schema_checks"}
SETTINGS = Path(__file__).parent / "schemathesis.toml"


@pytest.fixture
def server(installation):
    """The port of a web process with everything that a story needs."""
    installation.environment["API_REQUESTS_PER_MINUTE"] = "1000000"
    installation.token = installation.run(PREPARE)
    port = free_port()
    installation.start_web(port)
    wait_until(lambda: accepts_connections(port), what="listening")
    return port


def test_a_generated_client_plays_the_story_of_the_demo(installation, server, tmp_path):
    installation.start_worker()
    with_token = {"Authorization": f"Bearer {installation.token}"}
    document = ask(server, "GET", "/api/v1/schema", headers=with_token)[2]
    client = GeneratedClient(tmp_path / "made", server, installation.token, document)
    try:
        story = Story(client)
        story.learn()
        story.serve()
        story.review()
        story.go_back()
        story.look_back()
    finally:
        client.close()


# Each field of verbs that decide, at and over its bounds; every address a few times;
# what one answers, sent to another. The last two for as long as there is time.
COVERAGE = ["coverage", "--include-path-regex", "(approve|bulk|select|rollback)$"]
FUZZING = ["fuzzing", "--max-examples", "2", "--max-time", "20"]
STATEFUL = ["stateful", "--max-time", "20"]
WITH_POSTGRES = {"marks": [pytest.mark.postgres, pytest.mark.redis]}


@pytest.mark.parametrize(
    ("installation", "phase"),
    [
        ("sqlite", COVERAGE),
        ("sqlite", FUZZING),
        pytest.param("postgres", COVERAGE, **WITH_POSTGRES),
        pytest.param("postgres", STATEFUL, **WITH_POSTGRES),
    ],
    indirect=["installation"],
    ids=["sqlite-coverage", "sqlite-fuzzing", "postgres-coverage", "postgres-stateful"],
)
def test_schemathesis_finds_nothing_that_is_otherwise(installation, server, phase):
    """The same requests each time."""
    program = Path(sys.executable).parent / "schemathesis"
    options = [
        "-H",
        f"Authorization: Bearer {installation.token}",
        "--no-color",
        "--phases",
    ]
    address = f"http://127.0.0.1:{server}/api/v1/schema"
    done = subprocess.run(
        [program, "--config-file", SETTINGS, "run", address, *options, *phase],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=installation.data_dir,
        env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR), **HOOKS},
    )

    assert done.returncode == 0, done.stdout[-8000:] + installation.logs()[-2000:]


class Story:
    def __init__(self, client):
        self.client, self.models = client, client.models
        self.versions = []

    def body(self, name, **given):
        return getattr(self.models, name).from_dict(given)

    def learn(self):
        """Half of the rows with their decisions; sealed, and learnt from twice."""
        lines = DEMO.read_text().splitlines()
        self.import_rows([lines[0], *lines[1:ROWS]], decision_column="deny")
        opened = self.client(
            "datasets", "datasets_versions_create", body=self.body("VersionInRequest")
        )
        sealed = self.client(
            "datasets",
            "datasets_versions_seal_create",
            opened.id,
            body=self.body("NoBodyRequest"),
        )
        file = self.client("datasets", "datasets_versions_download_retrieve", opened.id)
        kept = file.payload.getvalue()
        assert hashlib.sha256(kept).hexdigest() == sealed.sha256
        assert len(kept.splitlines()) == sealed.sample_count
        for scope in ("all", "delta"):
            self.train(opened.id, scope)
        self.client("datasets", "datasets_versions_list", limit=1)
        self.client("datasets", "datasets_versions_samples_list", opened.id, limit=2)

    def import_rows(self, lines, **columns):
        file = self.client.types.File(
            payload=io.BytesIO("\n".join(lines).encode()),
            file_name="cases.csv",
            mime_type="text/csv",
        )
        report = self.client(
            "cases",
            "cases_import_create",
            body=self.models.CasesImportCreateFilesBody(file=file),
            id_column="application_id",
            protected_column=["afam"],
            **columns,
        )
        assert (report.imported, report.refused) == (len(lines) - 1, [])

    def train(self, version, scope):
        submitted = self.client(
            "training",
            "training_run_create",
            body=self.body(
                "RunInRequest",
                dataset_version_id=version,
                scope=scope,
                training_args={"model": "linear"},
            ),
        )

        def ended():
            job = self.client(
                "pipeline", "pipeline_jobs_retrieve", submitted.pipeline_job_id
            )
            assert job.status not in {"failed", "dead_letter"}, job
            return job.status == "completed"

        wait_until(ended, within=90, what="the training")
        run = self.client("training", "training_runs_retrieve", submitted.run_id)
        self.client("pipeline", "pipeline_jobs_log_retrieve", submitted.job_id)
        self.client("pipeline", "pipeline_jobs_events_list", submitted.job_id)
        self.versions.append(run.model_version_id)

    def select(self, version):
        body = self.body("SelectInRequest", model_version_id=version, reason="Better.")
        period = self.client("serving", "serving_select_create", body=body)
        assert period.model_version.id == version

    def serve(self):
        first, second = self.versions
        self.select(first)
        rehearsed = self.client(
            "serving",
            "serving_rehearse_create",
            body=self.body("RehearseInRequest", model_version_id=second),
        )
        self.client("serving", "serving_rehearsals_retrieve", rehearsed.id)
        self.client("models", "models_retrieve", second)
        self.client("models", "models_differences_list", second)
        lines = DEMO.read_text().splitlines()
        self.import_rows([lines[0], *lines[ROWS : ROWS + 5]], ignore_column=["deny"])
        facts = [{"name": "dir", "value": 0.3}]
        case = {"external_id": "ASKED-1", "facts": facts}
        answer = self.client(
            "predict",
            "predict_create",
            body=self.body("PredictInRequest", cases=[case]),
        )
        predicted = answer.predictions[0]
        self.client("predictions", "predictions_lineage_retrieve", predicted.id)

    def review(self):
        waiting = self.client("cases", "cases_list", status=self.waiting(), limit=3)
        ids = [case.id for case in waiting.items]
        assert waiting.items[0].recommendation.model_version.id == self.versions[0]
        approved = self.client(
            "approvals",
            "approvals_cases_approve_create",
            ids[0],
            body=self.body("ApproveInRequest", confidence_score=0.95),
        )
        bulk = self.body("BulkInRequest", case_ids=[ids[1]])
        self.client("approvals", "approvals_bulk_create", body=bulk)
        why = self.body("ReasoningInRequest", reasoning="Unclear.")
        for verb, pk in (("reject", ids[2]), ("withdraw", ids[0])):
            self.client("approvals", f"approvals_cases_{verb}_create", pk, body=why)
        outcome = self.body("OutcomeInRequest", outcome="repaid")
        self.client("cases", "cases_outcome_create", ids[1], body=outcome)
        for name in ("retrieve", "lineage_retrieve", "influence_retrieve"):
            self.client("cases", f"cases_{name}", ids[1])
        self.client("reviews", "reviews_influence_retrieve", approved.review_id)
        on = self.body("PolicyInRequest", enabled=True, min_new_samples=1000)
        self.client("training", "training_auto_create", body=on)

    def waiting(self):
        return self.models.CasesListStatus("awaiting_review")

    def go_back(self):
        self.select(self.versions[1])
        back = self.body("RollBackInRequest", reason="Odd.")
        period = self.client("serving", "serving_rollback_create", body=back)
        assert period.model_version.id == self.versions[0]
        lift = self.body("ReasonInRequest", reason="Looked into.")
        self.client("serving", "serving_hold_release_create", body=lift)

    def look_back(self):
        history = self.client("serving", "serving_history_list")
        assert len(history.items) == 3
        self.client("serving", "serving_at_retrieve", time=datetime.now(UTC))
        evidence = self.client(
            "models",
            "models_evidence_create",
            self.versions[0],
            body=self.body("NoBodyRequest"),
        )
        assert zipfile.ZipFile(evidence.payload).testzip() is None
        self.client("models", "models_lineage_retrieve", self.versions[0])
        for tag, name in (
            ("models", "models_list"),
            ("serving", "serving_retrieve"),
            ("serving", "serving_agreement_retrieve"),
            ("training", "training_auto_retrieve"),
            ("training", "training_budget_retrieve"),
            ("training", "training_decisions_list"),
            ("training", "training_estimate_retrieve"),
            ("training", "training_runs_list"),
            ("pipeline", "pipeline_jobs_list"),
            ("mlflow", "mlflow_status_retrieve"),
            ("mlflow", "mlflow_experiments_list"),
            ("status", "status_retrieve"),
        ):
            self.client(tag, name)
