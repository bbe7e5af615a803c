"""Checking an evidence pack: every way of tampering is named."""

import io
import json
import subprocess
import sys
import zipfile
from copy import deepcopy
from pathlib import Path

import pytest
from django.db import connection, transaction

from mlops.dbrules import MLOPS_RULES
from mlops.evidence import long_lists, verify
from mlops.evidence.pack_format import MANIFEST, Packer
from mlops.evidence.packs import pack_version
from mlops.models import ModelVersion
from tests.apis import person
from tests.mlops.packs import lines, opened, packed, problems, two_versions
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent, Review
from training.records import records_of
from training.services.audit import record_coverage
from training.services.audit.chain import chain_events

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
ITEMS = [
    "version.json", "metrics.json", "serving.json", "promotion.json", "run.json",
    "artifacts.json", "dataset.json", "samples.ndjson", "approvals.ndjson",
    "audit.ndjson", "report.html",
]  # fmt: skip
SECRET = "guarded-attribute"


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    with stage.building():
        return two_versions(person("Reviewer", "rita"), two_model_directories)


@pytest.fixture
def versions(staged, on_stage):
    return deepcopy(staged)


@pytest.fixture(scope="module")
def pack(stage, staged):
    """Its bytes; that it was packed is undone, as each test would undo it."""
    with stage.building(), transaction.atomic():
        content = packed(staged[0])
        transaction.set_rollback(True)
    return content


