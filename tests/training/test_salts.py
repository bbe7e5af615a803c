"""What a hash is of cannot be guessed from it, by whoever has not the row."""

import pytest
from django.db import connection

from mlops.models import Prediction
from tests.apis import Api, a_case, an_approved_case, case_body, on_record
from tests.mlops.people import browser, text
from training.canonical import record_sha256, sha256_json
from training.choices import ReviewSource
from training.models import AuditEvent, Case, Review, Sample
from training.records import form_of, parts_of, record_of
from training.salts import salted
from training.services.audit.chain import chain_events, event_content
from training.services.audit.chain_check import verify_chain
from training.services.cases import approvals, intake

pytestmark = pytest.mark.django_db
GROUPS = ["18 to 30", "31 to 50", "51 to 70", "older"]
TRUTH = GROUPS[2]


@pytest.fixture
def alice():
    return on_record("Admin", "alice")


def body(group, **changes):
    return case_body("C-1", protected={"age group": group}, **changes)


def posted(by, group=TRUTH, **changes):
    return intake.post_case(intake.parse_case(body(group, **changes)), by=by)[0]


def told():
    """Everything that the trail says of anything, as one text."""
    return "".join(str(event_content(each)) + str(each.detail) for each in all_events())


def all_events():
    return AuditEvent.objects.order_by("pk")


def hash_without_salt(row, **guessed):
    """What who knows the rest of a row computes for a guess."""
    model = type(row)
    columns = [column.attname for column in model._meta.concrete_fields]
    known = model(**{name: getattr(row, name) for name in columns})
    for name, value in {**guessed, "salt": ""}.items():
        setattr(known, name, value)
    return record_of(known)["sha256"]


def test_a_protected_attribute_cannot_be_guessed_from_the_trail(alice):
    """The attack: everything else of the case is known, and its groups are few."""
    case = posted(alice)
    intake.correct_case(case, intake.parse_case(body(TRUTH, title="Other")), by=alice)
    approvals.approve_case(case, approvals.ReviewInput("approve"), by=alice)
    case.refresh_from_db()

    for group in GROUPS:
        for title in ("Application", "Other"):
            content = intake.parse_case(body(group, title=title))
            assert content.sha256 not in told()
        guess = hash_without_salt(case, protected={"age group": group})
        assert guess not in told()
    with_the_row = intake.parse_case(body(TRUTH, title="Other"))
    assert salted(case.salt, with_the_row.sha256) in told()
    assert record_of(case)["sha256"] in told()


def test_a_reviewer_cannot_guess_it_from_the_page(alice):
    """Who may not see protected attributes had the hash over them in each form."""
    case = posted(alice)
    page = text(browser("Reviewer").get(f"/mlops/approvals/{case.pk}/"))
    assert f'name="seen" value="{case.content_sha256}"' in page
    for group in GROUPS:
        assert intake.parse_case(body(group)).sha256 not in page


def test_samples_and_reviews_cannot_be_guessed_either(alice):
    case = an_approved_case(alice)
    for row in (Review.objects.get(case=case), Sample.objects.get(case=case)):
        assert record_of(row)["sha256"] in told()
        assert hash_without_salt(row) not in told()


def test_equal_contents_of_two_cases_have_nothing_in_common(alice):
    salts = {a_case(by=alice, external_id=f"D-{n}").salt for n in range(20)}
    assert len(salts) == 20
    assert {len(salt) for salt in salts} == {32}


def test_the_salt_is_nowhere_to_be_read(alice):
    case = an_approved_case(alice)
    salts = [case.salt, Review.objects.get().salt, Sample.objects.get().salt]
    admin = browser("Admin")
    admin.user.is_superuser = admin.user.is_staff = True
    admin.user.save()
    version = Sample.objects.get().in_from

    said = [
        told(),
        str(Api(alice).get(f"cases/{case.pk}").json()),
        str(Api(alice).get(f"datasets/versions/{version.pk}/samples").json()),
        text(admin.get(f"/mlops/approvals/{case.pk}/")),
        text(admin.get(f"/admin/training/case/{case.pk}/change/")),
        text(admin.get(f"/admin/training/review/{Review.objects.get().pk}/change/")),
        text(admin.get(f"/admin/training/sample/{Sample.objects.get().pk}/change/")),
    ]
    for salt in salts:
        assert salt
        assert not any(salt in each for each in said)


def test_posting_the_same_again_changes_nothing_and_other_content_is_refused(alice):
    case = posted(alice)
    again, new = intake.post_case(intake.parse_case(body(TRUTH)), by=alice)
    assert (again, new) == (case, False)
    with pytest.raises(intake.CaseDiffers):
        posted(alice, GROUPS[0])


def test_corrected_back_it_is_the_content_that_it_was(alice):
    case = posted(alice)
    first = case.content_sha256
    intake.correct_case(case, intake.parse_case(body(GROUPS[0])), by=alice)
    assert case.content_sha256 != first
    intake.correct_case(case, intake.parse_case(body(TRUTH)), by=alice)
    assert case.content_sha256 == first


# Rows from before --------------------------------------------------------------------


@pytest.fixture
def old(alice):
    """A case as it was posted before there were salts."""
    content = intake.parse_case(body(TRUTH))
    case = Case.objects.create(
        external_id=content.external_id,
        title=content.title,
        facts=content.facts,
        protected=content.protected,
        recommended_decision="approve",
        recommended_rationale="Income covers it.",
        recommended_confidence=0.9,
        content_sha256=content.sha256,
        facts_sha256=content.facts_sha256,
        salt="",
        created_by=alice,
    )
    AuditEvent.objects.record("case.posted", actor=alice, subject=case, records=[case])
    return case


def test_an_old_row_has_the_hash_it_had(old):
    shown, private = parts_of(
        Case, [getattr(old, name) for name in form_of(Case).columns]
    )
    assert "salt" not in private
    expected = record_sha256("case", old.pk, shown, sha256_json(private))
    assert record_of(old)["sha256"] == expected


def test_an_old_case_goes_on_and_a_correction_salts_it(old, alice):
    assert posted(alice) == old
    with pytest.raises(intake.CaseDiffers):
        posted(alice, GROUPS[0])
    intake.correct_case(old, intake.parse_case(body(GROUPS[0])), by=alice)
    assert old.salt
    assert old.content_sha256 != intake.parse_case(body(GROUPS[0])).sha256
    approvals.reject_case(old, by=alice, source=ReviewSource.PAGE)
    chain_events()
    assert verify_chain().problem == ""


@pytest.mark.parametrize("model", [Case, Review, Sample, Prediction])
def test_a_row_written_by_a_program_of_before_has_none(model):
    """The old program runs beside the new one, and knows no such column."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(
            cursor, model._meta.db_table
        )
    (column,) = [each for each in found if each.name == "salt"]
    assert "''" in column.default


def test_after_an_erasure_nothing_is_left_to_try_a_guess_on(alice):
    """With the row its salt is gone; what the trail keeps fits every guess or none."""
    case = posted(alice)
    kept = told()
    guesses = {
        salted(salt, intake.parse_case(body(group)).sha256)
        for group in GROUPS
        for salt in ("", Case(external_id="x").salt)
    }
    Case.objects.filter(pk=case.pk).delete()
    assert not any(guess in kept for guess in guesses)
