"""Plans: everything once, everything by index, and what a run can ask from each step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from journeys.core.asks import Asks
from journeys.core.document import parse
from journeys.core.parts import Goal, Listener, Lookback, Timer
from journeys.core.plan import compile
from journeys.core.problem import DocumentError
from journeys.core.steps.send import PlannedSend
from journeys.core.steps.split import PlannedSplit
from journeys.core.steps.update import PlannedUpdate
from journeys.core.walk import END
from profiles.core.conditions.parse import parse as parse_condition
from profiles.core.conditions.parse import parse_where
from tests.core.journeys.documents import CART, DE, MAIL, VIP, document, mail, plan

FR = {"attribute": "country", "eq": "FR"}


def test_the_abandoned_cart_compiles() -> None:
    cart = compile(parse(CART))
    assert [step.id for step in cart.steps] == [
        "pause",
        "test",
        "mail_a",
        "mail_b",
        "bought",
        "nudge",
    ]
    assert [step.next for step in cart.steps] == [1, 2, 4, 4, 5, END]
    assert cart.places["bought"] == 4
    assert cart.enter.triggers == {"Cart Updated": (Listener("Cart Updated", 0),)}
    assert cart.leave.on == {"Order Completed": (Listener("Order Completed", 1),)}
    assert cart.where == (
        parse_where({"value": {"gte": 30}}),
        parse_where({"cart_id": {"is": "entry.cart_id"}}),
    )
    assert cart.conditions == (
        parse_condition({"attribute": "country", "in": ["DE", "FR"]}),
        parse_condition({"attribute": "blocked", "eq": True}),
    )
    assert (cart.enter.audience, cart.leave.condition) == (0, 1)
    assert cart.goal == Goal("Order Completed", None, timedelta(7), "revenue")
    assert (cart.enter.key, cart.enter.again, cart.enter.holdout) == ("cart_id", timedelta(7), 10)
    assert (cart.purpose, cart.priority, cart.stage) == ("marketing", 50, "acquisition")
    assert (cart.enter.timers, cart.enter.api) == ((), False)


def test_event_names_are_known_by_purpose() -> None:
    names = compile(parse(CART)).event_names
    assert names.enter == {"Cart Updated"}
    assert names.leave == names.goal == names.wait_for == {"Order Completed"}
    assert names.enrolled == {"Order Completed"}
    bare = plan(goal=None).event_names
    assert (bare.leave, bare.goal, bare.wait_for) == (frozenset(), frozenset(), frozenset())


def test_stage_and_lifecycle_triggers_listen_to_lifecycle_changes() -> None:
    found = plan(enter={"on": [{"stage": "growth"}, {"lifecycle": "at_risk"}], "holdout": 5})
    assert found.enter.triggers == {
        "lifecycle.changed": (Listener("lifecycle.changed", 0), Listener("lifecycle.changed", 1))
    }
    assert found.where == (
        parse_where({"stage": {"eq": "growth"}, "previous_stage": {"ne": "growth"}}),
        parse_where({"to": {"eq": "at_risk"}, "from": {"ne": "at_risk"}}),
    )


def test_moments_and_the_api_are_no_events() -> None:
    enter = {
        "on": [
            {"cron": "0 10 * * 1"},
            {"schedule": "2026-12-01T10:00", "local": True},
            {"api": True},
        ],
        "holdout": 5,
    }
    found = plan(enter=enter).enter
    assert list(found.triggers) == ["journey.requested"]  # by another journey's step
    assert found.api
    assert [(timer.schedule.text, timer.local) for timer in found.timers] == [
        ("0 10 * * 1", False),
        ("2026-12-01T10:00", True),
    ]
    assert isinstance(found.timers[0], Timer)


def test_what_is_written_alike_is_kept_once() -> None:
    found = plan(
        {"id": "a", "branch": [{"if": DE, "then": "b"}, {"if": VIP, "then": "b"}]},
        {"id": "b", "branch": [{"if": VIP, "then": "c"}, {"if": dict(reversed(DE.items()))}]},
        mail("c"),
        mail("d"),
    )
    assert found.conditions == (parse_condition(DE), parse_condition(VIP))
    assert found.contents == ({"subject": "Hello", "text": "Hello"},)


def test_one_and_true_are_not_alike() -> None:
    one = {"attribute": "vip", "eq": 1}
    found = plan({"id": "a", "branch": [{"if": VIP, "then": "end"}, {"if": one, "then": "end"}]})
    assert len(found.conditions) == 2


def test_a_run_asks_until_the_customer_rests() -> None:
    found = plan(
        {"id": "a", "branch": [{"if": DE, "then": "c"}]},
        {"id": "b", "wait": "1d"},
        {"id": "c", "branch": [{"if": VIP, "then": "end"}]},
        {"id": "d", "update": {"set": {"x": 1}}},
        {"id": "e", "branch": [{"if": FR, "then": "end"}]},
    )
    de, vip, fr = (found.conditions.index(parse_condition(each)) for each in (DE, VIP, FR))
    assert found.asks("a", begun=False) == Asks((de, vip))
    assert found.asks("", begun=False) == Asks((de, vip))
    assert found.asks("b", begun=False) == Asks()
    assert found.asks("b", begun=True) == Asks((vip,))
    assert found.asks("d", begun=False) == Asks()
    assert found.asks("e", begun=False) == Asks((fr,))
    assert found.asks("a", begun=True) == Asks()


def test_a_wait_of_no_time_does_not_end_a_run() -> None:
    found = plan({"id": "a", "wait": "0s"}, {"id": "b", "branch": [{"if": VIP, "then": "end"}]})
    assert found.asks("a", begun=False) == Asks((0,))


def waiting(since: str = "step", timeout: str = "1d") -> Any:
    return plan(
        {
            "id": "a",
            "wait_for": {
                "any": [
                    {"event": "X", "where": {"a": {"eq": 1}}, "then": "end"},
                    {"if": VIP, "then": "c"},
                ],
                "timeout": timeout,
                "since": since,
            },
        },
        {"id": "b", "branch": [{"if": DE, "then": "end"}]},
        {"id": "c", "branch": [{"if": FR, "then": "end"}]},
    )


def test_a_wait_for_asks_its_conditions_and_what_follows_them() -> None:
    found = waiting()
    vip, de, fr = (found.conditions.index(parse_condition(each)) for each in (VIP, DE, FR))
    assert found.asks("a", begun=False) == Asks(tuple(sorted((vip, fr))))
    assert found.asks("a", begun=True) == Asks(tuple(sorted((de, fr))))
    assert waiting(timeout="0s").asks("a", begun=False) == Asks(tuple(sorted((vip, de, fr))))
    assert found.event_names.wait_for == {"X"}
    assert found.lookbacks == ()


def test_events_since_entry_are_looked_back_for() -> None:
    found = waiting(since="entry")
    assert found.lookbacks == (Lookback("a", "X", 0),)
    assert found.where == (parse_where({"a": {"eq": 1}}),)
    assert found.asks("a", begun=False).lookbacks == (0,)
    assert found.asks("a", begun=True).lookbacks == ()


def test_a_wait_for_that_never_times_out_goes_on_by_its_cases_only() -> None:
    cases = [{"event": "X", "then": "b"}, {"event": "Y", "then": "c"}]
    found = plan(
        {"id": "a", "wait_for": {"any": cases, "timeout": "never"}},
        {"id": "b", "branch": [{"if": DE, "then": "end"}]},
        {"id": "c", "branch": [{"if": FR, "then": "end"}]},
    )
    assert found.asks("a", begun=True) == Asks((0, 1))
    assert found.asks("a", begun=False) == Asks()


def test_arms_have_cumulative_stops() -> None:
    split = compile(parse(CART)).steps[1]
    assert isinstance(split, PlannedSplit)
    assert [(arm.name, arm.stop, arm.ghost, arm.to) for arm in split.arms] == [
        ("A", 4500, False, 2),
        ("B", 9000, False, 3),
        ("control", 10_000, True, 4),
    ]


def test_arms_without_a_target_fall_through() -> None:
    arms = [{"arm": "A", "share": 33.33}, {"arm": "B", "share": 66.67, "then": "c"}]
    found = plan({"id": "a", "split": arms}, mail("b"), mail("c")).steps[0]
    assert isinstance(found, PlannedSplit)
    assert [(arm.stop, arm.to) for arm in found.arms] == [(3333, 1), (10_000, 2)]
    jump = plan({"id": "a", "split": [{"arm": "A", "share": 100}], "then": "end"}).steps[0]
    assert isinstance(jump, PlannedSplit)
    assert jump.arms[0].to == END


def test_the_topic_of_the_journey_is_that_of_its_messages() -> None:
    own = {"id": "b", "send": {**MAIL, "topic": "own"}}
    first, second = plan(mail("a"), own, topic="news").steps
    assert isinstance(first, PlannedSend)
    assert isinstance(second, PlannedSend)
    assert (first.topic, second.topic) == ("news", "own")


def test_variants_share_the_buckets_equally() -> None:
    variants = {"A": {}, "B": {"subject": "b"}, "C": {"subject": "c"}}
    found = plan({"id": "a", "send": {**MAIL, "variants": variants}})
    send = found.steps[0]
    assert isinstance(send, PlannedSend)
    assert (send.variants, send.stops) == (("A", "B", "C"), (3333, 6667, 10_000))
    assert [found.contents[index]["subject"] for index in send.contents] == ["Hello", "b", "c"]


def test_templates_of_an_update_are_told_from_values() -> None:
    step = plan({"id": "a", "update": {"set": {"x": 1, "y": "{{ entry.y }}", "z": "plain"}}}).steps[
        0
    ]
    assert isinstance(step, PlannedUpdate)
    assert step.set == {"x": 1, "z": "plain"}
    assert step.render == {"y": "{{ entry.y }}"}


def test_a_step_that_the_version_does_not_have_is_told() -> None:
    with pytest.raises(LookupError, match="The journey test has no step “b” in this version"):
        plan(mail("a")).step("b")


def test_what_check_refuses_does_not_compile() -> None:
    with pytest.raises(DocumentError) as caught:
        compile(document(journey=""))
    assert [each.code for each in caught.value.problems] == ["missing"]
