"""The figures of a dry run: which events happen again, ways in the picture's order, every day."""

from datetime import date
from typing import Any

from journeys.core import forecast
from journeys.core.document import Document, parse
from journeys.core.forecast import Passage, Sent
from journeys.core.plan import Plan, compile

CART: dict[str, Any] = {
    "journey": "cart",
    "enter": {"on": [{"event": "Cart Updated"}], "if": {"not": {"event": "Order Refunded"}}},
    "leave": {"on": [{"event": "Order Completed"}]},
    "goal": {"event": "Order Completed"},
    "steps": [
        {"id": "pause", "wait": "1h"},
        {"id": "mail", "send": {"channel": "email", "subject": "s", "text": "t"}},
        {"id": "enough", "leave": "quiet"},
    ],
}


def document(**changes: Any) -> Document:
    return parse({**CART, **changes})


def plan(**changes: Any) -> Plan:
    return compile(document(**changes))


def test_what_the_plan_listens_to_and_asks_about_happens_again() -> None:
    assert forecast.replayed(plan()) == {"Cart Updated", "Order Refunded", "Order Completed"}


def test_conditions_name_events_at_any_depth() -> None:
    parts = [
        {"any": [{"event": "Product Viewed"}, {"message": "opened", "journey": "cart"}]},
        {"all": [{"in_journey": "other"}, {"attribute": "country", "eq": "DE"}]},
    ]
    asked = forecast.replayed(plan(enter={"on": [{"event": "A"}], "if": {"all": parts}}))
    assert asked == {
        "A", "Product Viewed", "message.opened", "journey.entered", "journey.left",
        "Order Completed",
    }  # fmt: skip


def test_merges_never_happen_again() -> None:
    assert "customer.merged" not in forecast.replayed(
        plan(enter={"on": [{"event": "customer.merged"}]})
    )


def test_only_calls_let_in_when_there_is_no_other_trigger() -> None:
    assert forecast.only_by_call(document(enter={"on": [{"api": True}]}))
    both = {"on": [{"api": True}, {"event": "Cart Updated"}]}
    assert not forecast.only_by_call(document(enter=both))


def test_ways_are_named_and_ordered_as_in_the_picture() -> None:
    passages = [
        Passage("mail", "enough", "", 3),
        Passage("mail", "", "completed", 1),
        Passage("mail", "", "active", 9),
        Passage("pause", "", "left", 2),
        Passage("enough", "", "left", 3),
        Passage("", "pause", "", 6),
        Passage("pause", "mail", "", 4),
    ]
    found = forecast.edges(plan(), passages)
    assert [(way["from"], way["to"], way["customers"]) for way in found] == [
        ("enter", "pause", 6),
        ("pause", "mail", 4),
        ("pause", "left", 2),
        ("mail", "enough", 3),
        ("mail", "end:mail", 1),
    ]
    assert forecast.edges(plan(), reversed(passages)) == found


def test_every_day_stands_there_with_or_without_messages() -> None:
    sent = [Sent(date(2026, 3, 1), "sms", 2), Sent(date(2026, 3, 1), "email", 1)]
    found = forecast.days(date(2026, 2, 28), date(2026, 3, 2), sent)
    assert found == [
        {"date": "2026-02-28", "sent": {}},
        {"date": "2026-03-01", "sent": {"email": 1, "sms": 2}},
        {"date": "2026-03-02", "sent": {}},
    ]
    assert list(found[1]["sent"]) == ["email", "sms"]


def test_refusals_and_skipped_messages_are_summed_by_reason() -> None:
    steps = [{"skipped": {"no_address": 2}}, {"skipped": {"no_address": 1, "unsubscribed": 4}}]
    assert forecast.refused({"refused_audience": 7}, steps) == {
        "audience": 7, "no_address": 3, "unsubscribed": 4,
    }  # fmt: skip


def test_arms_are_told_by_step() -> None:
    assert forecast.arms([("b", "x", 1), ("a", "y", 2), ("a", "x", 3)]) == {
        "a": {"x": 3, "y": 2},
        "b": {"x": 1},
    }
