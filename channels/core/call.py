"""What a call of another system is, how an answer to it is judged, and how it is signed.

Receivers tell repeats by the call's id, so what cannot be proven is tried again: unlike a message.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from channels.core.message import OutcomeKind
from channels.core.receipt import plain
from channels.core.webhook_signature import sign_standard_webhook

STATUSES: Mapping[str, str] = {
    "queued": "waits for its turn, or for another attempt",
    "calling": "in hand of a worker",
    "answered": "the other system has answered",
    "failed": "failed for good",
    "cancelled": "the customer left before it began",
}
REPEATED = frozenset({408, 425, 429})
"""Statuses below 500 that say: later."""
MOST_BYTES = 64 * 1024
MOST_LEVELS = 32
TRIED_AGAIN: frozenset[OutcomeKind] = frozenset({"retry", "unknown"})

CallKind = Literal["answered", "retry", "failed"]


class CallDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A call as a journey hands it over, rendered. With `error` it has failed before it began.

    `timeout` is in seconds. The answer must be JSON if it `saves`.
    """

    customer_id: int
    enrollment_id: int
    journey: str
    version: int
    step: str
    visit: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    saves: bool
    timeout: int
    retries: int
    error: str = ""


class CallResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt ended. `answer` is JSON text, "" where there is none; `code` is ours, and
    `error` says the same in a sentence.
    """

    kind: CallKind
    code: str = ""
    error: str = ""
    http_status: int | None = None
    retry_after: float | None = None
    answer: str = ""


def judged(status: int, body: bytes, *, saves: bool, retry_after: float | None) -> CallResult:
    """What a complete HTTP answer means."""
    if 200 <= status < 300:
        return _answered(status, body, saves=saves)
    kind: CallKind = "retry" if status in REPEATED or status >= 500 else "failed"
    said = plain(body[:2000].decode("utf-8", "replace"))
    words = "It led elsewhere, which is not followed" if 300 <= status < 400 else "It was refused"
    return CallResult(
        kind=kind,
        code=f"http_{status}",
        error=f"{words}: HTTP {status}{f', “{said}”' if said else ''}.",
        http_status=status,
        retry_after=retry_after if kind == "retry" else None,
    )


def _answered(status: int, body: bytes, *, saves: bool) -> CallResult:
    """Only what is to be saved has to be readable."""
    if not saves:
        return CallResult(kind="answered", http_status=status)
    code, error, answer = _read(body)
    kind: CallKind = "failed" if code else "answered"
    return CallResult(kind=kind, code=code, error=error, http_status=status, answer=answer)


def _read(body: bytes) -> tuple[str, str, str]:
    """(code, error, JSON text): one of them tells that it cannot be kept, or it is the text."""
    if len(body) > MOST_BYTES:
        return "answer_too_large", f"The answer has more than {MOST_BYTES // 1024} KB.", ""
    try:
        value = msgspec.json.decode(body)
        text = msgspec.json.encode(value).decode()
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return "answer_unreadable", "The answer is no JSON.", ""
    if not _can_be_kept(value, MOST_LEVELS):
        words = f"The answer nests deeper than {MOST_LEVELS} levels, or holds a NUL."
        return "answer_unreadable", words, ""
    return "", "", text


def _can_be_kept(value: Any, levels: int) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return levels > 0 and all(_can_be_kept(each, levels - 1) for each in value)
    return True


def unanswered(kind: OutcomeKind, code: str, error: str) -> CallResult:
    """What it means that no answer came back."""
    again: CallKind = "retry" if kind in TRIED_AGAIN else "failed"
    return CallResult(kind=again, code=code, error=plain(error))


def signature_headers(
    secrets: Sequence[str], *, uid: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0.0; the id is the same for every attempt of a call."""
    at = str(timestamp)
    signed = [
        sign_standard_webhook(secret, message_id=uid, timestamp=at, body=body) for secret in secrets
    ]
    return {
        "webhook-id": uid,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(f"v1,{each}" for each in signed if each),
    }
