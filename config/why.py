"""A customer's story with a journey in plain words: what was checked, and what comes next.

`say` writes an instant, given as ISO text, the way its readers expect.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
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
    "room": gettext_noop("Below the limits of how many may come in"),
    "full": gettext_noop("The limit of how many may come in is reached"),
    "global": gettext_noop("In the global control group: bucket %(bucket)s of 10,000"),
    "holdout": gettext_noop("In the journey's holdout: bucket %(bucket)s of 10,000"),
}

INPUTS: Words = {
    "because": gettext_lazy("judged by"),
    "clause": gettext_lazy("condition"),
    "by": gettext_lazy("number of the event"),
    "last": gettext_lazy("latest looked at"),
    "fitting": gettext_lazy("of them fitting"),
    "left_at": gettext_lazy("ended"),
    "ghost": gettext_lazy("control group"),
    "limit": gettext_lazy("limit"),
    "most": gettext_lazy("the most"),
    "left": gettext_lazy("places left"),
    "percent": gettext_lazy("share in percent"),
    "bucket": gettext_lazy("drawn number"),
    "event": gettext_lazy("event"),
    "where": gettext_lazy("condition"),
    "key": gettext_lazy("key"),
    "reason": gettext_lazy("reason"),
    "wait": gettext_lazy("wait"),
    "zone": gettext_lazy("time zone"),
    "until": gettext_lazy("until"),
    "offer_ends": gettext_lazy("the offer's end"),
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
    "method": gettext_lazy("method"),
    "url": gettext_lazy("address"),
    "status": gettext_lazy("HTTP status"),
    "attempts": gettext_lazy("attempts"),
    "who": gettext_lazy("by hand"),
    "from": gettext_lazy("from"),
    "version": gettext_lazy("version"),
}
CODES = {"ghost": GHOSTS, "channel": CHANNELS, "channels": CHANNELS}
INSTANTS = ("left_at", "until", "offer_ends")


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
        told = {name: check["inputs"].get(name, "") for name in ("channel", "until")}
        return _named(told, say)
    if check["check"] == "decision":
        return _named(check["inputs"], say)
    untold = {name: value for name, value in check["inputs"].items() if f"%({name})s" not in said}
    return _named(untold, say)


def _named(inputs: Mapping[str, Any], say: Say) -> list[tuple[str, str]]:
    kept = {name: value for name, value in inputs.items() if value not in ("", None, {}, [])}
    return [(word(INPUTS, name), _value(name, value, say)) for name, value in kept.items()]


def _value(name: str, value: Any, say: Say) -> str:
    if name == "because":
        return "; ".join(f"{each['clause']}: {seen(each['saw'])}" for each in value)
    if isinstance(value, list):
        return ", ".join(_value(name, each, say) for each in value)
    if name in INSTANTS and value:
        return say(str(value))
    if name == "reason":
        return reason(str(value))
    return word(CODES.get(name, {}), str(value))


def seen(value: Any) -> str:
    """A value as the log keeps it; nothing is a dash."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def coming(found: Mapping[str, Any], say: Say = str) -> str:
    """Where the customer stands and what happens next, in a sentence; what was last, for a past
    moment."""
    if found["at"]:
        return _last(found, say)
    following = found["next"]
    if following is None:
        return _("Not on the way in this journey.")
    return stands(following["step"], following["at"], following["or_event"], following["call"], say)


def stands(
    step: str,
    at: str | None,
    events: Sequence[str],
    call: Mapping[str, Any] | None = None,
    say: Say = str,
) -> str:
    """One walk: where it is, when it moves by itself, and which events or answer move it before."""
    told = {"step": step, "at": say(at) if at else "", "events": ", ".join(events)}
    if call:
        return _waits_for_an_answer(told, call, say)
    if not at:
        return _("Stands at %(step)s and waits for %(events)s.") % told
    if events:
        return _("Stands at %(step)s and waits for %(events)s, at most until %(at)s.") % told
    return _("Stands at %(step)s until %(at)s.") % told


def _waits_for_an_answer(told: Mapping[str, str], call: Mapping[str, Any], say: Say) -> str:
    known = {**told, **call, "again_at": say(call["again_at"])}
    if not call["error"]:
        return _("Stands at %(step)s and waits for the answer of %(host)s.") % known
    return (
        _(
            "Stands at %(step)s and waits for the answer of %(host)s, which is asked again"
            " %(again_at)s. Attempts so far: %(attempts)s. The last one: %(error)s"
        )
        % known
    )


def _last(found: Mapping[str, Any], say: Say) -> str:
    decided = [line for line in lines(found, say) if line.check == "decision"]
    told = {"at": say(found["at"])}
    if not decided:
        return _("Nothing had been decided in this journey by %(at)s.") % told
    place = " · ".join(filter(None, (decided[-1].text, decided[-1].step)))
    return _("The last decision by %(at)s: %(decision)s.") % {**told, "decision": place}
