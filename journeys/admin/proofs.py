"""The proof of a journey as its page shows it: texts read for a sample, what goes wrong first."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from journeys.models import Journey
from journeys.queries import proof
from journeys.queries.proof import Terms
from profiles.admin.base import CHANNELS, Refused, now, word

SAMPLE = 200
MOST_LINKS = 20


class Line(NamedTuple):
    """One finding: its tone and icon, what it is of, for how many, and such customers."""

    tone: str
    icon: str
    label: str
    text: str
    customers: int | None = None
    examples: list[tuple[int, str]] = []


def shown(journey: Journey, *, live: bool) -> dict[str, Any]:
    """The page's context; `refused` says why there is nothing to read."""
    try:
        found = proof.of_journey(journey.slug, Terms(sample=SAMPLE, live=live), now=now())
    except Refused as refusal:
        return {"refused": str(refusal), "live": live}
    return {
        "live": live,
        "customers": found["customers"],
        "entry": found["entry"],
        "pages": [_page(each) for each in found["steps"]],
    }


def _page(page: Mapping[str, Any]) -> dict[str, Any]:
    troubles = list(_troubles(page))
    return {
        "step": page["step"],
        "arm": page["arm"],
        "channel": word(CHANNELS, page["channel"]),
        "rendered": page["rendered"],
        "customers": page["customers"],
        "lines": [*troubles, *_measures(page)],
        "links": page["links"][:MOST_LINKS],
        "more": max(len(page["links"]) - MOST_LINKS, 0),
    }


def _troubles(page: Mapping[str, Any]) -> Iterator[Line]:
    for each in page["errors"]:
        yield Line("danger", "error", _("error"), each["message"], *_some(each))
    for each in page["empty"]:
        yield Line("warning", "data_object", _("empty"), each["path"], *_some(each))
    if page["leads_nowhere"]["customers"]:
        yield Line("warning", "link_off", _("a link leads nowhere"), "",
                   *_some(page["leads_nowhere"]))  # fmt: skip
    for path in page["not_known"]:
        yield Line("info", "call", _("known to calls alone"), path)


def _measures(page: Mapping[str, Any]) -> Iterator[Line]:
    for each in page["lengths"]:
        text = f"{each['field']}: {each['min']:,} – {each['median']:,} – {each['max']:,}"
        examples = [_customer(one["customer"]) for one in each["longest"]]
        if each["over"]:
            yield Line("warning", "straighten", _("longer than %(limit)s") % each, text,
                       each["over"], examples)  # fmt: skip
        else:
            yield Line("", "straighten", _("length"), text)
    if page["segments"]:
        segments = page["segments"]
        text = ", ".join(f"{count}: {number:,}" for count, number in segments["counts"].items())
        over = bool(segments["over"]["customers"])
        some = _some(segments["over"]) if over else ()
        yield Line("warning" if over else "", "sms", _("SMS segments"), text, *some)
        if cost := segments["cost"]:
            yield Line("", "payments", _("cost"), proof.cost_words(cost))


def _some(found: Mapping[str, Any]) -> tuple[int, list[tuple[int, str]]]:
    return found["customers"], [_customer(each) for each in found["examples"]]


def _customer(number: int) -> tuple[int, str]:
    return number, reverse("admin:profiles_customer_change", args=[number])
