"""Messages to chats through the Bot API, over our keep-alive transport.

Telegram folds no repeats and keeps no list: what cannot be proven stays unknown. The token is a
part of every address, so whatever tells an address in an error is not passed on.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from channels.adapters.base import Option
from channels.adapters.transport import Answer, Transport, TransportError, seconds_of
from channels.core import telegram
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain

CHANNELS = ("telegram",)
OPTIONS = (
    Option(name="token", label="Bot token", secret=True, required=True),
    Option(name="secret_token", label="Secret token of the bot's webhook", secret=True),
    Option(name="bot", label="The bot's name"),
    Option(name="base_url", label="API address"),
)
BASE_URL = "https://api.telegram.org"
LONGEST_REST = 86400.0
NAMES_THE_ADDRESS = frozenset({"unusable_url", "unusable_request"})

# Telegram has no error codes of its own, only words; these say more than the HTTP status.
WORDS: Mapping[str, tuple[OutcomeKind, str]] = {
    "bot was blocked": ("permanent", "unsubscribed"),
    "bot was kicked": ("permanent", "unsubscribed"),
    "bot is not a member": ("permanent", "unsubscribed"),
    "can't initiate conversation": ("permanent", "unsubscribed"),
    "can't send messages to bots": ("permanent", "invalid_address"),
    "user is deactivated": ("permanent", "invalid_address"),
    "chat not found": ("permanent", "invalid_address"),
    "chat_id is empty": ("permanent", "invalid_address"),
    "peer_id_invalid": ("permanent", "invalid_address"),
    "group chat was upgraded": ("permanent", "invalid_address"),
    "group chat was deactivated": ("permanent", "invalid_address"),
    "not enough rights": ("permanent", "no_rights"),
    "message is too long": ("permanent", "text_too_long"),
    "caption is too long": ("permanent", "text_too_long"),
}


def open(account: AccountSettings) -> "TelegramSender":
    """Open the account; no call is made yet."""
    return TelegramSender(account)


class TelegramSender:
    """One bot, safe to use from many threads."""

    repeatable = False
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        self._token = account.options.get("token", "").strip()
        self._base = (account.options.get("base_url") or BASE_URL).rstrip("/")
        self._transport = Transport(seconds=seconds_of(account))

    def send(self, message: Outgoing) -> Outcome:
        if not telegram.is_token(self._token):
            detail = "The bot token is missing or mistyped; enter the one that BotFather gave."
            return Outcome(kind="account_broken", code="wrong_credentials", detail=detail)
        try:
            method, content = telegram.compose(message)
        except telegram.Unsendable as error:
            return Outcome(kind="permanent", code=error.code, detail=plain(str(error)))
        try:
            answer = self._transport.request(
                "POST",
                f"{self._base}/bot{self._token}/{method}",
                headers={"content-type": "application/json"},
                body=msgspec.json.encode(content),
            )
        except TransportError as error:
            return _unanswered(error)
        return answered(answer)

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """A bot cannot read what it has sent."""
        return None

    def close(self) -> None:
        self._transport.close()


class _Chat(msgspec.Struct):
    id: int


class _Message(msgspec.Struct):
    message_id: int
    chat: _Chat


class _Parameters(msgspec.Struct):
    retry_after: float | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: _Message | None = None
    description: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


def answered(answer: Answer) -> Outcome:
    """Telegram's words decide where they are known; otherwise the HTTP status does."""
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if 200 <= answer.status < 300:
        return _taken(said)
    general = answer.outcome(detail=said.description if said else answer.text)
    if said is None or said.ok or answer.status >= 500:
        return general
    if general.kind == "retry" and said.parameters.retry_after is not None:
        wait = min(max(0.0, said.parameters.retry_after), LONGEST_REST)
        return msgspec.structs.replace(general, retry_after=wait, code="rate_limited")
    kind, code = _read(said.description.lower(), answer.status) or (general.kind, general.code)
    return msgspec.structs.replace(general, kind=kind, code=code)


def _read(spoken: str, status: int) -> tuple[OutcomeKind, str] | None:
    """A token is refused by 401; whatever Telegram itself forbids is about one chat."""
    known = next((found for words, found in WORDS.items() if words in spoken), None)
    return known or (("permanent", "forbidden") if status == 403 else None)


def _taken(said: _Answer | None) -> Outcome:
    if said is None or not said.ok or said.result is None:
        detail = "The answer names no message."
        return Outcome(kind="unknown", code="unreadable_answer", detail=detail, http_status=200)
    name = telegram.provider_id(said.result.chat.id, said.result.message_id)
    return Outcome(kind="accepted", provider_id=name, http_status=200)


def _unanswered(error: TransportError) -> Outcome:
    if error.code not in NAMES_THE_ADDRESS:
        return error.outcome()
    detail = "The API address cannot be called; enter one such as https://api.telegram.org."
    return Outcome(kind=error.kind, code=error.code, detail=detail)
