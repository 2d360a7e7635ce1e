"""The dry run and the walk of one customer, as the canvas asks for them; and who may."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from channels.models import Message
from config.admin import streams
from journeys.models import Decision, Enrollment
from tests.admin.shop import CART
from tests.world import World


def _url(name: str) -> str:
    return reverse(f"admin:journeys_journey_canvas_{name}", args=["abandoned-cart"])


def _dry(client: Client, **asked: Any) -> Any:
    return client.post(_url("dryrun"), json.dumps(asked), content_type="application/json")


def _lines(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def _kept() -> tuple[int, int, int]:
    return Enrollment.objects.count(), Decision.objects.count(), Message.objects.count()


def test_a_dry_run_tells_how_far_it_is_then_its_flow(busy_shop: World, anna: Client) -> None:
    before = _kept()
    *done, last = _lines(_dry(anna, days=7))
    shares = [each["done"] for each in done]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    found = last["found"]
    figures = found["figures"]
    ways = {(each["from"], each["to"]): each["customers"] for each in figures["ways"]}
    assert figures["entered"] == ways["", "pause"] == figures["steps"]["pause"]["entered"][0] > 0
    sent = sum(each["sent"][0] for each in figures["steps"].values() if "sent" in each)
    assert sum(sum(day["sent"].values()) for day in found["days"]) == sent > 0
    assert found["refused"]
    assert not any(way["url"] for way in figures["ways"])
    assert _kept() == before


def test_a_dry_run_of_a_broken_draft_says_what_is_wrong(busy_shop: World, anna: Client) -> None:
    broken = CART.replace("then: later", "then: nowhere")
    body = json.dumps({"document": broken, "revision": 1})
    assert anna.put(_url("draft"), body, content_type="application/json").status_code == 200
    (line,) = _lines(_dry(anna, days=7))
    assert "nowhere" in line["refused"]
    assert "found" in _lines(_dry(anna, days=1, live=True))[-1]


def test_no_more_than_two_dry_runs_at_once(busy_shop: World, anna: Client) -> None:
    with streams.AT_ONCE, streams.AT_ONCE:
        (line,) = _lines(_dry(anna))
    assert "under way" in line["refused"]
    assert "found" in _lines(_dry(anna, days=1))[-1]


def test_a_dry_run_that_nobody_reads_makes_room(busy_shop: World, anna: Client) -> None:
    for _ in range(3):
        answer = _dry(anna, days=30)
        next(iter(answer.streaming_content))
        answer.close()
    assert streams.AT_ONCE.acquire(blocking=False)
    streams.AT_ONCE.release()


@pytest.mark.parametrize("asked", [{"sample": 0}, {"sample": 20_001}, {"days": "x"}, {"seed": 1}])
def test_what_cannot_be_run_is_refused(busy_shop: World, anna: Client, asked: Any) -> None:
    answer = _dry(anna, **asked)
    assert answer.status_code in (400, 422)
    assert answer.json()["message"]


def test_a_walk_is_told_moment_by_moment(busy_shop: World, anna: Client) -> None:
    before = _kept()
    told = Message.objects.filter(sent_at__isnull=False).order_by("id").first()
    assert told
    found = anna.get(_url("walk"), {"customer": str(told.customer_id)}).json()
    steps = [each["step"] for each in found["moments"] if each["step"]]
    assert steps[0] == "pause"
    assert found["event"] == "Cart Updated"
    assert found["entry"]["cart_id"].startswith("c-customer-")
    letters = [each["message"] for each in found["moments"] if each["message"]]
    assert letters
    assert letters[0]["to"]
    assert letters[0]["text"] or letters[0]["html"]
    assert all(each["when"] and each["text"] for each in found["moments"])
    assert _kept() == before


def test_a_walk_begins_when_and_with_what_one_says(busy_shop: World, anna: Client) -> None:
    asked = {
        "customer": str(busy_shop.id("customer-001")), "start": "2027-01-02T10:00",
        "entry": '{"cart_id": "c-x"}', "days": "3",
    }  # fmt: skip
    found = anna.get(_url("walk"), asked).json()
    assert found["moments"][0]["at"] == "2027-01-02T09:00:00.000Z"
    assert found["entry"] == {"cart_id": "c-x"}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"customer": ""}, 422),
        ({"customer": "9" * 30}, 422),
        ({"customer": "999999999"}, 404),
        ({"start": "soon"}, 422),
        ({"start": "0001-01-01T00:00"}, 422),
        ({"days": "0"}, 422),
        ({"days": "ten"}, 422),
        ({"entry": "[1]"}, 422),
        ({"entry": "{"}, 422),
    ],
)
def test_what_cannot_be_walked_is_said(
    busy_shop: World, anna: Client, asked: dict[str, str], status: int
) -> None:
    whole = {"customer": str(busy_shop.id("customer-001")), **asked}
    answer = anna.get(_url("walk"), whole)
    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)


def test_customers_are_found_or_the_last_who_came(busy_shop: World, anna: Client) -> None:
    def names(q: str) -> list[int]:
        return [each["id"] for each in anna.get(_url("customers"), {"q": q}).json()["items"]]

    last = Enrollment.objects.latest("id").customer_id
    assert names("")[0] == last
    assert names("customer-001") == [busy_shop.id("customer-001")]
    assert names("nobody at all") == []


def test_who_may_not_see_customers_walks_nobody(
    busy_shop: World, vera: Client, nick: Client
) -> None:
    asked = {"customer": str(busy_shop.id("customer-001"))}
    assert vera.get(_url("walk"), asked).status_code == 200
    assert _dry(vera).status_code == 403
    for name in ("walk", "customers"):
        assert nick.get(_url(name), asked).status_code == 403
    user = User.objects.get(username="nick")
    user.user_permissions.set(Permission.objects.filter(codename="view_journey"))
    for name in ("walk", "customers"):
        assert nick.get(_url(name), asked).status_code == 403
