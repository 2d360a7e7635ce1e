"""A journey's document in the admin: a draft as text, what is wrong with it, and its picture."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from journeys.admin import drawn, spoken
from journeys.admin.words import CHANGES
from journeys.core import picture, source
from journeys.core.document import parse
from journeys.core.problem import DocumentError, Problem
from journeys.models import Journey
from journeys.operations import draft
from journeys.operations.replan import preview
from profiles.admin.base import PURPOSES, Refused, now, word
from profiles.core import durations

NAME = re.compile("[a-z0-9][a-z0-9_-]{0,63}")
MOVE = "move:"
"""Begins the name of a dialog's field; the step follows."""

STARTER = """\
journey: my-journey
title: My journey
enter:
  on:
    - event: Order Completed
  again: never
  holdout: 10
goal: {event: Order Completed, within: 30d, value: revenue}
steps:
  - id: settle_in
    wait: 1d
  - id: thank_you
    send:
      channel: email
      subject: "Thank you, {{ customer.firstName|default('and welcome') }}"
      text: "Your order {{ entry.order_id }} is on its way."
"""


def differs(journey: Journey) -> bool:
    """Would publishing the draft make a new version? Comments and spacing alone do not."""
    version = journey.live_version
    if version is None:
        return True
    return journey.source != version.source and _plain(journey.source) != _plain(version.source)


def changes(journey: Journey) -> dict[str, Any]:
    """What publishing the draft does to those inside: the lines worth reading, the steps that they
    can be sent to, how many they are, and how many would lose their place.
    """
    lines = preview(journey.slug, move={}) if differs(journey) and journey.live_version else []
    shown = [line for line in lines if line["change"] != "same" or line["standing"]]
    return {
        "lines": [{**line, "word": word(CHANGES, line["change"])} for line in shown],
        "targets": [line["id"] for line in lines if line["change"] != "removed"],
        "inside": sum(line["standing"] for line in lines),
        "uprooted": sum(line["standing"] for line in lines if line["confirm"]),
    }


def moves(request: HttpRequest) -> dict[str, str]:
    """Where the dialog sends those who stand at a step; what was not chosen is left out."""
    given = {key: value for key, value in request.POST.items() if key.startswith(MOVE)}
    return {key.removeprefix(MOVE): str(value) for key, value in given.items() if value}


def _plain(text: str) -> str:
    return json.dumps(source.read(text).value)


def name_in(text: str) -> str:
    """The slug that a new document gives itself. Raises Refused."""
    try:
        value = source.read(text).value
    except DocumentError as error:
        raise Refused("invalid", str(error)) from error
    name = value.get("journey") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        raise Refused(
            "invalid", _("The document does not say its name: begin with “journey: my-journey”.")
        )
    return name


def begun(name: str, title: str) -> str:
    """A journey of which only the name is known, as the canvas begins it. Raises Refused."""
    if not NAME.fullmatch(name):
        raise Refused("invalid", _("A name has small Latin letters, digits, - and _ alone."))
    named = {"journey": name, "title": title} if title else {"journey": name}
    return source.write({**named, "enter": {"on": []}, "steps": []})


def save_new(request: HttpRequest, text: str) -> Journey:
    """A new journey from what was typed. Raises Refused."""
    return draft.save(name_in(text), text, revision=None, by=request.user.get_username(), now=now())


def save(request: HttpRequest, journey: Journey, text: str) -> Journey:
    """The next revision of a draft. Raises Refused."""
    return draft.save(
        journey.slug, text, revision=whole(request, "revision"),
        by=request.user.get_username(), now=now(),
    )  # fmt: skip


def whole(request: HttpRequest, name: str) -> int | None:
    """The number that a field of the form holds, if it holds one that a row can have."""
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def problems(text: str) -> dict[str, Any]:
    """What keeps the document from being published, and what deserves a second look."""
    found = draft.check(text)
    return {
        "errors": [_shown(each) for each in found if each.severity == "error"],
        "warnings": [_shown(each) for each in found if each.severity == "warning"],
    }


def _shown(found: Problem) -> dict[str, Any]:
    return {"path": found.path, "message": found.message, "line": found.line}


def summary(document: Any) -> list[tuple[str, str]]:
    """What the document says about coming and going, in words; nothing when it cannot be read."""
    try:
        read = parse(document)
    except DocumentError:
        return []
    goal = read.goal
    again = {"never": _("never"), "always": _("always, after leaving")}
    lines = [
        (_("Enters on"), ", ".join(map(spoken.entrance, read.enter.triggers))),
        (_("Only if"), _in_words(read.enter.audience)),
        (_("Again"), again.get(str(read.enter.again)) or _duration(read.enter.again)),
        (_("Holdout"), f"{read.enter.holdout:g} %" if read.enter.holdout else _("none")),
        (_("Leaves on"), ", ".join(watched.event for watched in read.leave.on)),
        (_("Leaves if"), _in_words(read.leave.condition)),
        (_("Goal"), goal.on.event if goal else _("none")),
        (_("within"), durations.words(goal.within, spoken.language()) if goal else ""),
        (_("Value"), goal.value if goal else ""),
        (_("Class"), word(PURPOSES, read.purpose)),
        (_("Topic"), read.topic),
    ]
    return [(label, text) for label, text in lines if text]


def _duration(again: Any) -> str:
    return _("%s after leaving") % durations.words(again, spoken.language())


def _in_words(condition: Any) -> str:
    return "" if condition is None else spoken.condition(condition)


def sentences(value: Any) -> dict[str, str]:
    """What a document says in words, by place: conditions, such as at `steps/3/branch/0/if`, and
    what lets customers in, such as at `enter/on/0`.
    """
    found = dict(_conditions(value))
    try:
        triggers = parse(value).enter.triggers
    except DocumentError:
        return found
    places = (re.sub(r"[.\[]", "/", each.path).replace("]", "") for each in triggers)
    return {**found, **dict(zip(places, map(spoken.entrance, triggers), strict=True))}


def _conditions(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    inner: Any = enumerate(value) if isinstance(value, list) else ()
    for key, each in value.items() if isinstance(value, dict) else inner:
        at = f"{place}/{key}".removeprefix("/")
        if key == "if":
            yield at, _in_words(each)
        else:
            yield from _conditions(each, at)


def drawing(document: Any, *, notes: dict[str, str] | None = None) -> SafeString | str:
    """The document's picture, its texts escaped by the painter; empty when it cannot be read."""
    try:
        read = parse(document)
    except DocumentError:
        return ""
    painted = picture.svg(read, notes=notes, titles=drawn.titles(read), says=spoken.way)
    return mark_safe(painted)  # noqa: S308
