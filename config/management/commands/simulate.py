"""A dry run of a journey over the real base: nothing is kept, and nobody is written to."""

import csv
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.table import Table

from config import printed
from config.dry_run import Terms, replay, simulate, text
from config.printed import table
from journeys.admin.words import DECISIONS
from journeys.core import backtest
from journeys.core.backtest import Person
from journeys.core.forecast import REFUSED
from journeys.operations.refused import Refused
from profiles.admin.words import REASONS
from profiles.core.cells import cell
from profiles.queries import clock

NUMBERS = ("entered", "waiting", "sent", "withheld")


class Command(BaseCommand):
    help = "Show what a journey would do in the next days, over the real base. Nothing is kept."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("journey", metavar="JOURNEY", help=_("a journey's name"))
        parser.add_argument(
            "--days", type=int, default=30, help=_("how far to look ahead (%(default)s)")
        )
        parser.add_argument(
            "--sample", type=int, metavar="N", help=_("only N customers (default: all)")
        )
        parser.add_argument(
            "--seed", type=int, default=0, help=_("draws another sample (%(default)s)")
        )
        parser.add_argument(
            "--live", action="store_true", help=_("the live version instead of the draft")
        )
        parser.add_argument(
            "--replay",
            type=_days,
            metavar="90d",
            help=_("play the past days instead, and compare with what customers got"),
        )
        parser.add_argument(
            "--people", metavar="FILE", help=_("with --replay: everybody's messages as CSV")
        )
        parser.add_argument("--json", action="store_true", help=_("as the API answers"))

    def handle(self, *_args: Any, journey: str, json: bool, **options: Any) -> None:
        console = printed.console(self.stdout)
        with printed.bar(console, hidden=json) as tell:
            found, people = _run(journey, options, tell)
        if options["people"]:
            _write(options["people"], people)
        if json:
            self.stdout.write(text(found))
            return
        for each in _tables(found):
            if each.row_count:
                console.print(each)
        console.print(found["assumes"], highlight=False)


def _days(text: str) -> int:
    """Whole days, as `90d` or 90."""
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdigit()):
        raise ArgumentTypeError(_("write whole days, such as 90d"))
    return int(number)


def _run(
    journey: str, options: Mapping[str, Any], tell: Any
) -> tuple[dict[str, Any], list[Person]]:
    past: int | None = options["replay"]
    if options["people"] and past is None:
        raise CommandError(_("--people needs --replay: nobody has got what is still to come."))
    terms = Terms(
        options["days"] if past is None else past,
        options["sample"],
        options["seed"],
        options["live"],
    )
    try:
        if past is None:
            return simulate(journey, terms, now=clock.now(), tell=tell), []
        return replay(journey, terms, now=clock.now(), tell=tell)
    except Refused as error:
        raise CommandError(error.message) from error


def _write(path: str, people: list[Person]) -> None:
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["customer", "would_or_got", "at", "step", "channel"])
        table.writerows(map(cell, row) for row in backtest.rows(people))


def _tables(found: Mapping[str, Any]) -> Iterator[Table]:
    title = _("%(journey)s: %(customers)s customers, %(days)s days") % {
        "journey": found["journey"], "customers": f"{found['customers']:,}",
        "days": found["horizon"],
    }  # fmt: skip
    steps = [
        (each["id"], each["kind"], *(f"{each[name]:,}" for name in NUMBERS))
        for each in found["steps"]
    ]
    heads = (_("step"), _("kind"), _("entered"), _("waiting"), _("sent"), _("withheld"))
    yield table(title, heads, steps)
    sent = [
        (each["date"], channel, f"{number:,}")
        for each in found["days"]
        for channel, number in each["sent"].items()
    ]
    yield table(_("Messages by day"), (_("date"), _("channel"), _("sent")), sent)
    groups = [("", name, f"{number:,}") for name, number in found["ghosts"].items()]
    groups += [
        (step, arm, f"{number:,}")
        for step, drawn in found["arms"].items()
        for arm, number in drawn.items()
    ]
    yield table(_("Groups"), (_("step"), _("group"), _("customers")), groups)
    if "beside" in found:
        yield _beside(found["beside"])
    reasons = [(_reason(code), f"{number:,}") for code, number in found["refused"].items()]
    yield table(_("Not let in, or not sent"), (_("reason"), _("times")), reasons)


def _beside(found: Mapping[str, Any]) -> Table:
    heads = ("", _("would have got"), _("got"), _("both"), _("differs"))
    customers, messages = found["customers"], found["messages"]
    rows = [
        (_("customers"), *(f"{customers[key]:,}" for key in ("would", "got", "both", "differ"))),
        (_("messages"), f"{messages['would']:,}", f"{messages['got']:,}", "", ""),
    ]
    return table(_("Beside what happened"), heads, rows)


def _reason(code: str) -> str:
    return str(DECISIONS.get(REFUSED + code) or REASONS.get(code, code))
