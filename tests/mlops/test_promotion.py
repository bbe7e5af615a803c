"""A better version takes over by itself, if it may; and says why or why not."""

import random
import sys
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mlops.models import (
    ModelVersion,
    OutboxEvent,
    PromotionDecision,
    ServingPeriod,
    ServingState,
)
from mlops.pages.shared.model_versions import history
from mlops.pages.shared.period_reasons import reason_of
from mlops.predictor_cache import STORE
from mlops.serving import promotion, selection
from tests.apis import a_model_version, api, person
from tests.database import refuses, run_sql
from tests.mlops.comparisons import (
    BETTER,
    MOSTLY_HELD_OUT,
    log_loss,
    sealed_loans,
    with_comparison,
    worse_at_no,
)
from tests.mlops.people import browser, text
from tests.trainers.samples import loans, train_here
from training.models import AuditEvent, DatasetVersion, TrainingPolicy
from training.services.runs.submissions import RunRequest, submit_run

pytestmark = pytest.mark.django_db

# Copies the model that the training's arguments name to where a trainer leaves its own.
COPY = """
import json, os, shutil
model = json.loads(os.environ["PRECISO_TRAINING_ARGS"])["model"]
shutil.copytree(model, os.environ["PRECISO_OUTPUT_DIR"] + "/model")
"""


@pytest.fixture(scope="module")
def staged(stage):
    with stage.building(**MOSTLY_HELD_OUT):
        return sealed_loans(person("Admin", "alice"))


@pytest.fixture
def alice(staged, on_stage):
    return User.objects.get(username="alice")


@pytest.fixture
def policy():
    """Promotion is switched on, by whoever."""
    TrainingPolicy.objects.update(promote_enabled=True, promote_min_cases=30)
    return TrainingPolicy.objects


