"""From due messages to messages ready to leave: claimed, judged by the gates, rendered.

One bad template fails its own message and no other. Ghosts are judged and never rendered.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.conf import settings

from channels.core import gate, linkcheck, offer, utm
from channels.core.links import Asked
from channels.core.message import Device, Outgoing
from channels.core.render import Addresses, Prepared, Rendered, TemplateProblem, prepare
from channels.core.template_abort import Aborted
from channels.core.variants import LOCALES, chosen
from channels.operations.announce import Subject
from channels.operations.linkcheck import LOOKED_AT_AGAIN, PASSED, holds
from channels.queries import budgets, gates, linkchecks
from channels.queries.accounts import Way, Ways
from channels.queries.dossier import Dossier, spoken
from channels.queries.gates import Candidate, Target
from channels.queries.halts import halted
from channels.queries.public import signer, unsubscribe_text
from profiles.queries import workspace
from profiles.queries.zones import zone_of

_decode = msgspec.json.decode


class Ready(NamedTuple):
    """A message that may leave now. `account_id` is None in the sandbox."""

    subject: Subject
    id: int
    fence: int
    attempts: int
    channel: str
    address: str
    account_id: int | None
    rendered: Rendered
    outgoing: Outgoing


class Refused(NamedTuple):
    """A message that a gate, or its own template (`failed`), keeps from leaving."""

    subject: Subject
    id: int
    channel: str
    address: str
    status: str
    reason: str
    inputs: Mapping[str, Any]


class Held(NamedTuple):
    """A message that waits, until when (None: a minute or so) and why."""

    id: int
    reason: str
    until: dt.datetime | None


class Batch(NamedTuple):
    """What became of the due messages."""

    ready: list[Ready]
    refused: list[Refused]
    held: list[Held]

    @property
    def claimed(self) -> int:
        return len(self.ready) + len(self.refused) + len(self.held)


def batch(*, now: dt.datetime, limit: int, ways: Ways | None) -> Batch:
    """Claim at most `limit` due messages and decide about each: a handful of statements.

    `ways` are the accounts; None is the sandbox. Whoever has the higher priority is judged first.
    """
    caps, stopped = budgets.caps(), halted()
    candidates = gates.due(
        now=now,
        limit=limit,
        paused=ways.paused if ways else [],
        halted=stopped,
        one_hand=bool(caps) and not workspace.is_private(),
    )
    dossier = Dossier(candidates, ways=ways, caps=caps, halted=stopped, now=now)
    desk = _Desk(dossier, candidates)
    result = Batch([], [], [])
    for candidate in sorted(candidates, key=lambda each: -each.priority) if caps else candidates:
        _place(desk, candidate, result)
    return result


def _place(desk: "_Desk", candidate: Candidate, result: Batch) -> None:
    verdict = gate.judge(desk.facts(candidate), now=desk.dossier.now)
    if isinstance(verdict, gate.Hold):
        result.held.append(Held(candidate.id, verdict.reason, verdict.until))
        return
    if isinstance(verdict, gate.Refuse):
        if verdict.status == "withheld":
            desk.dossier.leaves(candidate, gate.Go(verdict.channel, verdict.address))
        result.refused.append(_refused(candidate, verdict))
        return
    try:
        ready = desk.ready(candidate, verdict)
    except (Aborted, TemplateProblem) as error:
        result.refused.append(_refused(candidate, _unsaid(error, verdict)))
        return
    if desk.is_broken(candidate, ready.rendered):
        until = desk.dossier.now + LOOKED_AT_AGAIN
        result.held.append(Held(candidate.id, "broken_link", until))
        return
    result.ready.append(ready)
    desk.dossier.leaves(candidate, verdict)


def _unsaid(error: Exception, way: gate.Go) -> gate.Refuse:
    """A message that its own template stops, by its wish or by a fault."""
    status, reason, facts = "failed", "content_error", {"error": str(error)}
    if isinstance(error, Aborted):
        status, reason, facts = "skipped", "aborted", {"because": str(error)}
    return gate.Refuse(status, reason, facts, way.channel, way.address)


class _Desk:
    """What a whole batch shares: what is known, contents compiled once, the signer."""

    def __init__(self, dossier: Dossier, candidates: Sequence[Candidate]) -> None:
        self.dossier = dossier
        wanted = {candidate.content_id for candidate in candidates}
        self.contents = gates.contents(sorted(wanted)) if wanted else {}
        self.prepared: dict[tuple[int, str, str, str], Prepared] = {}
        self.tags: dict[tuple[Any, ...], utm.Tags] = {}
        self.signer = signer()
        self.broken = linkchecks.broken() if candidates and holds() else frozenset[str]()

    def facts(self, candidate: Candidate) -> gate.Facts:
        """What the gates decide on; when its offer ends is a matter of the content."""
        facts = self.dossier.facts(candidate)
        written = self.contents[candidate.content_id].get("offer_ends")
        if not written:
            return facts
        ends = offer.ends(
            written, variables=_variables(candidate), zone=zone_of(candidate.timezone)
        )
        return msgspec.structs.replace(facts, offer_ends=ends)

    def is_broken(self, candidate: Candidate, rendered: Rendered) -> bool:
        """Whether it shows what customers find broken, and was not published so."""
        on_purpose = self.contents[candidate.content_id].get(PASSED)
        return not on_purpose and linkcheck.shows(rendered, self.broken)

    def ready(self, candidate: Candidate, way: gate.Go) -> Ready:
        """Raises TemplateProblem, and Aborted."""
        addresses = Addresses(
            self.signer,
            candidate.uid.bytes,
            tags=self._tags(candidate, way.channel),
            unsubscribe_text=unsubscribe_text(candidate.locale),
            confirm=self._confirm(candidate, way),
        )
        rendered = self._content(candidate, way.channel).render(_variables(candidate), addresses)
        target = self.dossier.device(candidate, way.channel)
        ways = self.dossier.ways
        account = ways.way(way.channel, target.kind if target else "") if ways else None
        return Ready(
            subject=_subject(candidate, way.channel),
            id=candidate.id,
            fence=candidate.fence,
            attempts=candidate.attempts,
            channel=way.channel,
            address=way.address,
            account_id=account.id if account else None,
            rendered=rendered,
            outgoing=self._outgoing(candidate, way, rendered, account),
        )

    def _tags(self, candidate: Candidate, channel: str) -> utm.Tags:
        """The UTM parameters of its links, the same for all of a step, a content and a channel."""
        own = self.contents[candidate.content_id].get("utm")
        if own is None and not settings.SOJOURN_UTM:
            return ()
        key = (candidate.content_id, channel, candidate.journey, candidate.step, candidate.arm)
        if key not in self.tags:
            places = dict(zip(utm.PLACES, key[1:], strict=True))
            self.tags[key] = utm.tags(settings.SOJOURN_UTM, own, places)
        return self.tags[key]

    def _confirm(self, candidate: Candidate, way: gate.Go) -> str:
        """Where the customer confirms what is pending: the topic, or else the whole channel."""
        if candidate.purpose != "transactional":
            return ""
        pending = [
            said
            for said in spoken(candidate)
            if said.state == "pending" and said.channel == way.channel
        ]
        if not pending:
            return ""
        said = max(pending, key=lambda each: each.topic)
        return self.signer.confirm(
            Asked.of(candidate.customer_id, said.at, said.channel, said.topic, way.address)
        )

    def _content(self, candidate: Candidate, channel: str) -> Prepared:
        content = self.contents[candidate.content_id]
        locales = content.get(LOCALES)
        language = chosen(locales, candidate.locale) if locales else ""
        key = (candidate.content_id, channel, candidate.purpose, language)
        if key not in self.prepared:
            own = content[LOCALES][language] if language else content
            self.prepared[key] = prepare(own, channel=channel, purpose=candidate.purpose)
        return self.prepared[key]

    def _outgoing(
        self, candidate: Candidate, way: gate.Go, rendered: Rendered, account: Way | None
    ) -> Outgoing:
        now = self.dossier.now
        left = (candidate.expires_at - now).total_seconds() if candidate.expires_at else None
        return Outgoing(
            uid=str(candidate.uid),
            to=way.address,
            at=now,
            sender=account.settings.sender if account else "",
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            headers=rendered.headers,
            title=rendered.title,
            body=rendered.body,
            url=rendered.url,
            image=rendered.image,
            data=rendered.data,
            ttl=int(left) if left is not None else None,
            status_callback=_status_callback(account),
            device=_device(self.dossier.device(candidate, way.channel)),
        )


def _variables(candidate: Candidate) -> dict[str, Any]:
    """What templates see, besides `links`."""
    context: dict[str, Any] = _decode(candidate.context)
    return {
        "customer": _decode(candidate.attributes),
        "entry": context.get("entry") or {},
        "context": context.get("context") or {},
        "journey": context.get("journey", candidate.journey),
    }


def _subject(candidate: Candidate, channel: str) -> Subject:
    return Subject(
        candidate.customer_id,
        candidate.uid,
        candidate.enrollment_id,
        candidate.journey,
        candidate.version,
        candidate.step,
        candidate.visit,
        candidate.arm,
        channel,
    )


def _refused(candidate: Candidate, verdict: gate.Refuse) -> Refused:
    return Refused(
        _subject(candidate, verdict.channel),
        candidate.id,
        verdict.channel,
        verdict.address,
        verdict.status,
        verdict.reason,
        verdict.inputs,
    )


def _device(target: Target | None) -> Device | None:
    if target is None:
        return None
    return Device(id=target.id, endpoint=target.endpoint, p256dh=target.p256dh, auth=target.auth)


def _status_callback(account: Way | None) -> str:
    """Where the provider reports to, as the account's `public_url` or the deployment's."""
    if account is None:
        return ""
    base = account.settings.options.get("public_url") or settings.PUBLIC_URL
    return f"{base.rstrip('/')}/callbacks/{account.settings.adapter}/{account.settings.slug}/status"
