"""The report on overlap: what fell on customers, and what is predicted to; and who may ask."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from channels.models import Message
from journeys.models import Enrollment, Forecast, Journey
from profiles.models import Customer
from tests.admin.test_reports import charts_of, values
from tests.world import World

OTHER = """
journey: hello
title: Hello again
enter: {on: [{event: Cart Updated}], again: always}
steps:
  - {id: mail, send: {channel: email, subject: Hello, text: Hello.}}
  - {id: rest, wait: 2d}
"""
PAGE = "/admin/reports/overlap/"


@pytest.fixture
def crowded(busy_shop: World) -> World:
    """A second journey for those who fill carts."""
    busy_shop.journey(OTHER)
    for number in range(8):
        busy_shop.does(f"customer-{number:03d}", "Cart Updated", cart_id=f"again-{number}")
    return busy_shop


def _predict(client: Client, **asked: Any) -> list[dict[str, Any]]:
    answer = client.post(reverse("admin:report_predict"), asked)
    assert answer.status_code == 200
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]  # type: ignore[attr-defined]


def test_the_table_has_the_pairs_and_the_picture_the_journeys(crowded: World, anna: Client) -> None:
    charts = charts_of(anna.get(PAGE, {"days": "7"}))
    chart = charts["overlap"]
    both = Enrollment.objects.filter(
        journey__slug="hello", ghost="",
        customer_id__in=Enrollment.objects.filter(
            journey__slug="abandoned-cart", ghost="", left_at=None
        ).values("customer_id"),
    ).values("customer_id").distinct().count()  # fmt: skip
    assert both > 0
    assert values(chart, 0) == ["Abandoned cart"]
    assert values(chart, 1) == ["Hello again"]
    assert values(chart, 2) == [both]
    assert len(chart.option["series"][0]["data"]) == 4
    messages = dict(zip(values(charts["journeys"], 0), values(charts["journeys"], 1), strict=True))
    assert messages["Hello again"] == Message.objects.filter(
        journey="hello", sent_at__isnull=False
    ).count()  # fmt: skip
    assert sum(values(charts["people"], 1)) == Customer.objects.filter(merged_into=None).count()
    file = anna.get(PAGE, {"csv": "overlap", "days": "7"})
    assert f"Abandoned cart,Hello again,{both}," in file.content.decode()


def test_a_prediction_tells_how_far_it_is_and_is_kept(crowded: World, anna: Client) -> None:
    first = anna.get(PAGE)
    assert first.context["ahead"] == []
    assert "before they get them" in first.content.decode()
    *done, last = _predict(anna, days="7")
    assert [each["done"] for each in done] == sorted(each["done"] for each in done)
    assert last == {"found": "ahead"}
    _predict(anna, days="30")
    assert Forecast.objects.count() == 1
    page = anna.get(PAGE)
    ahead = {chart.key: chart for chart in page.context["ahead"]}
    assert values(ahead["overlap-ahead"], 1) == ["Hello again"]
    assert "the next 30 days" in ahead["overlap-ahead"].title
    assert "happens again in the next 30" in page.content.decode()
    file = anna.get(PAGE, {"csv": "people-ahead"}).content.decode()
    assert "messages,customers,share" in file


def test_without_a_live_journey_the_remedy_is_told(busy_shop: World, anna: Client) -> None:
    Journey.objects.update(state="stopped")
    [line] = _predict(anna)
    assert line == {"refused": "No journey is live: publish one first."}


def test_only_who_writes_journeys_predicts(busy_shop: World, vera: Client, nick: Client) -> None:
    url = reverse("admin:report_predict")
    assert nick.post(url).status_code == vera.post(url).status_code == 403
    assert "Nobody has asked for a prediction yet." in vera.get(PAGE).content.decode()
    User.objects.get(username="vera").user_permissions.add(
        Permission.objects.get(codename="change_journey")
    )
    assert vera.get(url).status_code == 405
    assert Client().post(url).status_code == 302
    assert _predict(vera, days="odd")[-1] == {"found": "ahead"}


def test_it_is_told_in_russian(crowded: World, anna: Client) -> None:
    _predict(anna, days="7")
    anna.cookies["django_language"] = "ru"
    page = anna.get(PAGE).content.decode()
    assert "Сразу в двух сценариях, последние 30 дней" in page
    assert "Сразу в двух сценариях, следующие 7 дней" in page
    assert "Все активные сценарии вместе" in page
