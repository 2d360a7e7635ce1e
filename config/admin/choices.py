"""Names to choose from in the condition builder, each with what tells it from others."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from journeys.admin.words import STATES
from journeys.models import Journey
from profiles.admin.base import CHANNELS, Refused, now, word
from profiles.core.conditions import All
from profiles.queries import audience, seen, segments

MOST = 500
Item = dict[str, Any]


def items(request: HttpRequest) -> list[Item]:
    """What `kind` offers; `of` is the attribute or event whose values or properties are asked, `at`
    the property. Raises Refused.
    """
    kind, of, at = (request.GET.get(name, "") for name in ("kind", "of", "at"))
    if kind not in KINDS:
        text = _("There is nothing to choose from as “%(kind)s”.") % {"kind": kind}
        raise Refused("invalid", text, status=404)
    right, found = KINDS[kind]
    return list(found(of, at)) if not right or request.user.has_perm(right) else []


def _events(_of: str, _at: str) -> Iterable[Item]:
    return [{"name": name, "count": count} for name, count in seen.event_names()]


def _properties(of: str, _at: str) -> Iterable[Item]:
    return [_filled(each) for each in seen.properties(of)]


def _attributes(_of: str, _at: str) -> Iterable[Item]:
    return [_filled(each) for each in seen.attributes()]


def _filled(known: seen.Known) -> Item:
    return {"name": known.name, "filled": known.filled, "type": known.type}


def _values(of: str, _at: str) -> Iterable[Item]:
    return [_value(value, n) for value, n in seen.values_of_attribute(of)]


def _property_values(of: str, at: str) -> Iterable[Item]:
    return [_value(value, n) for value, n in seen.values_of_property(of, at)]


def _value(value: Any, count: int) -> Item:
    text = value if isinstance(value, str) else json.dumps(value)
    return {"name": text, "value": value, "count": count}


def _segments(_of: str, _at: str) -> Iterable[Item]:
    sizes = segments.sizes()
    rows = segments.page(after="", limit=MOST)
    return [{"name": row.slug, "title": row.title, "count": sizes.get(row.pk, 0)} for row in rows]


def _journeys(_of: str, _at: str) -> Iterable[Item]:
    rows = Journey.objects.order_by("slug").values_list("slug", "title", "state")[:MOST]
    return [
        {"name": slug, "title": title, "hint": word(STATES, state)} for slug, title, state in rows
    ]


def _steps(of: str, _at: str) -> Iterable[Item]:
    """The steps of a journey's draft."""
    row = Journey.objects.filter(slug=of).first()
    steps = row.document.get("steps", []) if row and isinstance(row.document, dict) else []
    return [{"name": str(step["id"])} for step in steps if isinstance(step, dict) and "id" in step]


def _channels(_of: str, _at: str) -> Iterable[Item]:
    """Each with how many it reaches of all customers."""
    found = audience.preview_soon(All(()), sample=0, now=now())
    return [
        {
            "name": code,
            "title": word(CHANNELS, code),
            "count": n,
            "of": found.base,
            "exact": found.exact,
        }
        for code, n in found.reachable.items()
    ]


def _topics(_of: str, _at: str) -> Iterable[Item]:
    return [{"name": topic, "count": count} for topic, count in seen.topics()]


KINDS: dict[str, tuple[str, Callable[[str, str], Iterable[Item]]]] = {
    "events": ("", _events),
    "properties": ("", _properties),
    "attributes": ("", _attributes),
    "values": ("profiles.view_customer", _values),
    "property_values": ("profiles.view_event", _property_values),
    "segments": ("", _segments),
    "journeys": ("", _journeys),
    "steps": ("", _steps),
    "channels": ("", _channels),
    "topics": ("", _topics),
}
"""The right that each takes beside the one to ask at all, and where it looks."""
