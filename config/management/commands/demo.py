"""The main job on real input:
replays the CDNOW purchases, prints what happened, serves the admin until Ctrl-C.
"""

import secrets
import time
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from config import printed, processes, schedule
from config.child import ChildError
from config.demo import replay, tables
from config.demo.journeys import publish_starters
from profiles.operations import access


class Command(BaseCommand):
    help = "Replay real purchases of 2,357 customers through four journeys and print what happened."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help=_("end after the report"))
        parser.add_argument(
            "--customers",
            type=_customers,
            default=replay.CUSTOMERS,
            metavar="N",
            help=_("replay the first N customers only (default: all %(default)s)"),
        )
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument(
            "--wipe", action="store_true", help=_("empty the database named by DATABASE_URL")
        )

    def handle(self, *_args: Any, no_serve: bool, wipe: bool, **options: Any) -> None:
        if not settings.EMBEDDED_DATABASE and not wipe:
            raise CommandError(
                _("The demo empties its database: unset DATABASE_URL, or add --wipe to mean it.")
            )
        try:
            with processes.stoppable():
                self._run(serve=not no_serve, **options)
        except ChildError as error:
            raise CommandError(str(error)) from error

    def _run(
        self, *, serve: bool, customers: int, host: str, port: int, workers: int, **_options: Any
    ) -> None:
        kept = processes.kept_address(host, port) if serve else nullcontext()
        with kept as address, processes.own_servers():
            self._show(customers)
            if address:
                self._serve(address, workers=workers)

    def _show(self, customers: int) -> None:
        console = printed.console(self.stdout)
        began = time.monotonic()
        _empty_database()
        call_command("migrate", interactive=False, verbosity=0)
        slugs = publish_starters(now=replay.START)
        write_key = access.create_key(name="demo shop", kind="write", scopes=[], now=replay.START)
        events = self._replay(console, write_key, replay.purchases(customers))
        took = time.monotonic() - began
        tables.show(console, slugs=slugs)
        console.print(
            ngettext(
                "%(events)d events of %(customers)d customer,"
                " 1997-01-01 to 1998-06-30, in %(seconds).0f s.",
                "%(events)d events of %(customers)d customers,"
                " 1997-01-01 to 1998-06-30, in %(seconds).0f s.",
                customers,
            )
            % {"events": events, "customers": customers, "seconds": took}
        )
        console.print(
            _(
                "Nobody in 1997 received these messages:"
                " a lift whose interval spans zero is the right answer."
            )
        )

    def _replay(self, console: Console, write_key: str, rows: list[replay.Purchase]) -> int:
        total = len(rows)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task(_("purchases"), total=total)
            month = ""

            def tell(day: Any, done: int) -> None:
                nonlocal month
                progress.update(task, completed=done, description=f"{day:%Y-%m-%d}")
                if not console.is_terminal and month != f"{day:%Y-%m}":
                    month = f"{day:%Y-%m}"
                    console.print(f"{month}: {done:,}/{total:,}")

            return replay.replay(rows, write_key=write_key, tell=tell)

    def _serve(self, address: processes.Address, *, workers: int) -> None:
        schedule.sync()
        password = secrets.token_urlsafe(9)
        get_user_model().objects.create_superuser("demo", "demo@example.com", password)
        connections.close_all()
        with processes.serving(address, workers=workers) as url:
            self.stdout.write(_("Sign in at %(url)s/admin/ as demo with password %(password)s.") % {
                "url": url, "password": password,
            })  # fmt: skip
            self.stdout.write(f"ready {url}")
            self.stdout.flush()
            processes.wait_for_signal()


def _customers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= replay.CUSTOMERS:
        raise ArgumentTypeError(
            _("%(text)s is not a number of customers: give one from 1 to %(all)d.")
            % {"text": text, "all": replay.CUSTOMERS}
        )
    return int(text)


def _empty_database() -> None:
    """Start clean: an empty schema and real time.

    Commits need not reach the disk one by one here.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("SET synchronous_commit = off")
