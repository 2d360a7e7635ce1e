"""A customer's timeline in plain words: a table of sentences, and an event's own name for the rest.

Journeys and messages are told by their events' names; the houses themselves are unknown here.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.admin.base import decision_words, line_notes
from profiles.admin.words import CHANNELS, LOST_STAGES, SEGMENT_WORDS, STATES, reason, word
from profiles.models import Customer
from profiles.queries.timeline import Cursor, Wanted, names, read
from profiles.queries.zones import zone_of

Detail = Mapping[str, Any]
PAGE = 40
LONGEST_NAME = 200
MOST_NAMES = 100
"""So many names of events are offered."""

KINDS = {
    "event": (gettext_lazy("Events"), "bolt"),
    "message": (gettext_lazy("Messages"), "mail"),
    "journey": (gettext_lazy("Journeys"), "route"),
    "decision": (gettext_lazy("Decisions"), "alt_route"),
    "lifecycle": (gettext_lazy("Lifecycle"), "conversion_path"),
    "consent": (gettext_lazy("Consents"), "fact_check"),
    "merge": (gettext_lazy("Merges"), "merge"),
}


def history(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """One page of the timeline, with the links to the next and to each kind alone."""
    wanted = _wanted(request)
    shown = {"kind": wanted.kind, "event": wanted.name}
    before = _cursor(request.GET.get("before", ""))
    items, following = read(customer.pk, before=before, limit=PAGE, wanted=wanted)
    zone = zone_of(customer.timezone)
    lines = [_line(item, zone) for item in items]
    for note in line_notes:
        note(request, customer.pk, lines)
    return {
        "timeline": lines,
        "wanted": wanted,
        "event_names": names(customer.pk, limit=MOST_NAMES),
        "pills": [_pill("", _("Everything"), wanted)]
        + [_pill(key, str(label), wanted) for key, (label, _icon) in KINDS.items()],
        "older": _link(**shown, before=_text(following)) if following else "",
        "newest": _link(**shown) if before else "",
        "workspace_zone": settings.SOJOURN_TIME_ZONE,
        "zone_differs": zone.key != settings.SOJOURN_TIME_ZONE,
    }


def _wanted(request: HttpRequest) -> Wanted:
    """One kind and part of an event's name, as far as there are such."""
    kind = request.GET.get("kind", "")
    name = request.GET.get("event", "").replace("\x00", "").strip()[:LONGEST_NAME]
    return Wanted(kind if kind in KINDS else "", name)


def _pill(key: str, label: str, wanted: Wanted) -> dict[str, Any]:
    url = _link(kind=key, event=wanted.name)
    return {"label": label, "url": url, "current": key == wanted.kind}


def _link(**parameters: str) -> str:
    return "?" + urlencode({name: value for name, value in parameters.items() if value})


def _text(cursor: Cursor) -> str:
    return f"{cursor.at.isoformat()}|{cursor.source}|{cursor.id}"


def _cursor(text: str) -> Cursor | None:
    """The place that a link names; whatever else was typed there is the beginning."""
    at, _bar, rest = text.partition("|")
    source, _bar, number = rest.rpartition("|")
    try:
        return Cursor(dt.datetime.fromisoformat(at), source, int(number))
    except ValueError:
        return None


def _line(item: Mapping[str, Any], zone: dt.tzinfo) -> dict[str, Any]:
    at = dt.datetime.fromisoformat(item["at"])
    kind, name, detail = item["kind"], item["name"], item["detail"]
    tell = _decided(name) if kind == "decision" else SENTENCES.get(name)
    return {
        "at": at,
        "local": formats.date_format(at.astimezone(zone), _("j M Y, H:i")),
        "kind": kind,
        "icon": ICONS.get(name) or KINDS.get(kind, ("", "circle"))[1],
        "text": tell(detail) if tell else name,
        "detail": detail,
        "name": name,
        "marks": [],
        "links": [],
    }


def _decided(code: str) -> Callable[[Detail], str]:
    """A decision in the words of the house that made it."""
    words = next((each for each in decision_words.values() if code in each), {})

    def tell(detail: Detail) -> str:
        place = " · ".join(str(detail[key]) for key in ("journey", "step") if detail.get(key))
        return f"{word(words, code)} ({place})" if place else word(words, code)

    return tell


def _said(detail: Detail, *keys: str) -> str:
    """The first of these that the event says anything about."""
    return next((str(detail[key]) for key in keys if detail.get(key) not in (None, "")), "")


def _bought(detail: Detail) -> str:
    amount = " ".join(
        str(detail[key]) for key in ("revenue", "currency") if detail.get(key) is not None
    )
    return _("Bought for %s") % amount if amount else _("Bought")


def _refunded(detail: Detail) -> str:
    return _("Order %s refunded") % _said(detail, "order_id")


def _identified(detail: Detail) -> str:
    return _("Profile updated: %s") % ", ".join(sorted(detail)) if detail else _("Identified")


