"""A customer is moved, taken out and let in again from their page by whoever may; all is logged."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from journeys.models import Decision, Enrollment
from journeys.operations import publish
from profiles.models import AuditEntry
from tests.admin.pages import Page
from tests.world import World

JOURNEY = "abandoned-cart"
INSIDE, BOUGHT = "customer-002", "customer-003"


def _page(client: Client, world: World, name: str) -> Any:
    return client.get(reverse("admin:profiles_customer_change", args=[world.id(name)]))


def _post(client: Client, walk: Enrollment, what: str, **given: str) -> Any:
    url = reverse(f"admin:journeys_enrollment_{what}", args=[walk.pk])
    return client.post(url, given, follow=True)


def _seen(walk: Enrollment) -> dict[str, str]:
    return {"step": walk.step, "visit": str(walk.visit)}


def test_the_map_shows_where_the_customer_stands(shop: World, vera: Client) -> None:
    page = _page(vera, shop, INSIDE).content.decode()
    items = re.findall(r"<li (?:class=\"sj-(\w+)\")?[^>]*title=.*?<span>(\w+)</span>", page, re.S)
    assert [(id, how) for how, id in items if id != "mail_b" and id != "mail_a"] == [
        ("pause", "done"), ("test", "done"), ("later", "here"), ("nudge", ""),
    ]  # fmt: skip
    assert page.count('aria-current="step"') == 1
    assert "Goes on by itself" in page


def test_walks_under_way_come_first_however_old(shop: World, vera: Client) -> None:
    first = shop.walk(INSIDE, JOURNEY)
    for number in range(12):
        Enrollment.objects.create(
            customer_id=first.customer_id, journey=first.journey, version=first.version,
            key=str(number), status="left", left_reason="merged", step_at=shop.now,
            entered_at=shop.now, left_at=shop.now,
        )  # fmt: skip
    panel = _page(vera, shop, INSIDE).context["main_panels"][0].context
    assert [walk["id"] for walk in panel["walks"]] == [first.pk]
    assert len(panel["ended"]) == 9
    assert panel["more"]


def test_a_customer_is_moved_by_name(shop: World, anna: Client) -> None:
    walk = shop.walk(INSIDE, JOURNEY)
    assert f'id="move-{walk.pk}"' in _page(anna, shop, INSIDE).content.decode()
    answer = _post(anna, walk, "move", to="nudge", **_seen(walk))
    assert answer.redirect_chain[0][0] == _page(anna, shop, INSIDE).request["PATH_INFO"]
    assert "The customer begins the step nudge." in answer.content.decode()
    decided = Decision.objects.filter(code="moved_by_hand").get()
    assert (decided.step, decided.inputs) == ("nudge", {"who": "anna", "from": "later"})
    assert (
        AuditEntry.objects.get(kind="journeys.enrollment", ref=walk.pk).note
        == "moved from later to nudge"
    )
    again = _post(anna, walk, "move", to="nudge", **_seen(walk))
    assert "has moved on meanwhile" in again.content.decode()
    assert Decision.objects.filter(code="moved_by_hand").count() == 1


def test_a_customer_is_taken_out_and_let_in_again(shop: World, anna: Client) -> None:
    walk = shop.walk(INSIDE, JOURNEY)
    page = _post(anna, walk, "take_out").content.decode()
    assert "The customer is out of the journey." in page
    assert "Left the journey abandoned-cart: taken out by hand" in page
    assert "Let in again" in page
    page = _post(anna, walk, "let_in").content.decode()
    assert "The customer is in the journey again." in page
    assert shop.walk(INSIDE, JOURNEY).step == "pause"
    assert "Not admitted: in the journey already" in _post(anna, walk, "let_in").content.decode()
    logged = AuditEntry.objects.filter(kind="journeys.enrollment", ref=walk.pk).order_by("id")
    assert [each.note for each in logged] == ["taken out", "let in again"]


@pytest.mark.parametrize(
    ("what", "given", "sentence"),
    [
        ("move", {"to": "nowhere", "step": "later", "visit": "1"}, "There is no other step"),
        ("move", {"to": "nudge"}, "has moved on meanwhile"),
        ("move", {"to": "nudge", "step": "later", "visit": "x"}, "has moved on meanwhile"),
    ],
)
def test_what_cannot_be_done_is_said(
    shop: World, anna: Client, what: str, given: dict[str, str], sentence: str
) -> None:
    assert sentence in _post(anna, shop.walk(INSIDE, JOURNEY), what, **given).content.decode()


def test_nothing_is_offered_where_the_journey_does_not_run(shop: World, anna: Client) -> None:
    bought = shop.walk(BOUGHT, JOURNEY)
    assert "Let in again" in _page(anna, shop, BOUGHT).content.decode()
    publish.pause(JOURNEY, clock="freeze", now=shop.now)
    assert "Let in again" not in _page(anna, shop, BOUGHT).content.decode()
    assert "The journey is not live" in _post(anna, bought, "let_in").content.decode()
    assert "is paused: nobody enters" in _page(anna, shop, INSIDE).content.decode()
    assert "not on the way in this journey" in _post(anna, bought, "take_out").content.decode()


@pytest.mark.parametrize("what", ["move", "take_out", "let_in"])
def test_whoever_may_only_look_changes_nothing(shop: World, vera: Client, what: str) -> None:
    walk = shop.walk(INSIDE, JOURNEY)
    page = Page(_page(vera, shop, INSIDE).content.decode())
    assert not [value for _, name, value in page.attributes if name == "data-dialog"]
    assert _post(vera, walk, what, to="nudge", **_seen(walk)).status_code == 403
    assert vera.get(reverse(f"admin:journeys_enrollment_{what}", args=[walk.pk])).status_code == 405
    assert shop.walk(INSIDE, JOURNEY).step == "later"


def test_journeys_are_for_who_may_see_them(shop: World, nick: Client) -> None:
    looks = Permission.objects.filter(codename="view_customer")
    User.objects.get(username="nick").user_permissions.set(looks)
    page = _page(nick, shop, INSIDE)
    assert page.context["main_panels"][0].context == {"may_see": False}
    assert 'class="sj-map"' not in page.content.decode()
