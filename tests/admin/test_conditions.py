"""What the condition builder asks for: the audience, names to choose from, and who may ask."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from profiles.models import Customer, Segment, SegmentSize
from tests.world import World

AUDIENCE = "admin:profiles_segment_audience"
CHOICES = "admin:profiles_segment_choices"
BOUGHT = {"event": "Order Completed", "count": {"gte": 1}}


def ask(client: Client, condition: Any, **given: Any) -> Any:
    body = json.dumps({"condition": condition, **given})
    return client.post(reverse(AUDIENCE), body, content_type="application/json")


def items(client: Client, kind: str, of: str = "", at: str = "") -> list[dict[str, Any]]:
    answer = client.get(reverse(CHOICES), {"kind": kind, "of": of, "at": at})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.fixture
def planner(db: None) -> Client:
    """Somebody who sees segments, and no customers."""
    user = User.objects.create_user("pia", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_segment"))
    client = Client()
    client.force_login(user)
    return client


def test_an_audience_is_told_in_words_and_numbers(shop: World, anna: Client) -> None:
    condition = {"all": [BOUGHT, {"attribute": "firstName", "ne": "Name0"}]}
    found = ask(anna, condition).json()
    assert found["words"] == "did “Order Completed” and firstName is not “Name0”"
    everybody = Customer.objects.filter(merged_into=None)
    assert (found["count"], found["base"], found["exact"]) == (5, everybody.count(), True)
    assert [rule["count"] for rule in found["rules"]] == [10, 1]
    assert {each["channel"]: each["count"] for each in found["reachable"]}["sms"] == 5
    names = {str(each) for each in everybody}
    assert {each["name"] for each in found["sample"]} <= names
    assert anna.get(found["sample"][0]["url"]).status_code == 200


def test_it_speaks_the_readers_language(shop: World, anna: Client) -> None:
    body = json.dumps({"condition": BOUGHT})
    answer = anna.post(
        reverse(AUDIENCE), body, content_type="application/json",
        headers={"accept-language": "ru"},
    )  # fmt: skip
    assert answer.json()["words"] == "событие «Order Completed» было"


def test_who_may_not_see_customers_sees_counts_only(shop: World, planner: Client) -> None:
    found = ask(planner, BOUGHT).json()
    assert (found["count"], found["sample"]) == (6, [])
    assert items(planner, "values", "firstName") == []
    assert items(planner, "property_values", "Order Completed", "revenue") == []
    assert "firstName" in {each["name"] for each in items(planner, "attributes")}
    row = Segment.objects.get(slug="buyers")
    why = reverse("admin:profiles_segment_why", args=[row.pk])
    assert planner.get(why, {"who": "customer-000"}).status_code == 403


def test_strangers_ask_in_vain(shop: World, nick: Client) -> None:
    assert ask(nick, BOUGHT).status_code == 403
    assert nick.get(reverse(CHOICES), {"kind": "events"}).status_code == 403
    assert Client().get(reverse("admin:profiles_segment_language")).status_code == 302


def test_a_question_without_the_token_is_refused(shop: World, anna: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = anna.cookies
    assert ask(strict, BOUGHT).status_code == 403


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"all": [BOUGHT, {"attribute": "a", "eq": None}]}, "condition.all[1].eq"),
        ({"any": [{"segment": "nowhere"}]}, "condition.any[0].segment"),
        ({"attribute": "a", "within_last": "long"}, "condition.within_last"),
        ({"segment": "buyers"}, "condition.segment"),
        ({"event": "A", "where": {"x": {"is": "entry.y"}}}, "condition.where.x.is"),
        (None, "condition"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    shop: World, anna: Client, condition: Any, path: str
) -> None:
    answer = ask(anna, condition, slug="buyers")
    assert answer.status_code == 422
    assert path in {each["path"] for each in answer.json()["problems"]}
    assert answer.json()["message"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"condition": {}, "more": 1}', "{"])
def test_what_is_no_question_is_refused(shop: World, anna: Client, body: str) -> None:
    answer = anna.post(reverse(AUDIENCE), body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_what_depends_on_the_entry_is_told_and_not_counted(shop: World, anna: Client) -> None:
    condition = {"event": "Order Completed", "where": {"cart_id": {"is": "entry.cart_id"}}}
    found = ask(anna, condition, place="journey").json()
    assert "cart_id" in found["words"]
    assert "count" not in found
    assert found["uncounted"]


def test_names_come_with_what_tells_them_apart(shop: World, anna: Client) -> None:
    events = {each["name"]: each["count"] for each in items(anna, "events")}
    assert events["Cart Updated"] == 16
    attributes = {each["name"]: each for each in items(anna, "attributes")}
    assert attributes["firstName"] == {
        "name": "firstName", "filled": 100.0, "type": "string", "example": '"Name0"',
    }  # fmt: skip
    assert attributes["timezone"]["filled"] < 60
    (revenue,) = (e for e in items(anna, "properties", "Order Completed") if e["name"] == "revenue")
    assert revenue["type"] == "number"
    assert items(anna, "property_values", "Order Completed", "revenue") == [
        {"name": "20", "value": 20, "count": 6}
    ]
    assert {"name": "Name3", "value": "Name3", "count": 1} in items(anna, "values", "firstName")
    assert items(anna, "segments")[0]["count"] == 6
    assert [each["name"] for each in items(anna, "steps", "abandoned-cart")][:2] == [
        "pause",
        "test",
    ]
    assert items(anna, "steps", "nowhere") == []
    channels = {each["name"]: each for each in items(anna, "channels")}
    assert 0 < channels["email"]["count"] < channels["email"]["of"]
    assert items(anna, "topics") == []
    assert {"name", "title", "hint"} == items(anna, "journeys")[0].keys()
    assert anna.get(reverse(CHOICES), {"kind": "secrets"}).status_code == 404


def test_the_language_is_that_of_the_parser(shop: World, anna: Client) -> None:
    found = anna.get(reverse("admin:profiles_segment_language")).json()
    assert found["operators"]["within_last"] == "duration"
    assert "gte" in found["measures"]["count"]
    assert {"email", "sms"} <= found["channels"].keys()
    assert {"loyalty"} <= found["stages"].keys()
    assert {"at_risk"} <= found["lifecycles"].keys()


def test_the_page_draws_the_sizes_of_days_and_tells_them_as_a_table(
    shop: World, anna: Client
) -> None:
    row = Segment.objects.get(slug="buyers")
    url = reverse("admin:profiles_segment_change", args=[row.pk])
    chart = anna.get(url).context["history"]
    kept = list(SegmentSize.objects.filter(segment=row).order_by("-day"))
    assert [n for _day, n, _change in chart.rows] == [6, *(each.customers for each in kept)]
    assert [change for _day, _n, change in chart.rows] == [0, 0, None]
    assert len(chart.line.split()) == len(chart.rows)
    assert "Show as table" in anna.get(url).content.decode()
    SegmentSize.objects.all().delete()
    assert "the chart begins with the second day" in anna.get(url).content.decode()


def test_the_page_says_why_somebody_is_in_or_out(shop: World, anna: Client) -> None:
    row = Segment.objects.get(slug="buyers")
    why = reverse("admin:profiles_segment_why", args=[row.pk])
    inside = anna.get(why, {"who": "customer-000"}).context
    assert inside["inside"]
    bought, name = inside["part"].parts
    assert (bought.holds, bought.saw) == (True, "1")
    assert (name.holds, name.saw) == (True, "Name0")
    outside = anna.get(why, {"who": "customer-001@example.com"}).context
    assert not outside["inside"]
    assert [part.holds for part in outside["part"].parts] == [False, True]
    assert outside["part"].parts[0].saw == "0"


def test_of_several_who_are_found_one_is_chosen(shop: World, anna: Client) -> None:
    row = Segment.objects.get(slug="buyers")
    why = reverse("admin:profiles_segment_why", args=[row.pk])
    several = anna.get(why, {"who": "Name1"})
    assert "Whom do you mean?" in several.content.decode()
    chosen = anna.get(why, {"who": "Name1", "customer": str(shop.id("customer-001"))})
    assert str(chosen.context["customer"]) == "Name1"
    assert "Nobody is found by “zzz”" in anna.get(why, {"who": "zzz"}).content.decode()
