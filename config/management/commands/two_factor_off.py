"""manage.py two_factor_off NAME: for somebody who lost the phone and the recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config import second_factor
from profiles.core.answers import Refused
from profiles.operations.audit import acting


class Command(BaseCommand):
    help = "Turn somebody's two-factor sign-in off: they lost their app and their recovery codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the name that they sign in with")

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["name"]
        try:
            user = second_factor.named(name)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        with acting("command"):
            was_on = second_factor.turn_off(user)
        if not was_on:
            raise CommandError(_("%(name)s has no two-factor sign-in.") % {"name": name})
        self.stdout.write(_("Two-factor sign-in of %(name)s is off.") % {"name": name})
