"""manage.py erase_customer CUSTOMER [--yes]: removes all that is personal about somebody."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config import privacy
from profiles.core.answers import Refused
from profiles.operations.audit import acting
from profiles.queries import clock


class Command(BaseCommand):
    help = "Remove all that is personal about a customer, for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", metavar="CUSTOMER", help="an id, or kind:value")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["customer"]
        try:
            customer = privacy.find(name)
            if not options["yes"]:
                self._ask(customer, name)
            with acting("command"):
                done = privacy.erase(customer, now=clock.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self._tell(done)
        self.stdout.write(_("Customer %(id)s is erased.") % {"id": customer})

    def _ask(self, customer: int, name: str) -> None:
        self._tell(privacy.kept(customer))
        question = _("This cannot be undone. Type %(name)s to erase all this: ")
        if input(question % {"name": name}) != name:
            raise CommandError(_("Nothing is erased."))

    def _tell(self, rows: dict[str, int]) -> None:
        for place, number in rows.items():
            self.stdout.write(f"{number:>8} {place}")
