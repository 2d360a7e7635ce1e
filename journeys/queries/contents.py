"""What steps send: their own contents, or those of the templates they name; and what these show."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from channels.core import offer
from channels.core.linkcheck import Kind, literal
from channels.queries.gates import contents
from channels.queries.templates import whole
from journeys.core.steps.send import PlannedSend
from journeys.queries import plans
from journeys.queries.plans import Loaded


def content_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its template and blocks in place. Raises KeyError for no such template, and
    BlockProblem.
    """
    return whole(body)


class Offer(NamedTuple):
    """When what a step of a journey speaks of is over."""

    ends: datetime
    journey: str
    step: str


def offers(*, zone: tzinfo) -> list[Offer]:
    """The offers of what journeys send now whose end stands there, the first to end first; `zone`
    reads what is written without one.
    """
    live = plans.current().walking
    bodies = contents(sorted({content for each in live for content in each.contents}))
    return sorted({found for version in live for found in _offers(version, bodies, zone)})


def _offers(
    version: Loaded, bodies: Mapping[int, Mapping[str, Any]], zone: tzinfo
) -> Iterator[Offer]:
    sends = (step for step in version.plan.steps if isinstance(step, PlannedSend))
    for step, content in ((send, each) for send in sends for each in send.contents):
        written = str(bodies[version.contents[content]].get("offer_ends") or "")
        ends = offer.ends(written, variables={}, zone=zone) if offer.is_literal(written) else None
        if ends is not None:
            yield Offer(ends, version.slug, step.id)


def shown() -> tuple[dict[str, Kind], list[tuple[str, str]]]:
    """The addresses that stand in what journeys send now, also by versions that customers have
    stayed on, and (address, `journey/step`) of who shows each.
    """
    live = plans.current().walking
    bodies = contents(sorted({content for each in live for content in each.contents}))
    urls: dict[str, Kind] = {}
    uses: list[tuple[str, str]] = []
    for version in live:
        for step in version.plan.steps:
            for content in step.contents if isinstance(step, PlannedSend) else ():
                found = literal(bodies[version.contents[content]])
                urls |= found
                uses += [(url, f"{version.slug}/{step.id}") for url in found]
    return urls, uses
