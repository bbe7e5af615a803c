"""The API as its callers meet it: people with tokens, and something to act on."""

from itertools import count

from django.contrib.auth.models import Group, User
from django.utils import timezone
from rest_framework.test import APIClient

from mlops.serving.model_registry import register_run
from preciso.refusals import CODES, CONFLICT, conflicts
from training.artifacts import manifest_sha256, store_directory
from training.choices import JobFlow, JobKind, JobStatus
from training.models import (
    DatasetVersion,
    PipelineJob,
    TrainingPolicy,
    TrainingRun,
)
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.blind_share import falls_in_share
from training.services.cases.intake import parse_case, post_case
from training.services.datasets import versions
from training.services.people.tokens import create_token
from training.services.people.user_accounts import record_person_made_in_shell

ROOT = "/api/v1/"
ROLES = ["Viewer", "Reviewer", "Operator", "Integration", "Admin"]
numbers = count(1)


def person(role="", name=""):
    user = User.objects.create_user(
        name or f"{role.lower() or 'nobody'}{next(numbers)}"
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def on_record(role="", name=""):
    """A person whom the audit trail knows, as the pages and commands make them."""
    made = person(role, name)
    record_person_made_in_shell(made)
    return made


class Api:
    """A caller with a token; paths are below /api/v1/, bodies and answers JSON."""

    def __init__(self, user=None, **token):
        self.user = user
        self.client = APIClient()
        if user:
            _row, secret = create_token(user, by=None, **token)
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def get(self, path, **query):
        return documented(self.client.get(ROOT + path, query))

    def post(self, path, body=None, **headers):
        return documented(
            self.client.post(
                ROOT + path,
                {} if body is None else body,
                format="json",
                headers=headers,
            )
        )

    def put(self, path, body):
        return documented(self.client.put(ROOT + path, body, format="json"))

    def send(self, path, text, content_type, **query):
        """A body as it stands, such as a file."""
        url = ROOT + path + ("?" + "&".join(f"{k}={v}" for k, v in query.items()))
        return documented(self.client.post(url, text, content_type=content_type))


def documented(answer):
    """The answer, if it is no refusal that the OpenAPI document does not know."""
    if answer.status_code >= 400:
        code = answer.json()["code"]
        known = CODES[answer.status_code]
        if answer.status_code == CONFLICT:  # which of them depends on the address
            known = conflicts(answer.wsgi_request.path_info)
        assert code in known, (
            f"preciso/refusals.py does not know {answer.status_code} {code} here"
        )
    return answer


def here(user):
    """The same calls by somebody signed in: a person, where no token will do."""
    caller = Api()
    caller.user = user
    caller.client.force_login(user)
    return caller


def api(role="Admin", **token):
    return Api(person(role), **token)


def stranger():
    return Api()


def is_made_blind(number):
    share = TrainingPolicy._meta.get_field("blind_share").default
    return falls_in_share(f"C-{number}", share)


def case_body(external_id="", **changes):
    """Unnamed, it has facts of its own: two decisions on them contradict nobody.

    Nor is it one of the tenth that a policy makes blind unless it is told otherwise:
    whether a page shows the recommendation must not depend on how many tests ran.
    """
    number = 0 if external_id else next(n for n in numbers if not is_made_blind(n))
    body = {
        "external_id": external_id or f"C-{number}",
        "title": "Application",
        "facts": [
            {"name": "income", "value": 3200 + number},
            {"name": "purpose", "value": "car"},
        ],
        "recommendation": {
            "decision": "approve",
            "rationale": "Income covers it.",
            "confidence": 0.9,
        },
    }
    return {**body, **changes}


def a_case(by=None, **changes):
    return post_case(parse_case(case_body(**changes)), by=by)[0]


def an_approved_case(by, decision="approve", **changes):
    case = a_case(by=by, **changes)
    approve_case(case, ReviewInput(decision=decision, confidence=0.95), by=by)
    return case


def a_sealed_version(by, size=4):
    for place in range(size):
        an_approved_case(by, decision=("approve", "deny")[place % 2])
    version = DatasetVersion.objects.open().get()
    versions.seal_version(version, by=by)
    version.refresh_from_db()
    return version


def a_job(**columns):
    """A job as it is in the table; no worker has anything to do with it."""
    ended = columns.get("status") in (
        JobStatus.COMPLETED,
        JobStatus.FAILED,
        JobStatus.DEAD_LETTER,
        JobStatus.CANCELED,
    )
    return PipelineJob.objects.create(
        **{
            "kind": JobKind.TRAIN,
            "flow": JobFlow.INTERACTIVE,
            "finished_at": timezone.now() if ended else None,
            **columns,
        }
    )


def a_run(dataset_version, by=None, **job):
    return TrainingRun.objects.create(
        job=a_job(**{"status": JobStatus.COMPLETED, "created_by": by, **job}),
        dataset_version=dataset_version,
        model_name="loans",
        trainer="decision",
    )


def a_model_version(dataset_version, directory, by=None):
    """A version as a completed run leaves it; `directory` holds its files."""
    run = a_run(dataset_version, by)
    run.artifact_prefix = f"runs/{run.pk}"
    run.artifacts = store_directory(directory, run.artifact_prefix)
    run.artifact_sha256 = manifest_sha256(run.artifacts)
    run.save()
    return register_run(run)
