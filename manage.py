#!/usr/bin/env python
"""The command line. Commands that need the database find the embedded servers running."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

SERVE_THEMSELVES = {"up", "demo"}
WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "reference",
    "sqlmigrate",
    "startapp",
    "startproject",
    "test",
    "testserver",
    "version",
}
"""`test` among them: the tests are pytest's, which has servers of its own."""


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if arguments[1:2] == ["demo"]:
        play_apart()
    try:
        import django.core.exceptions
    except ImportError:
        return fail(
            "Django is not installed for this Python: use .venv/bin/python, or pip install -e ."
        )
    from config.child import ChildError

    try:
        run(arguments)
    except (ChildError, django.core.exceptions.ImproperlyConfigured) as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def play_apart() -> None:
    """The demo plays in the sandbox, with a state folder of its own: it empties what it finds."""
    from config.embedded import state_dir

    os.environ["SOJOURN_SANDBOX"] = "1"
    os.environ["SOJOURN_STATE"] = str(state_dir() / "demo")


def run(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    with servers_for(arguments):
        try:
            execute_from_command_line(arguments)
        except OperationalError as error:
            if "--traceback" in arguments:
                raise
            sys.exit(fail(f"The database failed ({error}): is the server of DATABASE_URL up?"))


def servers_for(arguments: list[str]) -> AbstractContextManager[None]:
    """The embedded servers where the command needs them, nothing otherwise."""
    from config.embedded_supervisor import ensure_running

    words = [word for word in arguments[1:] if not word.startswith("-")]
    asks_for_help = {"-h", "--help", "--version"} & set(arguments)
    if asks_for_help or (words or [""])[0] in SERVE_THEMSELVES | WITHOUT_DATABASE:
        return nullcontext()
    return ensure_running()


def fail(sentence: str) -> int:
    print(f"Error: {' '.join(sentence.split())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
