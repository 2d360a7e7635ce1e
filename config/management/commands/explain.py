"""Why a customer did or did not get what: the decisions on record, and the checks of today."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.table import Table

from config import printed, why
from journeys.models import Journey
from journeys.queries.customer import concerned
from journeys.queries.explain import explain
from profiles.queries import clock, customers

WIDTH_ELSEWHERE = 160


class Command(BaseCommand):
    help = "Say why a customer did or did not get what, and what comes next."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "customer", metavar="CUSTOMER", help=_("an id, a user id, or kind:value")
        )
        parser.add_argument(
            "journey",
            metavar="JOURNEY",
            nargs="?",
            help=_("a journey's name; without it all that concerned the customer"),
        )
        parser.add_argument(
            "--at", type=_instant, metavar="INSTANT", help=_("as things were then (ISO 8601)")
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["customer"]
        customer = customers.find(name) or customers.find(f"user_id:{name}")
        if customer is None:
            message = _(
                "There is no customer %(name)s: give an id, or an identifier as kind:value."
            )
            raise CommandError(message % {"name": name})
        console = printed.console(self.stdout, width=WIDTH_ELSEWHERE)
        for journey in _journeys(customer, options["journey"]):
            found = explain(customer, journey, now=clock.now(), at=options["at"])
            console.print(_table(journey.slug, found))
            console.print(why.coming(found))


def _journeys(customer: int, slug: str | None) -> list[Journey]:
    if slug is None:
        found = list(Journey.objects.filter(pk__in=concerned(customer)).order_by("slug"))
        if not found:
            raise CommandError(_("No journey has concerned this customer yet: name one."))
        return found
    journey = Journey.objects.filter(slug=slug).first()
    if journey is None:
        raise CommandError(_("There is no journey “%(slug)s”.") % {"slug": slug})
    return [journey]


def _table(title: str, found: dict[str, Any]) -> Table:
    heads = ("", _("when"), _("step"), _("what"), _("what decided"))
    rows = (
        ("✓" if line.passed else "✗", line.at[:19].replace("T", " "), line.step, line.text,
         line.details)
        for line in why.lines(found)
    )  # fmt: skip
    return printed.table(title, heads, rows)


def _instant(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        message = _("%(text)s is not an instant such as 2026-12-01T10:00Z.") % {"text": text}
        raise ArgumentTypeError(message) from None
