"""Why a customer did or did not get what, told on a page as the API tells it."""

import datetime as dt
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config import why
from journeys.models import Enrollment
from journeys.operations import publish
from profiles.models import Customer
from profiles.operations.access import create_key
from tests.admin.pages import Page
from tests.world import World

JOURNEY = "abandoned-cart"
NAUGHTY = "\"><script>alert('naughty')</script>"
INSIDE, BOUGHT = "customer-002", "customer-003"


def _url(world: World, name: str, **query: str) -> str:
    url = reverse("admin:profiles_customer_why", args=[world.id(name)])
    return f"{url}?{urlencode(query)}" if query else url


def _asked(client: Client, world: World, name: str, **query: str) -> tuple[int, str]:
    answer = client.get(_url(world, name, **query))
    return answer.status_code, unescape(answer.content.decode())


def _told(client: Client, world: World, name: str, **query: str) -> Any:
    answer = client.get(_url(world, name, journey=JOURNEY, **query))
    assert answer.status_code == 200
    return answer.context


def _api(world: World, name: str) -> dict[str, Any]:
    key = create_key(name="Read", kind="api", scopes=["read"], now=world.now)
    url = f"/api/v1/customers/{world.id(name)}/explain?journey={JOURNEY}"
    answer = Client().get(url, headers={"Authorization": f"Bearer {key}"})
    found: dict[str, Any] = answer.json()
    return found


def _lines(context: Any) -> list[tuple[str, bool, str, str]]:
    rows = [*context["decisions"], *context["planned"], *context["checks"]]
    return [(row["check"], row["passed"], row["step"], row["text"]) for row in rows]


def test_who_may_only_look_is_told(shop: World, vera: Client) -> None:
    status, page = _asked(vera, shop, INSIDE, journey=JOURNEY)
    assert status == 200
    for text in ("Abandoned cart", "Came in", "Stands at later until", "drawn number: "):
        assert text in page, text
    assert "datetime" not in page.split("datetime-local")[0]


@pytest.mark.parametrize("name", [INSIDE, BOUGHT])
def test_the_page_says_what_the_api_says(shop: World, vera: Client, name: str) -> None:
    found = _api(shop, name)
    said = [(line.check, line.passed, line.step, line.text) for line in why.lines(found)]
    context = _told(vera, shop, name)
    assert len(said) >= 6
    assert _lines(context) == said
    rows = [*context["decisions"], *context["planned"]]
    instants = [dt.datetime.fromisoformat(each["at"]) for each in found["checks"]]
    assert [row["at"] for row in rows] == instants[: len(rows)]


def test_somebody_outside_sees_every_check_with_what_decided(shop: World, vera: Client) -> None:
    checks = _told(vera, shop, BOUGHT)["checks"]
    assert [(line["text"], line["passed"]) for line in checks][:2] == [
        ("The journey is live", True),
        ("Cart Updated happened", True),
    ]
    assert checks[1]["inputs"] == [("latest looked at", "1"), ("of them fitting", "1")]


def test_somebody_inside_sees_where_and_until_when(shop: World, vera: Client) -> None:
    (walk,) = _told(vera, shop, INSIDE)["walks"]
    (place,) = _api(shop, INSIDE)["position"]
    with timezone.override("Europe/Berlin"):
        until = timezone.localtime(dt.datetime.fromisoformat(place["due_at"]))
    assert walk["text"] == f"Stands at later until {until.day} {until:%b %Y, %H:%M}."


def test_who_stands_in_a_paused_journey_is_told_so(shop: World, vera: Client) -> None:
    publish.pause(JOURNEY, clock="freeze", now=shop.now)
    page = _asked(vera, shop, INSIDE, journey=JOURNEY)[1]
    assert "The journey is paused: nobody enters or moves on." in page


def test_who_became_another_customer_is_followed(shop: World, vera: Client) -> None:
    gone, kept = shop.id("customer-001"), shop.id("customer-000")
    Customer.objects.filter(pk=gone).update(merged_into_id=kept)
    answer = vera.get(reverse("admin:profiles_customer_why", args=[gone]))
    assert "This customer was merged into another:" in answer.content.decode()


def test_a_message_is_a_link_for_who_may_read_it(shop: World, vera: Client) -> None:
    (message,) = _told(vera, shop, INSIDE)["planned"]
    answer = vera.get(message["url"])
    assert len(answer.context["cl"].result_list) == 1


