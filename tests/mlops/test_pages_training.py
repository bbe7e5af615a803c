"""The training page: Auto and Batch side by side, and what each refuses."""

import hashlib

import pytest
from django.core.files.storage import storages

from tests.apis import a_sealed_version, an_approved_case, person
from tests.mlops.people import browser, by_htmx, text
from training.models import DatasetVersion, PipelineJob, TrainingPolicy, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def theo():
    return browser("Operator", "theo")


@pytest.fixture
def open_version():
    rita = person("Reviewer", "rita")
    for decision in ("approve", "deny"):
        an_approved_case(rita, decision=decision)
    return DatasetVersion.objects.open().get()


def batch(version):
    return f"/mlops/training/datasets/{version.pk}/batch/"


def again(version):
    return f"/mlops/training/datasets/{version.pk}/train/"


def test_auto_and_batch_stand_side_by_side_with_the_way_back(theo, open_version):
    page = text(theo.get("/mlops/training/"))

    assert '<h2 id="auto-title">Auto</h2>' in page
    assert '<h2 id="batch-title">Batch</h2>' in page
    assert "Last training" in page


def test_batch_seals_and_submits_one_training(theo, open_version):
    answer = theo.post(batch(open_version), follow=True)

    open_version.refresh_from_db()
    assert answer.redirect_chain == [("/mlops/training/", 302)]
    assert "Submitted: job" in text(answer)
    assert open_version.status == "sealing"
    assert TrainingRun.objects.get().job.flow == "batch"


def test_a_double_click_submits_one_training(theo, open_version):
    by_htmx(theo, batch(open_version))

    second = by_htmx(theo, batch(open_version))

    assert second.status_code == 409
    assert PipelineJob.objects.count() == 1


def test_batch_of_an_empty_version_is_refused_in_place(theo):
    version = DatasetVersion.objects.create(number=1, name="Dataset 1")

    answer = by_htmx(theo, batch(version))

    assert answer.status_code == 409
    assert "contains no samples yet" in text(answer)
    assert "disabled" in text(answer).split('id="batch-title">')[1]


def test_switched_off_batch_seals_nothing_and_says_who_can_help(
    theo, open_version, settings
):
    settings.TRAINING_JOBS_ENABLED = False

    answer = by_htmx(theo, batch(open_version))

    open_version.refresh_from_db()
    assert answer.status_code == 409
    assert open_version.status == "open"
    assert "An administrator can switch it on" in text(answer)


def test_a_sealed_version_is_trained_again(theo):
    version = a_sealed_version(person("Reviewer"))

    answer = by_htmx(theo, again(version))

    assert answer.status_code == 200
    assert TrainingRun.objects.get().dataset_version == version


def test_a_version_that_is_open_is_not_trained(theo, open_version):
    answer = by_htmx(theo, again(open_version))

    assert answer.status_code == 409
    assert TrainingRun.objects.count() == 0


def test_a_skipped_training_reads_skipped(theo, settings):
    settings.TRAINING_JOBS_ENABLED = False
    version = a_sealed_version(person("Reviewer"))

    theo.post(again(version))

    page = text(theo.get("/mlops/training/"))
    assert "Skipped" in page
    assert "Training is switched off here." in page


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_only_operators_train(role, open_version):
    assert browser(role).post(batch(open_version)).status_code == 403
    assert browser(role).post(again(open_version)).status_code == 403
    assert PipelineJob.objects.count() == 0


def test_the_administrator_switches_auto_on_off_and_back_to_the_environment():
    admin = browser("Admin")

    seen = []
    for wish in ("on", "off", "environment"):
        admin.post("/mlops/training/auto/", {"auto": wish})
        seen.append(TrainingPolicy.objects.get().auto_enabled)

    assert seen == [True, False, None]


@pytest.mark.parametrize("typed", [{}, {"auto": "maybe"}])
def test_a_broken_form_leaves_what_an_administrator_chose_of_auto(typed):
    admin = browser("Admin")
    admin.post("/mlops/training/auto/", {"auto": "on"})
    answer = by_htmx(admin, "/mlops/training/auto/", **typed)
    assert answer.status_code == 409
    assert "Choose on, off" in text(answer)
    assert TrainingPolicy.objects.get().auto_enabled is True


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator"])
def test_only_the_administrator_switches_auto(role):
    answer = browser(role).post("/mlops/training/auto/", {"auto": "on"})

    assert answer.status_code == 403
    assert TrainingPolicy.objects.get().auto_enabled is None


def test_the_downloaded_dataset_is_what_its_fingerprint_is_of(theo):
    version = a_sealed_version(person("Reviewer"))

    answer = theo.get(f"/mlops/training/datasets/{version.pk}/download/")

    content = b"".join(answer.streaming_content)
    assert hashlib.sha256(content).hexdigest() == version.sha256
    assert f"dataset-{version.number}.ndjson" in answer["Content-Disposition"]


def test_an_open_version_cannot_be_downloaded(theo, open_version):
    path = f"/mlops/training/datasets/{open_version.pk}/download/"

    assert theo.get(path).status_code == 404


def test_a_dataset_whose_file_is_gone_says_so(theo):
    version = a_sealed_version(person("Reviewer"))
    storages["artifacts"].delete(version.export_name)

    path = f"/mlops/training/datasets/{version.pk}/download/"
    answer = theo.get(path, follow=True)

    assert answer.redirect_chain == [("/mlops/training/", 302)]
    assert "is gone from the artifact store" in text(answer)


def test_the_last_training_asks_for_itself_while_it_runs_and_no_longer(theo):
    version = a_sealed_version(person("Reviewer"))
    theo.post(again(version))
    part = "/mlops/training/last-run/"

    waiting = text(theo.get(part, headers={"HX-Request": "true"}))
    PipelineJob.objects.get().move("canceled", by="test")
    ended = theo.get(part, headers={"HX-Request": "true"})

    assert 'hx-trigger="every' in waiting
    assert 'hx-trigger="every' not in text(ended)
    assert ended.headers["HX-Retarget"] == "#page"  # all of it changed with the end