def zipped(files):
    """The files as any other program would zip them."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def forged(pack, name, content):
    """A whole pack made anew around one other item, consistent in itself."""
    packer, target = Packer(io.BytesIO()), io.BytesIO()
    for path, known in opened(pack).items():
        if path != MANIFEST:
            packer.add(path, [content if path == name else known])
    packer.write(target)
    return target.getvalue()


def at_content_of(pack, name):
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return archive.getinfo(name).header_offset + 30 + len(name)


def flipped(pack, place):
    return pack[:place] + bytes([pack[place] ^ 1]) + pack[place + 1 :]


def test_an_untouched_pack_has_no_problem_and_all_items(pack):
    assert list(opened(pack)) == [MANIFEST, *ITEMS]
    assert problems(pack) == []


@pytest.mark.parametrize("name", [MANIFEST, *ITEMS])
def test_one_byte_of_an_item_is_named(pack, name):
    first = at_content_of(pack, name)
    last = first + len(opened(pack)[name]) - 1

    for place in {first, (first + last) // 2, last}:
        assert name in problems(flipped(pack, place))[0]


@pytest.mark.parametrize("name", [MANIFEST, *ITEMS])
def test_a_byte_taken_out_or_put_in_is_named(pack, name):
    place = at_content_of(pack, name) + 1

    assert name in problems(pack[:place] + pack[place + 1 :])[0]
    assert name in problems(pack[:place] + b" " + pack[place:])[0]


def test_no_byte_anywhere_can_change_unseen(pack):
    around = [at_content_of(pack, name) - step for name in ITEMS for step in range(45)]
    directory = range(pack.rindex(b"PK\x01\x02"), len(pack))

    for place in [*range(45), *around, *directory]:
        assert problems(flipped(pack, place)), place


@pytest.mark.parametrize("name", [MANIFEST, *ITEMS])
def test_in_a_zip_made_anew_what_changed_is_named(pack, name):
    files = opened(pack)
    without = {path: content for path, content in files.items() if path != name}

    assert f"{name} was changed" in problems(zipped(files | {name: b"{}"}))[0]
    assert problems(zipped(without)) == [f"{name} was removed."]
    assert "the contents are as packed" in problems(zipped(files))[0]


def test_an_added_item_is_named(pack):
    stream = io.BytesIO(pack)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("more.json", "{}")

    assert problems(stream.getvalue()) == ["more.json was added."]
    assert problems(pack + b"\0") != []
    assert problems(pack[:-1]) != []
    assert problems(b"") == ["This is not an evidence pack: manifest.json is missing."]


def test_a_pack_made_anew_as_a_whole_shows_against_its_noted_head(versions, tmp_path):
    made = pack_version(versions[0], by=None)
    with made.file as file:
        content = file.read()
    event = AuditEvent.objects.get(action="evidence.packed")
    path = tmp_path / "pack.zip"
    path.write_bytes(content)

    assert event.detail["head"] == made.head
    assert verify.main([str(path), "--head", made.head]) == 0
    assert verify.main([str(path), "--head", "0" * 64]) == 1
    assert verify.main([str(path), "--head", ""]) == 1


def test_what_does_not_fit_together_is_named_though_all_hashes_are_right(pack):
    files = opened(pack)
    fewer = b"".join(files["samples.ndjson"].splitlines(keepends=True)[1:])
    other = files["artifacts.json"].replace(b'"size": ', b'"size": 1')

    assert "samples.ndjson" in problems(forged(pack, "samples.ndjson", fewer))[0]
    assert "artifacts.json" in problems(forged(pack, "artifacts.json", other))[0]
    assert problems(forged(pack, "run.json", b"{}\n")) == []  # only its head differs
    assert problems(forged(pack, "audit.ndjson", b"7\n")) != []


def test_an_event_that_does_not_fit_its_link_is_named(versions):
    chain_events()
    event = AuditEvent.objects.about(versions[0]).first()
    take_down(TRAINING_RULES)
    AuditEvent.objects.filter(pk=event.pk).update(actor_label="nobody")
    put_up(TRAINING_RULES)

    found = problems(packed(versions[0]))

    assert len(found) == 1
    assert f"event {event.pk} does not fit its link" in found[0]


def test_the_verifier_needs_no_django(pack, tmp_path):
    """-S: without site-packages, where Django is."""
    path = tmp_path / "pack.zip"

    def run(content):
        path.write_bytes(content)
        command = [sys.executable, "-S", "-E", "-m", "mlops.verify", str(path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    well, ill = run(pack), run(flipped(pack, at_content_of(pack, "run.json")))

    assert (well.returncode, well.stderr) == (0, "")
    assert (ill.returncode, ill.stderr) == (1, "run.json was changed.\n")
    assert run(b"PK").returncode == 1


def by_sql(statement):
    take_down([*TRAINING_RULES, *MLOPS_RULES])
    with connection.cursor() as cursor:
        cursor.execute(statement)
    put_up([*TRAINING_RULES, *MLOPS_RULES])


@pytest.mark.parametrize(
    ("named", "statement"),
    [
        ("approvals.ndjson, line 1: review",
         "UPDATE training_review SET decision = 'x'"),
        ("approvals.ndjson, line 1: review",
         "UPDATE training_review SET reasoning = 'x'"),
        ("serving.json: servingperiod", "UPDATE mlops_servingperiod SET reason = 'x'"),
        ("serving.json: servingperiod", "UPDATE mlops_servingperiod SET since = "
         "'2020-01-01 00:00:00' WHERE follows_id IS NULL"),
        ("version.json: modelversion", "UPDATE mlops_modelversion SET name = 'x'"),
        ("dataset.json: datasetversion",
         "UPDATE training_datasetversion SET name = 'x'"),
    ],
)  # fmt: skip
def test_a_pack_of_records_altered_by_sql_does_not_verify(versions, named, statement):
    """It is packed as it stands in the database, and says itself what is wrong."""
    chain_events()
    assert problems(packed(versions[0])) == []
    by_sql(statement)
    found = problems(packed(ModelVersion.objects.for_table().get(pk=versions[0].pk)))
    assert any(each.startswith(named) for each in found), found


@pytest.fixture
def older(versions):
    """As if all of it was there before events carried hashes: it was taken over."""
    by_sql("UPDATE training_auditevent SET records = '[]'")
    while record_coverage.cover_records():
        pass
    chain_events()
    return ModelVersion.objects.for_table().get(pk=versions[0].pk)


def test_a_pack_of_what_was_taken_over_holds_the_event_that_says_so(older):
    pack = packed(older)
    assert problems(pack) == []
    events = [row["event"] for row in lines(pack, "audit.ndjson")]
    taken = [event for event in events if event["action"] == record_coverage.TAKEN_OVER]
    told = {(known["type"], known["id"]) for each in taken for known in each["records"]}
    reviews = lines(pack, "approvals.ndjson")
    assert {("review", row["review"]) for row in reviews} <= told
    assert not any("content" in row["event"] for row in reviews)
    assert packed(older) == pack


@pytest.mark.parametrize(
    ("named", "statement"),
    [
        ("approvals.ndjson, line 1: review",
         "UPDATE training_review SET decision = 'x'"),
        ("approvals.ndjson, line 1: review",
         "UPDATE training_review SET rationale = 'x'"),
        ("serving.json: servingperiod", "UPDATE mlops_servingperiod SET reason = 'x'"),
        ("version.json: modelversion", "UPDATE mlops_modelversion SET name = 'x'"),
    ],
)  # fmt: skip
def test_what_was_taken_over_and_altered_after_it_is_named(older, named, statement):
    by_sql(statement)
    found = problems(packed(ModelVersion.objects.for_table().get(pk=older.pk)))
    assert any(each.startswith(named) for each in found), found


def test_an_altered_event_that_took_rows_over_does_not_fit_its_link(older):
    """The attack: the review and the event that took it over, altered together."""
    by_sql("UPDATE training_review SET decision = 'x'")
    event = AuditEvent.objects.get(
        action=record_coverage.TAKEN_OVER, subject_type="review"
    )
    rows = Review.objects.order_by("pk")
    forged_records = json.dumps(records_of(rows))
    by_sql(
        f"UPDATE training_auditevent SET records = '{forged_records}' "
        f"WHERE id = {event.pk}"
    )
    found = problems(packed(older))
    assert any(f"event {event.pk} does not fit its link" in each for each in found)


def test_a_pack_tells_what_an_event_proves_without_what_it_tells_of_people(versions):
    chain_events()
    review = lines(packed(versions[0]), "approvals.ndjson")[0]
    assert "detail" not in review["event"]["content"]
    assert {"rationale", "reasoning"}.isdisjoint(review["record"]["columns"])


def test_an_event_whose_detail_was_changed_is_named(versions):
    chain_events()
    pack = packed(versions[0])
    rows = lines(pack, "audit.ndjson")
    row = next(row for row in rows if "records" in row["event"])
    row["event"]["detail"] = {"reason": "another"}
    content = b"".join(long_lists.line(row) for row in rows)
    found = problems(forged(pack, "audit.ndjson", content))
    assert f"event {row['event']['id']} does not fit" in found[0]
