"""Two machines: each its own disk; one database, one Redis, one artifact store."""

import shutil

import pytest

from tests.faults.snippets import submit
from tests.installation import Installation
from tests.services import wait_until

LOOK = """
from django.contrib.auth.models import User
from mlops.models import ModelVersion
from mlops.serving.predictions import PredictCase, predict
from mlops.serving.model_registry import check_version
from mlops.serving.selection import select_version
from training.execution.attempt_logs import open_log
from training.models import JobAttempt, PipelineJob
from training.services.datasets.versions import open_export
alice, job = User.objects.get(), PipelineJob.objects.get(pk={job})
version = check_version(ModelVersion.objects.get(run__job=job))
select_version(version, by=alice)
told = predict([PredictCase("", [{{"name": "a", "value": 3}}])], by=alice)
attempt = JobAttempt.objects.get(job=job, number=job.attempt)
with open_export(job.run.dataset_version) as export:
    lines = export.read().count(b"\\n")
answer = {{
    "problem": version.problem,
    "decision": told.answers[0].answer.decision,
    "log": b"".join(open_log(attempt)).decode(),
    "exported": lines,
    "worker": attempt.worker,
}}
"""


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("installation", ["postgres"], indirect=True)
def test_what_one_machine_made_is_used_on_another(installation, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(installation.data_dir / "artifacts", store)
    shutil.rmtree(installation.data_dir / "artifacts")
    first = installation
    first.environment["ARTIFACTS_DIR"] = str(store)
    home = tmp_path / "second"
    home.mkdir()
    second = Installation(
        home,
        **{
            name: first.environment[name]
            for name in ("DATABASE_URL", "REDIS_URL", "ARTIFACTS_DIR")
        },
    )
    try:
        second.start_worker()
        job = submit(first, trainer="decision")
        first.wait_for(job, "completed", "failed", "dead_letter")
        second.stop()
        shutil.rmtree(home)

        result = first.run(LOOK.format(job=job))
        assert result["problem"] == ""
        assert result["decision"] in ("yes", "no")
        assert result["log"]
        assert result["exported"] == 12
    finally:
        second.stop()


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("installation", ["postgres"], indirect=True)
def test_a_job_whose_machine_is_gone_is_finished_on_another(installation, tmp_path):
    home = tmp_path / "second"
    home.mkdir()
    store = {"ARTIFACTS_DIR": str(installation.data_dir / "artifacts")}
    installation.environment |= store
    doomed = Installation(
        home,
        **store,
        **{n: installation.environment[n] for n in ("DATABASE_URL", "REDIS_URL")},
        LOCAL_TRAINING_COMMAND="sh -c 'echo first words; sleep 300'",
    )
    try:
        doomed.start_worker()
        installation.environment["LOCAL_TRAINING_COMMAND"] = "sh -c 'exit 65'"
        job = submit(installation)
        query = f"SELECT text FROM training_joblogline WHERE job_id = {job}"
        wait_until(lambda: installation.rows(query), what="its first words")
        doomed.stop()
        shutil.rmtree(home)
        installation.start_worker()
        ended = installation.wait_for(job, "failed", "completed", "dead_letter")
        assert (ended["attempt"], ended["reason"]) == (2, "bad_data")
        assert installation.row(query) == ("first words",)
    finally:
        doomed.stop()
