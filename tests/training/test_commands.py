"""The commands that other programs and operators rely on."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from mlops.health import run_checks
from tests.apis import ROOT, a_case, person
from training.models import ApiToken, AuditEvent, Case, Review, Sample
from training.services.audit.chain import chain_events

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).parents[2] / "training" / "demo" / "hmda.csv"
CSV = (
    "application_id,income,afam,deny\n"
    "B-1,3200,no,no\n"
    "B-2,1100,yes,yes\n"
    ",900,no,no\n"
    "B-4,2100,no,no\n"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(CSV)
    return path


def run(*arguments):
    out = io.StringIO()
    call_command(*[str(each) for each in arguments], stdout=out)
    return out.getvalue()


def run_refused(*arguments):
    """A command that is expected to end with exit code 1."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(*[str(each) for each in arguments], stdout=out)
    assert ended.value.code == 1
    return out.getvalue()


def imported(file, *more):
    return ["import_cases", file, "--id-column", "application_id", *more]


def test_good_lines_are_imported_and_bad_ones_named(file):
    said = run_refused(*imported(file, "--ignore-column", "deny")).splitlines()

    assert said[0] == "imported 3, skipped 0, refused 1"
    assert said[1].startswith("line 4: ")
    assert len(said) == 2
    assert Case.objects.get(external_id="B-1").created_by is None


def test_importing_again_skips_what_is_known(file):
    file.write_text("application_id,income\nB-1,3200\n")
    assert run(*imported(file)) == "imported 1, skipped 0, refused 0\n"

    assert run(*imported(file)) == "imported 0, skipped 1, refused 0\n"


def test_decisions_are_replayed_as_the_reviews_of_somebody(file):
    rita = person("Reviewer", "rita")

    run_refused(
        *imported(file, "--decision-column", "deny", "--as", "rita"),
        *["--protected-column", "afam"],
    )

    review = Review.objects.get(case__external_id="B-2")
    assert (review.by, review.decision, review.confidence) == (rita, "yes", None)
    sample = Sample.objects.get(review=review)
    assert "afam" not in json.dumps([sample.facts, sample.input])
    assert Case.objects.get(external_id="B-2").protected == {"afam": "yes"}


def test_json_lines_are_known_by_the_name_of_the_file(tmp_path):
    file = tmp_path / "cases.jsonl"
    case = {"external_id": "J-1", "facts": [{"name": "income", "value": 1}]}
    file.write_text(json.dumps(case) + "\n")

    assert run("import_cases", file) == "imported 1, skipped 0, refused 0\n"


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (None, [], "cannot be read"),
        ("", [], "empty"),
        (CSV, ["--ignore-column", "unheard"], "unheard"),
        (CSV, ["--decision-column", "deny"], "--as"),
        (CSV, ["--decision-column", "deny", "--as", "nobody"], "nobody"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_imports_nothing(
    tmp_path, content, arguments, said
):
    file = tmp_path / "cases.csv"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CommandError, match=said):
        run(*imported(file, *arguments))

    assert not Case.objects.exists()


def test_real_decisions_are_imported(tmp_path):
    file = tmp_path / "hmda.csv"
    file.write_text("".join(DEMO.read_text().splitlines(keepends=True)[:101]))

    said = run(*imported(file, "--ignore-column", "deny", "--protected-column", "afam"))

    assert said == "imported 100, skipped 0, refused 0\n"


def test_a_token_is_printed_alone_and_lets_its_user_in(client):
    person("Viewer", "vera")

    secret = run("create_token", "vera").strip()

    answer = client.get(ROOT + "cases", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert secret not in json.dumps(list(ApiToken.objects.values()), default=str)
    assert AuditEvent.objects.filter(action="token.created").exists()


def test_a_token_is_limited_by_scope_and_days(client):
    person("Reviewer", "rita")

    secret = run(
        "create_token", "rita", "--scope", "training.view_case", "--days", 7
    ).strip()

    token = ApiToken.objects.get()
    header = {"Authorization": f"Bearer {secret}"}
    assert client.get(ROOT + "cases", headers=header).status_code == 200
    assert client.get(ROOT + "pipeline/jobs", headers=header).status_code == 403
    assert round((token.expires_at - token.created_at) / timedelta(days=1)) == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "nobody"),
        (["vera", "--scope", "fly"], "fly"),
        (["vera", "--days", "0"], "day"),
    ],
)
def test_a_token_that_cannot_be_made_is_one_sentence(arguments, said):
    person("Viewer", "vera")

    with pytest.raises(CommandError, match=said):
        run("create_token", *arguments)

    assert not ApiToken.objects.exists()


def test_an_untouched_audit_chain_is_verified_and_its_head_printed():
    a_case()
    a_case()
    chain_events()

    said = run("verify_audit")

    assert "ok, 2 events" in said
    assert len(said.splitlines()[-1].removeprefix("head: ")) == 64


def test_a_changed_audit_event_is_named():
    a_case()
    a_case()
    chain_events()
    event = AuditEvent.objects.order_by("pk").first()
    rewrite_behind_the_triggers(event)

    with pytest.raises(CommandError, match=f"event {event.pk} "):
        run("verify_audit")


def rewrite_behind_the_triggers(event):
    """What somebody with the database in their hands could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' "
                "AND tbl_name = 'training_auditevent'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(
            "UPDATE training_auditevent SET actor_label = 'mallory' WHERE id = %s",
            [event.pk],
        )


def test_preflight_names_each_check_and_how_to_mend_it(settings):
    settings.SECRET_KEY = "short"

    said = run_refused("preflight")

    for check in run_checks():
        assert check.key in said
        assert check.fix in said


def test_preflight_speaks_to_programs_too(settings):
    settings.SECRET_KEY = "short"

    answer = json.loads(run_refused("preflight", "--json"))

    assert {"key", "ok", "severity", "message", "fix"} == answer["checks"][0].keys()
    assert answer["ok"] is False
    failed = {check["key"] for check in answer["checks"] if not check["ok"]}
    assert "secret_key" in failed
