"""The public pages over HTTP: GET asks, POST acts, tokens cannot be forged or swapped."""

import re
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client

from channels.core.links import PATHS, WITH_DIGEST
from channels.models import Device, Link, Message, MessageBody, Receipt, Suppression
from channels.operations.dispatch import dispatch
from channels.queries import public
from profiles.models import Consent
from profiles.operations.access import create_key
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
PUBLIC = "https://mail.example.com"


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.PUBLIC_URL = PUBLIC
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths


@pytest.fixture
def message() -> Message:
    return sent()


def sent(**fields: Any) -> Message:
    locale = fields.pop("locale", "")
    letters.enqueue(letters.customers(1, locale=locale), fields.pop("body", None), **fields)
    dispatch(now=NOW)
    return Message.objects.get()


def path(message: Message, purpose: Any) -> str:
    return public.signer().url(purpose, message.uid.bytes).removeprefix(PUBLIC)


def links_in(message: Message) -> list[str]:
    html = MessageBody.objects.get(pk=message.pk).html
    return [url.removeprefix(PUBLIC) for url in re.findall(rf'"({PUBLIC}[^"]+)"', html)]


def assert_private(answer: Any) -> None:
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not answer.cookies


def test_every_link_of_a_mail_works(client: Client, message: Message) -> None:
    found = links_in(message)
    assert [next(p for p in PATHS.values() if url.startswith(p)) for url in found] == [
        "/c/", "/o/", "/u/",
    ]  # fmt: skip
    assert [client.get(url).status_code for url in found] == [302, 200, 200]


def test_the_pixel_counts_an_open(client: Client, message: Message) -> None:
    answer = client.get(path(message, "open"))
    assert answer["Content-Type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a")
    assert_private(answer)
    message.refresh_from_db()
    assert message.opened_at is not None


def test_a_click_leads_on_and_counts(client: Client, message: Message) -> None:
    answer = client.get(links_in(message)[0])
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/cart?a=1&b=2")
    assert_private(answer)
    message.refresh_from_db()
    assert message.clicked_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_click_leads_on_even_when_it_cannot_be_counted(client: Client, message: Message) -> None:
    url = links_in(message)[0]
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        assert client.get(url).status_code == 302
        assert client.get(path(message, "open")).status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET default_transaction_read_only")
    assert not Receipt.objects.exists()


def test_asking_for_the_head_counts_nothing(client: Client, message: Message) -> None:
    assert client.head(links_in(message)[0]).status_code == 302
    assert client.head(path(message, "open")).status_code == 200
    assert not Receipt.objects.exists()


def test_no_redirect_is_open(client: Client, message: Message) -> None:
    token = links_in(message)[0].removeprefix("/c/")
    Link.objects.create(hash="0" * 32, url="javascript:alert(1)")
    payload, _, mac = token.partition(".")
    assert client.get(f"/c/{payload[:-1]}A.{mac}").status_code == 404
    assert client.get(f"/c/{token}?url=https://evil.example").headers["Location"] == (
        "https://shop.example/cart?a=1&b=2"
    )
    for bad in ("x", ".", "a.b", token + "A", token[:-1], "https://evil.example", "%00", "é"):
        assert client.get(f"/c/{bad}").status_code == 404
    signed = public.signer().url("click", message.uid.bytes, bytes(16))
    assert client.get(signed.removeprefix(PUBLIC)).status_code == 404


@pytest.mark.parametrize("purpose", sorted(set(PATHS) - WITH_DIGEST))
def test_a_token_is_good_for_its_own_purpose_only(
    client: Client, message: Message, purpose: Any
) -> None:
    token = path(message, purpose).removeprefix(PATHS[purpose])
    for other, prefix in PATHS.items():
        expected = 200 if other == purpose else 404
        assert client.get(prefix + token).status_code == expected, other


def test_looking_at_the_page_unsubscribes_nobody(client: Client, message: Message) -> None:
    for method in (client.get, client.head):
        answer = method(path(message, "unsubscribe"))
        assert answer.status_code == 200
        assert_private(answer)
    assert client.options(path(message, "unsubscribe")).status_code == 405
    assert not Consent.objects.exists()
    assert not Suppression.objects.exists()


def test_one_click_acts_at_once_without_cookie_or_redirect(
    client: Client, message: Message
) -> None:
    body = {"List-Unsubscribe": "One-Click"}
    answers = [client.post(path(message, "unsubscribe"), body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert_private(answers[0])
    assert Consent.objects.get().state == "unsubscribed"
    assert Suppression.objects.get().address == "c1@example.com"
    headers = MessageBody.objects.get(pk=message.pk).headers
    assert headers["List-Unsubscribe"] == f"<{PUBLIC}{path(message, 'unsubscribe')}>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", ""), (b"\xff", "application/json"), (b"--x", "multipart/form-data; boundary=")],
)
def test_whatever_the_body_a_post_unsubscribes(
    client: Client, message: Message, body: bytes, kind: str
) -> None:
    answer = client.generic("POST", path(message, "unsubscribe"), body, content_type=kind)
    assert answer.status_code == 200
    assert Consent.objects.exists()


def test_a_topic_can_be_left_alone_or_with_everything_else(client: Client) -> None:
    message = sent(topic="news")
    page = client.get(path(message, "unsubscribe")).content.decode()
    assert 'name="everything"' in page
    client.post(path(message, "unsubscribe"))
    assert not Suppression.objects.exists()
    client.post(path(message, "unsubscribe"), {"everything": "1"})
    assert Suppression.objects.exists()


