"""Callbacks over HTTP: genuine ones take effect once, everything else is turned away unchanged."""

import datetime as dt
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.models import Account, Message, Receipt, Suppression
from channels.operations.dispatch import dispatch
from profiles.queries import clock
from tests.channels.test_adapters_anymail_callbacks import from_mailgun
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.sendgrid import SendGrid
from tests.hurry import UNHURRIED

pytestmark = pytest.mark.django_db
PUBLIC = "https://mail.example.com"
TOKEN = "twilio-token"


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.PUBLIC_URL = PUBLIC
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths


@pytest.fixture
def provider() -> SendGrid:
    emulator = SendGrid()
    letters.account("sendgrid", "email", api_key="k", webhook_public_key=emulator.public_key)
    return emulator


@pytest.fixture
def phone() -> Account:
    return letters.account("twilio", "sms", auth_token=TOKEN)


@pytest.fixture
def message() -> Message:
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    return Message.objects.get()


def event(message: Message, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "email": message.address, "timestamp": int(time.time()), "event": kind,
        "sg_event_id": f"{message.uid}{kind}", "message_id": str(message.uid), **fields,
    }  # fmt: skip


def post(client: Client, body: bytes, headers: dict[str, str], *, to: str = "sendgrid") -> int:
    given = {name: value for name, value in headers.items() if name != "Content-Type"}
    return client.post(
        f"/callbacks/sendgrid/{to}", data=body, content_type="application/json", headers=given
    ).status_code


def test_a_signed_batch_takes_effect_once(
    client: Client, provider: SendGrid, message: Message
) -> None:
    body, headers = provider.signed([event(message, "delivered"), event(message, "open")])
    assert [post(client, body, headers) for _ in range(3)] == [200, 200, 200]
    message.refresh_from_db()
    assert message.status == "delivered"
    assert message.opened_at is not None
    assert Receipt.objects.filter(source="sendgrid").count() == 2


@pytest.mark.parametrize("without", ["signature", "timestamp", "both"])
def test_an_unsigned_batch_changes_nothing(
    client: Client, provider: SendGrid, message: Message, without: str
) -> None:
    body, headers = provider.signed([event(message, "spamreport")])
    kept = {n: v for n, v in headers.items() if without != "both" and without not in n.lower()}
    assert post(client, body, kept) == 401
    assert not Receipt.objects.exists()
    assert not Suppression.objects.exists()


def test_another_body_another_key_or_an_old_time_is_refused(
    client: Client, provider: SendGrid, message: Message
) -> None:
    body, headers = provider.signed([event(message, "bounce")])
    assert post(client, body.replace(b"bounce", b"opened"), headers) == 401
    assert post(client, body, SendGrid().signed([event(message, "bounce")])[1]) == 401
    old, signed = provider.signed([event(message, "bounce")], timestamp=time.time() - 26 * 3600)
    assert post(client, old, signed) == 401
    assert not Receipt.objects.exists()


def test_without_a_key_or_an_account_the_door_is_closed(
    client: Client, provider: SendGrid, message: Message
) -> None:
    letters.account("sendgrid", "email", "keyless", api_key="k")
    body, headers = provider.signed([event(message, "delivered")])
    assert post(client, body, headers, to="keyless") == 403
    assert post(client, body, headers, to="nobody") == 403
    assert not Receipt.objects.exists()


def test_what_is_signed_but_no_list_of_events_is_malformed(
    client: Client, provider: SendGrid
) -> None:
    for body in (b"{}", b"[1]", b"not json", b"\xff\xfe"):
        assert post(client, body, provider.headers(body)) == 400


def test_what_is_too_large_is_refused_unread(client: Client, provider: SendGrid) -> None:
    body = b"[" + b" " * 1024 * 1024 + b"]"
    assert post(client, body, provider.headers(body)) == 413


def test_only_post_is_taken(client: Client, provider: SendGrid) -> None:
    assert client.get("/callbacks/sendgrid/sendgrid").status_code == 405


def test_the_shifted_clock_of_the_sandbox_makes_no_callback_stale(
    client: Client, provider: SendGrid, message: Message
) -> None:

    from profiles.operations.clock import advance

    advance(dt.timedelta(days=3))
    body, headers = provider.signed([event(message, "delivered")])
    assert post(client, body, headers) == 200


def form(client: Client, path: str, fields: dict[str, str], *, signed: bool = True) -> Any:
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", fields)
    return client.post(
        path,
        data=urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature if signed else "forged"},
    )


