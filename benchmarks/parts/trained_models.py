"""Models that learnt from the demo's decisions, with as many cases as are asked for."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import User
from django.core.management import call_command

from mlops.demo.applications import DECISION, ID, PROTECTED, applications, as_csv
from mlops.models import ModelVersion
from training import execution
from training.models import DatasetVersion
from training.services.people.tokens import create_token
from training.services.runs.submissions import RunRequest, seal_and_train, submit_run


def first_version(cases: int) -> ModelVersion:
    """What the trainer chooses itself, learnt from so many decided cases."""
    asker = User.objects.create_superuser("asker")
    with TemporaryDirectory(prefix="preciso-bench-") as folder:
        file = Path(folder, "cases.csv")
        file.write_bytes(as_csv(applications()[:cases]))
        call_command(
            "import_cases",
            file,
            id_column=ID,
            decision_column=DECISION,
            protected_column=[PROTECTED],
            replay_as=asker.username,
        )
    seal_and_train(DatasetVersion.objects.open().get(), by=asker)
    execution.work(lambda: False)
    return ModelVersion.objects.get()


def second_version() -> ModelVersion:
    """A scorecard alone, learnt from the same dataset."""
    dataset = DatasetVersion.objects.sealed().get()
    asker = User.objects.get(username="asker")
    submit_run(RunRequest(dataset, training_args={"model": "linear"}), by=asker)
    execution.work(lambda: False)
    return ModelVersion.objects.latest("pk")


def token_of_viewer() -> str:
    viewer = User.objects.create_user("viewer")
    viewer.groups.add(*viewer.groups.model.objects.filter(name="Viewer"))
    return create_token(viewer, by=None)[1]


def token_of_asker() -> str:
    return create_token(User.objects.get(username="asker"), by=None)[1]
