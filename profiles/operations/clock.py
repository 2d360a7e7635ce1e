"""Moves the sandbox's test clock. Only forward: what has happened cannot happen again."""

import datetime as dt

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _


class ClockError(Exception):
    """The clock cannot be moved; the message says why."""


def advance(by: dt.timedelta) -> None:
    """Let `by` pass at once."""
    _require_sandbox()
    if by < dt.timedelta():
        raise ClockError(_("The clock runs forward only: give a duration of zero or more."))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_clock (id, shift) VALUES (1, %s * interval '1 microsecond') "
            "ON CONFLICT (id) DO UPDATE SET shift = profiles_clock.shift + EXCLUDED.shift",
            [by // dt.timedelta(microseconds=1)],
        )


def set_to(instant: dt.datetime) -> None:
    """Make the clock show `instant` now; an instant that has passed already changes nothing."""
    _require_sandbox()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_clock SET shift = GREATEST(shift, %s - clock_timestamp())"
            " WHERE id = 1",
            [instant],
        )
        if not cursor.rowcount:
            cursor.execute(
                "INSERT INTO profiles_clock (id, shift) "
                "VALUES (1, GREATEST(%s - clock_timestamp(), interval '0')) ON CONFLICT DO NOTHING",
                [instant],
            )


def start_at(instant: dt.datetime) -> None:
    """Begin an emptied sandbox at any instant, past ones included."""
    _require_sandbox()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_clock (id, shift) VALUES (1, %s - clock_timestamp()) "
            "ON CONFLICT (id) DO UPDATE SET shift = EXCLUDED.shift",
            [instant],
        )


def reset() -> None:
    """Back to real time, for an emptied sandbox."""
    _require_sandbox()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_clock")


def _require_sandbox() -> None:
    if not settings.SOJOURN_SANDBOX:
        raise ClockError(
            _("The test clock works in the sandbox only: start with SOJOURN_SANDBOX=1.")
        )
