"""`manage.py open_sign_in NAME`: forget the wrong passwords tried on somebody."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from training.services.sign_in.guard import forget_failures


class Command(BaseCommand):
    help = "Let NAME try again at once, after too many wrong passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["name"]).first()
        if person is None:
            raise CommandError(f"There is nobody named {options['name']!r}.")
        forget_failures(person)
        self.stdout.write(f"{person} may try again.")