def _page(detail: Detail) -> str:
    return _("Visited the page %s") % _said(detail, "title", "url", "name")


def _placed(detail: Detail) -> str:
    before, after = detail.get("from"), str(detail.get("to", ""))
    if before == after and detail.get("lost_stage"):
        return _("About to be lost: %s") % word(LOST_STAGES, detail["lost_stage"])
    if not before:
        return _("Became %s") % word(SEGMENT_WORDS, after)
    return _("Moved from %(before)s to %(after)s") % {
        "before": word(SEGMENT_WORDS, str(before)),
        "after": word(SEGMENT_WORDS, after),
    }


def _consented(detail: Detail) -> str:
    topic = detail.get("topic")
    place = word(CHANNELS, _said(detail, "channel")) + (f", {topic}" if topic else "")
    return f"{place}: {word(STATES, _said(detail, 'state'))} ({_said(detail, 'source')})"


def _merged(detail: Detail) -> str:
    return _("Customer %(merged)s turned out to be the same person (%(cause)s)") % {
        "merged": _said(detail, "merged"),
        "cause": _said(detail, "cause"),
    }


def _member(text: Any) -> Callable[[Detail], str]:
    return lambda detail: str(text) % _said(detail, "segment")


def _entered(detail: Detail) -> str:
    text = _("Entered the journey %s") % _said(detail, "journey")
    return _("%s, in a control group") % text if detail.get("ghost") else text


def _left(detail: Detail) -> str:
    if detail.get("completed"):
        return _("Completed the journey %s") % _said(detail, "journey")
    return _("Left the journey %(journey)s: %(reason)s") % {
        "journey": _said(detail, "journey"),
        "reason": reason(_said(detail, "reason")),
    }


def _converted(detail: Detail) -> str:
    return _("Reached the goal of the journey %s") % _said(detail, "journey")


def _message(text: Any) -> Callable[[Detail], str]:
    """A sentence about a message: what happened, by which channel, from which step."""

    def tell(detail: Detail) -> str:
        told = str(text) % {"channel": word(CHANNELS, str(detail.get("channel") or _("message")))}
        place = " · ".join(str(detail[key]) for key in ("journey", "step") if detail.get(key))
        why = _said(detail, "reason", "bounce")
        told = f"{told}: {reason(why)}" if why else told
        return f"{told} ({place})" if place else told

    return tell


SENTENCES: dict[str, Callable[[Detail], str]] = {
    "Order Completed": _bought,
    "Order Refunded": _refunded,
    "Product Viewed": lambda detail: (
        _("Looked at %s") % (detail.get("name") or detail.get("product_id") or "")
    ),
    "identify": _identified,
    "page": _page,
    "screen": _page,
    "customer.created": lambda _detail: _("First seen"),
    "customer.merged": _merged,
    "consent.changed": _consented,
    "lifecycle.changed": _placed,
    "segment.entered": _member(gettext_lazy("Came into the segment %s")),
    "segment.left": _member(gettext_lazy("Left the segment %s")),
    "journey.entered": _entered,
    "journey.left": _left,
    "journey.converted": _converted,
    "message.sent": _message(gettext_lazy("%(channel)s sent")),
    "message.withheld": _message(gettext_lazy("%(channel)s withheld: control group")),
    "message.skipped": _message(gettext_lazy("%(channel)s not sent")),
    "message.delivered": _message(gettext_lazy("%(channel)s delivered")),
    "message.opened": _message(gettext_lazy("%(channel)s opened")),
    "message.clicked": _message(gettext_lazy("%(channel)s: link followed")),
    "message.bounced": _message(gettext_lazy("%(channel)s came back")),
    "message.complained": _message(gettext_lazy("%(channel)s reported as spam")),
    "message.unsubscribed": _message(gettext_lazy("%(channel)s: unsubscribed")),
    "message.failed": _message(gettext_lazy("%(channel)s failed")),
    "message.replied": _message(gettext_lazy("%(channel)s: replied")),
}

ICONS = {
    "Order Completed": "shopping_bag",
    "Order Refunded": "undo",
    "Product Viewed": "visibility",
    "Cart Updated": "shopping_cart",
    "Product Added": "add_shopping_cart",
    "Checkout Started": "point_of_sale",
    "identify": "badge",
    "page": "web",
    "screen": "smartphone",
    "customer.created": "person_add",
    "segment.entered": "group_add",
    "segment.left": "group_remove",
    "journey.entered": "login",
    "journey.left": "logout",
    "journey.converted": "flag",
    "message.opened": "drafts",
    "message.clicked": "ads_click",
    "message.bounced": "unsubscribe",
    "message.complained": "report",
    "message.unsubscribed": "unsubscribe",
    "message.failed": "error",
    "message.skipped": "block",
    "message.withheld": "visibility_off",
    "message.replied": "reply",
}
