"""Any journey, any answers: what can never happen on any way."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from journeys.core.decide import decide
from journeys.core.decisions import (
    TRACES,
    Await,
    Call,
    Decision,
    Leave,
    Outcome,
    Record,
    Request,
    Rest,
    Send,
    Sleep,
)
from journeys.core.document import parse
from journeys.core.links import links, reachable
from journeys.core.plan import VISIT_LIMIT, Plan, compile
from journeys.core.steps.wait import IF_PAST
from journeys.core.walk import Answers, Person, Reply, State
from tests.core.journeys.documents import DE, MAIL, VIP, raw
from tests.core.journeys.walking import DONE, NOW, after, state

DATES = st.sampled_from([None, "soon", "2020-05-05", "2026-02-01", "2027-06-07T12:00Z"])
IDS = [f"s{number}" for number in range(7)]
CONDITION = st.sampled_from([DE, VIP, {"attribute": "x", "gt": 1}])


def _step(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """A step of any kind. Ways that take no time lead forward, so that no circle lacks a wait."""
    ahead = st.sampled_from(["", "end", *IDS[number + 1 :]])
    anywhere = st.sampled_from(["", "end", *IDS])
    event = st.fixed_dictionaries({"event": st.sampled_from(["X", "Y"]), "then": ahead})
    line = st.fixed_dictionaries({"if": CONDITION, "then": ahead})
    waited = {
        "any": st.lists(event | line, min_size=1, max_size=3),
        "since": st.sampled_from(["step", "entry"]),
    }
    timed = {"timeout": st.just("1d"), "then": anywhere}
    arms = st.tuples(ahead, ahead, st.booleans()).map(
        lambda drawn: [
            {"arm": "A", "share": 50, "then": drawn[0]},
            {"arm": "B", "share": 50, "then": drawn[1], "ghost": drawn[2]},
        ]
    )
    kinds = (
        st.fixed_dictionaries({"wait": st.sampled_from(["1h", "3d"]), "then": anywhere}),
        st.fixed_dictionaries({"wait": st.just("0s"), "then": ahead}),
        st.fixed_dictionaries({"wait": st.just({"until": "09:00"}), "then": anywhere}),
        st.fixed_dictionaries({"wait": st.just({"window": "14:00-16:00"}), "then": ahead}),
        st.fixed_dictionaries(
            {
                "wait": st.fixed_dictionaries(
                    {"date": st.just("born"), "if_past": st.sampled_from(IF_PAST)}
                ),
                "then": ahead,
            }
        ),
        st.fixed_dictionaries({"wait_for": st.fixed_dictionaries({**waited, **timed})}),
        st.fixed_dictionaries(
            {"wait_for": st.fixed_dictionaries({**waited, "timeout": st.just("0s"), "then": ahead})}
        ),
        st.fixed_dictionaries(
            {"wait_for": st.fixed_dictionaries({**waited, "timeout": st.just("never")})}
        ),
        st.fixed_dictionaries({"branch": st.lists(line, min_size=1, max_size=3), "else": ahead}),
        st.fixed_dictionaries({"split": arms}),
        st.fixed_dictionaries({"send": st.just(MAIL), "then": ahead}),
        st.fixed_dictionaries({"update": st.just({"set": {"x": 2}}), "then": ahead}),
        st.fixed_dictionaries({"enroll": st.just("other"), "then": ahead}),
        st.fixed_dictionaries(
            {
                "call": st.fixed_dictionaries(
                    {
                        "url": st.just("https://api.example.com/{{ customer.id }}"),
                        "on_error": st.sampled_from(["continue", "leave"]) | ahead.filter(bool),
                    }
                ),
                "then": ahead,
            }
        ),
        st.fixed_dictionaries({"leave": st.just("enough")}),
    )
    return st.one_of(*kinds).map(lambda step: {"id": IDS[number], **step})


def _plan(steps: tuple[dict[str, Any], ...]) -> Plan:
    """The plan of the steps that somebody reaches."""
    reached = reachable([0], links(parse(raw(*steps))))
    return compile(parse(raw(*(step for at, step in enumerate(steps) if at in reached))))


PLANS = st.tuples(*(_step(number) for number in range(len(IDS)))).map(_plan)


class Run(NamedTuple):
    """What one run was given and what came of it."""

    at: State
    answers: Answers
    now: datetime
    outcome: Outcome


@st.composite
def walks(draw_: st.DrawFn) -> tuple[Plan, list[Run]]:
    """A sound plan and one customer's runs through it, with answers that change as they like."""
    found = draw_(PLANS)
    at, now = state(customer=str(draw_(st.integers(1, 500)))), NOW
    runs: list[Run] = []
    for _ in range(draw_(st.integers(1, 12))):
        asks = found.asks(at.step, begun=at.begun)
        answers = Answers(
            {index: draw_(st.booleans()) for index in asks.conditions},
            {index: draw_(st.booleans()) for index in asks.lookbacks},
            Person("Europe/Berlin", {"born": draw_(DATES)}) if asks.local else None,
        )
        outcome = decide(found, at, answers, now)
        runs.append(Run(at, answers, now, outcome))
        rest, signal, reply = outcome.rest, None, None
        if isinstance(rest, Leave):
            break
        if isinstance(rest, Sleep):
            now = rest.until
        elif not rest.cases:
            reply = draw_(st.none() | st.builds(Reply, st.booleans()))
        elif rest.until is None or draw_(st.booleans()):
            signal = draw_(st.integers(0, len(rest.cases) - 1))
        else:
            now = rest.until
        at = after(outcome, customer=at.customer, signal=signal, reply=reply)
    return found, runs


