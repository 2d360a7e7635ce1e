"""Updates of a bot: what people write, which buttons they press, and who blocks the bot.

Only the secret token tells that it is Telegram, and an update carries no signed time; a replay
repeats the update's number and so changes nothing.
"""

import re
from typing import Annotated

import msgspec

from channels.adapters.base import (
    CLOSED,
    TOO_LARGE,
    Malformed,
    RawRequest,
    Refusal,
    refusal,
    too_large,
)
from channels.core import sms, telegram, webhook_signature
from channels.core.message import AccountSettings
from channels.core.receipt import Receipt, as_stop, instant, plain

HEADER = "x-telegram-bot-api-secret-token"
TEXT_LIMIT = 4096
PAYLOAD_LIMIT = 64
LEFT = frozenset({"kicked", "left"})
COMMAND = re.compile(r"/(start|stop|help)(?:@\w+)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)

Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""Telegram's ids have at most 52 bits."""


class _Chat(msgspec.Struct):
    id: Number


class _Person(msgspec.Struct):
    id: Number
    is_bot: bool = False


class _Sent(msgspec.Struct):
    message_id: Number
    chat: _Chat


class _Message(_Sent):
    date: Number
    sender: _Person | None = msgspec.field(name="from", default=None)
    text: str = ""
    caption: str = ""
    reply_to_message: _Sent | None = None


class _Button(msgspec.Struct):
    text: str
    callback_data: str = ""


class _Keyboard(msgspec.Struct):
    inline_keyboard: list[list[_Button]] = []


class _Shown(_Sent):
    reply_markup: _Keyboard = msgspec.field(default_factory=_Keyboard)


class _Press(msgspec.Struct):
    sender: _Person = msgspec.field(name="from")
    message: _Shown | None = None
    data: str = ""

    @property
    def label(self) -> str:
        """What stands on the button."""
        rows = self.message.reply_markup.inline_keyboard if self.message else []
        pressed = (button for row in rows for button in row if button.callback_data == self.data)
        return next((button.text for button in pressed), "")


class _Member(msgspec.Struct):
    status: str


class _Membership(msgspec.Struct):
    chat: _Chat
    date: Number
    new_chat_member: _Member


class _Update(msgspec.Struct):
    update_id: Number
    message: _Message | None = None
    callback_query: _Press | None = None
    my_chat_member: _Membership | None = None


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Does the caller know the secret that the bot's webhook was set with?"""
    secret = account.options.get("secret_token", "")
    if not secret:
        return CLOSED
    if too_large(request):
        return TOO_LARGE
    given = request.headers.get(HEADER, "")
    return refusal(webhook_signature.secret_token(secret, given=given))


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """The receipts in a verified update. Updates of kinds we do not know are passed over."""
    try:
        update = msgspec.json.decode(request.body, type=_Update)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Malformed(code="not_an_update", message="The body is no update of the Bot API.")
    key = str(update.update_id)
    if update.message is not None:
        return _written(key, update.message, request)
    if update.callback_query is not None:
        return [_clicked(key, update.callback_query, request)]
    if update.my_chat_member is not None:
        return _moved(key, update.my_chat_member, request)
    return []


def _written(key: str, message: _Message, request: RawRequest) -> list[Receipt]:
    """What somebody wrote, and whether it asks for no more, or to begin again."""
    text = plain(message.text or message.caption, limit=TEXT_LIMIT)
    if not text or (message.sender is not None and message.sender.is_bot):
        return []
    answered = message.reply_to_message
    reply = Receipt(
        key=key,
        kind="replied",
        at=instant(message.date, now=request.now),
        provider_id=_name(answered) if answered else None,
        address=str(message.chat.id),
        detail={"text": text, **_meant(text)},
    )
    return [reply, as_stop(reply)] if reply.detail["intent"] == "stop" else [reply]


def _meant(text: str) -> dict[str, str]:
    """STOP and HELP in words too; only /start opens again, for a chat's "yes" answers anything."""
    command = COMMAND.fullmatch(text.strip())
    if command is None:
        said = sms.intent(text)
        return {"intent": said if said and said != "start" else ""}
    intent, payload = command[1].lower(), plain((command[2] or "").strip(), limit=PAYLOAD_LIMIT)
    return {"intent": intent, **({"start": payload} if intent == "start" and payload else {})}


def _clicked(key: str, press: _Press, request: RawRequest) -> Receipt:
    """A button of ours names the message; an update does not say when it was pressed."""
    uid, action = telegram.pressed(plain(press.data))
    chat = press.message.chat.id if press.message else press.sender.id
    return Receipt(
        key=key,
        kind="clicked",
        at=request.now,
        message_uid=uid,
        provider_id=_name(press.message) if press.message else None,
        address=str(chat),
        detail={"action": action, "text": plain(press.label)},
    )


def _moved(key: str, membership: _Membership, request: RawRequest) -> list[Receipt]:
    """Whoever blocks the bot, or throws it out of a group, asks for no more."""
    status = membership.new_chat_member.status
    if status not in LEFT:
        return []
    return [
        Receipt(
            key=key,
            kind="unsubscribed",
            at=instant(membership.date, now=request.now),
            address=str(membership.chat.id),
            detail={"reason": status},
        )
    ]


def _name(sent: _Sent) -> str:
    return telegram.provider_id(sent.chat.id, sent.message_id)
