"""Ops console, setup and the page of components: what is shown, and to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mlops import health
from mlops.health import BLOCKER, INFO, WARNING, Check
from mlops.models import OutboxEvent
from tests.apis import a_job
from tests.mlops.people import browser, text
from training.models import WorkerBeat

pytestmark = pytest.mark.django_db

OPS, SETUP = "/ops-console/", "/setup/"


@pytest.fixture
def checks(monkeypatch):
    """Sets what the setup checks find."""

    def find(*found):
        monkeypatch.setattr(health, "run_checks", lambda: list(found))

    return find


FINE = Check("database", True, BLOCKER, "The database answers.")
OFF = Check("training_enabled", False, WARNING, "Training is off.", "Switch it on.")
NOTE = Check("cases", False, INFO, "There are no cases yet.", "Import some.")
WORST = Check("queue", False, BLOCKER, "The queue is gone.", "Bring it back.")


def test_the_console_is_calm_when_nothing_but_notes_is_found(checks):
    checks(FINE, NOTE)

    assert "All is well" in text(browser("Operator").get(OPS))


@pytest.mark.parametrize("found", [OFF, WORST])
def test_a_check_that_fails_disturbs_the_calm(checks, found):
    checks(FINE, found)

    page = text(browser("Operator").get(OPS))

    assert "All is well" not in page
    assert found.message in page
    assert found.fix in page


def test_a_dead_letter_is_one_click_from_its_retry(checks):
    checks(FINE)
    a_job(status="dead_letter", reason="worker_lost", attempt=3)

    assert "Retry or put aside" in text(browser("Operator").get(OPS))
    assert "Retry or put aside" not in text(browser("Viewer").get(OPS))


def test_a_worker_that_went_silent_is_told_as_silent(checks):
    checks(FINE)
    now = timezone.now()
    for name, ago in [("here", 0), ("gone", 600), ("forgotten", 90_000)]:
        WorkerBeat.objects.create(
            name=name, host="h", pid=1, beat_at=now - timedelta(seconds=ago)
        )

    page = browser("Viewer").get(OPS)

    silent = {each.beat.name: each.is_silent for each in page.context["workers"]}
    assert silent == {"here": False, "gone": True}
    assert "silent, last heard" in text(page)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("no_answer", "does not answer at its address"),
        ("not_let_in", "does not let us in"),
        ("no_room", "no room left on its disk"),
        ("refused", "refused something"),
        ("", "refused something"),  # tried last by a version that knew no codes
    ],
)
def test_why_mlflow_is_behind_is_said_in_words(checks, settings, trouble, said):
    checks(FINE)
    settings.MLFLOW_TRACKING_URI = "http://127.0.0.1:9"
    OutboxEvent.objects.create(
        kind="version_registered",
        key="version:1",
        payload={},
        last_error="Run 401 was refused: disk",
        trouble=trouble,
        tries=1,
    )

    page = browser("Viewer").get(OPS)

    assert said in text(page)
    assert page.context["mirror"]["waiting"] == 1


def test_setup_groups_what_must_what_should_and_what_is_fine(checks):
    checks(NOTE, OFF, FINE, WORST)

    page = browser("Viewer").get(SETUP)

    told = [
        (str(words[0]), [c.key for c in rows]) for words, rows in page.context["groups"]
    ]
    assert told == [
        ("Must be fixed", ["queue"]),
        ("Should be fixed", ["training_enabled"]),
        ("Good to know", ["cases"]),
    ]
    assert [check.key for check in page.context["fine"]] == ["database"]


def test_a_fix_leads_only_where_the_person_may_go(checks):
    people = Check("people", False, WARNING, "Nobody is an operator.", "Add people.")
    checks(people, OFF)

    assert 'href="/settings/people/"' in text(browser("Admin").get(SETUP))
    viewer = browser("Viewer").get(SETUP)
    assert viewer.context["fixes"] == {"training_enabled": "/settings/"}


def test_the_text_for_support_holds_every_check_and_no_password(checks, settings):
    settings.SECRETS = ["hunter2hunter2"]
    leaking = Check(
        "mlflow", False, WARNING, "http://me:pw@mlflow said hunter2hunter2", "Look."
    )
    checks(FINE, leaking)

    support = browser("Viewer").get(SETUP).context["support"]

    assert "[ok] database: The database answers." in support
    assert "[warning] mlflow: http://me:[redacted]@mlflow said [redacted]" in support


def test_the_components_are_shown_to_developers_alone(settings):
    visitor = browser("Viewer")
    assert visitor.get("/components/").status_code == 404

    settings.DEBUG = True
    page = text(visitor.get("/components/"))

    for name in ("status", "path", "progress", "chart_line", "toast"):
        assert f"{name}.html" in page
    assert 'data-do="pause"' in page
    assert browser("").get("/components/").status_code == 403
