"""The people of a fresh installation, one for each role."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction

from training.services.people.user_accounts import (
    STAFF_ROLES,
    new_password,
    record_person_made_in_shell,
)

ROLES = {
    "viewer": "Viewer",
    "reviewer": "Reviewer",
    "operator": "Operator",
    "admin": "Admin",
}
HEADER = "Sign in as (passwords as first made; nobody else has them):"


class Command(BaseCommand):
    help = "Make viewer, reviewer, operator and admin where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Passwords are generated and kept in sign-in.txt of the data directory."""
        path = Path(settings.DATA_DIR) / "sign-in.txt"
        known = read_passwords(path)
        passwords = {name: known.get(name) or new_password() for name in ROLES}
        missing = [n for n in ROLES if not User.objects.filter(username=n).exists()]
        if missing:
            to_file = {n: p for n, p in passwords.items() if n in known or n in missing}
            # The file comes first: a password that nobody knows would lock people out.
            write_passwords(path, to_file)
            with transaction.atomic():
                for name in missing:
                    make_person(name, passwords[name])
        self.stdout.write(f"{len(missing)} people made, see {path}.")


def make_person(name: str, password: str) -> User:
    """A person in the group of that role; operator and admin may open the admin."""
    person = User.objects.create_user(
        name,
        password=password,
        first_name=name.capitalize(),
        is_staff=ROLES[name] in STAFF_ROLES,
        is_superuser=name == "admin",
    )
    person.groups.add(Group.objects.get(name=ROLES[name]))
    record_person_made_in_shell(person)
    return person


def read_passwords(path: Path) -> dict[str, str]:
    """What sign-in.txt says; {} if there is none."""
    if not path.exists():
        return {}
    words = [line.split() for line in path.read_text().splitlines()]
    return {pair[0]: pair[1] for pair in words if len(pair) == 2 and pair[0] in ROLES}


def write_passwords(path: Path, passwords: dict[str, str]) -> None:
    """Replace sign-in.txt, readable to its owner alone."""
    lines = [HEADER, *(f"  {name:<10}{word}" for name, word in passwords.items())]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(path)
