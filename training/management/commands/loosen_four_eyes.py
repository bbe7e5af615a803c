"""`manage.py loosen_four_eyes RULE`: for where no second person may confirm it."""

import os
import pwd
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.choices import FourEyesRule
from training.errors import DomainError
from training.services.policy.loosening import loosen_on_server


class Command(BaseCommand):
    help = (
        "Switch a four-eyes rule off, or raise its share, without a second person. "
        "Written to the audit trail with the reason and the account on this machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rule", choices=FourEyesRule.values)
        parser.add_argument("--reason", required=True, help="Kept in the audit trail.")
        parser.add_argument(
            "--share",
            type=float,
            help="The new share of conflict_share, from 0 to 1; without it, off.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rule, share = FourEyesRule(options["rule"]), options["share"]
        if share is not None and rule != FourEyesRule.CONFLICT_SHARE:
            raise CommandError(f"{rule.value} has no share; leave --share out.")
        try:
            loosening = loosen_on_server(
                rule, reason=options["reason"], account=_account(), to=share
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        share_to = loosening.share_to
        state = "off" if share_to is None else f"{share_to:g}"
        self.stdout.write(f"{loosening.rule} is {state}; it is in the trail")


def _account() -> str:
    """The account of the operating system; its number where it has no name."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
