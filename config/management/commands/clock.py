"""The sandbox's test clock: what it shows, and time travel."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config import settle
from profiles.core import durations
from profiles.operations.clock import ClockError
from profiles.queries import clock


class Command(BaseCommand):
    help = "Show the clock; in the sandbox, let time pass and work off what falls due in it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--advance", type=_duration, metavar="3d", help=_("how much time passes (sandbox only)")
        )

    def handle(self, *_args: Any, advance: dt.timedelta | None, **_options: Any) -> None:
        if advance is not None:
            start = clock.now()
            try:
                done = settle.travel(start=start, until=start + advance)
            except ClockError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                ngettext("%(done)d piece of work", "%(done)d pieces of work", done) % {"done": done}
            )
        self.stdout.write(clock.now().isoformat(timespec="seconds"))


def _duration(text: str) -> dt.timedelta:
    try:
        return durations.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
