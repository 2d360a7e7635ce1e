"""All in one terminal: embedded servers unless URLs are set, migrations, web, worker, beat."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.translation import gettext as _

from config import processes
from config.child import ChildError
from config.prepare import prepare


class Command(BaseCommand):
    help = "Run everything in one terminal until Ctrl-C; prints `ready URL` when all parts serve."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (%(default)s)"
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="port to listen on (%(default)s)"
        )
        parser.add_argument("--workers", type=int, default=2, help="worker processes (%(default)s)")

    def handle(self, *_args: Any, host: str, port: int, workers: int, **_options: Any) -> None:
        if workers < 1:
            raise CommandError(_("--workers is %d: give 1 or more.") % workers, returncode=2)
        try:
            self._run(host=host, port=port, workers=workers)
        except ChildError as error:
            raise CommandError(str(error)) from error

    def _run(self, *, host: str, port: int, workers: int) -> None:
        with (
            processes.stoppable(),
            processes.kept_address(host, port) as address,
            processes.own_servers(),
        ):
            prepare()
            connections.close_all()
            with processes.serving(address, workers=workers) as url:
                self.stdout.write(f"ready {url}")
                self.stdout.flush()
                processes.wait_for_signal()
