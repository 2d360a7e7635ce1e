"""Names to choose from on the canvas and in the condition builder, each with what tells it from
others. What customers say or did is quoted to those who may see it.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext as _

from channels.queries import templates
from journeys.admin.words import STATES
from journeys.models import Journey
from profiles.admin.base import CHANNELS, Refused, now, word
from profiles.core.conditions import All
from profiles.queries import audience, seen, segments

MOST = 500
CUSTOMERS, EVENTS = "profiles.view_customer", "profiles.view_event"
Item = dict[str, Any]


class Asked(NamedTuple):
    """`of` is the attribute, the event or the journey whose values, properties or steps are asked,
    `at` the property; `may` says whether whoever asks has a right.
    """

    of: str
    at: str
    may: Callable[[str], bool]


def items(request: HttpRequest) -> list[Item]:
    """What `kind` offers. Raises Refused."""
    kind, of, at = (request.GET.get(name, "").replace("\0", "") for name in ("kind", "of", "at"))
    if kind not in KINDS:
        text = _("There is nothing to choose from as “%(kind)s”.") % {"kind": kind}
        raise Refused("invalid", text, status=404)
    return KINDS[kind](Asked(of, at, request.user.has_perm))


def _filled(known: Iterable[seen.Known], *, quoted: bool) -> list[Item]:
    """Attributes or properties: how full each is, and one of its values if that may be seen."""
    return [
        {
            "name": each.name,
            "filled": each.filled,
            "type": each.type,
            **({"example": each.example} if quoted else {}),
        }
        for each in known
    ]


def events(_asked: Asked) -> list[Item]:
    return [{"name": name, "count": count} for name, count in seen.event_names()]


def properties(asked: Asked) -> list[Item]:
    return _filled(seen.properties(asked.of), quoted=asked.may(EVENTS))


def attributes(asked: Asked) -> list[Item]:
    return _filled(seen.attributes(), quoted=asked.may(CUSTOMERS))


def _values(asked: Asked) -> list[Item]:
    if not asked.may(CUSTOMERS):
        return []
    return [_value(value, n) for value, n in seen.values_of_attribute(asked.of)]


def _property_values(asked: Asked) -> list[Item]:
    if not asked.may(EVENTS):
        return []
    return [_value(value, n) for value, n in seen.values_of_property(asked.of, asked.at)]


def _value(value: Any, count: int) -> Item:
    text = value if isinstance(value, str) else json.dumps(value)
    return {"name": text, "value": value, "count": count}


def _segments(_asked: Asked) -> list[Item]:
    sizes = segments.sizes()
    rows = segments.page(after="", limit=MOST)
    return [{"name": row.slug, "title": row.title, "count": sizes.get(row.pk, 0)} for row in rows]


def _templates(_asked: Asked) -> list[Item]:
    titles = {each.slug: each.title for each in templates.page(after="", limit=MOST)}
    slugs = sorted(templates.known_templates())
    return [{"name": slug, "title": titles.get(slug, "")} for slug in slugs]


def _journeys(_asked: Asked) -> list[Item]:
    rows = Journey.objects.order_by("slug").values_list("slug", "title", "state")[:MOST]
    return [
        {"name": slug, "title": title, "hint": word(STATES, state)} for slug, title, state in rows
    ]


def _steps(asked: Asked) -> list[Item]:
    """The steps of a journey's draft."""
    row = Journey.objects.filter(slug=asked.of).first()
    steps = row.document.get("steps", []) if row and isinstance(row.document, dict) else []
    return [{"name": str(step["id"])} for step in steps if isinstance(step, dict) and "id" in step]


def _channels(_asked: Asked) -> list[Item]:
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


def _topics(_asked: Asked) -> list[Item]:
    return [{"name": topic, "count": count} for topic, count in seen.topics()]


KINDS: dict[str, Callable[[Asked], list[Item]]] = {
    "events": events,
    "properties": properties,
    "attributes": attributes,
    "values": _values,
    "property_values": _property_values,
    "segments": _segments,
    "templates": _templates,
    "journeys": _journeys,
    "steps": _steps,
    "channels": _channels,
    "topics": _topics,
}
