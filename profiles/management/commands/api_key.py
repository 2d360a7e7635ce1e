"""manage.py api_key create --name N --scopes read write: prints a key, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from profiles.core.api_keys import KINDS, SCOPES
from profiles.operations.access import AccessError, create_key
from profiles.queries import clock


class Command(BaseCommand):
    help = "Make an API key. It is shown once and cannot be read again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key and print it")
        create.add_argument("--name", required=True, help="who will use it")
        create.add_argument(
            "--kind",
            choices=sorted(KINDS),
            help="write: takes events in; api: manages (default: api with --scopes, else write)",
        )
        create.add_argument(
            "--scopes", nargs="+", default=[], help=f"for management: {', '.join(SCOPES)}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope for given in options["scopes"] for scope in given.split(",") if scope]
        kind = options["kind"] or ("api" if scopes else "write")
        try:
            key = create_key(name=options["name"], kind=kind, scopes=scopes, now=clock.now())
        except AccessError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(key)
