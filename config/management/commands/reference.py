"""Writes the reference pages, or tells which of them are stale."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.env import ROOT
from config.reference import pages

FOLDER = ROOT / "docs" / "reference"


class Command(BaseCommand):
    help = "Write docs/reference from the tables that the code runs by."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when stale")

    def handle(self, *args: Any, **options: Any) -> None:
        made = {FOLDER / name: text for name, text in pages().items()}
        stale = [path for path, text in made.items() if not _holds(path, text)]
        stale += [path for path in FOLDER.glob("*.md") if path not in made]
        if options["check"]:
            if stale:
                names = ", ".join(path.name for path in stale)
                raise CommandError(_("Run manage.py reference: these are stale: %s") % names)
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in stale:
            if path in made:
                path.write_text(made[path], encoding="utf-8")
            else:
                path.unlink()
            self.stdout.write(str(path.relative_to(ROOT)))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
