"""Callbacks that were genuine until somebody touched them: each is turned away, nothing changes.

Every address that takes callbacks, through the whole stack; ten thousand of them in the long run.
"""

import base64
import datetime as dt
import itertools
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.test import Client

from channels.adapters.base import MAX_CALLBACK_BYTES
from channels.core.webhook_signature import form_fields
from channels.models import Message
from channels.operations.dispatch import dispatch
from tests.channels.test_adapters_anymail_callbacks import from_mailgun
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.postmark import login, report
from tests.emulators.sendgrid import SendGrid
from tests.emulators.telegram import Telegram
from tests.emulators.twilio import Twilio
from tests.emulators.webhook import SECRET, Webhook

pytestmark = pytest.mark.django_db
PUBLIC = "https://mail.example.com"
REFUSALS = {400, 401, 403, 413}
JUNK = [*map(chr, range(32, 127)), *"éÿ¼", "%00", "=", "v1,", "Basic ", "'--", "{{7*7}}"]
TYPES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "a/b", ""]
sendgrid, twilio = SendGrid(), Twilio(auth_token="twilio-token")
telegram, webhook = Telegram(secret_token="bot-secret"), Webhook()


class Sent(msgspec.Struct):
    """A callback on its way. `proof` are the headers it is known by."""

    path: str
    body: bytes
    headers: dict[str, str]
    proof: tuple[str, ...] = ()
    vouched: bool = True
    """Whether its proof covers its body."""

    def meaning(self) -> Any:
        """What a signature is over: a form may be spelled in many ways."""
        fields = form_fields(self.body) if "twilio" in self.path else None
        return frozenset(fields) if fields else self.body


def _sendgrid(uid: str) -> Sent:
    taken = {"id": "sg", "uid": uid, "to": "c1@example.com", "at": time.time()}
    body, headers = sendgrid.signed([sendgrid.event("spamreport", taken)])
    proof = tuple(name for name in headers if name.startswith("X-"))
    return Sent("/callbacks/sendgrid/sendgrid", body, headers, proof)


def _twilio(path: str, fields: dict[str, str]) -> Sent:
    body, headers = twilio.signed(f"{PUBLIC}{path}", fields)
    return Sent(path, body, headers, ("X-Twilio-Signature",))


def _status(uid: str) -> Sent:
    taken = {"id": "SM1", "to": "+4915100010001", "sender": "+15550001111"}
    fields = twilio.status(taken, "failed", ErrorCode="21610")
    return _twilio(f"/callbacks/twilio/twilio/status?m={uid}", fields)


def _inbound(uid: str) -> Sent:
    return _twilio("/callbacks/twilio/twilio/inbound", twilio.reply("+4915100010001", "STOP"))


def _telegram(uid: str) -> Sent:
    body, headers = telegram.signed(telegram.wrote(4242, "/stop"))
    proof = ("X-Telegram-Bot-Api-Secret-Token",)
    return Sent("/callbacks/telegram/telegram", body, headers, proof, vouched=False)


def _webhook(uid: str) -> Sent:
    body, headers = webhook.signed(webhook.report("unsubscribed", uid, to="ada"))
    proof = tuple(name for name in headers if name.lower().startswith("webhook-"))
    return Sent("/callbacks/webhook/webhook", body, headers, proof)


def _postmark(uid: str) -> Sent:
    body = msgspec.json.encode(
        report("SpamComplaint", {"id": "p", "uid": uid, "to": "a@b.example"})
    )
    return Sent(
        "/callbacks/anymail/postmark",
        body,
        login("sojourn:hush"),
        ("Authorization",),
        vouched=False,
    )


def _mailgun(uid: str) -> Sent:
    """It is known by what its body says; a changed token stands for a header that was touched."""
    signed = from_mailgun("complained", at=dt.datetime.now(dt.UTC), token=uuid.uuid4().hex)
    told = msgspec.json.decode(signed.body)
    name = random.Random(signed.body).choice(["timestamp", "token", "signature"])
    told["signature"][name] = told["signature"][name][::-1] + "7"
    return Sent("/callbacks/anymail/mailgun", msgspec.json.encode(told), {})


def _closed(uid: str) -> Sent:
    body, headers = sendgrid.signed(
        [sendgrid.event("bounce", {"id": "x", "uid": uid, "to": "a@b.example", "at": time.time()})]
    )
    names = ["sendgrid/nobody", "sandbox/sandbox", "smtp/smtp", "pigeon/x", "webpush/a", "fcm/b/c"]
    return Sent(f"/callbacks/{random.Random(body).choice(names)}", body, headers)


DOORS: dict[str, Callable[[str], Sent]] = {
    "sendgrid": _sendgrid, "status": _status, "inbound": _inbound, "telegram": _telegram,
    "webhook": _webhook, "postmark": _postmark,
}  # fmt: skip
REFUSED_AS_THEY_COME = {"mailgun": _mailgun, "closed": _closed}


