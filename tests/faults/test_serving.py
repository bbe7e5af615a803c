"""A model is switched back and forth while several clients ask several processes."""

import http.client
import json
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.services import accepts_connections, free_port, wait_until
from tests.trainers.samples import loans, train_here

pytestmark = pytest.mark.long

CLIENTS, SWITCHES = 32, 40
FAILURES = (OSError, http.client.HTTPException, AssertionError, LookupError, ValueError)
PATIENCE = 60  # seconds a client waits for its answer
CASES = [{"facts": case["facts"]} for case in loans(25, seed=7)]
PREPARE = """
from pathlib import Path
from django.contrib.auth.models import User
from mlops.serving import selection as serving
from tests.apis import a_model_version
from training.models import DatasetVersion
from training.services.people.tokens import create_token
dataset, alice = DatasetVersion.objects.sealed().get(), User.objects.get()
versions = [a_model_version(dataset, Path(each), by=alice) for each in {models!r}]
serving.select_version(versions[0], by=alice)
answer = {{
    "token": create_token(alice, by=None)[1],
    "versions": [str(version.pk) for version in versions],
    "prefixes": [version.run.artifact_prefix for version in versions],
}}
"""


class Client:
    """One connection that is kept, with every answer checked as it comes."""

    def __init__(self, port, token):
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=PATIENCE
        )
        self._headers = {
            "Host": "localhost",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def post(self, path, body):
        self._connection.request(
            "POST", f"/api/v1/{path}", json.dumps(body), self._headers
        )
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def predict(self):
        """The version that answered, and what it said of each case."""
        status, body = self.post("predict", {"cases": CASES})
        assert status == 200, body
        said = [(each["decision"], each["confidence"]) for each in body["predictions"]]
        return body["model_version"]["id"], said

    def select(self, version):
        status, body = self.post("serving/select", {"model_version_id": version})
        assert status in (200, 201), body

    def close(self):
        self._connection.close()


class Served:
    """Two versions, and a web server of several processes that knows them."""

    def __init__(self, installation, folder):
        models = [
            str(train_here(folder / str(seed), loans(60, seed=seed), model="linear"))
            for seed in (1, 2)
        ]
        told = installation.run(PREPARE.format(models=models))
        self.token, self.versions = told["token"], told["versions"]
        self.files = [
            installation.data_dir / "artifacts" / prefix / "model.json"
            for prefix in told["prefixes"]
        ]
        self.installation, self.port = installation, free_port()
        self.start()

    def start(self):
        """As docs/operations.md has it."""
        options = ["--workers", "4", "--bind", f"127.0.0.1:{self.port}"]
        program = ("-m", "gunicorn", *options, "preciso.wsgi")
        self.web = self.installation.start_worker(program)
        wait_until(lambda: accepts_connections(self.port), what="listening")

    def restart(self):
        self.web.terminate()
        self.web.wait(timeout=PATIENCE)
        wait_until(lambda: not accepts_connections(self.port), what="nobody listening")
        self.start()

    def client(self):
        return closing(Client(self.port, self.token))


@pytest.fixture
def served(installation, tmp_path):
    installation.environment["API_REQUESTS_PER_MINUTE"] = "1000000"
    return Served(installation, tmp_path / "models")


class Asking(threading.Thread):
    """Asks until told to stop; keeps what each version said, and what went wrong."""

    def __init__(self, served, over):
        super().__init__()
        self._served, self._over = served, over
        self.heard, self.failure = [], None

    def run(self):
        try:
            with self._served.client() as client:
                while not self._over.is_set():
                    self.heard.append(client.predict())
        except FAILURES as failure:  # told by the test, in its own thread
            self.failure = failure


def test_a_switch_under_load_drops_nothing_and_mixes_nothing(served):
    with served.client() as operator:
        alone = {}
        for version in served.versions:
            operator.select(version)
            alone[version] = operator.predict()[1]
        assert alone[served.versions[0]] != alone[served.versions[1]]

        over = threading.Event()
        asking = [Asking(served, over) for _ in range(CLIENTS)]
        for thread in asking:
            thread.start()
        try:
            for number in range(SWITCHES):
                wanted = served.versions[number % 2]
                operator.select(wanted)
                with served.client() as anyone:  # of whichever process takes it
                    assert anyone.predict() == (wanted, alone[wanted])
        finally:
            over.set()
            for thread in asking:
                thread.join()

    assert [thread.failure for thread in asking] == [None] * CLIENTS
    heard = [each for thread in asking for each in thread.heard]
    assert {version for version, _said in heard} == set(served.versions)
    assert all(said == alone[version] for version, said in heard)


def test_files_changed_on_disk_never_answer_in_any_process(served):
    first, second = served.versions
    changed, other = served.files
    changed.chmod(0o600)
    changed.write_bytes(Path(other).read_bytes())
    served.restart()

    for _ in range(12):
        with served.client() as client:
            status, body = client.post("predict", {"cases": CASES})
            assert (status, body["code"]) == (503, "model_unavailable")
    with served.client() as operator:
        operator.select(second)
        status, body = operator.post("serving/select", {"model_version_id": first})
        assert (status, body["code"]) == (409, "not_eligible")
    for _ in range(12):
        with served.client() as client:
            assert client.predict()[0] == second


def test_a_server_told_to_stop_while_it_starts_leaves_nobody_behind(installation):
    port = free_port()
    web = installation.start_web(port)
    wait_until(lambda: installation.logs().count("Booting worker") == 2)
    web.terminate()

    assert web.wait(timeout=PATIENCE) == 0, installation.logs()
    wait_until(lambda: not accepts_connections(port), what="nobody listening")
    assert "Traceback" not in installation.logs()
