"""A journey's picture in the reader's language: what its entrance and its steps are called."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeys.admin import spoken
from journeys.core.document import Document
from journeys.core.graph import ENTER, FINISHED
from profiles.admin.base import CHANNELS, word

MOST = 3


def titles(document: Document) -> dict[str, str]:
    """By node, for those that are not called as the document itself calls them."""
    ends = {f"{FINISHED}:{step.id}": _("End") for step in document.steps}
    named = {step.id: _title(step) for step in document.steps}
    named[ENTER] = _listed(map(spoken.entrance, document.enter.triggers))
    return {**ends, **{step: title for step, title in named.items() if title}}


def _title(step: Any) -> str:
    make = TITLES.get(step.kind)
    return make(step) if make else ""


def _waits_for(step: Any) -> str:
    return _("Wait for %s") % _listed(case.event or _("a condition") for case in step.cases)


def _sends(step: Any) -> str:
    said = step.contents[0].words() if step.contents else ""
    by = _listed(word(CHANNELS, channel) for channel in step.channels)
    return ": ".join(filter(None, (by, said)))


def _updates(step: Any) -> str:
    consents = (*step.subscribe, *step.unsubscribe)
    changed = (*step.set, *step.unset, *(word(CHANNELS, each.channel) for each in consents))
    return _("Update %s") % _listed(changed)


TITLES: Mapping[str, Callable[[Any], str]] = {
    "wait": lambda step: spoken.waiting(step.form),
    "wait_for": _waits_for,
    "send": _sends,
    "branch": lambda _step: _("Branch"),
    "split": lambda step: _("Split %s") % _listed(arm.name for arm in step.arms),
    "update": _updates,
    "enroll": lambda step: _("Enroll into %s") % step.journey,
    "leave": lambda step: _("Leave: %s") % step.reason,
}
"""A call is called by the host it asks, in every language."""


def _listed(words: Iterable[str]) -> str:
    found = [each for each in words if each]
    return ", ".join(found[:MOST]) + (", …" if len(found) > MOST else "")
