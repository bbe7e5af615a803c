"""The commands that other programs and operators rely on."""

import io
import json
import re
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


LEDGER = (
    "대출 신청 현황\n접수번호,업종,신청금액,부채비율,우편번호,결정\n"
    "A-001,제조업,3억5천만,85%,01010,승인\nA-002,서비스,5000만원,45%,02134,보류\n"
    "합계,,4억,,,\n"
).encode("cp949")


def test_a_recipe_reads_a_ledger_as_a_clerk_has_it(tmp_path, capsys):
    file = tmp_path / "ledger.csv"
    file.write_bytes(LEDGER)
    person("Reviewer", "rita")

    call_command("import_cases", str(file), "--recipe", "auto", "--as", "rita")

    told = capsys.readouterr().out
    assert "form: delimited by ',', cp949 (likely" in told
    assert "left out: line 5, total: 합계 4억" in told
    assert (
        "column 신청금액: fact, money in KRW; e.g. 3억5천만 is read as 350000000"
        in told
    )
    assert "column 우편번호: fact, code; e.g. 01010" in told
    assert "imported 2, skipped 0, refused 0" in told
    case = Case.objects.get(external_id="A-001")
    values = {fact["name"]: (fact["value"], fact["unit"]) for fact in case.facts}
    assert values == {
        "업종": ("제조업", None),
        "신청금액": (350_000_000, "KRW"),
        "부채비율": (0.85, "ratio"),
        "우편번호": ("01010", None),
    }
    assert (case.status, case.decision) == ("approved", "승인")

    call_command("import_cases", str(file), "--recipe", "auto", "--as", "rita")
    assert "imported 0, skipped 2, refused 0" in capsys.readouterr().out


def test_a_recipe_refuses_rows_that_do_not_fit_by_their_cell(tmp_path, capsys):
    file = tmp_path / "rates.csv"
    rows = [f"R{n},{n}.5%,yes" for n in range(40)]
    file.write_text("id,rate,decision\n" + "\n".join([*rows, "R40,unknown,yes"]))

    with pytest.raises(SystemExit):
        call_command("import_cases", str(file), "--recipe", "auto")

    told = capsys.readouterr().out
    assert "decision, not replayed because --as names nobody" in told
    assert "imported 40, skipped 0, refused 1" in told
    assert "line 42: rate: “unknown” is not a percentage." in told


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7", "The file is a PDF document, which holds no table."),
        (b"id,x\nA,1\n", "The file has no column other; it has: id, x."),
    ],
)
def test_a_recipe_says_why_a_file_cannot_be_read(tmp_path, content, sentence):
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    options = ["--id-column", "other"] if content.startswith(b"id") else []
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("import_cases", str(file), "--recipe", "auto", *options)
