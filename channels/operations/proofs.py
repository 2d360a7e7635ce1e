"""Test messages: rendered for a customer, sent to a colleague, at once and beside the outbox.

No customer gets them and no row of a message is made, so that no report, cap or condition counts
them. Their links are as written and lead past the counter.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from channels.adapters import registry
from channels.core import address
from channels.core.message import AccountSettings, Outcome, Outgoing
from channels.core.render import Rendered
from channels.core.sunset import SUNSET
from channels.models import Suppression
from channels.operations.handover import in_parallel
from channels.operations.seeds import fault
from channels.queries import accounts, halts, preview
from profiles.core.answers import Refused

MOST = 20
MARK = "[Test] "


class Proof(NamedTuple):
    """What became of one test message: `accepted` by the provider, `refused`, `unknown`, or, where
    no provider is ever called, `sandbox`.
    """

    to: str
    status: str
    detail: str


def send(
    content: Mapping[str, Any],
    *,
    channel: str,
    to: Sequence[str],
    facts: Mapping[str, Any],
    locale: str,
    now: dt.datetime,
) -> list[Proof]:
    """Send a content, blocks in place, to each address. Raises Refused before anything is sent."""
    recipients = _recipients(channel, to)
    _language, spoken = preview.spoken(content, locale)
    (shown,) = preview.show(
        {**spoken, "track": False}, [channel], facts=facts, locale=locale, purpose="transactional"
    )
    if shown.problem or shown.aborted is not None:
        words = shown.problem or _("The template stopped it: %s") % shown.aborted
        raise Refused("invalid", words, status=422)
    if settings.SOJOURN_SANDBOX:
        return [Proof(each, "sandbox", "") for each in recipients]
    sender = _account(channel)
    jobs = [
        lambda each=each: registry.sender(sender).send(_outgoing(shown.rendered, each, sender, now))
        for each in recipients
    ]
    answers = in_parallel(jobs)
    return [_proof(each, answer) for each, answer in zip(recipients, answers, strict=True)]


def _recipients(channel: str, to: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(address.canonical(channel, each) for each in to))
    if not found or len(found) > MOST:
        raise _refused(_("Name one to %(most)s addresses to send to.") % {"most": MOST})
    for each in found:
        if words := fault(channel, each):
            raise _refused(words)
    listed = Suppression.objects.filter(channel=channel, address__in=found)
    closed = listed.exclude(reason=SUNSET).first()
    if closed is not None:
        words = _("Nothing is sent to %(to)s: %(reason)s. Lift the suppression first.")
        raise _refused(words % {"to": closed.address, "reason": closed.reason})
    return found


def _account(channel: str) -> AccountSettings:
    stopped = halts.halted()
    if stopped.everything or channel in stopped.channels:
        raise Refused("state", _("Sending has been stopped: lift the halt first."), status=409)
    way = accounts.ways().way(channel)
    if way is None:
        words = _("No account can send %s now: add one, or resume it.")
        raise Refused("state", words % channel, status=409)
    return way.settings


def _outgoing(rendered: Rendered, to: str, sender: AccountSettings, now: dt.datetime) -> Outgoing:
    return Outgoing(
        uid=str(uuid4()),
        to=to,
        at=now,
        sender=sender.sender,
        subject=MARK + rendered.subject,
        html=rendered.html,
        text=rendered.text,
        headers=rendered.headers,
    )


def _proof(to: str, answer: Outcome) -> Proof:
    status = {"accepted": "accepted", "unknown": "unknown"}.get(answer.kind, "refused")
    return Proof(to, status, answer.detail or answer.code)


def _refused(words: str) -> Refused:
    return Refused("invalid", words, status=422)
