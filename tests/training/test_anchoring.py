"""The head is kept elsewhere once a day: file, mail, webhook, time-stamp server."""

import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.db import connection

from mlops.health import run_checks
from tests.apis import an_approved_case, person
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent, AuditLink
from training.services.audit import head_files
from training.services.audit.anchors import ANCHORED, anchor_daily
from training.services.audit.chain import chain_events
from training.services.outbound_http import NotReached, post

pytestmark = pytest.mark.django_db
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@pytest.fixture
def head():
    an_approved_case(person("Admin", "alice"))
    chain_events()
    return AuditLink.objects.latest("position")


@contextmanager
def answering(answer):
    """A server on loopback that answers each POST with ``answer(body)``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, content = answer(body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def anchors(data_dir):
    text = (data_dir / "audit" / "anchors.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def older(hours):
    """What was anchored was anchored so much earlier."""
    for event in AuditEvent.objects.filter(action=ANCHORED):
        take_down(TRAINING_RULES)
        with connection.cursor() as cursor:
            at = f"{event.at - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"
            cursor.execute(
                f"UPDATE training_auditevent SET at = '{at}' WHERE id = {event.pk}"
            )
        put_up(TRAINING_RULES)


def test_the_head_goes_to_a_file_once_a_day_and_is_in_the_trail(head, data_dir):
    assert anchor_daily()
    assert not anchor_daily()
    (line,) = anchors(data_dir)
    assert (line["position"], line["hash"]) == (head.position, head.hash)
    event = AuditEvent.objects.get(action=ANCHORED)
    assert (event.detail["head"], event.detail["failed"]) == (head.hash, {})


def test_a_torn_line_keeps_no_later_anchor_away(head, data_dir):
    (data_dir / "audit").mkdir(exist_ok=True)
    (data_dir / "audit" / "anchors.jsonl").write_text('{"position": 1, "ha\n')
    assert anchor_daily()
    text = (data_dir / "audit" / "anchors.jsonl").read_text()
    assert json.loads(text.splitlines()[-1])["hash"] == head.hash


def test_nothing_is_anchored_before_something_is_chained(data_dir):
    assert not anchor_daily()
    assert not (data_dir / "audit").exists()


def test_a_chain_that_contradicts_an_anchor_is_not_anchored_again(head, data_dir):
    anchor_daily()
    take_down(TRAINING_RULES)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE training_auditlink SET hash = '{'0' * 64}'")
    put_up(TRAINING_RULES)
    assert not anchor_daily()
    assert len(anchors(data_dir)) == 1
    wrong = head_files.contradiction(head_files.stored_heads())
    assert wrong.stored.hash == head.hash
    assert chain_events() == 0


def test_the_head_goes_by_mail_and_to_a_webhook(head, settings):
    got = []
    settings.AUDIT_ANCHOR_MAIL = ["audit@example.com"]
    with answering(lambda body: got.append(body) or (200, {}, b"")) as address:
        settings.AUDIT_ANCHOR_WEBHOOK = address
        anchor_daily()
    assert json.loads(got[0])["hash"] == head.hash
    assert head.hash in mail.outbox[0].body
    assert mail.outbox[0].to == ["audit@example.com"]
    event = AuditEvent.objects.get(action=ANCHORED)
    assert set(event.detail["sent"]) == {"mail", "webhook"}


def test_what_was_not_reached_is_told_is_red_and_is_tried_again(head, settings):
    settings.AUDIT_ANCHOR_MAIL = ["audit@example.com"]
    with answering(lambda body: (500, {}, b"")) as address:
        settings.AUDIT_ANCHOR_WEBHOOK = address
        anchor_daily()
    event = AuditEvent.objects.get(action=ANCHORED)
    assert "status 500" in event.detail["failed"]["webhook"]
    check = next(check for check in run_checks() if check.key == "audit_anchor")
    assert not check.ok
    older(hours=2)
    with answering(lambda body: (204, {}, b"")) as address:
        settings.AUDIT_ANCHOR_WEBHOOK = address
        assert anchor_daily()
    assert len(mail.outbox) == 1, "the mail had been sent"
    check = next(check for check in run_checks() if check.key == "audit_anchor")
    assert check.ok


def test_a_redirect_is_not_followed_and_an_endless_answer_not_read():
    with answering(lambda body: (200, {}, b"x")) as target:
        detour = {"Location": target}
        with (
            answering(lambda body: (302, detour, b"")) as address,
            pytest.raises(NotReached, match="status 302"),
        ):
            post(address, b"{}", "application/json")
    with (
        answering(lambda body: (200, {}, b"x" * (2 << 20))) as address,
        pytest.raises(NotReached, match="too long"),
    ):
        post(address, b"{}", "application/json")
    with pytest.raises(NotReached, match="https"):
        post("http://example.com/", b"{}", "application/json")
    with pytest.raises(NotReached, match="could not be reached"):
        post(address, b"{}", "application/json")


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A time-stamp authority of its own, as files for ``openssl ts``."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.ext").write_text(
        "extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    openssl(
        folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
        "-subj", "/CN=Test root", "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip
    openssl(
        folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test TSA",
        "-keyout", "tsa.key", "-out", "tsa.csr",
    )  # fmt: skip
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "30", "-extfile", "tsa.ext", "-out", "tsa.pem",
    )  # fmt: skip
    return folder


def replying(folder):
    def answer(body):
        (folder / "query.tsq").write_bytes(body)
        openssl(
            folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq",
            "-out", "reply.tsr",
        )  # fmt: skip
        headers = {"Content-Type": "application/timestamp-reply"}
        return 200, headers, (folder / "reply.tsr").read_bytes()

    return answer


def test_a_time_stamp_server_says_when_the_head_existed(
    head, settings, data_dir, authority
):
    settings.AUDIT_ANCHOR_TSA_ROOTS = str(authority / "ca.pem")
    with answering(replying(authority)) as settings.AUDIT_ANCHOR_TSA:
        anchor_daily()
    event = AuditEvent.objects.get(action=ANCHORED)
    assert event.detail["failed"] == {}
    kept = data_dir / "audit" / event.detail["sent"]["timestamp"]
    (data_dir / "head.txt").write_text(head.hash)
    openssl(
        authority, "ts", "-verify", "-data", str(data_dir / "head.txt"),
        "-in", str(kept), "-CAfile", "ca.pem",
    )  # fmt: skip


def test_a_time_stamp_of_another_authority_or_of_nothing_is_refused(
    head, settings, authority, tmp_path
):
    openssl(
        tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
        "-subj", "/CN=Other root", "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip
    settings.AUDIT_ANCHOR_TSA_ROOTS = str(tmp_path / "ca.pem")
    with answering(replying(authority)) as settings.AUDIT_ANCHOR_TSA:
        anchor_daily()
    assert "timestamp" in AuditEvent.objects.get(action=ANCHORED).detail["failed"]
    older(hours=2)
    with answering(lambda body: (200, {}, b"hello")) as settings.AUDIT_ANCHOR_TSA:
        anchor_daily()
    assert (
        "no time stamp"
        in (
            AuditEvent.objects.filter(action=ANCHORED)
            .latest("pk")
            .detail["failed"]["timestamp"]
        )
    )
