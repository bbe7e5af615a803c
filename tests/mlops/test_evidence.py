"""The evidence pack: what is in it, who gets it, and when there is none."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from django.core.files.storage import storages

from mlops.evidence import verify
from mlops.evidence.pack_format import MANIFEST
from mlops.evidence.rights import BUNDLED
from mlops.models import ModelVersion
from mlops.serving.selection import select_version
from tests.apis import (
    Api,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    api,
    person,
)
from tests.mlops.packs import SECRET, lines, opened, packed, problems, two_versions
from tests.mlops.people import browser, text
from training.canonical import sha256_json
from training.choices import TrainingScope
from training.models import (
    AccessEntry,
    AuditEvent,
    AuditLink,
    Case,
    Review,
    Sample,
)
from training.salts import salted
from training.services.access import access_log
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    withdraw_approval,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita(db):
    return person("Reviewer", "rita")


@pytest.fixture
def versions(rita, two_model_directories):
    return two_versions(rita, two_model_directories)


@pytest.fixture
def pack(versions):
    return packed(versions[0])


def test_packing_again_gives_the_same_bytes_until_something_changes(versions):
    once, again = packed(versions[0]), packed(versions[0])
    select_version(versions[1], by=person("Operator"))

    then = opened(packed(versions[0]))

    differ = {name for name, content in opened(once).items() if then[name] != content}
    assert once == again
    assert differ == {MANIFEST, "serving.json", "audit.ndjson", "report.html"}


def test_the_samples_are_those_of_the_sealed_file(versions, pack):
    dataset = versions[0].run.dataset_version
    with storages["artifacts"].open(dataset.export_name, "rb") as file:
        sealed = file.read().splitlines(keepends=True)

    told = lines(pack, "samples.ndjson")

    assert [row["sha256"] for row in told] == [
        hashlib.sha256(line).hexdigest() for line in sealed
    ]
    assert [row["sample"] for row in told] == [int(json.loads(s)["id"]) for s in sealed]
    assert json.loads(opened(pack)["dataset.json"])["sha256"] == dataset.sha256


def test_what_a_run_on_new_samples_alone_left_out_is_told(rita, versions):
    dataset, run = a_sealed_version(rita, size=2), versions[0].run
    type(run).objects.filter(pk=run.pk).update(
        dataset_version=dataset, scope=TrainingScope.DELTA
    )
    before = versions[1].run.dataset_version.samples().filter(held_out=False)

    told = lines(packed(ModelVersion.objects.get(pk=versions[0].pk)), "samples.ndjson")

    left_out = {row["sample"] for row in told if row["used"] == "left out"}
    assert left_out == set(before.values_list("pk", flat=True))
    assert len(told) == dataset.sample_count


def test_approvals_are_told_with_their_links(pack, rita):
    told = lines(pack, "approvals.ndjson")

    assert {row["sample"] for row in told} == set(
        Sample.objects.values_list("pk", flat=True)
    )
    assert {row["by"] for row in told} == {"rita"}
    for row in told:
        link = AuditLink.objects.get(event_id=row["event"]["id"])
        place = {"position": link.position, "hash": link.hash}
        assert row["event"]["link"].items() >= place.items()


def test_the_excerpt_tells_when_it_served_and_who_changed_that(pack):
    told = [row["event"] for row in lines(pack, "audit.ndjson")]
    periods = json.loads(opened(pack)["serving.json"])

    actions = [event["action"] for event in told]
    assert actions.count("serving.selected") == 2  # its own, and what took over
    assert actions.count("serving.rolled_back") == 1
    assert "dataset.sealed" in actions
    assert [period["kind"] for period in periods] == ["select", "rollback"]
    assert [period["until"] is None for period in periods] == [False, True]


def test_nothing_protected_is_in_it(versions):
    groups = {"fairness": {SECRET: "guarded-group"}}
    ModelVersion.objects.filter(pk=versions[0].pk).update(
        evaluation={**groups, "comparison": groups, "held_out": 7}
    )
    versions[0].refresh_from_db()

    pack = packed(versions[0])

    assert Case.objects.filter(protected__has_key=SECRET).exists()
    assert json.loads(opened(pack)["metrics.json"])["evaluation"] == {"held_out": 7}
    assert SECRET.encode() not in pack
    assert b"guarded-group" not in pack


def test_intervals_and_groups_are_in_it(versions):
    between = {"value": 0.9, "low": 0.8125, "high": 0.96875}
    group = {"fact": "purpose", "kind": "value", "value": "car", "cases": 64}
    counts = {"candidate": 40, "champion": 55, "gained": 1, "lost": 16}
    evaluation = {
        "intervals": {"accuracy": between},
        "champion": {"intervals": {"accuracy": between}, "metrics": {"accuracy": 0.9}},
        "segments": {"cases": 200, "groups": [{**group, **counts}]},
    }
    ModelVersion.objects.filter(pk=versions[0].pk).update(
        evaluation=evaluation, metrics={"accuracy": 0.9}
    )
    versions[0].refresh_from_db()
    AuditEvent.objects.record(
        "model.registered", actor=None, subject=versions[0], records=[versions[0]]
    )

    pack = packed(versions[0])

    page = opened(pack)["report.html"].decode()
    assert json.loads(opened(pack)["metrics.json"])["evaluation"] == evaluation
    assert page.count("<td>0.8125</td><td>0.9688</td>") == 2
    assert "<td>purpose</td><td>value</td><td>car</td>" in page
    assert problems(pack) == []


def test_no_customer_data_is_in_it(rita, two_model_directories):
    told = {
        "title": "Loan of Jane Roe",
        "facts": [{"name": "nickname", "value": "Roe of Elm Street"}],
        "evidence": [{"id": "e1", "document": "roe.pdf", "snippet": "Jane earns"}],
    }
    case = an_approved_case(rita, **told)
    withdraw_approval(case, by=rita, reasoning="Jane called.")
    approve_case(
        case,
        ReviewInput(decision="deny", rationale="Roe is late.", confidence=1.0),
        by=rita,
    )
    version = a_model_version(a_sealed_version(rita), two_model_directories[0])

    pack = packed(ModelVersion.objects.for_table().get(pk=version.pk))

    for secret in ("Jane", "Roe", "roe.pdf", "Elm Street"):
        assert secret.encode() not in pack
    assert case.external_id.encode() in pack


def test_a_short_text_of_a_review_cannot_be_guessed_from_its_hashes(versions, pack):
    """The attack: a rationale of three words, or how many seconds it was read."""
    row = lines(pack, "approvals.ndjson")[0]
    review = Review.objects.get(pk=row["review"])
    salts = [*Review.objects.values_list("salt", flat=True), review.case.salt]
    said = [
        review.pk, review.case_id, review.action, review.decision, review.rationale,
        review.reasoning, review.confidence, review.source, review.by_id,
        review.at.isoformat(),
    ]  # fmt: skip
    private = {"rationale": review.rationale} if review.rationale else {}

    assert row["sha256"] != sha256_json(said)
    assert row["sha256"] == salted(review.salt, sha256_json(said))
    assert row["record"]["private_sha256"] != sha256_json(private)
    assert row["record"]["private_sha256"] == sha256_json(
        {**private, "salt": review.salt}
    )
    assert not any(salt.encode() in pack for salt in salts)


def test_the_page_for_people_needs_nothing_from_outside(pack):
    page = opened(pack)["report.html"].decode()

    assert "&lt;b&gt;Better&lt;/b&gt; &amp; newer" in page
    assert not [word for word in ("<script", "src=", "href=", "url(") if word in page]


def test_a_sealed_file_that_was_changed_is_not_packed(versions):
    name = versions[0].run.dataset_version.export_name
    path = Path(storages["artifacts"].path(name))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"income", b"inc0me", 1))

    answer = api("Viewer").post(f"models/{versions[0].pk}/evidence")

    assert (answer.status_code, answer.json()["code"]) == (409, "artifact_changed")
    assert not AuditEvent.objects.filter(action="evidence.packed").exists()


def test_over_http_it_is_a_download_with_its_head(versions):
    answer = api("Viewer").post(f"models/{versions[0].pk}/evidence")

    content = answer.getvalue()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert verify.verify(io.BytesIO(content)) == ([], answer["X-Evidence-Head"])


def test_the_page_of_a_version_has_a_button_that_packs(versions):
    viewer = browser("Viewer")
    address = f"/mlops/models/{versions[0].pk}/"

    page = text(viewer.get(address))
    answer = viewer.post(f"{address}evidence/")

    assert f'action="{address}evidence/"' in page
    assert viewer.get(f"{address}evidence/").status_code == 405
    assert "attachment" in answer["Content-Disposition"]
    assert problems(answer.getvalue()) == []  # reading to the end closes it
    assert "Evidence packed" in text(browser("Admin").get("/logs/"))


@pytest.mark.parametrize("right", list(BUNDLED)[1:])  # the first is the page's own
def test_it_takes_the_right_to_see_each_thing_that_is_packed(versions, right):
    """The attack: a role without the audit trail took its excerpt along in a pack."""
    visitor = browser("Viewer")
    app, codename = right.split(".")
    role = visitor.user.groups.get()
    role.permissions.remove(
        role.permissions.get(content_type__app_label=app, codename=codename)
    )

    access_log.counters.__init__()

    answer = Api(visitor.user).post(f"models/{versions[0].pk}/evidence")
    visitor.post(f"/mlops/models/{versions[0].pk}/evidence/")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert right in answer.json()["detail"]
    assert not AuditEvent.objects.filter(action="evidence.packed").exists()
    assert not AccessEntry.objects.filter(kind="evidence").exists()
    access_log.counters.flush()
    routes = AccessEntry.objects.filter(kind="refused").values_list("route", "person")
    assert {(route.split("/")[1], who) for route, who in routes} == {
        ("api", visitor.user.pk),
        ("mlops", visitor.user.pk),
    }


def test_a_token_that_may_not_see_the_trail_takes_none_along(versions):
    caller = Api(person("Admin"), scopes=["mlops.view_modelversion"])

    answer = caller.post(f"models/{versions[0].pk}/evidence")

    assert "view_promotiondecision" in answer.json()["detail"]


def test_who_took_a_pack_along_is_on_record(versions):
    caller = Api(person("Viewer"))

    answer = caller.post(f"models/{versions[0].pk}/evidence")
    assert b"".join(answer.streaming_content)

    row = AccessEntry.objects.get(kind="evidence")
    assert (row.person, row.subject_id) == (caller.user, str(versions[0].pk))
