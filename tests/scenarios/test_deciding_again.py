"""What the log of decisions keeps is enough to decide again, with the same result: waits, draws,
the rules of entering, and every condition from the values that it was judged by; questions about
purchases from the log of events as well.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from journeys.core.entry import History, may_enter
from journeys.core.steps.branch import PlannedBranch
from journeys.core.steps.wait import PlannedWait
from journeys.core.waiting import Dated
from journeys.core.walk import Answers, Person, State, Walk
from journeys.models import Decision, Enrollment
from journeys.queries import plans
from journeys.queries.plans import Loaded
from profiles.core.conditions import Condition
from profiles.core.conditions.ast import Event
from profiles.core.conditions.references import leaves
from profiles.queries.conditions import Ask, Subject, answers
from tests.oracle import Oracle
from tests.rejudging import rejudged
from tests.scenarios.lives import begin_again
from tests.scenarios.variety import populate
from tests.world import World

SIZE = 12
GLOBAL = 10
WAITS = {"wait_started", "wait_passed", "date_past", "date_missing"}
DRAWS = {"arm_drawn", "arm_kept"}
OWN = ("message.", "journey.", "lifecycle.", "customer.", "consent.")
"""The engine's own events may follow a decision in the same instant, and are then not its cause."""


@pytest.fixture
def decided(world: World, settings: object) -> list[Decision]:
    """What was decided about a dozen customers within ten days."""
    settings.SOJOURN_GLOBAL_CONTROL = GLOBAL  # type: ignore[attr-defined]
    begin_again()
    populate(world, SIZE)
    world.passes("10d")
    return list(Decision.objects.order_by("id"))


@pytest.mark.long
def test_what_was_decided_is_decided_again(decided: list[Decision]) -> None:
    versions = plans.of_versions(each.version_id for each in decided if each.version_id)
    walks = Enrollment.objects.in_bulk([each.enrollment_id for each in decided])
    seen: Counter[str] = Counter()
    for each in decided:
        version, walk = versions[each.version_id or 0], walks.get(each.enrollment_id)
        for expected, found in compared(each, version, walk):
            assert found == expected, (each.customer_id, version.slug, each.step, each.code)
            seen[each.code] += 1
    assert set(seen) >= {*DRAWS, "wait_started", "branch_taken", "entered"}
    assert set(seen) >= {"refused_too_soon", "refused_audience"}


def compared(
    made: Decision, version: Loaded, walk: Enrollment | None
) -> Iterator[tuple[object, object]]:
    """(as it was decided, as it is decided now), for what can be decided again."""
    if walk and made.code in WAITS:
        yield (made.code, made.inputs), waited(made, version, walk)
    if walk and made.code in DRAWS:
        yield made.inputs["arm"], drawn(made, version, walk)
    if walk and made.code == "entered":
        yield made.inputs["ghost"], ghost(made, version)
    if made.code in ("refused_too_soon", "refused_entered_before"):
        yield made.code, refused(made, version)
    yield from judgements(made, version, walk)
    yield from questions(made, version, walk)


def judgements(
    made: Decision, version: Loaded, walk: Enrollment | None
) -> Iterator[tuple[object, object]]:
    """Whatever was judged by conditions: from the values in the decision alone."""
    plan, saw = version.plan, made.inputs.get("saw")
    entry = walk.entry if walk else {}
    if saw is None:
        return
    if made.code == "branch_taken":
        step = plan.step(made.step)
        assert isinstance(step, PlannedBranch)
        case = made.inputs["case"]
        wanted = [False] * len(step.lines) if case == "else" else [False] * case + [True]
        asked = step.questions
    elif made.code == "refused_audience":
        asked, wanted = (plan.enter.audience or 0,), [False]
    elif made.code == "left_by_rule":
        asked, wanted = (plan.leave.condition or 0,), [True]
    else:
        case = plan.step(made.step).cases[made.inputs["case"]]  # type: ignore[union-attr]
        asked, wanted = (case.condition or 0,), [True]
    oracle = Oracle(made.at, "UTC")
    found = [
        rejudged(plan.conditions[each], values, oracle=oracle, entry=entry)
        for each, values in zip(asked, saw, strict=False)
    ]
    yield (
        wanted,
        [want if again is None else again for want, again in zip(wanted, found, strict=True)],
    )


def stepped(
    made: Decision, version: Loaded, walk: Enrollment, known: Answers
) -> tuple[str, Mapping[str, Any]]:
    """The code and inputs of a step that is entered again, at the same instant."""
    customer = str(made.customer_id)
    state = State(walk.pk, customer, walk.entered_at, made.at, step=made.step, entry=walk.entry)
    again = Walk(version.slug, version.plan.places, state, known, made.at)
    version.plan.step(made.step).run(again)
    (trace,) = again.traces
    return trace.code, trace.inputs


def waited(made: Decision, version: Loaded, walk: Enrollment) -> tuple[str, Mapping[str, Any]]:
    step = version.plan.step(made.step)
    assert isinstance(step, PlannedWait)
    dates = {step.form.date: made.inputs["date"]} if isinstance(step.form, Dated) else {}
    person = Person(made.inputs["zone"], dates) if step.local else None
    return stepped(made, version, walk, Answers(person=person))


def drawn(made: Decision, version: Loaded, walk: Enrollment) -> str:
    """The same arm, whether it was drawn or kept."""
    code, inputs = stepped(made, version, walk, Answers())
    assert code == "arm_drawn"
    return str(inputs["arm"])


def ghost(made: Decision, version: Loaded) -> str:
    """Who was treated once is in no holdout."""
    treated = Enrollment.objects.filter(
        customer_id=made.customer_id, journey=made.journey_id, ghost="", exposed_at__lte=made.at
    ).exclude(pk=made.enrollment_id)
    history = History(exposed=treated.exists())
    return admitted(made, version, history).ghost


def refused(made: Decision, version: Loaded) -> str:
    left = dt.datetime.fromisoformat(made.inputs["left_at"])
    return f"refused_{admitted(made, version, History(left_at=left)).code}"


def admitted(made: Decision, version: Loaded, history: History) -> Any:
    customer = str(made.customer_id)
    return may_enter(version.plan, history, made.at, customer=customer, global_control=GLOBAL)


def questions(
    made: Decision, version: Loaded, walk: Enrollment | None
) -> Iterator[tuple[object, object]]:
    """Branches and audiences that ask what the customer did, and nothing else."""
    plan = version.plan
    if walk and made.code == "branch_taken":
        step = plan.step(made.step)
        assert isinstance(step, PlannedBranch)
        asked = [plan.conditions[line.condition] for line in step.lines]
        if all(map(of_the_log, asked)):
            held = dict(zip(step.questions, holds(asked, made), strict=True))
            code, inputs = stepped(made, version, walk, Answers(conditions=held))
            yield (made.code, made.inputs["case"]), (code, inputs["case"])
    audience = plan.enter.audience
    if audience is not None and of_the_log(plan.conditions[audience]):
        if made.code == "refused_audience":
            yield (False,), holds([plan.conditions[audience]], made)
        if made.code == "entered":
            yield (True,), holds([plan.conditions[audience]], made)


def of_the_log(condition: Condition) -> bool:
    """Whether it asks only about events from outside, which the log keeps for good."""
    return all(
        isinstance(leaf, Event) and not leaf.name.startswith(OWN) for leaf in leaves(condition)
    )


def holds(conditions: list[Condition], made: Decision) -> tuple[bool, ...]:
    subject = Subject(0, made.customer_id)
    found = answers([Ask(each) for each in conditions], [subject], now=made.at)[0]
    return tuple(bool(each) for each in found)
