"""The peers' side of benchmarks/jobs.py; runs in an environment of its own.

    python -m benchmarks.parts.job_peers PEER worker | submit COUNT PAUSE

PEER: huey-sqlite, huey-redis, django-rq, procrastinate. Each as its own documentation
starts it, with as many workers as Preciso's: four threads, or four tasks; django-rq
runs one job at a time in a forked process.
"""

import os
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from benchmarks.parts.job_start_times import mark, submit_all

WORKERS = 4


def huey(storage: str) -> tuple[Callable[[], None], Callable[[int], object]]:
    from huey import RedisHuey, SqliteHuey

    if storage == "sqlite":
        queue = SqliteHuey("bench", filename=os.environ["BENCH_HUEY_FILE"])
    else:
        queue = RedisHuey("bench", url=os.environ["REDIS_URL"])
    task = queue.task()(mark)

    def work() -> None:
        queue.create_consumer(workers=WORKERS, max_delay=0.5).run()

    return work, task


def django_rq() -> tuple[Callable[[], None], Callable[[int], object]]:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bench",
        INSTALLED_APPS=["django_rq"],
        RQ_QUEUES={"default": {"URL": os.environ["REDIS_URL"]}},
        DATABASES={},
    )
    django.setup()
    from django.core.management import call_command
    from django_rq import get_queue

    queue = get_queue("default")
    return (
        lambda: call_command("rqworker", "default", verbosity=0),
        lambda number: queue.enqueue(mark, number),
    )


def procrastinate() -> tuple[Callable[[], None], Callable[[int], object]]:
    from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

    url = os.environ["DATABASE_URL"]
    task_name = "mark"
    app = App(connector=PsycopgConnector(conninfo=url))
    app.task(name=task_name)(mark)
    sender = App(connector=SyncPsycopgConnector(conninfo=url))
    sending = sender.task(name=task_name)(mark)
    sender.open()

    def work() -> None:
        if not sender.check_connection():
            sender.schema_manager.apply_schema()
        app.run_worker(concurrency=WORKERS, install_signal_handlers=True)

    def send(number: int) -> None:
        sending.defer(number=number)

    return work, send


PEERS = {
    "huey-sqlite": lambda: huey("sqlite"),
    "huey-redis": lambda: huey("redis"),
    "django-rq": django_rq,
    "procrastinate": procrastinate,
}


def main(peer: str, role: str, *numbers: str) -> None:
    assert urlsplit(os.environ.get("REDIS_URL", "")).scheme in ("", "redis")
    work, send = PEERS[peer]()
    if role == "worker":
        work()
    else:
        submit_all(send, int(numbers[0]), float(numbers[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
