"""A template that asks that its message is not sent."""

from typing import NoReturn

MAX_REASON = 200


class Aborted(Exception):
    """The template stops its message, and says why."""


def abort(reason: object = "") -> NoReturn:
    """The message is not sent. Raises Aborted with the reason, at most a line of it."""
    raise Aborted(" ".join(str(reason).split())[:MAX_REASON])
