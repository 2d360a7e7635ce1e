"""manage.py clock [--advance 3d]: shows the clock; in the sandbox, moves it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from profiles.core.answers import instant_text
from profiles.core.durations import parse
from profiles.operations.clock import ClockError, advance
from profiles.queries import clock


class Command(BaseCommand):
    help = "Show the clock. In the sandbox, let time pass at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--advance", metavar="DURATION", help="90s, 15m, 2h, 3d or 1w")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["advance"] is not None:
            try:
                advance(parse(options["advance"]))
            except (ValueError, ClockError) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(instant_text(clock.now()))
