"""From due messages to messages ready to leave: claimed, judged by the gates, rendered.

One bad template fails its own message and no other. Ghosts are judged and never rendered.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from channels.core import gate
from channels.core.message import Device, Outgoing
from channels.core.render import Addresses, Prepared, Rendered, TemplateProblem, prepare
from channels.operations.announce import Subject
from channels.queries import gates
from channels.queries.accounts import Way
from channels.queries.gates import Candidate
from channels.queries.public import signer

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


class Batch(NamedTuple):
    """What became of the due messages. `held` are ids to look at again soon."""

    ready: list[Ready]
    refused: list[Refused]
    held: list[int]

    @property
    def claimed(self) -> int:
        return len(self.ready) + len(self.refused) + len(self.held)


def batch(
    *, now: dt.datetime, limit: int, ways: Mapping[str, Way | None], paused: Sequence[str]
) -> Batch:
    """Claim at most `limit` due messages and decide about each. Three statements at most.

    `ways` are the open accounts by channel (None: the sandbox's own).
    """
    candidates = gates.due(now=now, limit=limit, paused=paused)
    desk = _Desk(candidates, ways=ways, paused=paused, now=now)
    result = Batch([], [], [])
    for candidate in candidates:
        _place(desk, candidate, result)
    return result


def _place(desk: "_Desk", candidate: Candidate, result: Batch) -> None:
    verdict = gate.judge(desk.facts(candidate), now=desk.now)
    if isinstance(verdict, gate.Hold):
        result.held.append(candidate.id)
        return
    if isinstance(verdict, gate.Refuse):
        result.refused.append(_refused(candidate, verdict))
        return
    try:
        result.ready.append(desk.ready(candidate, verdict))
    except TemplateProblem as error:
        failure = gate.Refuse(
            "failed", "content_error", {"error": str(error)}, verdict.channel, verdict.address
        )
        result.refused.append(_refused(candidate, failure))


class _Desk:
    """What a whole batch shares: accounts, contents compiled once, the signer."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        ways: Mapping[str, Way | None],
        paused: Sequence[str],
        now: dt.datetime,
    ) -> None:
        self.now = now
        self.ways = ways
        self.accounts = dict.fromkeys(paused, gate.PAUSED) | dict.fromkeys(ways, gate.OPEN)
        wanted = {candidate.content_id for candidate in candidates}
        self.contents = gates.contents(sorted(wanted)) if wanted else {}
        self.prepared: dict[tuple[int, str, str], Prepared] = {}
        self.signer = signer()

    def facts(self, candidate: Candidate) -> gate.Facts:
        consents: list[list[str]] = _decode(candidate.consents) if candidate.consents else []
        return gate.Facts(
            channels=tuple(candidate.channels),
            transactional=candidate.purpose == "transactional",
            topic=candidate.topic,
            ghost=candidate.ghost,
            expires_at=candidate.expires_at,
            addresses={
                "email": candidate.email,
                "sms": candidate.phone,
                "push": candidate.endpoint or "",
            },
            suppressed=_decode(candidate.suppressed) if candidate.suppressed else {},
            consents={(channel, topic): state for channel, topic, state in consents},
            policy=settings.SOJOURN_CONSENT,
            accounts=self.accounts,
        )

    def ready(self, candidate: Candidate, way: gate.Go) -> Ready:
        """Raises TemplateProblem."""
        addresses = Addresses(
            self.signer, candidate.uid.bytes, unsubscribe_text=unsubscribe_text(candidate.locale)
        )
        rendered = self._content(candidate, way.channel).render(_variables(candidate), addresses)
        account = self.ways[way.channel]
        return Ready(
            subject=_subject(candidate, way.channel),
            id=candidate.id,
            fence=candidate.fence,
            attempts=candidate.attempts,
            channel=way.channel,
            address=way.address,
            account_id=account.id if account else None,
            rendered=rendered,
            outgoing=self._outgoing(candidate, way.address, rendered, account),
        )

    def _content(self, candidate: Candidate, channel: str) -> Prepared:
        key = (candidate.content_id, channel, candidate.purpose)
        if key not in self.prepared:
            content = self.contents[candidate.content_id]
            self.prepared[key] = prepare(content, channel=channel, purpose=candidate.purpose)
        return self.prepared[key]

    def _outgoing(
        self, candidate: Candidate, target: str, rendered: Rendered, account: Way | None
    ) -> Outgoing:
        left = (candidate.expires_at - self.now).total_seconds() if candidate.expires_at else None
        return Outgoing(
            uid=str(candidate.uid),
            to=target,
            at=self.now,
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
            device=_device(candidate),
        )


@lru_cache(maxsize=256)
def unsubscribe_text(locale: str) -> str:
    """The word under a mail that leads to unsubscribing, in the customer's language."""
    try:
        language = translation.get_supported_language_variant(locale.replace("_", "-").lower())
    except LookupError:
        language = settings.LANGUAGE_CODE
    with translation.override(language):
        return _("Unsubscribe")


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


def _device(candidate: Candidate) -> Device | None:
    if candidate.device_id is None:
        return None
    return Device(
        id=candidate.device_id,
        endpoint=candidate.endpoint or "",
        p256dh=candidate.p256dh or "",
        auth=candidate.auth or "",
    )


def _status_callback(account: Way | None) -> str:
    """Where the provider reports to, as the account's `public_url` or the deployment's."""
    if account is None:
        return ""
    base = account.settings.options.get("public_url") or settings.PUBLIC_URL
    return f"{base.rstrip('/')}/callbacks/{account.settings.adapter}/{account.settings.slug}/status"
