"""Everything that the gates want to know about a batch of due messages, fetched once for all."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from channels.core import budget, gate
from channels.core.address import COLUMNS, PHONES, canonical, country_of
from channels.core.budget import Asking, Cap, Capped, Coming, Counted
from channels.core.quiet import Quiet
from channels.queries import budgets, gates, shared
from channels.queries.accounts import Ways
from channels.queries.gates import ON_DEVICES, Candidate, Target
from channels.queries.halts import Halted
from profiles.core import draw
from profiles.queries.erased import Address, erased
from profiles.queries.zones import zone_of

_decode = msgspec.json.decode


class Dossier:
    """One for a batch. In the sandbox (`ways` None) every channel is open."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        ways: Ways | None,
        caps: Sequence[Cap],
        halted: Halted,
        now: dt.datetime,
    ) -> None:
        self.now = now
        self.halted = halted
        self.ways = ways
        self.caps = caps
        self.quiet: Quiet = settings.SOJOURN_QUIET
        on_devices = {each.customer_id for each in candidates if _on_device(each)}
        kinds = () if ways is None else ways.adapters
        self.devices = gates.devices(on_devices, kinds=kinds)
        self.on_site = gates.on_site(each.customer_id for each in candidates if _on_site(each))
        customers = {each.customer_id for each in candidates if _is_limited(each)}
        self.sharers = shared.sharers(customers)
        others = {other for each in self.sharers.values() for other in each}
        self.ghosts = shared.ghosts(others, {each.journey for each in candidates})
        self.erased = erased({each for one in candidates for each in _addresses(one)})
        self.counted: dict[int, list[Counted]] = {}
        self.coming: dict[int, list[Coming]] = {}
        if caps and customers:
            ids = [each.id for each in candidates]
            self.counted = budgets.counted(customers, caps, now=now)
            self.coming = budgets.coming(customers, caps, now=now, besides=ids)

    def facts(self, candidate: Candidate) -> gate.Facts:
        """What the gates decide on."""
        suppressed = dict(_decode(candidate.suppressed)) if candidate.suppressed else {}
        for channel in ON_DEVICES:
            target = self.device(candidate, channel)
            if target is not None and target.suppressed:
                suppressed[channel] = target.suppressed
        suppressed = {**self._erased(candidate), **suppressed}
        zone = zone_of(candidate.timezone)
        return gate.Facts(
            channels=tuple(candidate.channels),
            transactional=not _is_limited(candidate),
            topic=candidate.topic,
            ghost=candidate.ghost,
            expires_at=candidate.expires_at,
            addresses={each: self.address(candidate, each) for each in candidate.channels},
            suppressed=suppressed,
            consents={(said.channel, said.topic): said.state for said in spoken(candidate)},
            policy=settings.SOJOURN_CONSENT,
            accounts={each: self.state(candidate, each) for each in candidate.channels},
            capped=self._capped(candidate, zone),
            on_cap=candidate.on_cap or "skip",
            quiet_until=self._quiet(candidate, zone),
            firm=candidate.firm,
            shared_control=self._shared(candidate),
            paused_until=candidate.paused_until,
        )

    def leaves(self, candidate: Candidate, way: gate.Go) -> None:
        """It counts for those of the batch that are judged after it."""
        if self.caps and _is_limited(candidate):
            fact = Counted(self.now, way.channel, candidate.topic, bool(candidate.ghost))
            self.counted.setdefault(candidate.customer_id, []).append(fact)

    def device(self, candidate: Candidate, channel: str) -> Target | None:
        return self.devices.get((candidate.customer_id, channel))

    def address(self, candidate: Candidate, channel: str) -> str:
        """Where the channel would reach the customer; '' for nowhere."""
        if channel == "email":
            return candidate.email
        if channel in PHONES:
            return candidate.phone
        if channel == "webhook" or (channel == "inbox" and candidate.customer_id in self.on_site):
            return str(candidate.customer_id)
        target = self.device(candidate, channel)
        return target.endpoint if target else ""

    def state(self, candidate: Candidate, channel: str) -> str:
        """Whether an account serves the channel: open, paused, or no_account."""
        if channel in self.halted.channels:
            return gate.PAUSED
        if self.ways is None:
            return gate.OPEN
        target = self.device(candidate, channel)
        return self.ways.state(channel, target.kind if target else "")

    def _erased(self, candidate: Candidate) -> dict[str, str]:
        """Why addresses of people who were erased are closed, unless they have asked anew."""
        found: dict[str, str] = {}
        for channel, address in _addresses(candidate) if self.erased else ():
            closed = self.erased.get((channel, address))
            if closed is not None and not _asked_anew(candidate, channel, closed.at):
                found[channel] = closed.reason
        return found

    def _shared(self, candidate: Candidate) -> dict[str, str]:
        """The control group of another customer with the same address, by channel."""
        found: dict[str, str] = {}
        for channel in candidate.channels:
            column = COLUMNS.get(channel, "")
            for other in self.sharers.get((candidate.customer_id, column), ()):
                ghost = self.ghosts.get((other, candidate.journey), "")
                if draw.drawn(draw.GLOBAL_CONTROL, str(other), settings.SOJOURN_GLOBAL_CONTROL):
                    ghost = "global"
                if ghost:
                    found[channel] = ghost
        return found

    def _capped(self, candidate: Candidate, zone: ZoneInfo) -> dict[str, Capped]:
        if not self.caps or not _is_limited(candidate):
            return {}
        known = budget.Known(
            self.counted.get(candidate.customer_id, ()),
            self.coming.get(candidate.customer_id, ()),
            zone,
        )
        topic, ghost = candidate.topic, bool(candidate.ghost)
        found = {
            channel: budget.judge(
                self.caps, Asking(channel, topic, candidate.priority, ghost), known, now=self.now
            )
            for channel in candidate.channels
        }
        return {channel: capped for channel, capped in found.items() if capped is not None}

    def _quiet(self, candidate: Candidate, zone: ZoneInfo) -> dict[str, dt.datetime]:
        if not self.quiet or not _is_limited(candidate):
            return {}
        country = _country(candidate)
        found = {
            channel: self.quiet.open_from(self.now, zone, channel=channel, country=country)
            for channel in candidate.channels
        }
        return {channel: until for channel, until in found.items() if until > self.now}


