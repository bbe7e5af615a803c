"""A body that came in chunks, or not whole, decides what it says or nothing at all."""

import json
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest

from preciso.request_body import announce_body
from tests.apis import ROOT, a_case, api
from tests.mlops.people import browser
from training.models import AuditEvent, Case, Review

pytestmark = pytest.mark.django_db

IN_CHUNKS = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
SERVER_KNOWS_THE_END = {"wsgi.input_terminated": True}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
OTHERWISE = {"decision": {"decision": "deny", "rationale": "Too little income."}}


class CutOff(BytesIO):
    """Chunks of a client that leaves in the middle, as gunicorn tells it."""

    def read(self, size=-1):
        raise OSError("No more data after: ''")


def send(client, path, text, content_type, stream=BytesIO, **environ):
    body = text.encode()
    given = {"wsgi.input": stream(body), "CONTENT_TYPE": content_type, **environ}
    return client.generic("POST", path, content_type=content_type, **given)


def approve(case, text, stream=BytesIO, **environ):
    path = f"{ROOT}approvals/cases/{case.pk}/approve"
    return send(api("Reviewer").client, path, text, JSON, stream, **environ)


def test_an_approval_in_chunks_decides_what_it_says():
    case = a_case()

    answer = approve(case, json.dumps(OTHERWISE), **IN_CHUNKS, **SERVER_KNOWS_THE_END)

    assert answer.status_code == 200
    assert Review.objects.get().decision == "deny"


def test_chunks_whose_end_the_server_does_not_tell_are_411():
    answer = approve(a_case(), json.dumps(OTHERWISE), **IN_CHUNKS)

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert not Review.objects.exists()


def test_a_body_without_length_or_coding_is_read_where_the_server_knows_its_end():
    answer = approve(
        a_case(), json.dumps(OTHERWISE), CONTENT_LENGTH="", **SERVER_KNOWS_THE_END
    )

    assert Review.objects.get().decision == "deny", answer.content


def test_chunks_over_the_limit_are_413(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    answer = approve(
        a_case(), json.dumps(OTHERWISE), **IN_CHUNKS, **SERVER_KNOWS_THE_END
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {**IN_CHUNKS, "CONTENT_LENGTH": "2"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "two"},
        {"CONTENT_LENGTH": "9" * 40},
    ],
)
def test_a_length_that_cannot_be_told_is_malformed(headers):
    answer = approve(a_case(), "{}", **headers, **SERVER_KNOWS_THE_END)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not Review.objects.exists()


def test_another_coding_than_chunked_is_411():
    headers = {**IN_CHUNKS, "HTTP_TRANSFER_ENCODING": "identity"}

    answer = approve(a_case(), "{}", **headers, **SERVER_KNOWS_THE_END)

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


@pytest.mark.parametrize(
    ("stream", "headers"),
    [
        (BytesIO, {"CONTENT_LENGTH": "100"}),
        (CutOff, {**IN_CHUNKS, **SERVER_KNOWS_THE_END}),
    ],
    ids=["by length", "in chunks"],
)
def test_a_body_that_is_cut_off_does_nothing(stream, headers):
    answer = approve(a_case(), "{}", stream, **headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not Review.objects.exists()


def test_an_import_that_is_cut_off_imports_no_half_line():
    answer = send(
        api("Operator").client,
        f"{ROOT}cases/import",
        "id,income\nA,3200\nB,32",
        "text/csv",
        CONTENT_LENGTH="60",
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not Case.objects.filter(external_id="B").exists()


@pytest.mark.parametrize("tells", [{}, SERVER_KNOWS_THE_END], ids=["refused", "read"])
def test_a_form_in_chunks_is_read_or_refused(tells):
    case, rita = a_case(), browser("Reviewer", "rita")
    form = "confidence=0.95&decision=deny&rationale=Too+little."

    answer = send(
        rita, f"/mlops/approvals/{case.pk}/approve/", form, FORM, **IN_CHUNKS, **tells
    )

    if tells:
        assert Review.objects.get().decision == "deny", answer.content
    else:
        assert answer.status_code == 411
        assert not Review.objects.exists()


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=b"])
def test_a_form_that_is_cut_off_does_nothing_even_with_the_token_in_a_header(kind):
    """The CSRF check reads the form, and goes on with the header if it cannot."""
    case, rita = a_case(), browser("Reviewer", "rita")
    rita.handler.enforce_csrf_checks = True
    rita.get(f"/mlops/approvals/{case.pk}/")

    answer = send(
        rita,
        f"/mlops/approvals/{case.pk}/approve/",
        "confidence=0.95&decision=de",
        kind,
        CONTENT_LENGTH="60",
        HTTP_X_CSRFTOKEN=rita.cookies["csrftoken"].value,
    )

    assert answer.status_code == 400, answer.content
    assert not Review.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="case.approve").exists()


def test_a_request_that_has_no_body_reads_nothing():
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": CutOff()}

    announce_body(WSGIRequest({**environ, **SERVER_KNOWS_THE_END}))


def test_lines_are_counted_as_well_as_bytes():
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "CONTENT_LENGTH": "9"}
    request = WSGIRequest({**environ, "wsgi.input": BytesIO(b"a\nbcd\nefg more")})

    announce_body(request)

    assert request.readline() == b"a\n"
    assert request.read(2) == b"bc"
    assert request.readlines() == [b"d\n", b"efg"]
    assert request.read() == b""
