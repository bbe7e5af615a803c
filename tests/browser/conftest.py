"""A whole Preciso behind a real browser."""

import csv
import os
import signal
import subprocess
import sys
from itertools import islice

import pytest
from django.conf import settings

from tests.installation import Installation
from tests.requirements import chromium
from tests.services import accepts_connections, free_port, wait_until

DECIDED, WAITING = 160, 6
PASSWORD = "a password for tests"
FIRST_START = """
from django.contrib.auth.models import Group, User
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
for role in ("Viewer", "Reviewer", "Operator", "Admin"):
    user = User.objects.create_user(role.lower(), password={password!r})
    user.groups.add(Group.objects.get(name=role))
common = dict(id_column="application_id", protected_column=["afam"])
replay = dict(decision_column="deny", replay_as="reviewer")
call_command("import_cases", {decided!r}, **common, **replay)
call_command("import_cases", {waiting!r}, **common, ignore_column=["deny"])
answer = "ready"
"""


def sample_files(folder):
    """The first demo rows with their decision, the next ones without."""
    source = settings.BASE_DIR / "training" / "demo" / "hmda.csv"
    with source.open(newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        for name, count in (("decided.csv", DECIDED), ("waiting.csv", WAITING)):
            with (folder / name).open("w", newline="") as part:
                csv.writer(part).writerows([header, *islice(rows, count)])
    return folder / "decided.csv", folder / "waiting.csv"


@pytest.fixture(scope="module")
def preciso(tmp_path_factory):
    """The address of a running Preciso with people and cases."""
    folder = tmp_path_factory.mktemp("browser")
    port = free_port()
    here = Installation(folder)
    decided, waiting = map(str, sample_files(folder))
    here.run(FIRST_START.format(password=PASSWORD, decided=decided, waiting=waiting))
    options = ["--threads", "4", "--bind", f"127.0.0.1:{port}"]
    with (folder / "web.log").open("wb") as log:
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "preciso.wsgi"],
            cwd=settings.BASE_DIR,
            env=here.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        here.start_worker()
        wait_until(lambda: accepts_connections(port), what="the web answering")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(web.pid, signal.SIGTERM)
        web.wait()
        here.stop()


@pytest.fixture(scope="module")
def chrome():
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=options)
        yield browser
        browser.close()


@pytest.fixture
def complaints():
    """What the browser complained about, a refusal by the CSP among it."""
    heard = []
    yield heard
    assert heard == []


@pytest.fixture
def sign_in(chrome, preciso, complaints):
    """Opens a window of a person's own: ``sign_in("operator", width=390)``."""
    contexts = []

    def open_window(name, *, width=1280, **options):
        viewport = {"width": width, "height": 844}
        context = chrome.new_context(base_url=preciso, viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/mlops/")
        return page

    yield open_window
    for context in contexts:
        context.close()
