"""Journeys are told in the reader's language: who comes in, waits, ways; also in pictures."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from journeys.admin import document, drawn, spoken
from journeys.core import source
from journeys.core.document import parse
from tests.admin.shop import CART
from tests.world import World

ENTRANCES = [
    ({"event": "Order Completed"}, "Order Completed", "Order Completed"),
    ({"event": ""}, "", ""),
    ({"stage": "growth"}, "into Growth (stage)", "в «Развитие» (стадия)"),
    ({"stage": ""}, "into … (stage)", "в «…» (стадия)"),
    (
        {"lifecycle": "at_risk"},
        "into At risk (lifecycle segment)",
        "в «Под угрозой» (сегмент цикла)",
    ),
    ({"segment": "vips"}, "into vips (segment)", "в vips (сегмент)"),
    ({"segment": "vips", "change": "left"}, "out of vips (segment)", "из vips (сегмент)"),
    ({"api": True}, "by the API", "через API"),
    ({"schedule": "2027-01-01T10:00"}, "2027-01-01 10:00", "2027-01-01 10:00"),
    ({"cron": "0 10 * * *"}, "every day at 10:00", "каждый день в 10:00"),
    ({"cron": "0 10,18 * * sun,mon"}, "Mon, Sun at 10:00, 18:00", "Пн, Вс в 10:00, 18:00"),
    ({"cron": "30 9 1,15 * *"}, "on day 1, 15 of the month at 09:30", "1, 15 числа в 09:30"),
    ({"cron": "0 9 1 * mon"}, "0 9 1 * mon", "0 9 1 * mon"),
    ({"cron": "0 9 * 12 *"}, "0 9 * 12 *", "0 9 * 12 *"),
    ({"cron": "*/5 * * * *"}, "*/5 * * * *", "*/5 * * * *"),
    ({"cron": ""}, "", ""),
    ({"date": "renewal_at"}, "renewal_at", "renewal_at"),
    (
        {"date": "renewal_at", "offset": "-5d", "at": "10:00", "yearly": True},
        "5 days before renewal_at at 10:00, every year",
        "за 5 дней до renewal_at в 10:00, каждый год",
    ),
    (
        {"date": "bought_at", "offset": "2h"},
        "2 hours after bought_at",
        "через 2 часа после bought_at",
    ),
]
WAITS = [
    ("1h", "Wait 1 hour", "Ждать 1 час"),
    ({"until": "10:00"}, "Wait until 10:00", "Ждать до 10:00"),
    (
        {"until": "10:00", "on": ["tue", "mon"]},
        "Wait until 10:00 (Mon, Tue)",
        "Ждать до 10:00 (Пн, Вт)",
    ),
    (
        {"window": "09:00-20:00"},
        "Wait for the hours 09:00–20:00",
        "Ждать часов 09:00–20:00",
    ),
    (
        {"date": "renewal_at", "offset": "-1d"},
        "Wait for the date 1 day before renewal_at",
        "Ждать даты: за 1 день до renewal_at",
    ),
    (
        {"best_time": "1d"},
        "Wait for the best time, 1 day at most",
        "Ждать лучшего времени, не дольше: 1 день",
    ),
]
BOTH = ("en", "ru")


def _read(*steps: dict[str, Any], on: Any = None) -> Any:
    return {"journey": "told", "enter": {"on": on or {"event": "Came"}}, "steps": list(steps)}


@pytest.mark.parametrize(("trigger", *BOTH), ENTRANCES)
def test_what_lets_customers_in(trigger: dict[str, Any], en: str, ru: str) -> None:
    for language, told in zip(BOTH, (en, ru), strict=True):
        with translation.override(language):
            assert document.sentences(_read(on=[trigger]))["enter/on/0"] == told
            assert document.sentences(_read(on=trigger))["enter/on"] == told


@pytest.mark.parametrize(("wait", *BOTH), WAITS)
def test_what_a_wait_is_called(wait: Any, en: str, ru: str) -> None:
    read = parse(_read({"id": "pause", "wait": wait}))
    for language, told in zip(BOTH, (en, ru), strict=True):
        with translation.override(language):
            assert drawn.titles(read)["pause"] == told


def test_which_way_is_taken() -> None:
    read = parse(
        _read(
            {"id": "look", "wait_for": {"any": [{"event": "Opened"}], "timeout": "2d"}},
            {"id": "ask", "branch": [{"if": {"attribute": "country", "eq": "DE"}, "then": "end"}]},
            {"id": "odd", "branch": [{"if": {"attribut": "country"}, "then": "end"}]},
            {"id": "day", "wait": {"date": "renewal_at", "if_past": "skip"}},
        )
    )
    with translation.override("ru"):
        ways = [spoken.way(exit) for step in read.steps for exit in step.exits()]
    assert ways == [
        "Opened", "через 2 дня", "country равно «DE»", "иначе", "…", "иначе", "", "дата прошла",
    ]  # fmt: skip


def test_a_text_that_is_no_journey_says_nothing() -> None:
    assert document.sentences({"journey": "told", "enter": {"on": [{"cron": "often"}]}}) == {}
    assert document.sentences(None) == {}


def test_the_picture_speaks_the_readers_language() -> None:
    read = source.read(CART.replace("event: Cart Updated", "lifecycle: at_risk")).value
    with translation.override("ru"):
        painted = document.drawing(read)
    assert "Ждать 1 час" in painted
    assert "«Под угрозой»" in painted
    assert "Конец" in painted
    assert "Wait" not in painted
    assert "lifecycle" not in painted


def test_the_canvas_offers_the_lifecycle_in_words(world: World, anna: Client) -> None:
    world.journey(CART.replace("event: Cart Updated", "lifecycle: at_risk"))
    anna.cookies["django_language"] = "ru"
    page = anna.get(reverse("admin:journeys_journey_canvas", args=["abandoned-cart"]))
    boot = page.context["boot"]
    assert boot["lifecycles"]["at_risk"] == "Под угрозой"
    assert boot["sentences"]["enter/on/0"] == "в «Под угрозой» (сегмент цикла)"
