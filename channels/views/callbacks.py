"""What providers report. Only a genuine callback changes anything; 200 is said after the commit.

Answers to anything else are 400, 401, 403 or 413 and tell the caller nothing more.
"""

import datetime as dt
import logging

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
from channels.operations.receive import receive
from channels.queries import accounts
from profiles.queries import clock
from profiles.tasks import ring

log = logging.getLogger(__name__)

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@csrf_exempt
@require_POST
def sendgrid(request: HttpRequest, account: str) -> HttpResponse:
    """POST /callbacks/sendgrid/<account>: the Event Webhook."""
    return _take_in(request, "sendgrid", account) or HttpResponse()


@csrf_exempt
@require_POST
def twilio(request: HttpRequest, account: str) -> HttpResponse:
    """POST /callbacks/twilio/<account>/{status,inbound}: reports and replies, answered in TwiML."""
    refused = _take_in(request, "twilio", account)
    return refused or HttpResponse(EMPTY_TWIML, content_type="text/xml")


def _take_in(request: HttpRequest, adapter: str, slug: str) -> HttpResponse | None:
    """Verify, read and store a callback; the answer if it is turned away."""
    account = accounts.by_slug(slug, adapter=adapter)
    if account is None:
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
    channel = registry.PROVIDERS[adapter].channels[0]
    if receive(shifted, source=slug, channel=channel, now=clock.now()).new:
        ring("match")
    return None


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
