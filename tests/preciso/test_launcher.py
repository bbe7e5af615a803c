"""`make up` as its users meet it: a real process, a fresh data directory."""

import http.client
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from preciso import launcher
from tests.services import free_port, wait_until


class Launched:
    """A launcher, its output in a file, and the processes below it."""

    def __init__(self, data_dir, port, **values):
        self.data_dir, self.port = data_dir, port
        self.printed = data_dir.with_suffix(f".{port}.out")
        bare = {"PATH": os.environ["PATH"], "PORT": str(port), "PRECISO_SAMPLE": "0"}
        with self.printed.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "preciso.launcher"],
                cwd=settings.BASE_DIR,
                env={**bare, "PRECISO_DATA_DIR": str(data_dir), **values},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self):
        return self.printed.read_text()

    def wait_until_it_runs(self):
        wait_until(
            lambda: "Preciso runs" in self.text() or self.process.poll() is not None,
            within=90,
            what="the start",
        )
        assert "Preciso runs" in self.text(), self.text()
        return self

    def status(self, path="/healthz"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def stop(self, number=signal.SIGTERM, *, within=15):
        self.process.send_signal(number)
        return self.process.wait(within)


def below(data_dir):
    """The processes that work for this data directory, by command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            values = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"PRECISO_DATA_DIR={data_dir}\0".encode() in values:
            found[int(entry.name)] = command
    return found


@pytest.fixture
def launch(tmp_path):
    launched = []

    def start(name="installation", port=None, **values):
        one = Launched(tmp_path / name, port or free_port(), **values)
        launched.append(one)
        return one

    yield start
    for one in launched:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.wait(20)


@pytest.mark.long
def test_fresh_directory_becomes_a_running_installation_and_ends_cleanly(launch):
    preciso = launch().wait_until_it_runs()
    home = preciso.data_dir

    assert preciso.status("/readyz") == 200
    assert preciso.status("/signin/") == 200
    assert (home / "env").read_text().count("SECRET_KEY=") == 1
    assert "TRAINING_JOBS_ENABLED=on" in (home / "env").read_text()
    for secret in ("env", "sign-in.txt"):
        assert stat.S_IMODE((home / secret).stat().st_mode) == 0o600
    for person in ("viewer", "reviewer", "operator", "admin"):
        assert re.search(rf"{person} +\S{{19}}", preciso.text())

    assert preciso.stop() == 0
    assert below(home) == {}
    assert preciso.status() is None
    assert preciso.text().endswith("Stopped.\n")


@pytest.mark.long
def test_second_start_keeps_keys_and_passwords(launch):
    first = launch().wait_until_it_runs()
    first.stop(signal.SIGINT)
    kept = {
        name: (first.data_dir / name).read_text() for name in ("env", "sign-in.txt")
    }

    second = launch().wait_until_it_runs()

    for name, content in kept.items():
        assert (second.data_dir / name).read_text() == content


@pytest.mark.long
@pytest.mark.parametrize("part", ["run_huey", "gunicorn"])
def test_process_that_is_killed_comes_back(launch, part):
    preciso = launch().wait_until_it_runs()
    oldest = min(pid for pid, cmd in below(preciso.data_dir).items() if part in cmd)

    os.kill(oldest, signal.SIGKILL)
    assert launcher.listen_on(preciso.port) is None, "the port was free for anybody"
    wait_until(lambda: "was started again" in preciso.text(), what="the restart")

    wait_until(lambda: preciso.status("/readyz") == 200, what="answering again")
    running = below(preciso.data_dir)
    assert oldest not in running
    assert any(part in command for command in running.values())


@pytest.mark.long
def test_second_launcher_on_the_same_directory_is_refused(launch):
    first = launch().wait_until_it_runs()
    second = launch(port=free_port())
    assert second.process.wait(20) == 1
    assert "it already runs" in second.text()
    assert first.status() == 200


@pytest.mark.long
def test_nothing_survives_a_launcher_that_is_killed(launch):
    preciso = launch().wait_until_it_runs()
    preciso.process.kill()
    preciso.process.wait()
    wait_until(lambda: not below(preciso.data_dir), within=40, what="the end of all")


def test_busy_port_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "PORT_FREE_WITHIN", 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(launcher.CannotStart, match=f"port {port} is in use"):
            launcher.take_port(port, Unstoppable())


def test_nobody_else_can_answer_on_the_port_once_it_is_taken():
    with launcher.take_port(free_port(), Unstoppable()) as ours:
        port = ours.getsockname()[1]
        for address in ("127.0.0.1", "0.0.0.0"):
            with socket.socket() as foreign:
                foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with pytest.raises(OSError, match="in use"):
                    foreign.bind((address, port))


class Unstoppable:
    requested = False


@pytest.mark.parametrize("raw", ["0", "65536", "http", "-1", "80 80"])
def test_wrong_port_is_one_sentence(raw):
    with pytest.raises(launcher.CannotStart, match="no port number"):
        launcher.chosen_port({"PORT": raw})


def test_wrong_settings_are_told_and_nothing_starts(launch):
    preciso = launch(TRAINER="magic", DEBUG="perhaps")
    assert preciso.process.wait(60) == 1
    assert "2 wrong value(s)" in preciso.text()
    assert "TRAINER" in preciso.text()
    assert "Traceback" not in preciso.text()
    assert below(preciso.data_dir) == {}


def test_data_directory_that_is_a_file_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(launcher.CannotStart, match="cannot be the data directory"):
        launcher.chosen_data_dir({"PRECISO_DATA_DIR": str(tmp_path / "file")})


def test_missing_key_is_added_to_a_settings_file_that_people_wrote(tmp_path):
    file = tmp_path / "env"
    file.write_text("TRAINING_JOBS_ENABLED=off")
    launcher.ensure_settings_file(tmp_path, {})
    launcher.ensure_settings_file(tmp_path, {})
    lines = file.read_text().splitlines()
    assert lines[0] == "TRAINING_JOBS_ENABLED=off"
    assert [line.partition("=")[0] for line in lines[1:]] == ["SECRET_KEY"]
