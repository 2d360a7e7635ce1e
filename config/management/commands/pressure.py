"""How much falls on customers: journeys they stand in at once, messages they get."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.table import Table

from config import printed
from config.dry_run import Terms, text
from config.pressure import past, predict
from config.printed import table
from journeys.operations.refused import Refused
from profiles.admin.words import REASONS
from profiles.queries import clock

PAIRS = 20


class Command(BaseCommand):
    help = "Show how many journeys and messages customers have at once, or will have."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=30, help=_("how many days, 1 to 90 (%(default)s)")
        )
        parser.add_argument(
            "--predict",
            action="store_true",
            help=_("the days ahead instead, by a dry run of all live journeys; nothing is kept"),
        )
        parser.add_argument(
            "--sample", type=int, metavar="N", help=_("with --predict: N customers (default: all)")
        )
        parser.add_argument(
            "--seed", type=int, default=0, help=_("draws another sample (%(default)s)")
        )
        parser.add_argument("--json", action="store_true", help=_("as the API answers"))

    def handle(self, *_args: Any, **options: Any) -> None:
        console = printed.console(self.stdout)
        with printed.bar(console, hidden=options["json"] or not options["predict"]) as tell:
            found = _run(options, tell)
        if options["json"]:
            self.stdout.write(text(found))
            return
        for each in _tables(found):
            if each.row_count:
                console.print(each)
        if "assumes" in found:
            console.print(found["assumes"], highlight=False)


def _run(options: Mapping[str, Any], tell: Any) -> dict[str, Any]:
    if options["sample"] is not None and not options["predict"]:
        raise CommandError(_("--sample needs --predict: what was is counted for everybody."))
    try:
        if not options["predict"]:
            return past(options["days"], now=clock.now())
        terms = Terms(days=options["days"], sample=options["sample"], seed=options["seed"])
        return predict(terms, now=clock.now(), tell=tell)
    except Refused as error:
        raise CommandError(error.message) from error


def _tables(found: Mapping[str, Any]) -> Iterator[Table]:
    title = _("%(customers)s customers, %(days)s days; in several journeys at once: %(together)s")
    yield table(
        title % {"customers": f"{found['customers']:,}", "days": found["days"],
                 "together": f"{found['together']:,}"},
        (_("journey"), _("customers"), _("messages"), _("to customers")),
        [
            (each["journey"], *(f"{each[key]:,}" for key in ("customers", "messages", "reached")))
            for each in found["journeys"]
        ],
    )  # fmt: skip
    sizes = {each["journey"]: each["customers"] for each in found["journeys"]}
    yield table(
        _("In two journeys at once"),
        (_("journey"), _("other journey"), _("customers in both"), _("of the one"),
         _("of the other"), _("messages to each of them")),
        [_pair(each, sizes) for each in found["pairs"][:PAIRS]],
    )  # fmt: skip
    messages, week = Counter[int](), Counter[int]()
    for row in found["people"]:
        messages[row["messages"]] += row["customers"]
        week[row["in_seven_days"]] += row["customers"]
    yield table(
        _("Customers by messages"),
        (_("messages"), _("in all these days"), _("at most within seven days")),
        [(str(n), f"{messages[n]:,}", f"{week[n]:,}") for n in sorted(messages | week)],
    )
    skipped = [(str(REASONS.get(code, code)), f"{n:,}") for code, n in found["skipped"].items()]
    yield table(_("Not sent"), (_("reason"), _("times")), skipped)


def _pair(pair: Mapping[str, Any], sizes: Mapping[str, int]) -> tuple[str, ...]:
    (one, other), customers = pair["journeys"], pair["customers"]
    return (
        one, other, f"{customers:,}", f"{customers / sizes[one]:.1%}",
        f"{customers / sizes[other]:.1%}", f"{pair['messages'] / customers:.1f}",
    )  # fmt: skip
