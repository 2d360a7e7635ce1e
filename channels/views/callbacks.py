"""What providers report. Only a genuine callback changes anything; 200 is said after the commit.

Answers to anything else are 400, 401, 403 or 413 and tell the caller nothing more.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from channels.adapters import registry
from channels.adapters.base import (
    CLOSED,
    MAX_CALLBACK_BYTES,
    TOO_LARGE,
    Malformed,
    RawRequest,
    Refusal,
)
from channels.core.message import AccountSettings
from channels.core.receipt import Receipt
from channels.core.telegram import acknowledgement
from channels.operations import chats
from channels.operations.receive import receive
from channels.queries import accounts
from profiles.queries import clock
from profiles.tasks import ring

log = logging.getLogger(__name__)

Answer = Callable[[RawRequest], HttpResponse]
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@csrf_exempt
@require_POST
def sendgrid(request: HttpRequest, account: str) -> HttpResponse:
    """POST /callbacks/sendgrid/<account>: the Event Webhook."""
    return _take_in(request, "sendgrid", account)


@csrf_exempt
@require_POST
def twilio(request: HttpRequest, account: str) -> HttpResponse:
    """POST /callbacks/twilio/<account>/{status,inbound}: reports and replies, answered in TwiML."""
    return _take_in(request, "twilio", account, answer=_twiml)


@csrf_exempt
@require_POST
def telegram(request: HttpRequest, account: str) -> HttpResponse:
    """POST /callbacks/telegram/<account>: a bot's updates. A pressed button is told so."""
    return _take_in(request, "telegram", account, answer=_acknowledged)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, account: str) -> HttpResponse:
    """POST /callbacks/webhook/<account>: what another system reports of its messages."""
    return _take_in(request, "webhook", account)


@csrf_exempt
@require_POST
def report(request: HttpRequest, adapter: str, account: str, part: str = "") -> HttpResponse:
    """POST /callbacks/<adapter>/<account>[/<part>]: any provider to whom a plain 200 is enough."""
    return _take_in(request, adapter, account)


def _twiml(raw: RawRequest) -> HttpResponse:
    return HttpResponse(EMPTY_TWIML, content_type="text/xml")


def _acknowledged(raw: RawRequest) -> HttpResponse:
    return HttpResponse(acknowledgement(raw.body), content_type="application/json")


def _empty(raw: RawRequest) -> HttpResponse:
    return HttpResponse()


def _take_in(
    request: HttpRequest, adapter: str, slug: str, *, answer: Answer = _empty
) -> HttpResponse:
    """Verify, read and store a callback; `answer` it if it is not turned away."""
    account = accounts.by_slug(slug, adapter=adapter)
    if account is None or adapter not in registry.PROVIDERS:
        return _refuse(CLOSED, slug)
    shift = clock.shift()
    raw = _raw(request, account, now=clock.now() - shift)
    if isinstance(raw, Refusal):
        return _refuse(raw, slug)
    provider = registry.callbacks(adapter)
    refusal = provider.verify(account, raw)
    if refusal is not None:
        return _refuse(refusal, slug)
    receipts = provider.parse(account, raw)
    if isinstance(receipts, Malformed):
        return _refuse(Refusal(status=400, code=receipts.code, message=receipts.message), slug)
    # Providers live in real time; what they report is shown at the sandbox's.
    shifted = [msgspec.structs.replace(receipt, at=receipt.at + shift) for receipt in receipts]
    channel = registry.channel(account)
    chats.begin(shifted, channel=channel, source=slug, now=clock.now())
    if _store(shifted, account):
        ring("match")
    return answer(raw)


def _store(receipts: Sequence[Receipt], account: AccountSettings) -> int:
    """How many were new. One account may hear of several channels: SMS and WhatsApp share one."""
    own = registry.channel(account)
    by_channel: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        by_channel.setdefault(receipt.channel or own, []).append(receipt)
    return sum(
        receive(group, source=account.slug, channel=channel, now=clock.now()).new
        for channel, group in by_channel.items()
    )


def _raw(
    request: HttpRequest, account: AccountSettings, *, now: dt.datetime
) -> RawRequest | Refusal:
    """The request as the provider signed it: raw bytes, the address as the public sees it."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > MAX_CALLBACK_BYTES:
        return TOO_LARGE
    try:
        body = request.read(MAX_CALLBACK_BYTES + 1)
    except UnreadablePostError:
        return Refusal(status=400, code="incomplete_body")
    base = account.options.get("public_url") or settings.PUBLIC_URL
    return RawRequest(
        method=request.method or "",
        url=base.rstrip("/") + request.get_full_path(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        now=now,
    )


def _refuse(refusal: Refusal, slug: str) -> HttpResponse:
    log.warning("callback for account %s refused: %s", slug, refusal.code)
    return HttpResponse(refusal.message, status=refusal.status, content_type="text/plain")