@given(walks())
def test_every_run_ends_in_a_rest_and_decides_the_same_again(
    walked: tuple[Plan, list[Run]],
) -> None:
    found, runs = walked
    for at, answers, now, outcome in runs:
        *effects, rest = outcome.decisions
        assert isinstance(rest, Rest)
        assert rest is outcome.rest
        assert all(isinstance(each, Send | Record | Request | Call) for each in effects)
        assert decide(found, at, answers, now) == outcome


@given(walks())
def test_no_message_is_planned_twice_and_visits_only_grow(
    walked: tuple[Plan, list[Run]],
) -> None:
    _, runs = walked
    planned: list[tuple[str, int]] = []
    for at, _, _, outcome in runs:
        planned += ((each.step, each.visit) for each in outcome.decisions if isinstance(each, Send))
        assert all(outcome.visits[step] >= visit for step, visit in at.visits.items())
        assert all(visit <= VISIT_LIMIT for visit in outcome.visits.values())
    assert len(planned) == len(set(planned))


@given(walks())
def test_every_step_entered_is_traced_once_a_visit(
    walked: tuple[Plan, list[Run]],
) -> None:
    _, runs = walked
    entered = [
        (trace.step, trace.visit)
        for _, _, _, outcome in runs
        for trace in outcome.trace
        if TRACES[trace.code] == "entered"
    ]
    assert len(entered) == len(set(entered))
    assert len(entered) == sum(runs[-1].outcome.visits.values())


@given(walks())
def test_arms_stick_and_ghosts_stay_ghosts(
    walked: tuple[Plan, list[Run]],
) -> None:
    _, runs = walked
    for at, _, _, outcome in runs:
        assert {step: outcome.arms[step] for step in at.arms} == at.arms
        assert not at.ghost or outcome.ghost == at.ghost


@given(walks())
def test_with_all_that_it_asks_a_run_pauses_only_after_an_update(
    walked: tuple[Plan, list[Run]],
) -> None:
    _, runs = walked
    for _, _, _, outcome in runs:
        if isinstance(outcome.rest, Sleep) and not after(outcome).begun:
            assert any(isinstance(each, Record) for each in outcome.decisions)


def name_of(decision: Decision) -> str:
    """Exhaustive by type: a decision more would not pass the type check."""
    match decision:
        case Send():
            return "send"
        case Record():
            return "record"
        case Request():
            return "request"
        case Call():
            return "call"
        case Sleep():
            return "sleep"
        case Await():
            return "await"
        case Leave():
            return "leave"


def test_the_union_of_decisions_is_closed() -> None:
    assert name_of(DONE) == "leave"