@pytest.fixture
def sealed(staged, on_stage):
    return DatasetVersion.objects.get(pk=staged.pk)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A model that learnt from noise, and one that learnt."""
    folder, chance = tmp_path_factory.mktemp("promotion"), random.Random(3)
    noise = [{**row, "decision": chance.choice(["no", "yes"])} for row in loans(60)]
    return {
        "weak": train_here(folder / "weak", noise, model="linear"),
        "strong": train_here(folder / "strong", loans(300, seed=4), model="linear"),
    }


@pytest.fixture
def champion(sealed, models, alice):
    """The weak one serves."""
    STORE.clear()
    version = a_model_version(sealed, models["weak"], by=alice)
    selection.select_version(version, by=alice)
    return version


@pytest.fixture
def train(
    champion, models, alice, settings, tmp_path, django_capture_on_commit_callbacks
):
    """A real training job in this process that makes a version of the named model."""
    script = tmp_path / "copy.py"
    script.write_text(COPY)
    settings.TRAINER = "command"
    settings.TRAINER_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
    settings.LOCAL_TRAINING_COMMAND = f"{sys.executable} {script}"

    def run(name="strong"):
        asked = RunRequest(
            champion.run.dataset_version, training_args={"model": str(models[name])}
        )
        with django_capture_on_commit_callbacks(execute=True):
            run = submit_run(asked, by=alice)
        return ModelVersion.objects.get(run=run)

    return run


def serves():
    return selection.current_period().model_version


def failing(decision):
    return {rule["rule"] for rule in decision.rules if not rule["ok"]}


def test_by_default_nothing_takes_over_and_nothing_is_decided(train, champion):
    assert not TrainingPolicy.objects.get().promote_enabled
    train()
    assert serves() == champion
    assert not PromotionDecision.objects.exists()


def test_a_version_that_is_better_for_sure_takes_over(
    train, champion, policy, settings
):
    settings.MLFLOW_TRACKING_URI = "http://mlflow.example"
    version = train()

    decision = PromotionDecision.objects.get()
    assert (decision.model_version, decision.champion) == (version, champion)
    assert decision.promoted
    period = selection.current_period()
    assert (period, period.kind, period.by) == (decision.period, "auto", None)
    assert period.model_version == version
    cases = version.evaluation["comparison"]["cases"]
    assert f"on the same {cases} held-out cases: log loss fell by" in period.reason
    actions = AuditEvent.objects.about(version).values_list("action", flat=True)
    assert {"serving.taken_over", "model.promoted"} <= set(actions)
    assert OutboxEvent.objects.filter(key=f"period:{period.pk}").exists()


def test_a_version_that_is_not_better_does_not_take_over(train, champion, policy):
    version = train("weak")
    decision = PromotionDecision.objects.get(model_version=version)
    assert not decision.promoted
    assert failing(decision) == {"better_by_margin"}
    assert serves() == champion
    assert AuditEvent.objects.filter(action="model.not_promoted").count() == 1


def test_after_a_rollback_the_hold_stops_it_and_the_next_one_after_its_release(
    train, champion, policy, alice
):
    train()
    assert selection.roll_back(by=alice).model_version == champion

    held = train()
    decision = PromotionDecision.objects.get(model_version=held)
    assert failing(decision) == {"nothing_on_hold"}
    assert serves() == champion

    selection.release_hold(by=alice)
    assert promotion.consider_newest() is None  # judged once; a person may select it
    assert serves() == champion
    newest = train()
    assert serves() == newest


@pytest.fixture
def candidate(champion, models, alice, policy):
    """A version that all rules let through, not judged yet."""
    version = a_model_version(champion.run.dataset_version, models["strong"], by=alice)
    named = {**BETTER["model_version"], "id": str(champion.pk)}
    return with_comparison(version, model_version=named)


def lose_the_files(version):
    type(version.run).objects.filter(pk=version.run_id).update(artifact_prefix="gone")


def hold(version):
    ServingState.objects.update(hold_since=version.created_at)


BREAK = {
    "nothing_on_hold": hold,
    "eligible": lose_the_files,
    "enough_cases": lambda version: with_comparison(version, cases=29),
    "better_by_margin": lambda version: with_comparison(
        version, differences=log_loss(0.001)
    ),
    "no_decision_worse": lambda version: with_comparison(
        version, recalls=worse_at_no(0.051)
    ),
    "champion_unchanged": lambda version: with_comparison(
        version, model_version={"id": "0", "name": "loans", "version": 9}
    ),
}


@pytest.mark.parametrize("rule", BREAK)
def test_each_rule_alone_stops_it_and_is_named(candidate, champion, rule):
    BREAK[rule](candidate)
    decision = promotion.consider(ModelVersion.objects.get(pk=candidate.pk))
    assert failing(decision) == {rule}
    assert not decision.promoted
    assert serves() == champion


def test_an_older_version_does_not_overtake_a_newer_one(candidate, champion, models):
    a_model_version(champion.run.dataset_version, models["weak"])
    assert failing(promotion.consider(candidate)) == {"newest"}


def test_the_first_version_is_selected_by_a_person(sealed, models, policy):
    first = a_model_version(sealed, models["strong"])
    decision = promotion.consider(first)
    assert "something_serves" in failing(decision)
    assert selection.current_period() is None


@pytest.mark.parametrize(
    ("margin", "high", "ok"),
    [(0, -1e-9, True), (0, 0.0, False), (0.01, -0.009, False), (0.01, -0.01, True)],
)
def test_the_whole_interval_lies_beyond_the_margin(candidate, policy, margin, high, ok):
    policy.update(promote_margin=margin)
    decision = promotion.consider(
        with_comparison(candidate, differences=log_loss(high))
    )
    assert decision.promoted is ok


@pytest.mark.parametrize(("drop", "ok"), [(0.05, True), (0.0501, False)])
def test_no_decision_may_be_recognized_much_less_often(candidate, drop, ok):
    decision = promotion.consider(with_comparison(candidate, recalls=worse_at_no(drop)))
    assert decision.promoted is ok


def test_a_version_is_judged_once(candidate):
    decision = promotion.consider(candidate)
    assert promotion.consider(candidate) == decision
    assert ServingPeriod.objects.filter(kind="auto").count() == 1


def test_the_sweep_judges_the_newest_version_that_was_missed(candidate, policy):
    policy.update(updated_at=candidate.created_at - timedelta(seconds=1))
    assert promotion.consider_newest().promoted
    assert promotion.consider_newest() is None


def test_switching_it_on_promotes_nothing_that_is_there_already(candidate, policy):
    policy.update(updated_at=candidate.created_at + timedelta(seconds=1))
    assert promotion.consider_newest() is None
    assert not PromotionDecision.objects.exists()


def test_a_decision_cannot_be_changed_or_deleted(candidate):
    promotion.consider(candidate)
    refuses(lambda: PromotionDecision.objects.update(promoted=False))
    refuses(lambda: run_sql("DELETE FROM mlops_promotiondecision"))


def test_the_api_shows_comparison_and_decision(candidate, champion):
    viewer = api("Viewer")
    before = viewer.get(f"models/{candidate.pk}").json()
    assert (before["promotion"], before["comparison"]["cases"]) == (None, 400)
    assert viewer.get(f"models/{champion.pk}").json()["comparison"] is None

    decision = promotion.consider(candidate)
    shown = viewer.get(f"models/{candidate.pk}").json()["promotion"]
    assert (shown["promoted"], shown["champion"]["id"]) == (True, str(champion.pk))
    assert shown["period_id"] == str(decision.period_id)
    assert [rule["rule"] for rule in shown["rules"]] == [
        rule["rule"] for rule in decision.rules
    ]


def test_the_page_says_how_it_compares_and_why_it_took_over(candidate):
    theo = browser("Operator", "theo")
    path = f"/mlops/models/{candidate.pk}/"
    before = text(theo.get(path))
    assert "Log loss: 0.0120 less (between 0.0040 and 0.0210 less)." in before
    assert "On 12 of 400 cases they answer differently" in before
    assert "Would it take over by itself?" in before

    promotion.consider(candidate)
    after = text(theo.get(path))
    assert "It took over by itself" in after
    assert "400 of 30" in after
    reason = selection.current_period().reason
    assert reason in after
    for page in (path, "/mlops/models/", "/mlops/"):
        korean = text(theo.get(page, headers={"Accept-Language": "ko"}))
        assert "같은 평가용 400건으로 비교하여 더 나음: 로그 손실 0.0120 감소" in korean
        assert reason not in korean


def test_what_a_person_gives_as_a_reason_is_never_said_otherwise(candidate, alice):
    promotion.consider(candidate)
    words = selection.current_period().reason
    selection.roll_back(by=alice)
    selection.select_version(candidate, by=alice, reason=words)

    page = browser("Operator", "theo").get(
        "/mlops/models/", headers={"Accept-Language": "ko"}
    )

    assert words in text(page)


def test_the_reasons_of_a_history_are_read_with_it(candidate, alice):
    promotion.consider(candidate)
    selection.roll_back(by=alice)
    newest, auto, *_ = history()
    with CaptureQueriesContext(connection) as queries:
        assert "log loss fell by 0.0120" in reason_of(auto)
        assert reason_of(newest) == newest.reason
    assert queries.captured_queries == []


def test_the_reason_of_the_open_period_is_read_with_it(candidate):
    promotion.consider(candidate)
    period = selection.current_period()
    with CaptureQueriesContext(connection) as queries:
        assert "log loss fell by 0.0120" in reason_of(period)
    assert queries.captured_queries == []


def test_without_its_figures_the_stored_reason_is_shown(candidate):
    promotion.consider(candidate)
    reason = selection.current_period().reason
    ModelVersion.objects.filter(pk=candidate.pk).update(evaluation={})

    page = browser("Operator", "theo").get(
        "/mlops/models/", headers={"Accept-Language": "ko"}
    )

    assert reason in text(page)


def test_the_page_says_why_it_did_not_take_over(candidate):
    promotion.consider(with_comparison(candidate, differences=log_loss(0.001)))
    page = text(browser("Viewer").get(f"/mlops/models/{candidate.pk}/"))
    assert "Why it did not take over by itself" in page
    assert "may even be 0.0010 more" in page
    assert "Log loss: no sure difference" in page
