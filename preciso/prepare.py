"""Make an installation ready to serve; doing it again changes nothing.

    python -m preciso.prepare

Creates or updates the tables, collects the static files, makes the first people and,
unless PRECISO_SAMPLE=0, the sample cases. One process at a time.
"""

import hashlib
import sys
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError

from preciso import action_origin, env


def main() -> None:
    env.set_default("DJANGO_SETTINGS_MODULE", "preciso.settings")
    try:
        django.setup()
        with action_origin.through(action_origin.COMMAND):
            prepare()
    except env.WrongEnvironment as wrong:
        sys.exit(str(wrong))
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}")


def prepare() -> None:
    """Everything a fresh data directory lacks."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("introduce_records")
    if not settings.DEBUG:
        collect_static_files()
    call_command("ensure_people")
    if settings.SAMPLE_CASES:
        call_command("ensure_sample_cases")


def collect_static_files() -> None:
    """Run collectstatic, unless the files are those of the last time."""
    seal = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = static_fingerprint()
    if seal.exists() and seal.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    seal.write_text(fingerprint)


def static_fingerprint() -> str:
    """A digest over the name, size and time of every static file."""
    digest = hashlib.sha256(django.get_version().encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
