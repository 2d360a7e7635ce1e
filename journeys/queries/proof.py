"""The render proof: every content of a journey read through for the customers it is meant for.

Nothing is written, and nothing is fetched.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from channels.core import price
from channels.core.address import COLUMNS
from channels.core.blocks import BlockProblem
from channels.core.proof import Sheet
from channels.core.variants import LOCALES, chosen, variants
from channels.queries import accounts
from journeys.core.document import parse
from journeys.core.plan import Plan, compile
from journeys.core.problem import DocumentError
from journeys.core.steps.send import PlannedSend
from journeys.models import Journey
from journeys.queries import audience
from journeys.queries.audience import Borrowed, Reader
from journeys.queries.contents import content_of
from profiles.core.answers import Refused, instant_text
from profiles.core.problems import Problem

SEGMENTS = 3
Tell = Callable[[float], None]


class Terms(NamedTuple):
    """For `sample` customers (None: the whole audience); `segments` are the most an SMS may have;
    with `live` the live version instead of the draft.
    """

    sample: int | None = None
    segments: int = SEGMENTS
    live: bool = False


class Page(NamedTuple):
    """One content of a send step on one of its channels, in one of its `languages`. `arm` is ""
    without variants, `language` the content's own.
    """

    step: str
    arm: str
    channel: str
    sheet: Sheet
    language: str = ""
    languages: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where it stands in the document."""
        arm = f".variants.{self.arm}" if self.arm else ""
        language = f".locales.{self.language}" if self.language else ""
        return f"steps[{self.step}].send{arm}{language}"

    def is_for(self, reader: Reader) -> bool:
        """Whoever has no address for the channel gets nothing there, and is not counted."""
        column = COLUMNS.get(self.channel)
        reached = column is None or bool(getattr(reader, column))
        return reached and chosen(self.languages, reader.locale) == self.language


class Proof(NamedTuple):
    """What was read: by whom, of whom `own` with an entry event of theirs."""

    pages: list[Page]
    people: list[int]
    own: int
    lent: Borrowed | None
    has_entry: bool

    @property
    def customers(self) -> int:
        return len(self.people)

    def told(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            "customers": self.customers,
            "entry": self._entry(),
            "steps": [
                {"step": page.step, "arm": page.arm, "language": page.language, **page.sheet.told()}
                for page in self.pages
            ],
        }

    def _entry(self) -> dict[str, Any] | None:
        """Whose events the texts were read with; None where no event lets customers in."""
        if not self.has_entry:
            return None
        others = self.customers - self.own
        lent = {
            "event": self.lent.name, "customer": self.lent.customer,
            "at": instant_text(self.lent.at),
        } if self.lent else None  # fmt: skip
        return {"own": self.own, "borrowed": others if lent else 0,
                "none": 0 if lent else others, "lent": lent}  # fmt: skip


def of_journey(
    slug: str, terms: Terms, *, now: dt.datetime, tell: Tell | None = None
) -> dict[str, Any]:
    """The proof of a journey's draft or live version, as the API answers it. Raises Refused."""
    journey = Journey.objects.select_related("live_version").filter(slug=slug).first()
    version = journey.live_version if journey else None
    if journey is None or (terms.live and version is None):
        message = _("There is no journey “%(slug)s” that could be read.") % {"slug": slug}
        raise Refused("not_found", message, status=404)
    found = proof(
        _plan(version.source if terms.live and version else journey.source), terms,
        now=now, tell=tell,
    )  # fmt: skip
    return {
        "journey": slug,
        "version": version.number if terms.live and version else None,
        "revision": journey.revision,
        **found.told(),
    }


def cost_words(cost: Mapping[str, Any]) -> str:
    """What the read SMS would cost, in words with their base."""
    said = _("%(amount)s for %(messages)s SMS") % {
        "amount": price.written(cost["amount"], cost["currency"]),
        "messages": f"{cost['messages']:,}",
    }
    if cost["unpriced"]:
        said += ", " + _("%(messages)s have no price") % {"messages": f"{cost['unpriced']:,}"}
    return said


def _plan(source: str) -> Plan:
    """What the text compiles to, once its templates are there."""
    try:
        plan = compile(parse(source))
        for body in plan.contents:
            content_of(body)
    except DocumentError as error:
        told = [Problem(each.path, each.code, each.message) for each in error.problems]
        raise Refused("invalid", str(error), status=422, problems=told) from error
    except BlockProblem as error:
        raise Refused("invalid", str(error), status=422) from error
    except KeyError as error:
        message = _("There is no template “%(slug)s”.") % {"slug": error.args[0]}
        raise Refused("invalid", message, status=422) from error
    return plan


def proof(plan: Plan, terms: Terms, *, now: dt.datetime, tell: Tell | None = None) -> Proof:
    """Read every content of the plan. `tell` hears how much is done, 0 to 1."""
    pages = list(_pages(plan, terms))
    people = audience.drawn(plan, sample=terms.sample, now=now) if pages else []
    lent = audience.borrowed(plan)
    done: list[int] = []
    seen = own = 0
    for batch in audience.readers(plan, people, lent, now=now):
        room = len(batch) if terms.sample is None else terms.sample - len(done)
        for reader in batch[:room]:
            done.append(reader.id)
            own += reader.own
            _read(plan, pages, reader)
        seen += audience.BATCH
        if tell is not None:
            tell(min(seen / len(people), 1.0))
    return Proof(pages, done, own, lent, bool(plan.enter.triggers or plan.enter.dates))


def _pages(plan: Plan, terms: Terms) -> Iterator[Page]:
    prices = accounts.prices("sms")
    for step in (each for each in plan.steps if isinstance(each, PlannedSend)):
        for arm, number in zip(step.variants, step.contents, strict=True):
            content = content_of(plan.contents[number])
            languages = tuple(content.get(LOCALES) or ())
            for (language, body), channel in product(variants(content), step.channels):
                sheet = Sheet(
                    body, channel=channel, purpose=plan.purpose, base=settings.PUBLIC_URL,
                    segments=terms.segments, prices=prices,
                )  # fmt: skip
                yield Page(step.id, arm, channel, sheet, language, languages)


def _read(plan: Plan, pages: list[Page], reader: Reader) -> None:
    variables: Mapping[str, Any] = {
        "customer": reader.attributes,
        "entry": reader.entry,
        "context": {},
        "journey": {"slug": plan.journey, "title": plan.title},
    }
    for page in pages:
        if page.is_for(reader):
            page.sheet.add(reader.id, variables, phone=reader.phone)
