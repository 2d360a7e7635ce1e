"""manage.py export_customer CUSTOMER: all that is kept about one person, as JSON."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import privacy
from profiles.core.answers import Refused
from profiles.operations.audit import acting
from profiles.queries import clock


class Command(BaseCommand):
    help = "Print all that is kept about a customer as JSON, merged identities included."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", metavar="CUSTOMER", help="an id, or kind:value")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            customer = privacy.find(options["customer"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        with acting("command"):
            for part in privacy.export(customer, now=clock.now()):
                self.stdout.write(part.decode(), ending="")
