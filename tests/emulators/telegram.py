"""The Bot API on loopback for one bot: sendMessage, sendPhoto, and the updates it posts."""

import base64
import itertools
import time
import uuid
from typing import Any

import httpx
import msgspec

from tests.emulators.server import Emulator, Reply, Request, as_json

TEXT, CAPTION, DATA = 4096, 1024, 64


class Telegram(Emulator):
    """Takes messages to any chat but those in `blocked`, `deactivated` and `unknown`."""

    def __init__(
        self, *, token: str = "42:token", secret_token: str = "secret", **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.token = token
        self.secret_token = secret_token
        self.blocked: set[str] = set()
        self.deactivated: set[str] = set()
        self.unknown: set[str] = set()
        self._numbers = itertools.count(1)
        self._updates = itertools.count(1000)

    def is_send(self, request: Request) -> bool:
        return request.path.startswith("/bot")

    def answer(self, request: Request) -> Reply:
        token, _, method = request.path.removeprefix("/bot").partition("/")
        if token != self.token:
            return _error(401, "Unauthorized")
        if method not in {"sendMessage", "sendPhoto"} or request.method != "POST":
            return _error(404, "Not Found")
        return self._send(method, msgspec.json.decode(request.body))

    def _send(self, method: str, given: dict[str, Any]) -> Reply:
        chat = str(given.get("chat_id", ""))
        photo = method == "sendPhoto"
        text = given.get("caption" if photo else "text", "")
        refused = self._forbidden(chat) or _bad(given, text, photo=photo)
        if refused is not None:
            return refused
        number = next(self._numbers)
        rows = given.get("reply_markup", {}).get("inline_keyboard", [])
        self.accept(
            uid=_uid(rows),
            id=f"{chat}:{number}",
            number=number,
            to=chat,
            method=method,
            text=text,
            entities=given.get("caption_entities" if photo else "entities", []),
            photo=given.get("photo", ""),
            mode=given.get("parse_mode", ""),
            buttons=rows,
            at=time.time(),
        )
        result = {"message_id": number, "date": int(time.time()), "chat": {"id": int(chat)}}
        return as_json(200, {"ok": True, "result": result})

    def _forbidden(self, chat: str) -> Reply | None:
        if not chat.removeprefix("-").isdigit() or chat in self.unknown:
            return _error(400, "Bad Request: chat not found")
        if chat in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        if chat in self.deactivated:
            return _error(403, "Forbidden: user is deactivated")
        return None

    def flood(self, seconds: int) -> None:
        """Answer the next send that there were too many."""
        text = f"Too Many Requests: retry after {seconds}"
        body = _error(429, text, parameters={"retry_after": seconds}).body.decode()
        self.fail("status", status=429, body=body, times=1)

    def wrote(self, chat: int, text: str, **fields: Any) -> dict[str, Any]:
        """Somebody's message in a private chat."""
        message = {
            "message_id": next(self._numbers),
            "from": {"id": chat, "is_bot": False, "first_name": "Ann"},
            "chat": {"id": chat, "type": "private"},
            "date": int(time.time()),
            "text": text,
            **fields,
        }
        return {"update_id": next(self._updates), "message": message}

    def press(self, asked: dict[str, Any], data: str, **fields: Any) -> dict[str, Any]:
        """A button of an accepted message is pressed."""
        chat = int(asked["to"])
        query = {
            "id": uuid.uuid4().hex,
            "from": {"id": chat, "is_bot": False, "first_name": "Ann"},
            "message": {
                "message_id": asked["number"],
                "chat": {"id": chat, "type": "private"},
                "date": int(asked["at"]),
                "reply_markup": {"inline_keyboard": asked["buttons"]},
            },
            "chat_instance": "1",
            "data": data,
            **fields,
        }
        return {"update_id": next(self._updates), "callback_query": query}

    def member(self, chat: int, status: str, *, at: float | None = None) -> dict[str, Any]:
        """The bot's standing in a chat changes."""
        person = {"user": {"id": 42, "is_bot": True, "first_name": "Shop"}}
        change = {
            "chat": {"id": chat, "type": "private"},
            "from": {"id": chat, "is_bot": False, "first_name": "Ann"},
            "date": int(time.time() if at is None else at),
            "old_chat_member": {**person, "status": "member"},
            "new_chat_member": {**person, "status": status},
        }
        return {"update_id": next(self._updates), "my_chat_member": change}

    def signed(self, update: Any) -> tuple[bytes, dict[str, str]]:
        """An update's raw body and its headers."""
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": self.secret_token,
        }
        return msgspec.json.encode(update), headers

    def post(self, url: str, update: Any) -> httpx.Response:
        body, headers = self.signed(update)
        return httpx.post(url, content=body, headers=headers, timeout=60)


def _bad(given: dict[str, Any], text: str, *, photo: bool) -> Reply | None:
    """What the Bot API would not take as it is written."""
    if photo and not str(given.get("photo", "")).startswith(("http://", "https://")):
        return _error(400, "Bad Request: wrong remote file identifier specified")
    if not photo and not text:
        return _error(400, "Bad Request: message text is empty")
    if len(text) > (CAPTION if photo else TEXT):
        kind = "message caption" if photo else "message"
        return _error(400, f"Bad Request: {kind} is too long")
    for button in itertools.chain(*given.get("reply_markup", {}).get("inline_keyboard", [])):
        data = button.get("callback_data")
        if data is not None and not 1 <= len(data.encode()) <= DATA:
            return _error(400, "Bad Request: BUTTON_DATA_INVALID")
    return None


def _uid(rows: list[list[dict[str, str]]]) -> str:
    """Our id, where a button carries it: 16 bytes in base64url before the first colon."""
    for button in itertools.chain(*rows):
        name, colon, _ = button.get("callback_data", "").partition(":")
        if colon and len(name) == 22:
            return str(uuid.UUID(bytes=base64.urlsafe_b64decode(f"{name}==")))
    return ""


def _error(status: int, description: str, **more: Any) -> Reply:
    said = {"ok": False, "error_code": status, "description": description, **more}
    return as_json(status, said)