def test_twilio_reports_over_the_public_address(client: Client, phone: Account) -> None:
    letters.enqueue(letters.customers(1), letters.SMS, channels=("sms",))
    dispatch(now=NOW)
    message = Message.objects.get()
    path = f"/callbacks/twilio/twilio/status?m={message.uid}"
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": message.address}
    assert form(client, path, fields, signed=False).status_code == 401
    answer = form(client, path, fields)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/xml"
    message.refresh_from_db()
    assert message.status == "delivered"


def test_stop_over_whatsapp_silences_whatsapp_and_not_the_sms_of_the_number(
    client: Client, phone: Account
) -> None:
    fields = {"MessageSid": "SM9", "From": "whatsapp:+4915112345678", "Body": "STOP"}
    assert form(client, "/callbacks/twilio/twilio/inbound", fields).status_code == 200
    (silenced,) = Suppression.objects.values_list("channel", "address")
    assert silenced == ("whatsapp", "+4915112345678")


def test_a_report_for_an_adapter_that_is_not_installed_any_more_finds_the_door_closed(
    client: Client,
) -> None:
    letters.account("pigeon", "sms", api_key="k")
    assert client.post("/callbacks/pigeon/pigeon", b"{}", "application/json").status_code == 403


def test_mailgun_reports_to_an_account_of_anymails(client: Client) -> None:
    letters.account("anymail", "email", backend="mailgun", webhook_key="k")
    request = from_mailgun("delivered", key="k", at=dt.datetime.now(dt.UTC))
    for body, status in ((request.body, 200), (request.body, 200), (b"{}", 401)):
        answer = client.post("/callbacks/anymail/anymail", body, "application/json")
        assert answer.status_code == status
    assert Receipt.objects.filter(source="anymail").count() == 1


def test_an_accounts_own_public_address_goes_before(client: Client) -> None:
    letters.account("twilio", "sms", auth_token=TOKEN, public_url="https://hooks.example.net/")
    fields = {"MessageSid": "SM1", "MessageStatus": "sent"}
    assert form(client, "/callbacks/twilio/twilio/status", fields).status_code == 401
    signature = RequestValidator(TOKEN).compute_signature(
        "https://hooks.example.net/callbacks/twilio/twilio/status", fields
    )
    answer = client.post(
        "/callbacks/twilio/twilio/status",
        data=urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    assert answer.status_code == 200


def test_stop_over_sms_silences_the_number_at_once(client: Client, phone: Account) -> None:
    sent_at = clock.now()
    letters.enqueue(letters.customers(1), letters.SMS, channels=("sms",), send_after=sent_at)
    dispatch(now=sent_at)
    address = Message.objects.get().address
    fields = {"MessageSid": "SM9", "From": address, "To": "+15550001111", "Body": " Стоп! "}
    assert form(client, "/callbacks/twilio/twilio/inbound", fields).status_code == 200
    assert Suppression.objects.get().address == address
    told = {name: facts for _, name, facts in letters.events()}
    assert told["message.replied"]["text"].strip() == "Стоп!"
    assert told["message.unsubscribed"]["step"] == "mail"


@with_settings(max_examples=150, suppress_health_check=UNHURRIED)
@given(
    path=st.sampled_from([
        "sendgrid/sendgrid", "twilio/twilio/status", "twilio/twilio/inbound?m=%00&m=x",
        "telegram/telegram", "webhook/webhook",
    ]),
    body=st.binary(max_size=200) | st.builds(lambda v: json.dumps(v).encode(), st.dictionaries(
        st.text(max_size=5), st.text(max_size=5), max_size=3)),
    content_type=st.sampled_from([
        "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "",
    ]),
    headers=st.dictionaries(
        st.sampled_from([
            "X-Twilio-Signature", "X-Twilio-Email-Event-Webhook-Signature",
            "X-Twilio-Email-Event-Webhook-Timestamp", "X-Telegram-Bot-Api-Secret-Token",
            "webhook-id", "webhook-timestamp", "webhook-signature",
        ]),
        st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40),
    ),
)  # fmt: skip
def test_hostile_requests_get_only_refusals(
    client: Client, path: str, body: bytes, content_type: str, headers: dict[str, str],
) -> None:  # fmt: skip
    for adapter, channel, options in (
        ("sendgrid", "email", {"webhook_public_key": SendGrid().public_key}),
        ("twilio", "sms", {"auth_token": TOKEN}),
        ("telegram", "telegram", {"secret_token": TOKEN}),
        ("webhook", "webhook", {"secret": f"whsec_{'b3Ro' * 8}"}),
    ):
        if not Account.objects.filter(slug=adapter).exists():
            letters.account(adapter, channel, **options)
    answer = client.post(
        f"/callbacks/{path}", data=body, content_type=content_type, headers=headers
    )
    assert answer.status_code in {400, 401, 403, 413}
    assert not Receipt.objects.exists()