def _junk(rng: random.Random, most: int = 60) -> str:
    return "".join(rng.choices(JUNK, k=rng.randrange(most)))


def _text_touched(rng: random.Random, text: str) -> str:
    """Another text: one letter, a piece, all of it, or one that proves something else."""
    place = rng.randrange(max(1, len(text) * 3 // 4))  # the last bits of base64 may stand for none
    return rng.choice([
        text[:place] + rng.choice([each for each in "aZ0+/" if each != text[place : place + 1]])
        + text[place + 1 :],
        text[:place],
        _junk(rng),
        text[::-1],
        base64.b64encode(rng.randbytes(rng.randrange(1, 72))).decode(),
    ])  # fmt: skip


def _bytes_touched(rng: random.Random, body: bytes) -> bytes:
    place = rng.randrange(max(1, len(body)))
    other = bytes([body[place] ^ (1 << rng.randrange(7))]) if body else b"x"
    return rng.choice([
        body[:place] + other + body[place + 1 :],
        body[:place],
        body + rng.randbytes(rng.randrange(1, 9)),
        body * 2,
        rng.randbytes(rng.randrange(1, 200)),
        msgspec.json.encode({_junk(rng): [_junk(rng)] * rng.randrange(3)}),
        b"[" * rng.randrange(1, 5000),
    ])  # fmt: skip


def touched(rng: random.Random, sent: Sent) -> Sent:
    """A callback of which at least one thing that proves it is another one."""
    large = rng.random() < 0.01
    headers, body = dict(sent.headers), sent.body
    name = rng.choice(sent.proof)
    if sent.vouched and rng.random() < 0.5:
        body = _bytes_touched(rng, body)
    elif rng.random() < 0.2:
        del headers[name]
    else:
        headers[name] = _text_touched(rng, headers[name])
    if rng.random() < 0.2:
        headers["Content-Type"] = rng.choice(TYPES)
    if large:
        body += b" " * MAX_CALLBACK_BYTES
    return Sent(sent.path, body, headers, sent.proof, sent.vouched)


def is_another(one: Sent, other: Sent) -> bool:
    """Whether what was touched is anything that a proof is over, and so must be refused."""
    known = [{name: each.headers.get(name) for name in one.proof} for each in (one, other)]
    return known[0] != known[1] or one.meaning() != other.meaning()


def hostile(seed: int, count: int) -> Iterator[Sent]:
    """What the dice say of one is not moved by how long the signature of another came out."""
    uid = str(Message.objects.get().uid)
    for number in itertools.count():
        if not count:
            return
        rng = random.Random(f"{seed}:{number}")
        name = rng.choice([*DOORS, *REFUSED_AS_THEY_COME])
        if name in REFUSED_AS_THEY_COME:
            yield REFUSED_AS_THEY_COME[name](uid)
            count -= 1
            continue
        genuine = DOORS[name](uid)
        changed = touched(rng, genuine)
        if is_another(genuine, changed):
            yield changed
            count -= 1


def rows() -> dict[str, Any]:
    """Everything that the houses keep, but what counts refusals of keys."""
    found: dict[str, Any] = {
        model._meta.db_table: model._default_manager.count()
        for house in ("profiles", "channels", "journeys")
        for model in apps.get_app_config(house).get_models()
    }
    return {**found, "message": Message.objects.values().get(), "events": letters.events()}


@pytest.fixture
def doors(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.PUBLIC_URL = PUBLIC
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths
    letters.account("sendgrid", "email", api_key="k", webhook_public_key=sendgrid.public_key)
    letters.account("twilio", "sms", auth_token="twilio-token")
    letters.account("telegram", "telegram", token="42:t", secret_token="bot-secret")
    letters.account("webhook", "webhook", url="https://crm.example/in", secret=SECRET)
    letters.account("smtp", "email")
    letters.account("anymail", "email", "mailgun", backend="mailgun", webhook_key="mailgun-key")
    letters.account(
        "anymail", "email", "postmark", backend="postmark", webhook_login="sojourn:hush"
    )
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)


def post(client: Client, sent: Sent) -> int:
    headers = {name: value for name, value in sent.headers.items() if name != "Content-Type"}
    kind = sent.headers.get("Content-Type", "application/json")
    return client.generic("POST", sent.path, sent.body, kind, headers=headers).status_code


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize("name", DOORS)
def test_untouched_each_of_them_is_let_in(client: Client, name: str) -> None:
    before = rows()
    assert post(client, DOORS[name](str(Message.objects.get().uid))) == 200
    assert rows() != before


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize(
    ("seed", "count"), [(1, 400), pytest.param(2, 10_000, marks=pytest.mark.long)]
)
def test_touched_they_are_refused_and_nothing_changes(
    client: Client, seed: int, count: int
) -> None:
    before = rows()
    answers = Counter(post(client, sent) for sent in hostile(seed, count))
    assert set(answers) <= REFUSALS, answers
    assert answers.total() == count
    assert set(answers) >= {401, 403, 413}
    assert rows() == before
