"""The door of web push: scripts that are small, and a browser that changes its subscription."""

import random
from typing import Any

import msgspec
import pytest
from django.test import Client

from channels.core.onsite import user_token
from channels.models import Device, Suppression
from profiles.models import Customer
from profiles.operations.access import create_key
from tests.channels.providers import VAPID
from tests.database import letters
from tests.database.letters import NOW
from tests.naughty import ALL

pytestmark = pytest.mark.django_db
OLD, NEW, OTHER = (f"https://push.example/{name}" for name in ("old", "new", "other"))
SECRET, FRESH, FOREIGN = ("A" * 22, "B" * 21 + "A", "C" * 21 + "A")
POINT = "B" + "A" * 86


@pytest.fixture(autouse=True)
def bare(settings: Any) -> None:
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths


@pytest.fixture
def ada() -> int:
    """A customer with one live browser."""
    (made,) = letters.customers(1)
    letters.device(made, OLD, p256dh=POINT, auth=SECRET)
    return made


def body(**changes: Any) -> dict[str, Any]:
    new = {"endpoint": NEW, "keys": {"p256dh": POINT, "auth": FRESH}}
    return {"old": OLD, "auth": SECRET, "subscription": new, **changes}


def renew(client: Client, given: Any, **extra: Any) -> Any:
    raw = given if isinstance(given, bytes) else msgspec.json.encode(given)
    return client.post("/push/renewals", raw, content_type="text/plain", **extra)


def live() -> list[tuple[str, int, str]]:
    """(endpoint, customer, secret) of every browser that is written to."""
    found = Device.objects.filter(removed_at=None).order_by("endpoint")
    return list(found.values_list("endpoint", "customer_id", "auth"))


@pytest.mark.parametrize("script", ["sw.js", "sojourn-push.js"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_scripts_are_small_and_may_serve_the_whole_site(
    client: Client, script: str, language: str
) -> None:
    letters.account("webpush", "push", private_key=VAPID, subject="mailto:a@b.example")
    answer = client.get(f"/push/{script}?lang={language}")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert len(answer.content) < 3 * 1024
    for mark in (b"__KEY__", b"__BASE__", b"__WORDS__", b"/*"):
        assert mark not in answer.content
    said = {"en": "Not now", "ru": "Не сейчас"}[language] if script != "sw.js" else "renewals"
    assert said in answer.content.decode()


def test_the_words_follow_the_browser(client: Client) -> None:
    answer = client.get("/push/sojourn-push.js", headers={"accept-language": "ru-RU,en;q=0.5"})
    assert "Да, пожалуйста" in answer.content.decode()
    assert "Accept-Language" in answer["Vary"]


def test_a_new_subscription_takes_the_place_of_the_old_one(client: Client, ada: int) -> None:
    for _ in range(3):
        answer = renew(client, body())
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert live() == [(NEW, ada, FRESH)]
    assert Device.objects.count() == 2
    again = body(old=NEW, auth=FRESH, subscription=body()["subscription"] | {"endpoint": OTHER})
    assert renew(client, again).status_code == 200
    assert live() == [(OTHER, ada, FRESH)]


def test_a_browser_may_keep_its_endpoint_and_change_its_keys(client: Client, ada: int) -> None:
    same = body()["subscription"] | {"endpoint": OLD}
    assert renew(client, body(subscription=same)).status_code == 200
    assert live() == [(OLD, ada, FRESH)]


def test_what_the_page_registered_before_stays_whose_it_is(client: Client, ada: int) -> None:
    (bob,) = letters.customers(1, email="b@example.com", phone="")
    letters.device(bob, NEW, p256dh=POINT, auth=FRESH)
    assert renew(client, body()).status_code == 200
    assert live() == [(NEW, bob, FRESH)]


def test_whoever_refused_at_the_old_address_has_refused_at_the_new_one(
    client: Client, ada: int
) -> None:
    for channel in ("push", "telegram"):
        Suppression.objects.create(
            channel=channel, address=OLD, reason="unsubscribed", source="x", at=NOW
        )
    renew(client, body())
    found = Suppression.objects.filter(address=NEW).values_list("channel", "reason")
    assert list(found) == [("push", "unsubscribed")]


def test_the_preflight_is_answered(client: Client) -> None:
    answer = client.options("/push/renewals")
    assert (answer.status_code, answer["Access-Control-Allow-Methods"]) == (204, "POST, OPTIONS")
    assert client.get("/push/renewals").status_code == 405


@pytest.mark.parametrize("change", [{"auth": FOREIGN}, {"old": OTHER}, {"old": NEW, "auth": FRESH}])
def test_without_the_secret_of_a_live_one_nothing_changes_and_nothing_is_told(
    client: Client, ada: int, change: dict[str, Any]
) -> None:
    answer = renew(client, body(**change))
    assert (answer.status_code, answer.json()["code"]) == (403, "unproven")
    assert live() == [(OLD, ada, SECRET)]


def test_a_removed_subscription_and_an_app_are_not_renewed(client: Client, ada: int) -> None:
    Device.objects.update(removed_at=NOW)
    assert renew(client, body()).status_code == 403
    Device.objects.update(removed_at=None, kind="fcm")
    assert renew(client, body()).status_code == 403
    Device.objects.update(kind="webpush", auth="")
    assert renew(client, body(auth="A" * 22)).status_code == 403


def test_nobody_takes_the_address_of_another_browser(client: Client, ada: int) -> None:
    (bob,) = letters.customers(1, email="b@example.com", phone="")
    letters.device(bob, NEW, p256dh=POINT, auth=FOREIGN)
    assert renew(client, body()).status_code == 403
    assert live() == [(NEW, bob, FOREIGN), (OLD, ada, SECRET)]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[]", 400), (b"null", 400),
        (b'{"x":' + b"[" * 15_000, 400), (b"[" * 20_000, 413), (b" " * 20_000, 413),
        ({}, 400), (body(old=None), 400), (body(old="http://push.example/1"), 400),
        (body(old="https://push.example/\0"), 400), (body(auth=""), 400), (body(auth="é"), 400),
        (body(auth="A" * 23), 400), (body(subscription=None), 400),
        (body(subscription={"endpoint": NEW, "keys": {}}), 400),
        (body(subscription={"endpoint": "x", "keys": {"p256dh": POINT, "auth": FRESH}}), 400),
        (body(old="https://push.example/" + "a" * 20_000), 413),
    ],
)  # fmt: skip
def test_what_is_no_renewal_is_refused(client: Client, ada: int, given: Any, status: int) -> None:
    answer = renew(client, given)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
    assert live() == [(OLD, ada, SECRET)]


