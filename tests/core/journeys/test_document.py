"""Reading documents: every form of the contract."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from journeys.core.cron import Cron, Moment
from journeys.core.decisions import Subscription
from journeys.core.document import parse
from journeys.core.steps.branch import Branch
from journeys.core.steps.leave import Leave
from journeys.core.steps.send import Send
from journeys.core.steps.split import Split
from journeys.core.steps.update import Update
from journeys.core.steps.wait import Wait
from journeys.core.steps.wait_for import WaitFor
from journeys.core.triggers import (
    ApiTrigger,
    EventTrigger,
    LifecycleTrigger,
    StageTrigger,
    TimeTrigger,
)
from tests.core.journeys.documents import CART, DE, VIP, document


def only(step: dict[str, Any], **top: Any) -> Any:
    return document({"id": "a", **step}, **top).steps[0]


def test_the_abandoned_cart_reads_as_written() -> None:
    cart = parse(CART)
    assert (cart.journey, cart.title, cart.purpose) == (
        "abandoned-cart",
        "Abandoned cart",
        "marketing",
    )
    assert (cart.stage, cart.priority, cart.topic) == ("acquisition", 50, "")
    assert cart.enter.triggers == (
        EventTrigger("enter.on[0]", "Cart Updated", {"value": {"gte": 30}}),
    )
    assert cart.enter.audience == {"attribute": "country", "in": ["DE", "FR"]}
    assert (cart.enter.key, cart.enter.again) == ("cart_id", timedelta(days=7))
    assert cart.enter.holdout == 10
    assert cart.leave.on[0].where == {"cart_id": {"is": "entry.cart_id"}}
    assert cart.leave.condition == {"attribute": "blocked", "eq": True}
    assert cart.goal is not None
    assert (cart.goal.on.event, cart.goal.within, cart.goal.value) == (
        "Order Completed",
        timedelta(days=7),
        "revenue",
    )
    assert [(step.id, step.kind) for step in cart.steps] == [
        ("pause", "wait"),
        ("test", "split"),
        ("mail_a", "send"),
        ("mail_b", "send"),
        ("bought", "wait_for"),
        ("nudge", "send"),
    ]
    assert cart.raw["steps"][0] == {"id": "pause", "wait": "1h"}


def test_json_and_yaml_are_the_same_document() -> None:
    cart = parse(CART)
    from_json = parse(json.dumps(cart.raw))
    assert from_json.steps == cart.steps
    assert from_json.enter == cart.enter
    assert from_json.lines == {}


def test_an_empty_draft_reads() -> None:
    draft = parse({})
    assert (draft.journey, draft.steps, draft.goal) == ("", (), None)
    assert draft.enter.triggers == ()
    assert draft.enter.again == "never"
    assert parse({"enter": None, "leave": None, "goal": None, "steps": None}).steps == ()


@pytest.mark.parametrize(
    ("trigger", "read"),
    [
        ({"event": "Signed Up"}, EventTrigger("enter.on", "Signed Up")),
        ({"event": ""}, EventTrigger("enter.on", "")),
        ({"stage": "growth"}, StageTrigger("enter.on", "growth")),
        ({"lifecycle": "at_risk"}, LifecycleTrigger("enter.on", "at_risk")),
        ({"api": True}, ApiTrigger("enter.on")),
        (
            {"schedule": "2026-12-01T10:00", "local": True},
            TimeTrigger(
                "enter.on", Moment("2026-12-01T10:00", datetime(2026, 12, 1, 10)), local=True
            ),
        ),
        ({"schedule": ""}, TimeTrigger("enter.on", None)),
        ({"cron": None}, TimeTrigger("enter.on", None)),
    ],
)
def test_every_trigger_reads(trigger: dict[str, Any], read: object) -> None:
    assert document(enter={"on": trigger}).enter.triggers == (read,)


def test_several_triggers_may_let_customers_in() -> None:
    found = document(enter={"on": [{"cron": "0 10 * * 1"}, {"api": True}]}).enter.triggers
    assert [each.path for each in found] == ["enter.on[0]", "enter.on[1]"]
    assert isinstance(found[0], TimeTrigger)
    assert isinstance(found[0].schedule, Cron)


@pytest.mark.parametrize(
    ("again", "read"),
    [
        (None, "never"),
        ("never", "never"),
        ("always", "always"),
        ({"after": "2w"}, timedelta(14)),
    ],
)
def test_again_has_three_forms(again: Any, read: object) -> None:
    enter = {"on": {"api": True}, "again": again}
    assert document(enter=enter).enter.again == read


def test_a_wait_takes_a_duration() -> None:
    step = only({"wait": "90s"})
    assert isinstance(step, Wait)
    assert step.form == timedelta(seconds=90)
    assert only({"wait": ""}).form is None


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"until": "9:05", "on": ["fri", "mon"]}, "Wait until 09:05 (mon, fri)"),
        ({"until": "09:00"}, "Wait until 09:00"),
        ({"window": "22:00-24:00"}, "Wait for the window 22:00-00:00"),
        ({"date": "renewal", "offset": "-5d", "at": "10:00"},
         "Wait until 5d before renewal at 10:00"),
        ({"date": "entry.starts_at", "offset": "2h"}, "Wait until 2h after entry.starts_at"),
        ({"date": "2026-12-24"}, "Wait until 2026-12-24"),
    ],
)  # fmt: skip
def test_a_wait_goes_by_the_customers_clock(form: Any, words: str) -> None:
    assert only({"wait": form}).words() == words


def test_a_wait_for_takes_events_and_conditions() -> None:
    step = only(
        {
            "wait_for": {
                "any": [{"event": "X", "where": {"a": {"eq": 1}}, "then": "end"}, {"if": VIP}],
                "timeout": "2d",
                "then": "end",
                "since": "entry",
            }
        }
    )
    assert isinstance(step, WaitFor)
    assert [(case.event, case.where, case.condition, case.then) for case in step.cases] == [
        ("X", {"a": {"eq": 1}}, None, "end"),
        ("", None, VIP, ""),
    ]
    assert (step.timeout, step.late, step.since) == (timedelta(2), "end", "entry")


def test_a_wait_for_may_never_time_out_and_take_one_condition_alone() -> None:
    step = only({"wait_for": {"if": VIP, "timeout": "never"}})
    assert (step.timeout, step.since, step.cases[0].condition) == ("never", "step", VIP)
    assert only({"wait_for": {"any": {"event": "X"}}}).timeout is None


def test_a_branch_goes_by_conditions() -> None:
    step = only({"branch": [{"if": DE, "then": "end"}, {"if": VIP}], "else": "end"})
    assert isinstance(step, Branch)
    assert [(each.condition, each.then) for each in step.choices] == [(DE, "end"), (VIP, "")]
    assert step.then == "end"
    assert only({"branch": [{"if": DE}], "then": "end"}).then == "end"


def test_a_split_has_arms_with_shares_to_the_hundredth() -> None:
    step = only(
        {"split": [{"arm": "A", "share": 33.33}, {"arm": "B", "share": 66.67, "ghost": True}]}
    )
    assert isinstance(step, Split)
    assert [(arm.name, arm.share, arm.ghost) for arm in step.arms] == [
        ("A", 33.33, False),
        ("B", 66.67, True),
    ]


def test_a_send_takes_content_or_a_template() -> None:
    step = only(
        {
            "send": {
                "channel": ["push", "sms"],
                "fallback": ["sms", "email"],
                "title": "T",
                "data": {"a": [1]},
                "topic": "news",
                "expires": "24h",
                "on_skip": "leave",
            }
        }
    )
    assert isinstance(step, Send)
    assert step.channels == ("push", "sms", "email")
    assert step.contents[0].body == {"title": "T", "data": {"a": [1]}}
    assert (step.topic, step.expires, step.on_skip) == ("news", timedelta(1), "leave")
    assert only({"send": {"channel": "email", "template": "t"}}).contents[0].body == {
        "template": "t"
    }


def test_content_is_kept_to_the_letter() -> None:
    body = only({"send": {"channel": "sms", "text": "  indented\n"}}).contents[0].body
    assert body == {"text": "  indented\n"}


def test_variants_take_over_what_they_do_not_say() -> None:
    step = only(
        {
            "send": {
                "channel": "email",
                "subject": "S",
                "text": "T",
                "variants": {"A": {}, "B": {"subject": "other"}},
            }
        }
    )
    assert [(each.arm, each.body) for each in step.contents] == [
        ("A", {"subject": "S", "text": "T"}),
        ("B", {"subject": "other", "text": "T"}),
    ]


def test_an_update_sets_unsets_and_subscribes() -> None:
    step = only(
        {
            "update": {
                "set": {"vip": True, "name": "{{ entry.name }}"},
                "unset": "old",
                "subscribe": {"channel": "email", "topic": "news"},
                "unsubscribe": [{"channel": "sms"}],
            }
        }
    )
    assert isinstance(step, Update)
    assert (step.set, step.unset) == ({"vip": True, "name": "{{ entry.name }}"}, ("old",))
    assert step.subscribe == (Subscription("email", "news"),)
    assert step.unsubscribe == (Subscription("sms"),)


def test_a_leave_has_a_reason() -> None:
    step = only({"leave": " bought "})
    assert isinstance(step, Leave)
    assert step.reason == "bought"
