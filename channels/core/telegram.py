"""What a message to a Telegram chat carries, and how its buttons lead back to it. No network here.

Sizes are those of the Bot API: texts in characters, the data of a button in bytes. Bold is said by
an entity, not by mark-up, so that no text needs escaping; entities count UTF-16 units.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from channels.core.message import Outgoing

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_BUTTONS = 100
MAX_BUTTON_DATA = 64
SHORT = 22
_HEX = re.compile(r"[0-9a-f]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9:_-]{1,200}")
_LINK = re.compile(r"(?:https?|tg)://[^\s]+", re.IGNORECASE)


class Unsendable(ValueError):
    """Why Telegram would never take this message; `code` is ours."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def is_token(token: str) -> bool:
    """Whether a bot's token can stand in an address at all."""
    return _TOKEN.fullmatch(token) is not None


def compose(message: Outgoing) -> tuple[str, dict[str, Any]]:
    """The method of the Bot API and its parameters. Raises Unsendable."""
    if not message.to:
        raise Unsendable("invalid_address", "The message names no chat.")
    text, entities = _text(message)
    sent: dict[str, Any] = {"chat_id": message.to}
    if message.image:
        _fits(text, MAX_CAPTION, "The text under an image")
        method, names = "sendPhoto", ("caption", "caption_entities")
        sent["photo"] = message.image
    else:
        _fits(text, MAX_TEXT, "The text")
        method, names = "sendMessage", ("text", "entities")
        if not text:
            raise Unsendable("empty_text", "A message without an image needs a text.")
    sent |= {name: value for name, value in zip(names, (text, entities), strict=True) if value}
    rows = _rows(message)
    return method, {**sent, "reply_markup": {"inline_keyboard": rows}} if rows else sent


def button_problem(data: Any) -> str:
    """What is wrong with the buttons of a content's `data` as it is written, or ''."""
    given = (data.get("buttons") or []) if isinstance(data, dict) else []
    if not isinstance(given, list) or len(given) > MAX_BUTTONS:
        return f"`buttons` is a list of at most {MAX_BUTTONS}"
    said = [tuple(map(bool, _words(item))) for item in given]
    if any(not text or url == action for text, url, action in said):
        return "a button has a `text`, and either a `url` or an `action`"
    return ""


def tracked(data: Mapping[str, Any], track: Callable[[str], str]) -> dict[str, Any]:
    """The same data with the web addresses of its buttons as `track` gives them back."""
    given = data.get("buttons")
    if not isinstance(given, list):
        return dict(data)
    return {**data, "buttons": [_tracked(item, track) for item in given]}


def button_data(uid: str, action: str) -> str:
    """What a pressed button sends back: the message's id in short form and the action."""
    return f"{short(uid)}:{action}"


def pressed(data: str) -> tuple[str | None, str]:
    """The message's id in a button's data, where it has one, and the action."""
    head, colon, action = data.partition(":")
    uid = long(head)
    return (uid, action) if colon and uid else (None, data)


class _Press(msgspec.Struct):
    id: str


class _Update(msgspec.Struct):
    callback_query: _Press | None = None


def acknowledgement(update: bytes) -> bytes:
    """The answer to an update: it ends the waiting of a pressed button, or says nothing."""
    try:
        press = msgspec.json.decode(update, type=_Update).callback_query
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        press = None
    if press is None:
        return b""
    told = {"method": "answerCallbackQuery", "callback_query_id": press.id}
    return msgspec.json.encode(told)


def provider_id(chat: int, number: int) -> str:
    """How a message is named: Telegram numbers them anew in every chat."""
    return f"{chat}:{number}"


def short(uid: str) -> str:
    """A UUID in 22 characters of base64url; anything else stays as it is."""
    bare = uid.replace("-", "").lower()
    if not _HEX.fullmatch(bare):
        return uid
    return base64.urlsafe_b64encode(bytes.fromhex(bare)).rstrip(b"=").decode()


def long(name: str) -> str | None:
    """The UUID that `short` has written, or None."""
    if len(name) != SHORT or not name.isascii():
        return None
    try:
        bare = base64.b64decode(f"{name}==", altchars="-_", validate=True).hex()
    except ValueError:
        return None
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


def _text(message: Outgoing) -> tuple[str, list[dict[str, Any]]]:
    """The title in bold above the text."""
    text, title = message.text or message.body, message.title.strip()
    if not title:
        return text, []
    bold = {"type": "bold", "offset": 0, "length": len(title.encode("utf-16-le")) // 2}
    return f"{title}\n\n{text}".rstrip(), [bold]


def _fits(text: str, most: int, what: str) -> None:
    if len(text) > most:
        sentence = f"{what} has {len(text)} characters; Telegram takes {most}."
        raise Unsendable("text_too_long", sentence)


def _rows(message: Outgoing) -> list[list[dict[str, str]]]:
    """The buttons, each in a row of its own."""
    problem = button_problem(message.data)
    if problem:
        raise Unsendable("unusable_button", f"Of the message's data: {problem}.")
    return [[_button(item, message.uid)] for item in message.data.get("buttons") or []]


def _button(item: Any, uid: str) -> dict[str, str]:
    text, url, action = _words(item)
    if url:
        if not _LINK.fullmatch(url):
            raise Unsendable("unusable_button", f"The button {text!r} leads to no web address.")
        return {"text": text, "url": url}
    data = button_data(uid, action)
    if len(data.encode()) > MAX_BUTTON_DATA:
        most = MAX_BUTTON_DATA - SHORT - 1
        sentence = f"The action of the button {text!r} is longer than {most} bytes."
        raise Unsendable("unusable_button", sentence)
    return {"text": text, "callback_data": data}


def _words(item: Any) -> tuple[str, str, str]:
    """A button's text, address and action; what it has not is empty."""
    given = item if isinstance(item, dict) else {}
    values = (given.get(name) for name in ("text", "url", "action"))
    text, url, action = (value.strip() if isinstance(value, str) else "" for value in values)
    return text, url, action


def _tracked(item: Any, track: Callable[[str], str]) -> Any:
    url = item.get("url") if isinstance(item, dict) else None
    if not isinstance(url, str) or not url.strip().lower().startswith(("http:", "https:")):
        return item
    return {**item, "url": track(url)}
