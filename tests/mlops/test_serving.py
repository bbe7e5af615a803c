"""One version serves: select, roll back, hold; and what the database keeps of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from mlops.choices import PeriodKind, Problem
from mlops.evaluation import agreement
from mlops.models import ModelVersion, Prediction, ServingPeriod
from mlops.predictor_cache import STORE
from mlops.serving import model_registry, periods, predictions, selection
from tests.apis import a_case, a_model_version, a_sealed_version, person
from tests.database import refuses, run_sql
from training.errors import NotAllowedNow, StaleState
from training.models import AuditEvent
from training.services.cases.approvals import ReviewInput, approve_case

pytestmark = pytest.mark.django_db
MOMENT = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def sealed(alice):
    return a_sealed_version(alice, size=3)


@pytest.fixture
def versions(sealed, alice, two_model_directories):
    """Two versions that may serve; no predictor of another test is warm."""
    STORE.clear()
    return [a_model_version(sealed, files, by=alice) for files in two_model_directories]


def ask(alice, **facts):
    case = predictions.PredictCase(
        "", [{"name": name, "value": value} for name, value in facts.items()]
    )
    return predictions.predict([case], by=alice)


def test_a_selected_version_answers_the_next_question(versions, alice):
    with pytest.raises(predictions.NoServingModel):
        ask(alice, income=1)
    for version in (versions[0], versions[1], versions[0]):
        selection.select_version(version, by=alice)
        assert ask(alice, income=1).model_version == version


def test_selecting_what_serves_changes_nothing(versions, alice):
    first, changed = selection.select_version(versions[0], by=alice)
    again, changed_again = selection.select_version(versions[0], by=alice)
    assert (changed, changed_again, again) == (True, False, first)


def test_rolling_back_walks_back_the_stack_of_selects(versions, alice):
    a, b = versions
    for version in (a, b, a):
        selection.select_version(version, by=alice)
    served = [selection.roll_back(by=alice).model_version for _ in range(2)]
    assert served == [b, a]
    with pytest.raises(NotAllowedNow, match="nothing to go back to"):
        selection.roll_back(by=alice)
    kinds = list(ServingPeriod.objects.order_by("since").values_list("kind", flat=True))
    assert kinds == ["select"] * 3 + ["rollback"] * 2


def test_a_select_after_a_rollback_starts_from_where_it_stands(versions, alice):
    a, b = versions
    selection.select_version(a, by=alice)
    selection.select_version(b, by=alice)
    selection.roll_back(by=alice)  # a serves, nothing below it
    selection.select_version(b, by=alice)
    assert selection.roll_back(by=alice).model_version == a


def test_rolling_back_with_no_history_is_refused(alice):
    with pytest.raises(NotAllowedNow, match="nothing to go back to"):
        selection.roll_back(by=alice)
    assert not ServingPeriod.objects.exists()


def test_a_rollback_holds_promotion_until_a_person_lifts_it(versions, alice):
    for version in versions:
        selection.select_version(version, by=alice)
    selection.roll_back(by=alice, reason="Too strict.")
    assert selection.state().on_hold
    assert selection.state().hold_reason == "Too strict."
    selection.select_version(versions[1], by=alice)  # a hold never stops a person
    selection.release_hold(by=alice)
    assert not selection.state().on_hold
    with pytest.raises(NotAllowedNow):
        selection.release_hold(by=alice)


def test_two_people_do_not_overwrite_each_other(versions, alice):
    a, b = versions
    selection.select_version(a, by=alice, expected_current=None)
    with pytest.raises(StaleState, match="Another version serves"):
        selection.select_version(b, by=alice, expected_current=str(b.pk))
    selection.select_version(b, by=alice, expected_current=str(a.pk))
    with pytest.raises(StaleState):
        selection.roll_back(by=alice, expected_current=str(a.pk))
    assert selection.current_period().model_version == b


def test_periods_leave_no_gap_even_in_one_moment(versions, alice, clock):
    clock.set(MOMENT)
    first, _ = selection.select_version(versions[0], by=alice)
    second, _ = selection.select_version(versions[1], by=alice)
    first.refresh_from_db()
    assert first.until == second.since == first.since + periods.TICK
    at = ServingPeriod.objects.at
    assert at(first.since).get() == first
    assert at(second.since).get() == second
    assert not at(first.since - periods.TICK).exists()


def test_nothing_is_stamped_behind_a_start_that_has_yet_to_come(versions, alice, clock):
    clock.set(MOMENT)
    selection.select_version(versions[0], by=alice)
    second, _ = selection.select_version(versions[1], by=alice)
    clock.set(MOMENT - timedelta(hours=1))
    for switch in (
        lambda: selection.select_version(versions[0], by=alice),
        lambda: selection.roll_back(by=alice),
    ):
        with pytest.raises(periods.PeriodInFuture) as refusal:
            switch()
        assert refusal.value.code == "period_in_future"
    assert selection.current_period() == second
    clock.set(MOMENT + timedelta(seconds=1))
    selection.roll_back(by=alice)


@pytest.mark.parametrize("spoil", ["delete", "flip"])
def test_a_version_with_spoilt_files_never_serves(versions, alice, spoil):
    version = versions[0]
    store = storages["artifacts"]
    path = store.path(f"{version.run.artifact_prefix}/model.json")
    if spoil == "delete":
        store.delete(f"{version.run.artifact_prefix}/model.json")
    else:
        with open(path, "r+b") as file:
            byte = file.read(1)
            file.seek(0)
            file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(selection.NotEligible):
        selection.select_version(version, by=alice)
    version.refresh_from_db()
    assert (
        version.problem
        == {
            "delete": Problem.ARTIFACT_MISSING,
            "flip": Problem.ARTIFACT_CHANGED,
        }[spoil]
    )
    assert not ServingPeriod.objects.exists()


def test_a_version_that_fails_its_test_case_never_serves(
    sealed, alice, versions, two_model_directories, tmp_path
):
    """Every number in it is finite, so it loads; its answer is none."""
    model = json.loads((two_model_directories[0] / "model.json").read_text())
    model["start"], model["calibration"]["slope"] = [1e308], 1e308
    (tmp_path / "model.json").write_text(json.dumps(model))

    version = a_model_version(sealed, tmp_path, by=alice)
    selection.select_version(versions[0], by=alice)

    assert version.problem == Problem.PROBE_FAILED
    with pytest.raises(selection.NotEligible, match="does not answer a test case"):
        selection.select_version(version, by=alice)
    assert model_registry.check_version(version).problem == Problem.PROBE_FAILED
    assert ask(alice, income=1).model_version == versions[0]


def test_a_serving_version_whose_files_go_later_still_answers(versions, alice):
    selection.select_version(versions[0], by=alice)
    ask(alice, income=1)
    storages["artifacts"].delete(f"{versions[0].run.artifact_prefix}/model.json")
    assert ask(alice, income=1).model_version == versions[0]
    STORE.clear()  # as a new process would find it
    with pytest.raises(predictions.ModelUnavailable):
        ask(alice, income=1)


def test_a_flavour_nobody_knows_is_a_version_that_says_so(sealed, alice, tmp_path):
    (tmp_path / "model.json").write_text('{"flavor": "crystal_ball"}')
    version = a_model_version(sealed, tmp_path, by=alice)
    assert version.problem == Problem.UNKNOWN_FLAVOR
    with pytest.raises(selection.NotEligible, match="No predictor"):
        selection.select_version(version, by=alice)


def test_versions_are_numbered_per_name_and_registered_once(versions):
    assert [version.version for version in versions] == [1, 2]
    assert model_registry.register_run(versions[0].run) == versions[0]
    assert ModelVersion.objects.count() == 2


def test_a_new_case_gets_its_recommendation_from_the_serving_version(versions, alice):
    selection.select_version(versions[1], by=alice)
    case = a_case(recommendation=None)
    assert case.recommender == {
        "id": str(versions[1].pk),
        "name": versions[1].name,
        "version": 2,
    }
    assert case.recommended_decision
    approve_case(case, ReviewInput(), by=alice)
    other = a_case(recommendation=None)
    approve_case(other, ReviewInput(decision="something else"), by=alice)
    period, found = agreement.of_open_period()
    assert period.model_version == versions[1]
    assert (found.decided, found.agreed, found.all.value) == (2, 1, 0.5)


def test_a_recommendation_given_is_kept_and_not_replaced(versions, alice):
    selection.select_version(versions[0], by=alice)
    case = a_case()
    assert case.recommended_decision == "approve"
    assert case.recommender_id is None


def test_every_switch_is_audited_with_its_reason(versions, alice):
    selection.select_version(versions[0], by=alice, reason="first")
    selection.select_version(versions[1], by=alice, reason="better")
    selection.roll_back(by=alice, reason="worse")
    told = AuditEvent.objects.filter(action__startswith="serving.").order_by("pk")
    assert [event.detail["reason"] for event in told] == ["first", "better", "worse"]
    assert selection.current_period().kind == PeriodKind.ROLLBACK


def test_serving_periods_form_one_chain(versions, alice):
    first, second = versions
    old, _ = selection.select_version(first, by=alice)
    new, _ = selection.select_version(second, by=alice)
    old.refresh_from_db()
    assert old.until == new.since

    now = timezone.now()
    refuses(  # a second open one
        lambda: ServingPeriod.objects.create(
            model_version=first, since=new.since, kind="select", follows=old
        )
    )
    refuses(  # one that does not start where the one before it ended
        lambda: ServingPeriod.objects.create(
            model_version=first, since=now, until=now, kind="select", follows=None
        )
    )
    rows = ServingPeriod.objects.all()
    refuses(lambda: rows.filter(pk=old.pk).update(until=None))
    refuses(lambda: rows.filter(pk=old.pk).update(until=now))
    refuses(lambda: rows.filter(pk=new.pk).update(reason="better"))
    refuses(lambda: run_sql("DELETE FROM mlops_servingperiod"))

    case = predictions.PredictCase("C-1", [{"name": "income", "value": 1}])
    predictions.predict([case], by=alice)
    refuses(lambda: Prediction.objects.update(decision="other"))
    refuses(lambda: run_sql("DELETE FROM mlops_prediction"))
