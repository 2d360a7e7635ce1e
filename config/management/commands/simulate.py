"""A dry run of a journey over the real base: nothing is kept, and nobody is written to."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn
from rich.table import Table

from config.dry_run import simulate
from journeys.admin.words import DECISIONS
from journeys.core.forecast import REFUSED
from journeys.operations.refused import Refused
from profiles.admin.words import REASONS
from profiles.queries import clock

WIDTH_ELSEWHERE = 140
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
        parser.add_argument("--json", action="store_true", help=_("as the API answers"))

    def handle(self, *_args: Any, journey: str, json: bool, **options: Any) -> None:
        terminal = self.stdout.isatty()
        out = cast(IO[str], self.stdout._out)
        console = Console(file=out, width=None if terminal else WIDTH_ELSEWHERE)
        columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        hidden = json or not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
            task = progress.add_task("", total=1)
            found = _run(journey, options, lambda done: progress.update(task, completed=done))
        if json:
            self.stdout.write(_text(found))
            return
        for table in _tables(found):
            if table.row_count:
                console.print(table)
        console.print(found["assumes"], highlight=False)


def _run(journey: str, options: Mapping[str, Any], tell: Any) -> dict[str, Any]:
    given = {name: options[name] for name in ("days", "sample", "seed", "live")}
    try:
        return simulate(journey, now=clock.now(), tell=tell, **given)
    except Refused as error:
        raise CommandError(error.message) from error


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


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
    yield _table(title, heads, steps)
    sent = [
        (each["date"], channel, f"{number:,}")
        for each in found["days"]
        for channel, number in each["sent"].items()
    ]
    yield _table(_("Messages by day"), (_("date"), _("channel"), _("sent")), sent)
    groups = [("", name, f"{number:,}") for name, number in found["ghosts"].items()]
    groups += [
        (step, arm, f"{number:,}")
        for step, drawn in found["arms"].items()
        for arm, number in drawn.items()
    ]
    yield _table(_("Groups"), (_("step"), _("group"), _("customers")), groups)
    reasons = [(_reason(code), f"{number:,}") for code, number in found["refused"].items()]
    yield _table(_("Not let in, or not sent"), (_("reason"), _("times")), reasons)


def _reason(code: str) -> str:
    return str(DECISIONS.get(REFUSED + code) or REASONS.get(code, code))


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*row)
    return table
