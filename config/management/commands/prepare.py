"""Before a release starts: migrations, Beat's entries, keys and accounts of the environment."""

from typing import Any

from django.core.management.base import BaseCommand

from config.prepare import prepare


class Command(BaseCommand):
    help = "Migrate, synchronise the schedule, seed keys and provider accounts. Safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        prepare()
        self.stdout.write("prepared")
