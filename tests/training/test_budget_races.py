"""Several at once against one remaining budget: real connections, both databases."""

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.long
HIGH = 10  # what each of them reserves
PREPARE = """
from django.contrib.auth.models import User
from training.models import TrainingPolicy
from training.services.datasets import versions as datasets
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.intake import parse_case, post_case
user = User.objects.create_superuser("alice")
def approve(n):
    facts = [{"name": "a", "value": n}]
    content = parse_case({"external_id": f"C-{n}", "facts": facts})
    case, _ = post_case(content, by=user)
    approve_case(case, ReviewInput(("yes", "no")[n % 2]), by=user)
for n in range(4):
    approve(n)
version, _ = datasets.open_version(by=user)
datasets.seal_version(version, by=user)
for n in range(4, 8):
    approve(n)
"""
AT_ONCE = """
from threading import Barrier, Thread
from django.contrib.auth.models import User
from django.db import connection
from training.choices import JobFlow
from training.errors import DomainError
from training.models import BudgetEntry, DatasetVersion, PipelineJob, TrainingPolicy
from training.services.runs.job_actions import cancel_job, retry_job
from training.services.policy.policies import locked_policy
from training.services.runs.submissions import RunRequest, freeze_and_submit, submit_run
from django.db import transaction
user = User.objects.get()
sealed = DatasetVersion.objects.sealed().first()

def at_once(*acts):
    '''What became of each: "done", the code of a refusal, or another error.'''
    said, barrier = {}, Barrier(len(acts))
    def play(place, act):
        connection.ensure_connection()
        barrier.wait()
        try:
            act()
            said[place] = "done"
        except DomainError as refusal:
            said[place] = refusal.code
        except BaseException as error:
            said[place] = repr(error)
        finally:
            connection.close()
    threads = [Thread(target=play, args=each) for each in enumerate(acts)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return sorted(said.values())

def submit(seed):
    return lambda: submit_run(RunRequest(sealed, training_args={"seed": seed}), by=user)
"""
OUTCOME = """
reserved = sum(BudgetEntry.objects.values_list("minutes", flat=True))
answer = [said, reserved, PipelineJob.objects.count(), BudgetEntry.objects.count()]
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def installation(request, tmp_path):
    """A Preciso with one sealed and one open dataset version, and no worker."""
    environment = {}
    if request.param == "postgres":
        new_database = request.getfixturevalue("new_database")
        environment["DATABASE_URL"] = new_database()
    made = Installation(tmp_path, **environment)
    made.manage("migrate", "--verbosity", "0")
    made.run(PREPARE)
    try:
        yield made
    finally:
        made.stop()


def play(installation, code, *, limit):
    set_limit = f"TrainingPolicy.objects.update(budget_minutes_per_day={limit})\n"
    return installation.run(AT_ONCE + set_limit + code + OUTCOME)


def test_of_eight_submissions_as_many_succeed_as_there_is_budget_for(installation):
    said, reserved, jobs, entries = play(
        installation,
        "said = at_once(*[submit(seed) for seed in range(8)])",
        limit=3 * HIGH + 5,
    )
    assert said == ["budget_exceeded"] * 5 + ["done"] * 3
    assert (reserved, jobs, entries) == (3 * HIGH, 3, 3)


def test_the_same_submission_twice_is_one_also_when_it_takes_the_last_minutes(
    installation,
):
    said, reserved, jobs, _entries = play(
        installation, "said = at_once(*[submit(1)] * 6)", limit=HIGH
    )
    assert said == ["done"] * 6
    assert (reserved, jobs) == (HIGH, 1)


def test_retries_and_submissions_share_the_last_minutes(installation):
    said, reserved, _jobs, _entries = play(
        installation,
        """
for seed in range(2):
    cancel_job(submit(seed)().job, by=user)
ended = list(PipelineJob.objects.all())
retries = [lambda job=job: retry_job(job, by=user) for job in ended]
said = at_once(*retries, *[submit(seed) for seed in range(10, 14)])
""",
        limit=2 * HIGH,
    )
    assert said == ["budget_exceeded"] * 4 + ["done"] * 2
    assert reserved == 2 * HIGH


def test_auto_batch_and_people_at_once_do_not_wait_in_a_circle(installation):
    """Auto holds the policy row while it decides; the others take it later."""
    said, reserved, _jobs, _entries = play(
        installation,
        """
def auto():
    with transaction.atomic():
        locked_policy()
        time.sleep(0.3)  # the decision: others reach their own locks meanwhile
        version = DatasetVersion.objects.open().get()
        freeze_and_submit(version, by=None, flow=JobFlow.AUTO)
def batch():
    time.sleep(0.1)
    version = DatasetVersion.objects.open().get()
    freeze_and_submit(version, by=user, flow=JobFlow.BATCH)
import time
said = at_once(auto, batch, submit(1), submit(2))
""",
        limit=10 * HIGH,
    )
    assert said == ["done"] * 3 + ["stale_state"]
    assert reserved == 3 * HIGH


@pytest.fixture
def new_database(postgres_url):
    """Makes the URL of an empty database of the test's own."""
    import uuid

    import psycopg

    def make():
        name = f"preciso_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return postgres_url.rpartition("/")[0] + f"/{name}"

    return make