class Spoken(NamedTuple):
    """A consent on record; `at` in microseconds."""

    channel: str
    topic: str
    state: str
    at: int


def spoken(candidate: Candidate) -> list[Spoken]:
    """What the customer said of the message's channels and its topic."""
    return _decode(candidate.consents, type=list[Spoken]) if candidate.consents else []


def _addresses(candidate: Candidate) -> list[Address]:
    """Where the profile's own columns lead on the channels asked, as erased addresses are named."""
    columns = {"email": candidate.email, "phone": candidate.phone}
    given = ((each, columns.get(COLUMNS.get(each, ""), "")) for each in candidate.channels)
    return [(channel, canonical(channel, address)) for channel, address in given if address]


def _asked_anew(candidate: Candidate, channel: str, since: dt.datetime) -> bool:
    moment = int(since.timestamp() * 1_000_000)
    return any(
        said.channel == channel and said.state == "subscribed" and said.at > moment
        for said in spoken(candidate)
    )


def _country(candidate: Candidate) -> str:
    """Where the customer's phone is; the profile's own word on it where there is none."""
    found = country_of(candidate.phone) if candidate.phone else ""
    return found or str(_decode(candidate.attributes).get("country") or "").upper()


def _on_device(candidate: Candidate) -> bool:
    return not set(ON_DEVICES).isdisjoint(candidate.channels)


def _on_site(candidate: Candidate) -> bool:
    return "inbox" in candidate.channels


def _is_limited(candidate: Candidate) -> bool:
    return candidate.purpose != "transactional"
