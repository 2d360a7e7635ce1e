"""A customer on the way: what every step decides."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from journeys.core.decide import decide
from journeys.core.decisions import (
    TRACES,
    Await,
    Case,
    Leave,
    Record,
    Send,
    Sleep,
    Subscription,
)
from journeys.core.document import parse
from journeys.core.plan import STEP_LIMIT, VISIT_LIMIT, Plan, compile
from journeys.core.walk import Answers
from profiles.core import draw
from tests.core.journeys.documents import CART, DE, MAIL, VIP, mail, plan
from tests.core.journeys.walking import DAY, DONE, HOUR, NOW, after, begun, codes, run, send, state


def test_a_wait_begins_at_the_instant_of_arrival() -> None:
    found = plan({"id": "a", "wait": "2h"})
    outcome = run(found, state())
    assert outcome.decisions == (Sleep(NOW + 2 * HOUR),)
    assert (outcome.step, outcome.visit, outcome.visits) == ("a", 1, {"a": 1})
    assert codes(outcome) == [("a", "wait_started")]
    assert outcome.trace[0].inputs == {"wait": "2h"}


def test_a_wait_that_fell_due_moves_on_and_reckons_from_then() -> None:
    found = plan({"id": "a", "wait": "2h"}, {"id": "b", "wait": "1h"})
    outcome = run(found, after(run(found, state())), now=NOW + 2 * HOUR)
    assert outcome.rest == Sleep(NOW + 3 * HOUR)
    assert outcome.step_at == NOW + 2 * HOUR
    assert codes(outcome) == [("a", "wait_over"), ("b", "wait_started")]


def test_a_wait_of_no_time_passes() -> None:
    outcome = run(plan({"id": "a", "wait": "0s"}, mail("b")), state())
    assert outcome.decisions == (send("b"), DONE)
    assert codes(outcome) == [("a", "wait_passed"), ("b", "message_planned"), ("b", "completed")]


def test_the_steps_run_out_and_the_customer_completes() -> None:
    outcome = run(plan(mail("a")), state())
    assert outcome.decisions == (send("a"), DONE)
    assert outcome.rest == DONE
    assert (outcome.step, outcome.visits) == ("a", {"a": 1})


def test_a_leave_tells_its_reason() -> None:
    outcome = run(plan({"id": "a", "leave": "gave up"}), state())
    assert outcome.decisions == (Leave("gave up", completed=False),)
    assert outcome.trace[0].inputs == {"reason": "gave up"}


BRANCH = {"id": "a", "branch": [{"if": DE, "then": "de"}, {"if": VIP}], "else": "end"}


@pytest.mark.parametrize(
    ("yes", "sent", "case"),
    [((0,), ["de", "b"], 0), ((1,), ["b"], 1), ((0, 1), ["de", "b"], 0), ((), [], "else")],
)
def test_the_first_line_that_holds_decides_a_branch(
    yes: tuple[int, ...], sent: list[str], case: int | str
) -> None:
    found = plan(BRANCH, mail("b", then="end"), mail("de", then="b"))
    outcome = run(found, state(), *yes)
    assert [each.step for each in outcome.decisions if isinstance(each, Send)] == sent
    assert outcome.trace[0].code == "branch_taken"
    assert outcome.trace[0].inputs["case"] == case


def test_a_missing_answer_stops_before_the_step_that_asks() -> None:
    found = plan(mail("m"), BRANCH, mail("b", then="end"), mail("de", then="b"))
    outcome = decide(found, state(), Answers({0: False}), NOW + HOUR)
    assert outcome.decisions == (send("m"), Sleep(NOW + HOUR))
    assert (outcome.step, outcome.visit, outcome.visits) == ("a", 1, {"m": 1})
    assert not after(outcome).begun
    assert codes(outcome) == [("m", "message_planned")]
    again = run(found, after(outcome), 0)
    assert [each.step for each in again.decisions if isinstance(each, Send)] == ["de", "b"]


def test_an_answer_after_the_line_that_holds_is_not_needed() -> None:
    outcome = decide(
        plan(BRANCH, mail("b", then="end"), mail("de")), state(), Answers({0: True}), NOW
    )
    assert outcome.rest == DONE


def test_after_an_update_the_next_condition_is_asked_afresh() -> None:
    found = plan(
        {"id": "a", "update": {"set": {"n": 1}, "unset": ["m"], "subscribe": {"channel": "sms"}}},
        mail("b"),
        {"id": "c", "branch": [{"if": VIP, "then": "end"}]},
    )
    outcome = run(found, state(), 0)
    record = Record("a", 1, {"n": 1}, {}, ("m",), (Subscription("sms"),), (), "")
    assert outcome.decisions == (record, send("b"), Sleep(NOW))
    assert outcome.trace[0].inputs == {"set": ["n"], "unset": ["m"]}
    assert run(found, after(outcome), 0).decisions == (DONE,)


def test_after_an_update_a_lookback_is_asked_afresh() -> None:
    found = plan(
        {"id": "a", "update": {"set": {"n": 1}}},
        {"id": "b", "wait_for": {"any": {"event": "X"}, "timeout": "1d", "since": "entry"}},
    )
    outcome = run(found, state())
    assert outcome.rest == Sleep(NOW)
    assert isinstance(run(found, after(outcome)).rest, Await)


SPLIT = compile(parse(CART))


def test_the_draw_is_the_published_hash() -> None:
    for customer in ("1", "2", "customer-000001", "Клиент-42"):
        digest = sha256(f"abandoned-cart:test:{customer}".encode()).hexdigest()
        bucket = int(digest[:15], 16) % 10_000
        outcome = run(SPLIT, begun("pause", customer=customer))
        arm = "A" if bucket < 4500 else "B" if bucket < 9000 else "control"
        drawn = next(trace for trace in outcome.trace if trace.step == "test")
        assert drawn.inputs == {"arm": arm, "bucket": bucket}
        assert outcome.arms == {"test": arm}


def test_the_vectors_of_the_contract_hold() -> None:
    assert draw.bucket("exp-1", "customer-000001") == 5911
    assert draw.bucket("exp-2", "customer-000001") == 2037
    assert draw.bucket("exp-1", "Клиент-42") == 952


def customer_of(arm: str) -> str:
    """Some customer whom the draw sends down an arm."""
    return next(
        str(number)
        for number in range(1000)
        if run(SPLIT, begun("pause", customer=str(number))).arms["test"] == arm
    )


def test_an_arm_names_the_message_and_waits_for_the_purchase() -> None:
    outcome = run(SPLIT, begun("pause", customer=customer_of("B")))
    cases = (Case(0, "Order Completed", 1, None, None, -1),)
    assert outcome.decisions == (
        send("mail_b", content=1, arm="B"),
        Await(cases, since=NOW, until=NOW + 2 * DAY),
    )
    assert codes(outcome)[-1] == ("bought", "awaiting")


def test_a_ghost_arm_makes_a_ghost_for_the_rest_of_the_walk() -> None:
    outcome = run(SPLIT, begun("pause", customer=customer_of("control")))
    assert outcome.ghost == "arm"
    late = run(SPLIT, after(outcome), now=NOW + 2 * DAY)
    nudge = send("nudge", content=2, channels=("push", "sms"), arm="control", ghost="arm")
    assert late.decisions == (nudge, DONE)


def test_a_ghost_of_the_holdout_stays_one_in_a_ghost_arm() -> None:
    at = begun("pause", customer=customer_of("control"), ghost="holdout")
    assert run(SPLIT, at).ghost == "holdout"
    assert run(SPLIT, begun("pause", customer=customer_of("A"), ghost="global")).decisions[
        0
    ] == send("mail_a", arm="A", ghost="global")


@pytest.mark.parametrize("field", ["arms", "earlier_arms"])
def test_an_arm_is_kept_while_its_name_exists(field: str) -> None:
    customer = customer_of("A")
    kept = run(SPLIT, begun("pause", customer=customer, **{field: {"test": "B"}}))
    assert codes(kept)[1] == ("test", "arm_kept")
    assert kept.arms == {"test": "B"}
    gone = run(SPLIT, begun("pause", customer=customer, **{field: {"test": "C"}}))
    assert codes(gone)[1] == ("test", "arm_drawn")
    assert gone.arms == {"test": "A"}


def test_earlier_arms_do_not_name_messages() -> None:
    outcome = run(plan(mail("a")), state(earlier_arms={"x": "A"}))
    assert outcome.decisions[0] == send("a")


def test_a_message_bears_the_arm_of_the_last_split_passed() -> None:
    one = {"id": "one", "split": [{"arm": "A", "share": 100}]}
    two = {"id": "two", "split": [{"arm": "B", "share": 100}]}
    found = plan(one, two, mail("m"))
    assert run(found, state("m", arms={"two": "B", "one": "A", "gone": "C"})).decisions[0] == send(
        "m", arm="B"
    )


def test_variants_are_drawn_and_kept_like_arms() -> None:
    variants = {"A": {}, "B": {"subject": "Other"}}
    found = plan({"id": "m", "send": {**MAIL, "variants": variants}})
    for number in range(20):
        customer = str(number)
        at = 0 if draw.bucket("test:m", customer) < 5000 else 1
        outcome = run(found, state(customer=customer))
        assert outcome.decisions[0] == send("m", content=at, arm="AB"[at])
        assert outcome.arms == {"m": "AB"[at]}
        assert outcome.trace[0].inputs == {"channels": ["email"], "arm": "AB"[at]}
        other = "BA"[at]
        kept = run(found, state(customer=customer, earlier_arms={"m": other}))
        assert kept.decisions[0] == send("m", content=1 - at, arm=other)


def test_a_send_carries_what_hand_over_needs() -> None:
    content = {
        "channel": "email",
        "template": "t",
        "expires": "24h",
        "on_skip": "leave",
        "topic": "x",
    }
    outcome = run(plan({"id": "m", "send": content}), state())
    assert outcome.decisions[0] == send("m", topic="x", expires=DAY, on_skip="leave")


WAITING = {
    "id": "w",
    "wait_for": {
        "any": [{"event": "X", "then": "x"}, {"if": VIP, "then": "vip"}],
        "timeout": "2d",
        "then": "late",
    },
}
TARGETS = [mail("x", then="end"), mail("vip", then="end"), mail("late")]


def wait_for(**more: Any) -> Plan:
    return plan({**WAITING, "wait_for": {**WAITING["wait_for"], **more}}, *TARGETS)  # type: ignore[dict-item]


def test_a_wait_for_awaits_its_cases_from_the_arrival_on() -> None:
    outcome = run(wait_for(), state(step_at=NOW - HOUR))
    assert outcome.decisions == (
        Await(
            (Case(0, "X", None, None, None, 1), Case(1, "", None, 0, None, 2)),
            since=NOW - HOUR,
            until=NOW + 2 * DAY - HOUR,
        ),
    )
    assert outcome.step_at == NOW - HOUR
    assert outcome.trace[0].inputs == {"timeout": "2d"}


@pytest.mark.parametrize(("signal", "sent"), [(0, "x"), (1, "vip"), (None, "late")])
def test_a_signal_or_the_time_ends_a_wait_for(signal: int | None, sent: str) -> None:
    outcome = run(wait_for(), begun("w", signal=signal))
    assert outcome.decisions == (send(sent), DONE)
    told = {0: {"case": 0, "event": "X"}, 1: {"case": 1}, None: {"timeout": "2d"}}
    assert outcome.trace[0].code == ("timed_out" if signal is None else "case_met")
    assert outcome.trace[0].inputs == told[signal]


def test_a_condition_that_holds_on_arrival_ends_a_wait_for_at_once() -> None:
    outcome = run(wait_for(), state(), 0)
    assert outcome.decisions == (send("vip"), DONE)
    assert codes(outcome)[0] == ("w", "met_at_once")


def test_a_condition_without_an_answer_stops_before_the_wait_for() -> None:
    outcome = decide(wait_for(), state(), Answers(), NOW)
    assert outcome.decisions == (Sleep(NOW),)
    assert not after(outcome).begun


def test_an_event_since_entry_ends_a_wait_for_at_once() -> None:
    found = wait_for(since="entry")
    assert isinstance(run(found, state()).rest, Await)
    seen = decide(found, state(), Answers({0: True}, {0: True}), NOW)
    assert seen.decisions[0] == send("x")
    assert seen.trace[0].inputs == {"case": 0, "event": "X"}


def test_a_wait_for_without_a_time_out_waits_for_ever() -> None:
    found = plan({"id": "w", "wait_for": {"any": [{"event": "X"}], "timeout": "never"}}, mail("x"))
    outcome = run(found, state())
    assert outcome.rest == Await((Case(0, "X", None, None, None, 1),), NOW, None)
    woken = run(found, after(outcome), now=NOW + DAY)
    assert woken.rest == outcome.rest
    assert woken.trace == ()
    assert woken.step_at == NOW
    assert run(found, after(outcome, signal=0)).decisions == (send("x"), DONE)


def test_a_time_out_of_no_time_only_looks() -> None:
    found = wait_for(timeout="0s")
    outcome = run(found, state())
    assert codes(outcome)[0] == ("w", "timed_out_at_once")
    assert outcome.decisions == (send("late"), DONE)


LOOP = [{"id": "w", "wait": "1d"}, mail("m", then="w")]


def test_visits_are_counted_and_the_hundred_and_first_ends_it() -> None:
    found = plan(*LOOP)
    outcome = run(found, state())
    for visit in range(1, VISIT_LIMIT):
        outcome = run(found, after(outcome))
        assert outcome.decisions[0] == send("m", visit=visit)
        assert (outcome.step, outcome.visit) == ("w", visit + 1)
    outcome = run(found, after(outcome))
    assert outcome.rest == Leave("visit_limit", completed=False)
    assert codes(outcome)[-1] == ("w", "visit_limit")
    assert outcome.visits == {"w": VISIT_LIMIT, "m": VISIT_LIMIT}


def test_a_long_run_pauses_at_the_step_limit_and_goes_on() -> None:
    found = plan(*(mail(f"s{number}") for number in range(STEP_LIMIT + 5)))
    outcome = run(found, state())
    assert len(outcome.decisions) == STEP_LIMIT + 1
    assert outcome.rest == Sleep(NOW)
    assert outcome.step == f"s{STEP_LIMIT}"
    rest = run(found, after(outcome))
    assert len(rest.decisions) == 6
    assert rest.rest == DONE


def test_a_step_that_was_a_wait_and_is_no_more_is_walked_as_new() -> None:
    outcome = run(plan(mail("a")), begun("a"))
    assert outcome.decisions == (send("a", visit=2), DONE)


def test_a_step_that_the_plan_does_not_have_raises() -> None:
    with pytest.raises(LookupError, match="no step “gone”"):
        run(plan(mail("a")), state("gone"))


def test_every_trace_is_json_and_in_the_table() -> None:
    seen = [
        *run(SPLIT, state()).trace,
        *run(SPLIT, begun("pause")).trace,
        *run(wait_for(), begun("w", signal=0)).trace,
    ]
    for trace in seen:
        assert trace.code in TRACES
        assert msgspec.json.decode(msgspec.json.encode(trace.inputs)) == trace.inputs
