"""A built-in trainer is one file and one line: everything else reads that line."""

from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from mlops.health.work import trainer as trainer_check
from preciso import trainers
from preciso.trainers import COMMAND, TRAINERS, Trainer
from tests.apis import Api, person
from training.execution.job_handlers import JobFailed
from training.handlers.train import command_of
from training.models import TrainingRun

ROOT = Path(settings.BASE_DIR)
BUILT_IN = [name for name, trainer in TRAINERS.items() if trainer.is_built_in]
NEW = Trainer("novel", "A novel trainer", {"no_such_module": "no-such-package"})


@pytest.fixture
def with_a_new_one(monkeypatch):
    monkeypatch.setitem(trainers.TRAINERS, NEW.name, NEW)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_trainer_is_a_program_with_tests_and_documents(name):
    module = find_spec(f"training.trainers.{name}")
    assert module, f"python -m training.trainers.{name} starts nothing"
    if module.submodule_search_locations:
        assert find_spec(f"training.trainers.{name}.__main__")
    assert (ROOT / f"tests/trainers/test_{name}.py").is_file()
    assert (
        f"## The built-in trainer `{name}`" in (ROOT / "docs/trainers.md").read_text()
    )


def test_every_trainer_is_in_the_table_of_settings():
    lines = (ROOT / "docs/operations.md").read_text().splitlines()
    (row,) = (line for line in lines if line.startswith("| `TRAINER` |"))
    assert [name for name in TRAINERS if f"`{name}`" not in row] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("with_a_new_one")
def test_another_trainer_is_no_migration():
    output = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=output)
    assert "No changes" in output.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("with_a_new_one")
def test_another_trainer_has_its_label_and_is_asked_for_its_packages(settings):
    run = TrainingRun(trainer=NEW.name)
    assert run.get_trainer_display() == NEW.label
    settings.TRAINER = NEW.name
    assert "no-such-package" in trainer_check().message


@pytest.mark.django_db
def test_a_trainer_that_does_not_exist_is_refused_by_the_names_there_are():
    answer = Api(person("Operator")).get("training/estimate", trainer="magic")
    assert answer.status_code == 400


def test_a_trainers_label_is_said_in_the_readers_language():
    with translation.override("ko"):
        assert str(TRAINERS[COMMAND].label) != "Your own training command"


def test_a_run_of_a_trainer_that_is_listed_no_longer_fails_with_its_reason():
    with pytest.raises(JobFailed) as failed:
        command_of(TrainingRun(trainer="gone"))
    assert (failed.value.reason, failed.value.detail) == ("trainer_not_found", "gone")
