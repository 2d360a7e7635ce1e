"""A customer's story with a journey in plain words: what was checked, and what comes next.

`say` writes an instant, given as ISO text, the way its readers expect.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from channels.admin.words import STATUSES
from journeys.admin.words import DECISIONS
from profiles.admin.words import CHANNELS, GHOSTS, REASONS, Words, reason, word

Say = Callable[[str], str]

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

INPUTS: Words = {
    "last": gettext_lazy("latest looked at"),
    "fitting": gettext_lazy("of them fitting"),
    "left_at": gettext_lazy("ended"),
    "ghost": gettext_lazy("control group"),
    "percent": gettext_lazy("share in percent"),
    "bucket": gettext_lazy("drawn number"),
    "event": gettext_lazy("event"),
    "where": gettext_lazy("condition"),
    "key": gettext_lazy("key"),
    "reason": gettext_lazy("reason"),
    "wait": gettext_lazy("wait"),
    "zone": gettext_lazy("time zone"),
    "until": gettext_lazy("until"),
    "date": gettext_lazy("date"),
    "timeout": gettext_lazy("at most"),
    "case": gettext_lazy("case"),
    "to": gettext_lazy("to"),
    "arm": gettext_lazy("arm"),
    "channel": gettext_lazy("channel"),
    "channels": gettext_lazy("channels"),
    "set": gettext_lazy("set"),
    "unset": gettext_lazy("removed"),
    "journey": gettext_lazy("journey"),
    "hops": gettext_lazy("journeys in a row"),
    "visit": gettext_lazy("visit"),
    "error": gettext_lazy("error"),
    "attribute": gettext_lazy("attribute"),
}
CODES = {"ghost": GHOSTS, "channel": CHANNELS, "channels": CHANNELS}
INSTANTS = ("left_at", "until")


class Line(NamedTuple):
    """One check: `at` as ISO text or "", `inputs` what decided, each with its name, `message` the
    id of the message that it is about, or ""."""

    check: str
    passed: bool
    at: str
    step: str
    text: str
    inputs: list[tuple[str, str]]
    message: str

    @property
    def details(self) -> str:
        """What decided as `name: value`."""
        return ", ".join(f"{name}: {value}" for name, value in self.inputs)


def lines(found: Mapping[str, Any], say: Say = str) -> list[Line]:
    """What `journeys.queries.explain` found, for people."""
    return [
        Line(
            each["check"], each["passed"], each["at"] or "", each["step"], _text(each, say),
            _inputs(each, say), str(each["inputs"].get("message", "")),
        )
        for each in found["checks"]
    ]  # fmt: skip


def _text(check: Mapping[str, Any], say: Say) -> str:
    code, inputs = check["reason"], check["inputs"]
    if check["check"] == "decision":
        return str(DECISIONS.get(code, code))
    if check["check"] == "message":
        status = inputs["status"]
        said = str(STATUSES.get(status, status))
        return said if code == status else f"{said}: {REASONS.get(code, code)}"
    known = {name: _value(name, value, say) for name, value in inputs.items()}
    told = {"where": "", "clause": "", "left_at": "", "bucket": "", **known}
    return (_(ASKED[code]) % told).removesuffix(": ")


def _inputs(check: Mapping[str, Any], say: Say) -> list[tuple[str, str]]:
    """What the sentence itself does not say."""
    said = ASKED.get(check["reason"], "")
    if check["reason"] == "never_happened":
        return []
    if check["check"] == "message":
        return _named({"channel": check["inputs"]["channel"]}, say)
    if check["check"] == "decision":
        return _named(check["inputs"], say)
    untold = {name: value for name, value in check["inputs"].items() if f"%({name})s" not in said}
    return _named(untold, say)


def _named(inputs: Mapping[str, Any], say: Say) -> list[tuple[str, str]]:
    kept = {name: value for name, value in inputs.items() if value not in ("", None, {}, [])}
    return [(word(INPUTS, name), _value(name, value, say)) for name, value in kept.items()]


def _value(name: str, value: Any, say: Say) -> str:
    if isinstance(value, list):
        return ", ".join(_value(name, each, say) for each in value)
    if name in INSTANTS and value:
        return say(str(value))
    if name == "reason":
        return reason(str(value))
    return word(CODES.get(name, {}), str(value))


def coming(found: Mapping[str, Any], say: Say = str) -> str:
    """Where the customer stands and what happens next, in a sentence; what was last, for a past
    moment."""
    if found["at"]:
        return _last(found, say)
    following = found["next"]
    if following is None:
        return _("Not on the way in this journey.")
    return stands(following["step"], following["at"], following["or_event"], say)


def stands(step: str, at: str | None, events: Sequence[str], say: Say = str) -> str:
    """One walk: where it is, when it moves by itself, and which events move it before."""
    told = {"step": step, "at": say(at) if at else "", "events": ", ".join(events)}
    if not at:
        return _("Stands at %(step)s and waits for %(events)s.") % told
    if events:
        return _("Stands at %(step)s and waits for %(events)s, at most until %(at)s.") % told
    return _("Stands at %(step)s until %(at)s.") % told


def _last(found: Mapping[str, Any], say: Say) -> str:
    decided = [line for line in lines(found, say) if line.check == "decision"]
    told = {"at": say(found["at"])}
    if not decided:
        return _("Nothing had been decided in this journey by %(at)s.") % told
    place = " · ".join(filter(None, (decided[-1].text, decided[-1].step)))
    return _("The last decision by %(at)s: %(decision)s.") % {**told, "decision": place}
