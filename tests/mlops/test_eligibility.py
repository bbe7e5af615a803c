"""Which version may serve: quarantine, and samples that were withdrawn since."""

import pytest

from mlops.choices import Problem
from mlops.models import ModelVersion, WithdrawnAcceptance
from mlops.serving import model_registry, promotion, selection, withdrawals
from tests.apis import Api, a_model_version, a_sealed_version, person
from tests.database import refuses
from training.choices import TrainingScope
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent, TrainingRun
from training.services.cases.approvals import withdraw_approval

pytestmark = pytest.mark.django_db


@pytest.fixture
def theo():
    return person("Operator", "theo")


@pytest.fixture
def dataset():
    return a_sealed_version(person("Reviewer", "rita"), size=6)


@pytest.fixture
def versions(dataset, two_model_directories):
    return [a_model_version(dataset, files) for files in two_model_directories]


def withdraw(dataset, theo, *, held_out=False):
    """Take one approval back whose sample the dataset contains."""
    found = dataset.samples().filter(held_out=held_out, withdrawn_at=None)
    return withdraw_approval(found.first().case, by=theo)


def listed(version):
    return ModelVersion.objects.for_table().get(pk=version.pk)


def rule(version, name):
    return {each.rule: each.ok for each in promotion.preview(version)}[name]


def test_a_version_that_learnt_from_a_withdrawn_sample_asks_for_a_reason(
    versions, dataset, theo
):
    withdraw(dataset, theo)
    withdraw(dataset, theo)

    with pytest.raises(selection.NotEligible, match="2 samples") as refusal:
        selection.select_version(versions[0], by=theo)
    assert refusal.value.code == "contains_withdrawn"
    assert selection.current_period() is None
    assert not rule(listed(versions[0]), "eligible")

    selection.select_version(versions[0], by=theo, reason="Two of a thousand.")

    accepted = WithdrawnAcceptance.objects.get()
    assert (accepted.samples, accepted.by, accepted.reason) == (
        2,
        theo,
        "Two of a thousand.",
    )
    assert listed(versions[0]).is_eligible
    assert not listed(versions[1]).is_eligible


def test_what_is_withdrawn_after_an_acceptance_asks_anew(versions, dataset, theo):
    withdraw(dataset, theo)
    withdrawals.accept_withdrawn(versions[0], by=theo, reason="Known.")
    assert listed(versions[0]).is_eligible

    withdraw(dataset, theo)

    assert listed(versions[0]).withdrawn == 1
    with pytest.raises(selection.NotEligible):
        selection.select_version(versions[0], by=theo)


def test_what_it_was_only_measured_on_does_not_count(
    theo, two_model_directories, settings
):
    settings.EVAL_SHARE = 100  # all of it is held out
    dataset = a_sealed_version(person("Reviewer", "rita"))
    version = a_model_version(dataset, two_model_directories[0])

    withdraw(dataset, theo, held_out=True)

    assert listed(version).is_eligible


def test_what_it_never_saw_does_not_count(
    versions, dataset, theo, two_model_directories
):
    later = a_sealed_version(person("Reviewer", "rob"), size=2)
    whole, newest = (a_model_version(later, each) for each in two_model_directories)
    learnt = TrainingRun.objects.filter(pk__in=(versions[1].run_id, newest.run_id))
    learnt.update(scope=TrainingScope.DELTA)
    made = (*versions, whole, newest)

    withdraw(dataset, theo)  # new in the first dataset, old in the second

    assert [listed(version).withdrawn for version in made] == [1, 1, 1, 0]


def test_going_back_is_not_stopped_by_a_withdrawn_sample(versions, dataset, theo):
    for version in versions:
        selection.select_version(version, by=theo)
    withdraw(dataset, theo)

    selection.roll_back(by=theo, reason="Wrong denials.")

    assert selection.current_period().model_version == versions[0]
    event = AuditEvent.objects.get(action="serving.rolled_back")
    assert event.detail["withdrawn"] == 1
    assert not WithdrawnAcceptance.objects.exists()


def test_an_acceptance_has_a_reason_and_something_to_accept(versions, dataset, theo):
    with pytest.raises(NotAllowedNow, match="nothing to accept"):
        withdrawals.accept_withdrawn(versions[0], by=theo, reason="Just in case.")
    withdraw(dataset, theo)
    with pytest.raises(InvalidInput):
        withdrawals.accept_withdrawn(versions[0], by=theo, reason=" ")
    withdrawals.accept_withdrawn(versions[0], by=theo, reason="Known.")
    refuses(lambda: WithdrawnAcceptance.objects.update(samples=0))
    refuses(WithdrawnAcceptance.objects.all().delete)


def test_lists_and_filters_agree_with_the_version(versions, dataset, theo):
    withdraw(dataset, theo)
    withdrawals.accept_withdrawn(versions[0], by=theo, reason="Known.")
    caller = Api(theo)

    def ids(**query):
        return {item["id"] for item in caller.get("models", **query).json()["items"]}

    assert ids(eligible="true") == ids(status="ready") == {str(versions[0].pk)}
    assert ids(eligible="false") == ids(status="ineligible") == {str(versions[1].pk)}
    shown = caller.get(f"models/{versions[1].pk}").json()
    assert (shown["eligible"], shown["withdrawn_samples"]) == (False, 1)
    assert "withdrawn" in shown["ineligible_reason"]


def test_a_quarantined_version_does_not_serve_until_a_person_lifts_it(versions, theo):
    model_registry.quarantine(versions[0], by=theo, reason="It denies everybody.")

    model_registry.check_version(versions[0])  # looking at its files changes nothing
    with pytest.raises(selection.NotEligible, match="quarantine"):
        selection.select_version(versions[0], by=theo, reason="All the same.")
    with pytest.raises(NotAllowedNow, match="already"):
        model_registry.quarantine(versions[0], by=theo, reason="Again.")

    model_registry.release_quarantine(versions[0], by=theo, reason="It was the data.")

    selection.select_version(versions[0], by=theo)
    with pytest.raises(NotAllowedNow, match="not in quarantine"):
        model_registry.release_quarantine(versions[0], by=theo)
    told = AuditEvent.objects.filter(action__startswith="model.quarantin")
    assert told.order_by("pk").values_list("detail__reason", flat=True)[0] == (
        "It denies everybody."
    )


def test_what_serves_is_not_quarantined(versions, theo):
    selection.select_version(versions[0], by=theo)

    with pytest.raises(NotAllowedNow, match="roll back"):
        model_registry.quarantine(versions[0], by=theo, reason="Odd.")
    with pytest.raises(InvalidInput):
        model_registry.quarantine(versions[1], by=theo, reason="")
    assert ModelVersion.objects.filter(problem="").count() == 2


def test_a_rollback_to_a_quarantined_version_is_refused(versions, theo):
    for version in versions:
        selection.select_version(version, by=theo)
    model_registry.quarantine(versions[0], by=theo, reason="Odd.")

    with pytest.raises(selection.NotEligible):
        selection.roll_back(by=theo)
    assert selection.current_period().model_version == versions[1]


def test_a_quarantine_during_the_check_of_the_files_holds(versions, theo, monkeypatch):
    checked = model_registry.check_version(versions[0])
    model_registry.quarantine(
        ModelVersion.objects.get(pk=checked.pk), by=theo, reason="Odd."
    )
    monkeypatch.setattr(selection, "check_version", lambda version: checked)

    with pytest.raises(selection.NotEligible):
        selection.select_version(versions[0], by=theo)
    assert model_registry.check_version(checked).problem == Problem.QUARANTINED
