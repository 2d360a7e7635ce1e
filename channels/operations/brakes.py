"""What operators set to keep messages back: frequency caps and halts."""

import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from channels.adapters.registry import PROVIDERS
from channels.models import FrequencyCap, Halt
from profiles.core.answers import Refused

HALT = """
INSERT INTO channels_halt (scope, name, reason, by, at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (scope, name) DO UPDATE SET reason = EXCLUDED.reason, by = EXCLUDED.by
RETURNING id
"""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


def channels() -> list[str]:
    """All channels that any adapter serves, in a fixed order."""
    return list(dict.fromkeys(each for row in PROVIDERS.values() for each in row.channels))


def save_cap(slug: str, given: dict[str, Any]) -> FrequencyCap:
    """Create or change the cap; what is not given keeps its value. Raises Refused."""
    if not SLUG.fullmatch(slug):
        raise Refused("invalid", _("A name has small letters, digits and hyphens, at most 50."))
    cap = FrequencyCap.objects.filter(slug=slug).first() or FrequencyCap(slug=slug)
    for name, value in given.items():
        setattr(cap, name, value)
    problem = fault(cap)
    if problem:
        raise Refused("invalid", problem, status=422)
    try:
        cap.full_clean()
    except ValidationError as error:
        field, words = next(iter(error.message_dict.items()))
        raise Refused("invalid", f"{field}: {words[0]}", status=422) from error
    cap.save()
    return cap


def fault(cap: FrequencyCap) -> str:
    """What is wrong with the cap, in one sentence; '' if nothing is."""
    if cap.channel and cap.channel not in channels():
        return _("There is no channel %(name)s.") % {"name": cap.channel}
    if bool(cap.period) == bool(cap.hours):
        return _("Give either the rolling hours or a calendar day, week or month.")
    return ""


def remove_cap(slug: str) -> None:
    """Raises Refused where there is none."""
    if not FrequencyCap.objects.filter(slug=slug).delete()[0]:
        raise Refused("not_found", _("There is no frequency cap %s.") % slug, status=404)


def halt_fault(scope: str, name: str) -> str:
    """What is wrong with such a halt, in one sentence; '' if nothing is."""
    if scope not in dict(Halt.SCOPES):
        return _("A halt is for all, for a channel or for a journey.")
    if (scope == "all") == bool(name):
        return _("Name the channel or the journey; all has no name.")
    if scope == "channel" and name not in channels():
        return _("There is no channel %(name)s.") % {"name": name}
    return ""


def halt(scope: str, name: str, *, reason: str, by: str, now: dt.datetime) -> int:
    """From its commit on, no hand-over of this scope begins. Returns the halt's id."""
    if problem := halt_fault(scope, name):
        raise Refused("invalid", problem)
    with connection.cursor() as cursor:
        cursor.execute(HALT, [scope, name, reason[:500], by, now])
        return int(cursor.fetchone()[0])


def lift_halt(number: int) -> None:
    """What was kept back leaves, unless it has expired. Raises Refused where there is none."""
    if not Halt.objects.filter(pk=number).delete()[0]:
        raise Refused(
            "not_found", _("There is no such halt; it may be lifted already."), status=404
        )
