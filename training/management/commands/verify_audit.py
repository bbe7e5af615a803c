"""`manage.py verify_audit`: recompute the audit chain, compare records with events."""

import argparse
import re
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training.services.audit.chain_check import ChainReport, verify_chain


def parse_head(text: str) -> str:
    text = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError("a head is 64 hexadecimal digits.")
    return text


class Command(BaseCommand):
    help = (
        "Check the audit chain, and every protected record beside its event; exit 1 "
        "naming the first bad row. Keep the printed head hash elsewhere: a chain cut "
        "off at its end shows only against it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            type=parse_head,
            help="a head noted earlier: exit 1 unless the chain passes through it",
        )
        parser.add_argument(
            "--since-anchor",
            type=parse_head,
            metavar="HEAD",
            help="believe what came before this head; check only what came after",
        )
        parser.add_argument(
            "--chain-only",
            action="store_true",
            help="leave the records out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_chain(
            head=options["head"] or "",
            since=options["since_anchor"] or "",
            records=not options["chain_only"],
            progress=self._progress(),
        )
        self._refuse(report, options["head"])
        since = " since the anchor" if options["since_anchor"] else ""
        self.stdout.write(
            f"audit chain: ok, {report.length} events{since}, "
            f"{report.pending} not yet chained"
        )
        if not options["chain_only"]:
            untold = f", {report.untold} not yet covered" if report.untold else ""
            self.stdout.write(f"records: ok, {report.records} as their events{untold}")
        if options["head"]:
            self.stdout.write(f"{options['head']} is in the chain")
        self.stdout.write(f"head: {report.head}")

    def _refuse(self, report: ChainReport, head: str | None) -> None:
        if not report.ok:
            raise CommandError(
                f"The audit chain is broken after {report.length} events: "
                f"{report.problem}."
            )
        if head and not report.head_found:
            raise CommandError(
                f"The head {head} is not in the chain: what was chained up to it "
                "was cut off or made anew."
            )

    def _progress(self) -> Any:
        started = monotonic()

        def say(what: str, done: int) -> None:
            rate = done / max(monotonic() - started, 0.001)
            self.stderr.write(f"  {done:,} {what}, {rate:,.0f} a second")

        return say
