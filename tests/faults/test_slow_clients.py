"""The web process as `make up` and docs/operations.md have it, under slow clients."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.slow import KINDS, ask, no_certificates, stalled
from tests.requirements import nginx
from tests.services import accepts_connections, free_port, wait_until

pytestmark = pytest.mark.long

PREPARE = """
from django.contrib.auth.models import User
from training.services.cases.intake import parse_case, post_case
from training.services.people.tokens import create_token
alice = User.objects.get()
said = {"decision": "approve", "rationale": "Income covers it."}
facts = [{"name": "a", "value": 77}]
content = parse_case({"external_id": "N-1", "facts": facts, "recommendation": said})
case, _ = post_case(content, by=alice)
answer = {"token": create_token(alice, by=None)[1], "case": case.pk}
"""
CERTIFICATE = [
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
]
# More than a connection holds: 40 jobs of 100 KB of output each.
LONG_ANSWER = """
from tests.apis import a_job
for number in range(40):
    a_job(status="completed", output={"text": "x" * 100_000})
answer = True
"""


@pytest.fixture
def web(installation):
    """The port of a web process; `installation.told` is what PREPARE answered."""
    port = free_port()
    installation.told = installation.run(PREPARE)
    installation.start_web(port)
    wait_until(lambda: accepts_connections(port), what="listening")
    return port


def with_token(installation):
    return {
        "Authorization": f"Bearer {installation.told['token']}",
        "Content-Type": "application/json",
    }


def works(port, context=None):
    """Several times: one answer may have been luck."""
    return {ask(port, "GET", "/healthz", context=context)[0] for _ in range(4)}


def approve_in_chunks(installation, port, context=None):
    """What was decided, by a body that http.client sends in chunks."""
    body = json.dumps({"decision": {"decision": "no"}}).encode()
    status, _headers, answer = ask(
        port,
        "POST",
        f"/api/v1/approvals/cases/{installation.told['case']}/approve",
        iter([body]),
        with_token(installation),
        context,
    )
    assert status == 200, answer
    return json.loads(answer)["decision"]


def test_clients_that_never_finish_stop_nobody(installation, web):
    installation.run(LONG_ANSWER)
    lines = [f"{name}: {value}" for name, value in with_token(installation).items()]
    head = ["GET /api/v1/pipeline/jobs HTTP/1.1", "Host: localhost", *lines, "", ""]

    assert approve_in_chunks(installation, web) == "no"
    for sent in KINDS.values():
        with stalled(web, sent):
            assert works(web) == {200}
    with stalled(web, "\r\n".join(head).encode(), SO_RCVBUF=4096):
        assert works(web) == {200}
    with stalled(web, KINDS["head"]), stalled(web, KINDS["nothing"]):
        installation.workers[-1].terminate()
        assert installation.workers[-1].wait(timeout=15) == 0


class Nginx:
    """nginx with docs/nginx.conf, on other ports and with a certificate of its own."""

    def __init__(self, home, web):
        self.port, self.plain = free_port(), free_port()
        home.mkdir()
        names = {"key": home / "privkey.pem", "certificate": home / "fullchain.pem"}
        subprocess.run(
            [*CERTIFICATE, "-keyout", names["key"], "-out", names["certificate"]],
            check=True,
            capture_output=True,
        )
        text = (Path(settings.BASE_DIR) / "docs" / "nginx.conf").read_text()
        for said, here in {
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "127.0.0.1:8000": f"127.0.0.1:{web}",
            "/etc/ssl/preciso": str(home),
        }.items():
            assert said in text
            text = text.replace(said, here)
        kept = " ".join(
            f"{name}_temp_path {home}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (home / "nginx.conf").write_text(
            f"daemon off; pid {home}/pid; error_log {home}/error.log;\n"
            f"events {{}}\nhttp {{ access_log off; {kept}\n{text}\n}}\n"
        )
        self.process = subprocess.Popen(
            [nginx(), "-p", home, "-c", home / "nginx.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: accepts_connections(self.port), what="nginx answering")

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=15)


@pytest.fixture
def behind_nginx(installation, web, tmp_path):
    server = Nginx(tmp_path / "nginx", web)
    yield server
    server.close()


@pytest.mark.nginx
@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_behind_the_nginx_of_the_documents_the_same_holds(installation, behind_nginx):
    port, context = behind_nginx.port, no_certificates()

    for sent in KINDS.values():
        with stalled(port, sent, context):
            assert works(port, context) == {200}

    assert approve_in_chunks(installation, port, context) == "no"
    assert ask(behind_nginx.plain, "GET", "/")[0] == 301


@pytest.mark.nginx
def test_nginx_tells_what_it_sees_and_not_what_a_visitor_claims(tmp_path):
    text = (Path(settings.BASE_DIR) / "docs" / "nginx.conf").read_text()
    told = dict(re.findall(r"proxy_set_header (\S+) (\S+);", text))

    assert told["X-Forwarded-Proto"] == "$scheme"
    assert told["X-Forwarded-For"] == "$proxy_add_x_forwarded_for"
    assert told["Host"] == "$http_host"