def test_naughty_and_touched_bodies_change_nothing(client: Client, ada: int) -> None:
    lot, whole = random.Random(1), msgspec.json.encode(body(auth=FOREIGN))
    touched = [_touched(whole, lot) for _ in range(300)]
    odd: list[Any] = [body(**{name: text}) for name in ("old", "auth") for text in ALL[:200]]
    for given in [*touched, *odd]:
        raw = given if isinstance(given, bytes) else _encoded(given)
        assert renew(client, raw).status_code in {400, 403, 413}
    assert live() == [(OLD, ada, SECRET)]


def _touched(raw: bytes, lot: random.Random) -> bytes:
    place = lot.randrange(len(raw))
    return raw[:place] + bytes([lot.randrange(256)]) + raw[place + lot.randrange(2) :]


def _encoded(given: Any) -> bytes:
    import json

    return json.dumps(given).encode("utf-8", "surrogatepass")


def subscribe(client: Client, **who: str) -> Any:
    subscription = {"endpoint": NEW, "keys": {"p256dh": POINT, "auth": FRESH}}
    given = {
        "writeKey": create_key(name="web", kind="write", scopes=[], now=NOW),
        "subscription": subscription,
        **who,
    }
    raw = msgspec.json.encode(given)
    return client.post("/push/subscriptions", raw, content_type="application/json")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"userId": "ada"}, 403),
        ({"userId": "ada", "userHash": user_token("other", "ada")}, 403),
        ({"userId": "ada", "userHash": user_token("new", "bob")}, 403),
        ({"userId": "ada", "userHash": "ü"}, 403),
        ({"userId": "ada", "userHash": user_token("new", "ada")}, 200),
        ({"userId": "ada", "userHash": user_token("old", "ada").upper()}, 200),
        ({"anonymousId": "8f1c7c1e-2a0e-4f3c-9d51-8f3f7a1d2b3c"}, 200),
    ],
)
def test_with_a_secret_a_user_needs_the_shops_signature(
    client: Client, settings: Any, who: dict[str, str], status: int
) -> None:
    settings.SOJOURN_USER_SECRETS = ["new", "old"]
    answer = subscribe(client, **who)
    assert answer.status_code == status
    assert Device.objects.count() == (status == 200)
    assert Customer.objects.count() == (status == 200)


def test_without_a_secret_the_write_key_is_enough(client: Client) -> None:
    assert subscribe(client, userId="ada").status_code == 200
