"""The service log: what the processes reported, without secrets or facts of cases."""

import json
import logging
import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from preciso import request_id, service_log
from tests.mlops.people import browser, text

pytestmark = pytest.mark.django_db

PAGE = "/logs/service/"
WRITER = """
import logging, sys
from types import SimpleNamespace
from django.conf import settings
settings.configure(DATA_DIR=sys.argv[1], SECRETS=[])
from preciso import service_log
from preciso.service_log import ServiceLogHandler
service_log.MOST_ALIKE = 10_000
log = logging.getLogger(sys.argv[2])
log.addHandler(ServiceLogHandler())
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    log.warning("%s %d %s", sys.argv[2], number, "x" * 300)
"""


@pytest.fixture
def kept(settings, tmp_path):
    """An empty data directory, and a logger that writes into it."""
    settings.DATA_DIR = tmp_path
    settings.SECRETS = ["hunter2hunter2"]
    handler = service_log.ServiceLogHandler(level=logging.WARNING)
    logger = logging.getLogger("tests.service_log")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)
    logger.propagate = True


def told():
    return list(service_log.newest_first())


def writer(folder, name, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(count)],
        cwd=django_settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def write_at_once(folder, count):
    names = ["one", "two"]
    writers = [writer(folder, name, count) for name in names]
    for each in writers:
        assert each.stdout.readline() == "ready\n"
    for each in writers:
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.wait(60) for each in writers] == [0, 0]
    for each in writers:
        each.stdin.close()
        each.stdout.close()
    return names


def test_two_processes_write_at_once_and_no_line_is_torn_or_lost(kept, tmp_path):
    names = write_at_once(tmp_path, 300)

    found = told()

    for name in names:
        numbers = [int(t["message"].split()[1]) for t in found if t["logger"] == name]
        assert numbers == list(reversed(range(300)))


def test_the_files_are_bounded_however_much_is_written(kept, tmp_path):
    write_at_once(tmp_path, 3000)

    sizes = [path.stat().st_size for path in (tmp_path / "log").iterdir()]
    raw = b"".join(path.read_bytes() for path in (tmp_path / "log").iterdir())
    assert len(sizes) == 2
    assert max(sizes) < service_log.LONGEST + 20_000
    assert all(json.loads(line) for line in raw.splitlines())
    last = [int(t["message"].split()[1]) for t in told() if t["logger"] == "one"]
    assert last[0] == 2999


def test_no_secret_and_no_text_of_an_exception_is_kept(kept):
    kept.warning("https://preciso:s3cr3t@db/x refused hunter2hunter2")
    try:
        raise ValueError("the customer Jane Doe earns 3,200")
    except ValueError:
        kept.exception("It failed.")

    failed, refused = told()
    assert refused["message"] == "https://preciso:[redacted]@db/x refused [redacted]"
    assert failed["failure"].startswith("ValueError")
    assert "Jane" not in json.dumps(failed)


def test_what_clients_bring_about_pushes_no_error_out(kept):
    """The attack: refusals, wrong addresses and forged headers, thousands of them."""
    of_django = {
        name: logging.getLogger(name)
        for name in ("django.request", "django.security.DisallowedHost")
    }
    kept.error("The disk is full.")

    for _again in range(1500):
        of_django["django.request"].warning("Unauthorized", extra={"status_code": 401})
        of_django["django.security.DisallowedHost"].error("Invalid HTTP_HOST")
    of_django["django.request"].error("Broken", extra={"status_code": 500})

    assert [each["message"] for each in told()] == ["Broken", "The disk is full."]


def test_one_error_again_and_again_pushes_no_other_out(kept):
    def report(message, line, window):
        told = {"name": "x", "msg": message, "lineno": line, "pathname": "/a/queue.py"}
        record = logging.makeLogRecord({**told, "levelname": "ERROR", "levelno": 40})
        record.created = window * service_log.ALIKE_SECONDS
        kept.handlers[0].handle(record)

    report("The disk is full.", 1, 1)
    for _again in range(service_log.MOST_ALIKE + 40):
        report("The queue does not answer.", 2, 1)
    report("Later.", 3, 2)

    found = [each["message"] for each in told()]
    assert len(found) == service_log.MOST_ALIKE + 3
    assert found[:2] == [
        "Later.",
        "40 more lines like those before, from queue.py:2, were left out.",
    ]
    assert found[-1] == "The disk is full."


def test_below_a_warning_nothing_is_kept(kept):
    kept.setLevel(logging.DEBUG)
    kept.info("All is well.")

    assert told() == []


def test_a_directory_that_cannot_be_written_stops_nobody(kept, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "not there"

    kept.error("Nobody reads this.")

    assert told() == []


def test_an_operator_reads_it_newest_first_and_narrows_it_by_address(kept):
    with request_id.new() as click:
        kept.warning("The disk is slow.")
    kept.error("The queue does not answer.")
    operator = browser("Operator")

    def found(**query):
        page = operator.get(PAGE, query)
        return [line.record["message"] for line in page.context["page_obj"]]

    both = ["The queue does not answer.", "The disk is slow."]
    assert found() == both
    assert found(level="ERROR") == both[:1]
    assert found(text="DISK") == both[1:]
    assert found(request=click) == both[1:]
    assert found(process="worker") == []
    assert found(until="2020-01-01") == []
    assert found(since="nonsense", level="LOUD") == both


def test_a_line_that_is_torn_is_left_out(kept, tmp_path):
    kept.warning("Whole.")
    with (tmp_path / "log" / "service.jsonl").open("ab") as file:
        file.write(b'{"at": "2026-\n[1]\n\xff\n')

    assert [each["message"] for each in told()] == ["Whole."]


def test_a_machine_with_nothing_to_report_says_so(kept):
    assert "Nothing to report" in text(browser("Operator").get(PAGE))


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_it_is_read_by_its_own_right(kept, role):
    visitor = browser(role)

    assert visitor.get(PAGE).status_code == 403
    assert PAGE not in text(visitor.get("/logs/"))


def test_the_loggers_of_django_and_the_queue_write_it_too():
    """Asked of a process of its own: MLflow's migrations set up logging anew."""
    code = (
        "import django, logging; django.setup(); "
        "print(all('ServiceLogHandler' in str(logging.getLogger(name).handlers) "
        "for name in ('', 'django', 'huey')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        env={"DJANGO_SETTINGS_MODULE": "preciso.settings_test", "PATH": ""},
    )

    assert told.stdout.strip() == "True"
