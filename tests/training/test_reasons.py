"""What the catalogue of reasons says while a job may be tried again, and after."""

import pytest
from django.utils.functional import Promise

from tests.apis import a_job, api
from training.reasons import REASONS, reason_for

RETRYABLE = [reason.code for reason in REASONS.values() if reason.retryable]


@pytest.mark.parametrize("code", RETRYABLE)
def test_a_job_that_was_given_up_is_not_promised_another_try(code):
    waiting, given_up = reason_for(code, "retrying"), reason_for(code, "dead_letter")

    assert "by itself" in str(waiting.next_step)
    assert "by itself" not in str(given_up.next_step)
    assert "retry" in str(given_up.next_step).lower()
    assert str(given_up.who) != "nobody needs to"
    assert given_up.sentence == waiting.sentence


@pytest.mark.parametrize("code", REASONS)
def test_every_text_of_a_reason_can_be_translated(code):
    reason = REASONS[code]

    texts = [reason.sentence, reason.who, reason.next_step]
    assert all(isinstance(text, Promise) for text in texts)
    assert isinstance(reason.given_up, Promise) == reason.retryable


@pytest.mark.django_db
def test_the_api_says_the_same_as_the_page():
    given_up = a_job(status="dead_letter", reason="timeout", attempt=3)
    waiting = a_job(status="retrying", reason="timeout", attempt=1)
    fine = a_job(status="completed")
    viewer = api("Viewer")

    told = [
        viewer.get(f"pipeline/jobs/{job.pk}").json()["next_step"]
        for job in (given_up, waiting, fine)
    ]

    assert told[0] == "Allow it more time, then retry."
    assert "tried again by itself" in told[1]
    assert told[2] is None
