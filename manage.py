#!/usr/bin/env python
"""The command line. Commands that need the database find the embedded servers running."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "sqlmigrate",
    "startapp",
    "startproject",
    "test",
    "testserver",
    "up",
    "version",
}
"""`up` starts the servers itself; `test` belongs to pytest, which has its own."""


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        print("Django is not installed here: run .venv/bin/python manage.py, or pip install -e .", file=sys.stderr)
        return 1
    from config.embedded import EmbeddedError

    try:
        with servers_for(arguments):
            execute_from_command_line(arguments)
    except EmbeddedError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def servers_for(arguments: list[str]) -> AbstractContextManager[None]:
    """The embedded servers where the command needs them, nothing otherwise."""
    from config.embedded import ensure_running

    words = [word for word in arguments[1:] if not word.startswith("-")]
    asks_for_help = {"-h", "--help", "--version"} & set(arguments)
    if asks_for_help or (words or [""])[0] in WITHOUT_DATABASE:
        return nullcontext()
    return ensure_running()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
