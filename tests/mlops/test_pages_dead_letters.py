"""Dead letters as a place to work: groups, retry all, put all aside."""

import pytest

from tests.apis import a_job
from tests.mlops.people import browser, by_htmx, text
from training.models import AuditEvent, PipelineJob

pytestmark = pytest.mark.django_db

PAGE = "/mlops/jobs/dead-letters/"
VERBS = ["retry", "put-aside"]


@pytest.fixture
def theo():
    return browser("Operator", "theo")


def dead(reason="worker_lost", **columns):
    return a_job(status="dead_letter", reason=reason, attempt=3, **columns)


def verb(name):
    return f"{PAGE}{name}/"


def group(reason="worker_lost", kind="train", expected=2):
    return {"reason": reason, "kind": kind, "expected": expected}


def states():
    return sorted(PipelineJob.objects.values_list("status", flat=True))


def test_the_groups_say_what_happened_how_often_and_what_to_do(theo):
    dead(), dead(), dead(kind="seal"), dead(reason="timeout")
    a_job(status="failed", reason="bad_data")

    page = theo.get(PAGE)

    found = {(g.code, g.kind): g.count for g in page.context["groups"]}
    assert found == {
        ("worker_lost", "train"): 2,
        ("worker_lost", "seal"): 1,
        ("timeout", "train"): 1,
    }
    assert "The worker stopped in the middle of it." in text(page)
    assert "Allow it more time, then retry." in text(page)
    assert "tried again by itself on" not in text(page)
    assert "Retry all 2" in text(page)


def test_a_group_leads_to_exactly_its_jobs(theo):
    wanted = {dead().pk, dead().pk}
    dead(kind="seal"), dead(reason="timeout"), a_job(status="completed")
    (found,) = [g for g in theo.get(PAGE).context["groups"] if g.count == 2]

    shown = theo.get(found.url)

    assert {job.pk for job in shown.context["page_obj"]} == wanted
    assert "Show all" in text(shown)


def test_nothing_given_up_is_good_news(theo):
    a_job(status="failed", reason="bad_data")

    assert "No dead letters" in text(theo.get(PAGE))


@pytest.mark.parametrize(
    ("name", "question", "consequence"),
    [
        ("retry", "Retry all 2 jobs?", "takes machine time"),
        ("put-aside", "Put all 2 jobs aside?", "Nothing is deleted"),
    ],
)
def test_without_javascript_a_page_asks_and_states_the_number(
    theo, name, question, consequence
):
    dead(), dead()

    page = theo.get(verb(name), group())

    assert question in text(page)
    assert consequence in text(page)
    assert f'<form method="post" action="{verb(name)}" class="actions">' in text(page)
    assert states() == ["dead_letter", "dead_letter"]


@pytest.mark.parametrize("name", VERBS)
def test_asking_about_a_group_that_is_gone_leads_back(theo, name):
    answer = theo.get(verb(name), group(), follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "There is no such dead letter any more." in text(answer)


def test_a_group_is_retried_and_nothing_else(theo):
    dead(), dead(), dead(reason="timeout")

    answer = theo.post(verb("retry"), group(), follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "2 jobs wait for a worker again." in text(answer)
    assert states() == ["dead_letter", "pending", "pending"]
    assert AuditEvent.objects.filter(action="job.retried", actor=theo.user).count() == 2


def test_a_group_is_put_aside_in_place_and_stays_in_the_list(theo):
    job, _other = dead(), dead()

    answer = by_htmx(theo, verb("put-aside"), **group())
    again = theo.get("/mlops/jobs/", {"status": "dead_letter"})

    assert answer.status_code == 200
    assert "2 jobs are put aside." in text(answer)
    assert "No dead letters" in text(answer)
    assert again.context["page_obj"].paginator.count == 2
    assert text(again).count('<span class="tag">put aside</span>') == 2
    assert "theo put it aside" in text(theo.get(f"/mlops/jobs/{job.pk}/"))


def test_a_job_that_was_put_aside_can_still_be_retried(theo):
    job, _other = dead(), dead()
    theo.post(verb("put-aside"), group())

    theo.post(f"/mlops/jobs/{job.pk}/retry/")

    job.refresh_from_db()
    assert (job.status, job.discarded_at) == ("pending", None)


@pytest.mark.parametrize("name", VERBS)
def test_a_group_that_changed_since_it_was_shown_is_left_alone(theo, name):
    dead(), dead(), dead()

    answer = by_htmx(theo, verb(name), **group(expected=2))

    assert answer.status_code == 409
    assert "The group has changed meanwhile (2 before, 3 now)." in text(answer)
    assert PipelineJob.objects.dead_letters().count() == 3


@pytest.mark.parametrize("name", VERBS)
def test_a_group_that_is_gone_is_refused(theo, name):
    answer = by_htmx(theo, verb(name), reason="timeout", kind="train")

    assert answer.status_code == 409
    assert "There is no such dead letter any more." in text(answer)


def test_those_that_cannot_be_retried_stay_and_say_why(theo):
    for _one in range(5):
        dead(dedupe_key="same")
    dead()
    a_job(dedupe_key="same")

    answer = by_htmx(theo, verb("retry"), **group(expected=6))

    assert answer.status_code == 200
    assert "1 job waits for a worker again." in text(answer)
    assert "does the same already" in text(answer)
    assert "And 2 more." in text(answer)
    assert states().count("dead_letter") == 5


def test_with_training_off_nothing_is_retried_and_the_page_says_why(theo, settings):
    settings.TRAINING_JOBS_ENABLED = False
    dead(), dead()

    answer = by_htmx(theo, verb("retry"), **group())

    assert answer.status_code == 409
    assert "Training is switched off" in text(answer)
    assert states() == ["dead_letter", "dead_letter"]


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_only_operators_act_on_a_group(role, name):
    dead(), dead()
    visitor = browser(role)

    page = text(visitor.get(PAGE))

    assert "Retry all" not in page
    assert "An operator can retry them or put them aside." in page
    assert visitor.get(verb(name), group()).status_code == 403
    assert visitor.post(verb(name), group()).status_code == 403
    assert PipelineJob.objects.dead_letters().count() == 2


def test_more_groups_do_not_mean_more_queries(theo, django_assert_max_num_queries):
    dead()
    theo.get(PAGE)
    with django_assert_max_num_queries(14) as before:
        theo.get(PAGE)
    for reason in ("timeout", "out_of_memory", "trainer_killed"):
        dead(reason=reason), dead(reason=reason, kind="seal")

    with django_assert_max_num_queries(len(before)):
        theo.get(PAGE)


def test_the_logs_tell_in_words_that_a_job_was_put_aside(theo):
    dead(), dead()
    theo.post(verb("put-aside"), group())

    assert "Job put aside" in text(theo.get("/logs/"))
