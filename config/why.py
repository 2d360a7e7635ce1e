"""A customer's story with a journey in plain words, line by line."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from channels.admin.words import STATUSES
from journeys.admin.words import DECISIONS
from profiles.admin.words import REASONS

ASKED = {
    "live": gettext_noop("The journey is live"),
    "draft": gettext_noop("The journey is a draft"),
    "paused": gettext_noop("The journey is paused"),
    "stopped": gettext_noop("The journey is stopped"),
    "happened": gettext_noop("%(event)s happened: %(where)s"),
    "happened_otherwise": gettext_noop("%(event)s happened, but never so: %(where)s"),
    "never_happened": gettext_noop("%(event)s has never happened"),
    "holds": gettext_noop("In the audience: %(clause)s"),
    "does_not_hold": gettext_noop("Outside the audience: %(clause)s"),
    "entered": gettext_noop("May come in"),
    "already_in": gettext_noop("Is in the journey already"),
    "entered_before": gettext_noop("Was in the journey before, and comes in only once"),
    "too_soon": gettext_noop("Too soon after the last time, which ended %(left_at)s"),
    "global": gettext_noop("In the global control group: bucket %(bucket)s of 10,000"),
    "holdout": gettext_noop("In the journey's holdout: bucket %(bucket)s of 10,000"),
}


class Line(NamedTuple):
    """One check: `at` as ISO text or "", `details` what decided as `name: value`."""

    passed: bool
    at: str
    step: str
    text: str
    details: str


def lines(found: Mapping[str, Any]) -> list[Line]:
    """What `journeys.queries.explain` found, for people."""
    return [
        Line(each["passed"], each["at"] or "", each["step"], _text(each), _details(each))
        for each in found["checks"]
    ]


def _text(check: Mapping[str, Any]) -> str:
    code, inputs = check["reason"], check["inputs"]
    if check["check"] == "decision":
        return str(DECISIONS.get(code, code))
    if check["check"] == "message":
        status = inputs["status"]
        said = str(STATUSES.get(status, status))
        return said if code == status else f"{said}: {REASONS.get(code, code)}"
    told = {"where": "", "clause": "", "left_at": "", "bucket": "", **inputs}
    return (_(ASKED[code]) % told).removesuffix(": ")


def _details(check: Mapping[str, Any]) -> str:
    if check["check"] not in ("decision", "message"):
        return ""
    kept = {name: value for name, value in check["inputs"].items() if value not in ("", None, {})}
    return ", ".join(f"{name}: {value}" for name, value in kept.items())


def coming(found: Mapping[str, Any]) -> str:
    """What happens next, in a sentence."""
    following = found["next"]
    if following is None:
        return _("Not on the way in this journey.")
    told = {
        "step": following["step"],
        "at": following["at"],
        "events": ", ".join(following["or_event"]),
    }
    if not following["at"]:
        return _("Stands at %(step)s and waits for %(events)s.") % told
    if told["events"]:
        return _("Stands at %(step)s and waits for %(events)s, at most until %(at)s.") % told
    return _("Stands at %(step)s until %(at)s.") % told