def test_a_past_moment_is_told_as_it_was(shop: World, vera: Client) -> None:
    came = Enrollment.objects.get(customer_id=shop.id(BOUGHT))
    with timezone.override("Europe/Berlin"):
        then = timezone.localtime(came.entered_at + dt.timedelta(minutes=1))
    typed = f"{then:%Y-%m-%dT%H:%M}"
    context = _told(vera, shop, BOUGHT, at=typed)
    assert [line["text"] for line in context["decisions"]] == ["Came in", "Waits"]
    assert (context["checks"], context["walks"], context["asked_at"]) == ([], [], typed)
    assert context["coming"].endswith(f"{then:%H:%M}: Waits · pause.")


def test_before_the_beginning_nothing_was_decided(shop: World, vera: Client) -> None:
    context = _told(vera, shop, BOUGHT, at="2020-01-01T00:00:30+00:00")
    assert (context["decisions"], context["asked_at"]) == ([], "2020-01-01T01:00:30")
    assert context["coming"] == (
        "Nothing had been decided in this journey by 1 Jan 2020, 01:00."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"journey": "card"}, 404, "There is no journey “card”."),
        ({"journey": "\x00"}, 404, "There is no journey “"),
        ({"journey": JOURNEY, "at": "yesterday"}, 400, "“yesterday” is not a moment such as"),
        ({"journey": JOURNEY, "at": "2026-13-01T00:00"}, 400, "is not a moment such as"),
        ({"journey": JOURNEY, "at": "0001-01-01T00:00"}, 400, "is not a moment such as"),
        ({"journey": JOURNEY, "at": "9999-12-31T23:59:59-12:00"}, 400, "is not a moment such as"),
        ({"journey": JOURNEY, "at": "9998-01-01T00:00"}, 400, "is still to come: choose a moment"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    shop: World, vera: Client, query: dict[str, str], status: int, sentence: str
) -> None:
    found, page = _asked(vera, shop, INSIDE, **query)
    assert found == status
    assert sentence in page


def test_an_unknown_customer_has_no_page(shop: World, vera: Client) -> None:
    url = reverse("admin:profiles_customer_why", args=[10**9])
    assert vera.get(url).status_code == 404


def test_without_rights_nothing_is_told(shop: World, nick: Client) -> None:
    assert _asked(nick, shop, INSIDE, journey=JOURNEY)[0] == 403
    looks = Permission.objects.filter(codename="view_customer")
    User.objects.get(username="nick").user_permissions.set(looks)
    assert nick.get(_url(shop, INSIDE, journey=JOURNEY)).status_code == 403


def test_the_page_is_for_reading(shop: World, anna: Client) -> None:
    assert anna.post(_url(shop, INSIDE, journey=JOURNEY)).status_code == 405


@pytest.mark.parametrize("field", ["journey", "at"])
def test_what_was_typed_does_not_run(shop: World, anna: Client, field: str) -> None:
    answer = anna.get(_url(shop, INSIDE, **{"journey": JOURNEY, field: NAUGHTY}))
    page = Page(answer.content.decode())
    assert "naughty" in answer.content.decode()
    assert not [script for script in page.scripts if "naughty" in script]


def test_the_customers_page_leads_to_it(shop: World, vera: Client) -> None:
    shop.journey(
        "journey: other\ntitle: Another\nenter: {on: [{event: E}]}\nsteps: [{id: a, wait: 1d}]"
    )
    page = vera.get(reverse("admin:profiles_customer_change", args=[shop.id(INSIDE)]))
    links = dict(Page(page.content.decode()).links)
    for query, text in (
        ({}, "Why, or why not?"),
        ({"journey": JOURNEY}, "Why?"),
        ({"journey": "other"}, "Another"),
    ):
        assert links[_url(shop, INSIDE, **query)] == text


def test_every_journey_can_be_chosen(shop: World, vera: Client) -> None:
    shop.journey("journey: aaa\nenter: {on: [{event: E}]}\nsteps: [{id: a, wait: 1d}]")
    answer = vera.get(_url(shop, INSIDE))
    rows = [(row["journey"].slug, row["met"]) for row in answer.context["journeys"]]
    assert rows == [(JOURNEY, True), ("aaa", False)]
    links = [href for href, _text in Page(answer.content.decode()).links]
    assert "?journey=aaa" in links


def test_it_asks_little(shop: World, vera: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        _told(vera, shop, BOUGHT)
    assert len(queries) <= 20
