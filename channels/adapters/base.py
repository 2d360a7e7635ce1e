"""What every provider folder offers, and how any HTTP answer becomes an outcome.

`adapter.py` opens an account into a `Sender`; `callbacks.py` verifies and parses what comes back.
Providers are mapping tables into our own vocabulary: none of their words leaves their folder.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import Receipt, plain
from channels.core.webhook_signature import Verdict

MAX_CALLBACK_BYTES = 1024 * 1024


class Sender(Protocol):
    """An open account: keep-alive connections behind it, safe to use from many threads."""

    @property
    def repeatable(self) -> bool:
        """True where the receiving side folds a repeated send into one (a push with a topic)."""

    @property
    def settle_seconds(self) -> int:
        """How long after an attempt the provider's list can be trusted to contain it."""

    def send(self, message: Outgoing) -> Outcome:
        """Hand one message over. Never raises for anything the network or the provider does."""

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """Ask what became of an unproven send begun at `since`.

        Found: `accepted` with the provider's id. Provably absent: `retry` with code `absent`.
        None when the provider cannot tell.
        """

    def close(self) -> None:
        """Close the connections."""


@runtime_checkable
class Together(Protocol):
    """What a `Sender` can do besides whose `adapter` module says `TOGETHER = True`."""

    def send_together(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Hand over messages of one text, which differ in recipient and id; outcomes in order."""


class RawRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A callback as it came: `url` as the public sees it, header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    now: datetime


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a callback is turned away. `code` is for our log; the caller learns only the status."""

    status: int
    code: str
    message: str = "The callback was refused."


class Malformed(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine callback that cannot be read (answer 400)."""

    code: str
    message: str


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of an account, as the admin asks for it."""

    name: str
    label: str
    secret: bool = False
    required: bool = False


class Adapter(Protocol):
    """The shape of a provider's `adapter` module."""

    @property
    def CHANNELS(self) -> tuple[str, ...]: ...

    @property
    def OPTIONS(self) -> tuple[Option, ...]: ...

    def open(self, account: AccountSettings) -> Sender: ...


class Callbacks(Protocol):
    """The shape of a provider's `callbacks` module."""

    def verify(self, account: AccountSettings, request: RawRequest) -> Refusal | None: ...

    def parse(
        self, account: AccountSettings, request: RawRequest
    ) -> Sequence[Receipt] | Malformed: ...


def channel_of(account: AccountSettings, channels: Sequence[str]) -> str:
    """Which of its adapter's channels an account serves.

    Its option `channel` says so, or what its sender begins with (`whatsapp:+1555…`), or it is the
    first.
    """
    named = (account.options.get("channel", ""), account.sender.partition(":")[0])
    return next((name for name in named if name in channels), channels[0])


# Exact statuses first, then whole classes. Whatever is not listed proves nothing: unknown.
# A redirect, a missing page or a wrong verb means a wrong base URL: the account's fault.
STATUS_OUTCOMES: Mapping[int, OutcomeKind] = {
    400: "permanent",
    401: "account_broken",
    402: "account_broken",
    403: "account_broken",
    404: "account_broken",
    405: "account_broken",
    408: "retry",
    409: "permanent",
    410: "permanent",
    413: "permanent",
    422: "permanent",
    425: "retry",
    429: "retry",
}
CLASS_OUTCOMES: Mapping[int, OutcomeKind] = {2: "accepted", 3: "account_broken", 4: "permanent"}

CLOSED = Refusal(status=403, code="closed", message="No key is configured for these callbacks.")
NO_CALLBACKS = Refusal(status=403, code="no_callbacks", message="This provider sends none.")
TOO_LARGE = Refusal(status=413, code="too_large", message="The callback is larger than 1 MiB.")


def refusal(verdict: Verdict) -> Refusal | None:
    """A signature's verdict as an answer: one text for every reason, the reason in the code."""
    return None if verdict == "genuine" else Refusal(status=401, code=verdict)


def json_body(body: bytes) -> Any:
    """What the JSON of a callback says, whatever that is; Malformed where it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Malformed(code="invalid_json", message="The body is not JSON.")


def too_large(request: RawRequest) -> bool:
    """Is the body beyond what any provider sends? Asked before any cryptography."""
    return len(request.body) > MAX_CALLBACK_BYTES


def outcome(
    status: int, *, headers: Mapping[str, str], detail: str = "", provider_id: str = ""
) -> Outcome:
    """The outcome of an HTTP answer. Header names may come in any case if the mapping folds it."""
    wait = retry_after(headers)
    kind = STATUS_OUTCOMES.get(status) or CLASS_OUTCOMES.get(status // 100, "unknown")
    if status == 503 and wait is not None:
        kind = "retry"
    return Outcome(
        kind=kind,
        provider_id=provider_id,
        retry_after=wait if kind == "retry" else None,
        http_status=status,
        code="" if kind == "accepted" else f"http_{status}",
        detail=plain(detail),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from Retry-After (seconds or a date) or X-RateLimit-Reset (Unix time).

    Dates are compared with the answer's own Date header, so no clock of ours is involved.
    """
    given = headers.get("retry-after", "")
    if given.isascii() and given.isdigit():
        return float(given[:9])
    answered = _moment(headers.get("date", ""))
    until = _moment(given)
    if answered is not None and until is not None:
        return max(0.0, (until - answered).total_seconds())
    reset = headers.get("x-ratelimit-reset", "")
    if answered is not None and reset.isascii() and reset.isdigit():
        return max(0.0, int(reset[:12]) - answered.timestamp())
    return None


def _moment(value: str) -> datetime | None:
    """An HTTP date, or None for anything else."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else None
