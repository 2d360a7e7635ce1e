"""Would what a journey says reach its customers, and whole? Asked before it is published.

Texts are read for a sample of the audience, whom the gates are asked about too, their links and
images looked at, offers' ends compared with the clock. Fetching takes seconds: never call it in a
transaction.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from channels.core.blocks import BlockProblem
from channels.core.linkcheck import Kind, Seen
from channels.operations import linkcheck
from journeys.core import offers
from journeys.core.document import Document, parse
from journeys.core.plan import Plan, compile
from journeys.core.problem import CODES, DocumentError, Problem, Severity, problem
from journeys.operations.draft import Given
from journeys.operations.refused import Refused
from journeys.queries import audience
from journeys.queries.contents import content_of
from journeys.queries.proof import Page, Proof, Terms, proof
from journeys.queries.reached import Reached, reached
from profiles.queries.zones import zone_of

SAMPLE = 200
MOST_LINKS = 200
"""So many addresses are looked at, those that most customers see."""
UNREACHED = {
    "no_account": gettext_noop("no provider account for this channel"),
    "no_address": gettext_noop("no address"),
    "invalid_address": gettext_noop("the address is not valid"),
    "no_consent": gettext_noop("no consent"),
    "paused": gettext_noop("the customer paused all messages"),
    "suppressed": gettext_noop("the address is on the suppression list"),
    "sunset": gettext_noop("nobody has reacted at the address for long"),
    "control_address": gettext_noop("somebody in a control group has the same address"),
}


class Readiness(NamedTuple):
    """What was found. `looked` are the verdicts by address, `shown` the steps that show each."""

    problems: list[Problem]
    customers: int = 0
    addresses: int = 0
    looked: Mapping[str, Seen] = {}
    shown: Mapping[str, list[str]] = {}

    @property
    def errors(self) -> list[Problem]:
        return [each for each in self.problems if each.severity == "error"]

    def told(self) -> dict[str, Any]:
        """What was looked at, as the API answers it."""
        verdicts = Counter(seen.verdict for seen in self.looked.values())
        return {
            "customers": self.customers,
            "links": {
                "addresses": self.addresses, "looked_at": len(self.looked),
                "broken": verdicts["broken"], "unknown": verdicts["unknown"],
                "why_not": _why_not(),
            },
        }  # fmt: skip

    def overridden(self, reason: str) -> str:
        """The reason, where there is something to override. Raises Refused without one."""
        if not self.errors:
            return ""
        if reason.strip():
            return reason.strip()
        message = _(
            "Not everything would reach the customers: %(first)s"
            " Mend it, or publish with override and a reason."
        )
        first = f"{self.errors[0].path}: {self.errors[0].message}"
        facts = {"delivery": self.told()}
        raise Refused("undeliverable", message % {"first": first}, self.errors, facts=facts)


def readiness(given: Given, *, now: dt.datetime) -> Readiness:
    """What would go wrong with a document; nothing is told of one that cannot be compiled."""
    try:
        document = parse(given)
        plan = compile(document)
        found = proof(plan, Terms(sample=SAMPLE), now=now)
    except (BlockProblem, DocumentError, KeyError):
        return Readiness([])
    seen = _seen(found)
    urls = dict(list(seen.items())[:MOST_LINKS])
    looked = linkcheck.look(urls, now=now)
    problems = [
        *_of_audience(plan, found, now),
        *_of_texts(found),
        *_of_links(found, urls, looked),
        *_of_offers(document, now),
    ]
    return Readiness(
        sorted(document.locate(problems), key=lambda each: each.severity),
        found.customers, len(seen), looked, _shown(found, looked),
    )  # fmt: skip


def note_uses(slug: str, found: Readiness) -> None:
    """The journey is live: what it shows is looked at from now on."""
    linkcheck.used((url, f"{slug}/{step}") for url, steps in found.shown.items() for step in steps)


def _why_not() -> str | None:
    """Why no link was looked at; None where they are."""
    if settings.SOJOURN_LINK_CHECK == "off":
        return "off"
    return "sandbox" if settings.SOJOURN_SANDBOX else None


def _of_audience(plan: Plan, found: Proof, now: dt.datetime) -> Iterator[Problem]:
    if found.people:
        for step in reached(plan, found.people, now=now):
            yield from _of_step(step)
    elif found.pages and audience.is_empty(plan):
        message = _("Nobody fulfils this now: see whether its names and values are right.")
        yield problem("enter.if", "empty_audience", message)


def _of_step(step: Reached) -> Iterator[Problem]:
    """Nobody is reached; or half of those who could be, and more, have not agreed."""
    path, everybody = f"steps[{step.step}].send", step.reasons.total()
    addressed = step.reasons[""] + step.reasons["no_consent"]
    facts = {"channel": ", ".join(step.channels), "all": everybody}
    if not step.reasons[""]:
        reasons = "; ".join(
            f"{_(UNREACHED.get(code, code))}: {number}"
            for code, number in step.reasons.most_common()
        )
        message = _("%(channel)s: none of %(all)s customers would be reached (%(reasons)s).")
        yield problem(path, "unreachable_audience", message % {**facts, "reasons": reasons})
    elif 2 * step.reasons["no_consent"] >= addressed:
        message = _(
            "%(channel)s: %(number)s of %(addressed)s customers have not agreed to it:"
            " ask for their consent first, or choose another channel."
        )
        told = {**facts, "number": step.reasons["no_consent"], "addressed": addressed}
        yield problem(path, "missing_consent", message % told)


def _of_texts(found: Proof) -> Iterator[Problem]:
    for page in found.pages:
        for sentence, some in page.sheet.errors.items():
            message = _("%(channel)s: %(error)s, for %(number)s of %(all)s, such as %(first)s.") % {
                "channel": page.channel, "error": sentence, "number": some.number,
                "all": page.sheet.customers, "first": some.first[0],
            }  # fmt: skip
            yield Problem(page.path, "render_error", message, _severity_of_text(page, found))
        if page.sheet.nowhere.number:
            message = _("%(channel)s: a link leads nowhere for %(number)s of %(all)s.") % {
                "channel": page.channel, "number": page.sheet.nowhere.number,
                "all": page.sheet.customers,
            }  # fmt: skip
            yield problem(page.path, "leads_nowhere", message)


def _severity_of_text(page: Page, found: Proof) -> Severity:
    """What depends on values that nobody knows yet may well go right."""
    no_event = found.has_entry and found.lent is None and not found.own
    guessed = page.sheet.asks_calls or (page.sheet.asks_entry and no_event)
    return "warning" if guessed and not page.sheet.fault else CODES["render_error"]


def _seen(found: Proof) -> dict[str, Kind]:
    """Every address, those that most customers see first; those that stand in a content are looked
    at though nobody is in the audience yet.
    """
    counts: Counter[str] = Counter()
    kinds: dict[str, Kind] = {}
    for page in found.pages:
        counts.update(dict.fromkeys(page.sheet.literal, 1))
        counts.update(page.sheet.links)
        kinds.update(page.sheet.literal | page.sheet.kinds)
    return {url: kinds[url] for url, _number in counts.most_common()}


def _addresses(page: Page) -> dict[str, Kind]:
    return page.sheet.literal | page.sheet.kinds


def _of_links(
    found: Proof, urls: Mapping[str, Kind], looked: Mapping[str, Seen]
) -> Iterator[Problem]:
    severity: Severity = "error" if linkcheck.holds() else "warning"
    told: set[tuple[str, str]] = set()
    for page in found.pages:
        for url in _addresses(page):
            seen = looked.get(url)
            if seen is None or seen.verdict != "broken" or (page.path, url) in told:
                continue
            told.add((page.path, url))
            yield Problem(page.path, f"broken_{urls[url]}", f"{url}: {seen.detail}", severity)


def _of_offers(document: Document, now: dt.datetime) -> Sequence[Problem]:
    zone = zone_of(settings.SOJOURN_TIME_ZONE)
    return list(offers.faults(document, content=content_of, now=now, zone=zone))


def _shown(found: Proof, looked: Mapping[str, Seen]) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {url: [] for url in looked}
    for page in found.pages:
        for url in shown.keys() & _addresses(page).keys():
            shown[url].append(page.step)
    return shown