def test_pages_speak_the_customers_language(client: Client) -> None:
    message = sent(locale="ru-RU")
    page = client.get(path(message, "unsubscribe")).content.decode()
    assert '<html lang="ru">' in page
    assert "Отписаться" in page
    assert ">Отписаться</a>" in MessageBody.objects.get(pk=message.pk).html


def test_pages_speak_the_browsers_language_where_the_customers_is_unknown(
    client: Client, message: Message
) -> None:
    page = client.get(path(message, "unsubscribe"), headers={"Accept-Language": "ru"})
    assert '<html lang="ru">' in page.content.decode()


def test_the_preference_centre_shows_and_saves_choices(client: Client) -> None:
    message = sent(topic="news")
    url = path(message, "preferences")
    page = client.get(url).content.decode()
    assert page.count("checked") == 3
    assert not Consent.objects.exists()
    answer = client.post(url, {"shown": ["email/", "email/news"], "wanted": ["email/"]})
    assert answer.status_code == 200
    assert 'role="status"' in answer.content.decode()
    assert list(Consent.objects.values_list("topic", "state")) == [("news", "unsubscribed")]


def test_names_and_addresses_are_shown_as_text(client: Client) -> None:
    body = {"subject": "{{ entry.cart }}", "text": "{{ entry.cart }}"}
    message = sent(body=body, context={"entry": {"cart": "<script>alert(1)</script>"}}, topic="<b>")
    for purpose in ("view", "preferences", "unsubscribe"):
        page = client.get(path(message, purpose)).content.decode()
        assert "<script>" not in page
        assert "<b>" not in page


def test_a_mail_in_the_browser_is_as_sent_and_cannot_run_scripts(
    client: Client, message: Message
) -> None:
    answer = client.get(path(message, "view"))
    assert answer.content.decode() == MessageBody.objects.get(pk=message.pk).html
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "script" not in answer["Content-Security-Policy"]


def test_a_text_that_was_changed_since_is_not_shown_as_sent(
    client: Client, message: Message
) -> None:
    kept = MessageBody.objects.get(pk=message.pk)
    assert len(kept.digest) == 64
    MessageBody.objects.filter(pk=message.pk).update(html=kept.html + " ")
    assert client.get(path(message, "view")).status_code == 404


def test_no_public_page_needs_a_script(client: Client, message: Message) -> None:
    for purpose in ("unsubscribe", "preferences"):
        page = client.get(path(message, purpose))
        assert b"<script" not in page.content
        nonce = re.search(r"nonce-([^']+)", page["Content-Security-Policy"])
        assert nonce is not None
        assert f'nonce="{nonce[1]}"' in page.content.decode()


def subscription(**fields: Any) -> dict[str, Any]:
    keys = {"p256dh": "B" + "A" * 86, "auth": "A" * 22}
    given = {"endpoint": "https://push.example/1", "keys": keys}
    return {"userId": "ann", "subscription": given, **fields}


def subscribe(client: Client, body: dict[str, Any]) -> Any:
    return client.post("/push/subscriptions", msgspec.json.encode(body), content_type="text/plain")


def test_a_browser_subscribes_and_follows_who_uses_it(client: Client) -> None:
    key = create_key(name="site", kind="write", scopes=(), now=NOW)
    assert client.options("/push/subscriptions")["Access-Control-Allow-Origin"] == "*"
    answer = subscribe(client, subscription(writeKey=key))
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    first = Device.objects.get().customer_id
    Device.objects.update(removed_at=NOW)
    subscribe(client, subscription(writeKey=key, userId="", anonymousId="b0b"))
    device = Device.objects.get()
    assert device.customer_id != first
    assert device.removed_at is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"writeKey": "wrong"}, 401),
        ({"userId": ""}, 400),
        ({"userId": "a\0b"}, 400),
        (
            {
                "subscription": {
                    "endpoint": "http://push.example/1",
                    "keys": {"p256dh": "", "auth": ""},
                }
            },
            400,
        ),
        ({"subscription": None}, 400),
        ({"userId": "x" * 20_000}, 413),
    ],
)
def test_a_subscription_that_is_none_is_refused(
    client: Client, change: dict[str, Any], status: int
) -> None:
    key = create_key(name="site", kind="write", scopes=(), now=NOW)
    answer = subscribe(client, subscription(**{"writeKey": key, **change}))
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
    assert not Device.objects.exists()


@pytest.mark.parametrize(("platform", "kind"), [("ios", "apns"), ("android", "fcm")])
def test_an_app_registers_its_token(client: Client, platform: str, kind: str) -> None:
    key = create_key(name="site", kind="write", scopes=(), now=NOW)
    app = {"token": "a" * 64, "platform": platform}
    for _ in range(2):
        answer = subscribe(client, {"writeKey": key, "userId": "ada", "app": app})
        assert answer.status_code == 200
    device = Device.objects.get()
    assert (device.kind, device.endpoint, device.auth) == (kind, "a" * 64, "")


@pytest.mark.parametrize(
    "app", [{"token": "short", "platform": "ios"}, {"token": "a" * 64, "platform": "pager"}, {}]
)
def test_a_token_that_no_service_gave_is_refused(client: Client, app: Any) -> None:
    key = create_key(name="site", kind="write", scopes=(), now=NOW)
    answer = subscribe(client, {"writeKey": key, "userId": "ada", "app": app})
    assert answer.status_code == 400
    assert "platform" in answer.json()["message"]
