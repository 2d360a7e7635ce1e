"""Two documents value by value."""

from typing import Any

import pytest

from journeys.core.fields import Field, fields


def _one(**step: Any) -> dict[str, Any]:
    return {"journey": "x", "steps": [{"id": "a", **step}]}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"wait": "1h"}, {"wait": "1h"}, []),
        ({"wait": "1h"}, {"wait": "2h"}, [("wait", "1h", "2h")]),
        ({"wait": "1h"}, {"wait": "1h", "then": "end"}, [("then", None, "end")]),
        ({"send": {"channel": "email", "text": "Hi"}}, {"send": {"channel": "sms", "text": "Hi"}},
         [("send.channel", "email", "sms")]),
        ({"send": {"channel": ["sms"]}}, {"send": {"channel": ["sms", "push"]}},
         [("send.channel", '["sms"]', '["sms", "push"]')]),
        ({"split": [{"arm": "A", "share": 50}, {"arm": "B", "share": 50}]},
         {"split": [{"arm": "A", "share": 60}, {"arm": "B", "share": 40}]},
         [("split.1.share", "50", "60"), ("split.2.share", "50", "40")]),
        ({"branch": [{"if": {"a": 1}}]}, {"branch": [{"if": {"a": 1}}, {"if": {"b": 1}}]},
         [("branch.2.if.b", None, "1")]),
        ({"wait": "1h"}, {"wait": {"until": "09:00"}},
         [("wait", "1h", None), ("wait.until", None, "09:00")]),
        ({"wait": {"until": "09:00"}}, {"wait": "1h"},
         [("wait", None, "1h"), ("wait.until", "09:00", None)]),
        ({"update": {"set": {"a": 1}}}, {"update": {"set": {"a": True}}},
         [("update.set.a", "1", "true")]),
        ({"update": {"set": {"a": "1"}}}, {"update": {"set": {"a": None}}},
         [("update.set.a", "1", "null")]),
    ],
)  # fmt: skip
def test_what_differs_in_a_step_is_told_value_by_value(
    old: dict[str, Any], new: dict[str, Any], found: list[tuple[str, str | None, str | None]]
) -> None:
    assert fields(_one(**old), _one(**new)) == [Field("a", *each) for each in found]


def test_what_is_of_the_journey_comes_first_and_what_is_gone_last() -> None:
    old = {"goal": {"event": "A"}, "steps": [{"id": "a", "wait": "1h"}, {"id": "b", "leave": "x"}]}
    new = {"goal": {"event": "B"}, "steps": [{"id": "b", "leave": "x"}, {"id": "c", "wait": "2h"}]}
    assert fields(old, new) == [
        Field("", "goal.event", "A", "B"),
        Field("c", "wait", None, "2h"),
        Field("a", "wait", "1h", None),
    ]


def test_order_and_steps_without_an_id_say_nothing() -> None:
    old = {"a": 1, "b": 2, "steps": [{"id": "x", "wait": "1h", "then": "end"}, "odd", {"wait": 1}]}
    new = {"b": 2, "steps": [{"then": "end", "wait": "1h", "id": "x"}, {"id": "x", "leave": "no"}],
           "a": 1}  # fmt: skip
    assert fields(old, new) == []
    assert fields({"steps": None}, {}) == []
