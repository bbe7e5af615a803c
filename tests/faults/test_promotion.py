"""Several caretakers judge a new version at once; and judging it breaks."""

import pytest

from tests.trainers.samples import loans, train_here

PREPARE = """
from pathlib import Path
from mlops.serving import selection as serving
from tests.apis import a_model_version
from training.models import DatasetVersion, TrainingPolicy
dataset, files = DatasetVersion.objects.sealed().get(), Path({model!r})
champion = a_model_version(dataset, files)
serving.select_version(champion, by=None)
TrainingPolicy.objects.update(
    promote_enabled=True, promote_min_cases=1, updated_at=champion.created_at
)
version = a_model_version(dataset, files)
version.evaluation = {{
    "comparison": {{
        "model_version": {{"id": str(champion.pk)}},
        "cases": 100,
        "differences": {{"log_loss": {{"value": -0.3, "low": -0.4, "high": -0.2}}}},
        "recalls": [{{"decision": "yes", "candidate": 0.9, "champion": 0.8}}],
    }}
}}
version.save()
"""
RACE = """
from threading import Barrier, Thread
from django.db import connections
from mlops.models import PromotionDecision, ServingPeriod
from mlops.serving.promotion import consider_newest
from training.models import AuditEvent
together = Barrier(4)

def caretaker():
    try:
        together.wait()
        consider_newest()
    finally:
        connections.close_all()

threads = [Thread(target=caretaker) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
answer = {
    "decisions": list(PromotionDecision.objects.values_list("promoted", flat=True)),
    "periods": [period.kind for period in ServingPeriod.objects.order_by("pk")],
    "told": AuditEvent.objects.filter(action="model.promoted").count(),
}
"""
BREAKS = """
from django.db import connection, transaction
from mlops.models import ModelVersion
from mlops.serving.promotion import run_completed
from tests.apis import a_run
from training.models import DatasetVersion
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE mlops_promotiondecision")
with transaction.atomic():
    run = a_run(DatasetVersion.objects.sealed().get())
    made = run_completed(run, {"problem": ""})
answer = ModelVersion.objects.filter(pk=made, run=run).exists()
"""

pytestmark = pytest.mark.long


@pytest.fixture
def prepared(installation, tmp_path):
    """A version waits to be judged; every rule lets it through."""
    model = train_here(tmp_path / "model", loans(40), model="linear")
    installation.run(PREPARE.format(model=str(model)))
    return installation


def test_of_four_caretakers_one_promotes(prepared):
    assert prepared.run(RACE) == {
        "decisions": [True],
        "periods": ["select", "auto"],
        "told": 1,
    }


def test_a_version_is_made_even_if_judging_it_breaks(prepared):
    assert prepared.run(BREAKS) is True
