"""Where customers go when a version takes the place of another, and what their waits become."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.difference import difference
from journeys.core.replan import Destination, Fate, StepChange, destinations, fates, faults, outline
from tests.core.journeys.documents import document, mail, plan

END = Destination(word="end")


def wait(id: str, how: Any = "1d", **more: Any) -> dict[str, Any]:
    return {"id": id, "wait": how, **more}


def wait_for(
    id: str, timeout: str = "2d", event: str = "Answered", met: str = "end", **more: Any
) -> dict[str, Any]:
    inner = {"any": [{"event": event, "then": met}], "timeout": timeout, **more}
    return {"id": id, "wait_for": inner}


def destined(old: list[Any], *new: str, **move: str) -> dict[str, str]:
    return {id: str(to) for id, to in destinations(plan(*old), new, move).items()}


def fate(old: dict[str, Any], new: dict[str, Any]) -> Fate:
    """What becomes of those at `old` when `new` stands there."""
    before, after = plan(old, mail("last")), plan(new, mail("last"))
    goes_to = {step.id: Destination(after.steps[step.index].id) for step in before.steps}
    return fates(before, after, goes_to)[0]


def test_everybody_goes_to_the_step_of_the_same_id() -> None:
    assert destined([mail("a"), wait("b")], "b", "a") == {"a": "a", "b": "b"}


def test_from_a_removed_step_they_go_to_the_next_one_that_is_still_there() -> None:
    steps = [wait("a"), wait("b"), wait("c"), mail("d")]
    assert destined(steps, "a", "d")["b"] == "d"
    assert destined(steps, "a")["b"] == "end"
    jumps = [wait("a", then="c"), wait("c", then="b"), wait("b", then="d"), mail("d")]
    assert destined(jumps, "b", "d")["a"] == "b"


def test_from_a_wait_for_they_go_where_its_time_out_leads() -> None:
    steps = [wait_for("a", then="c"), mail("c")]
    assert destined(steps, "c")["a"] == "c"


def test_a_circle_of_removed_steps_leads_to_the_end() -> None:
    out = {"if": {"attribute": "vip", "eq": True}, "then": "c"}
    steps = [wait("a"), {"id": "b", "branch": [out], "else": "a"}, mail("c")]
    assert destined(steps, "c")["a"] == "end"


def test_what_is_told_goes_before() -> None:
    steps = [wait("a"), wait("b"), mail("c")]
    assert destined(steps, "b", "c", a="c", b="leave") == {"a": "c", "b": "leave", "c": "c"}


def test_a_word_is_no_step_though_a_step_may_bear_its_name() -> None:
    found = destinations(plan(wait("leave"), mail("b")), ["leave", "b"], {"b": "leave"})
    assert found == {"leave": Destination("leave"), "b": Destination(word="leave")}


@pytest.mark.parametrize(
    ("move", "told"),
    [
        ({}, []),
        ({"a": "stay", "b": "leave"}, []),
        ({"a": "end", "b": "c"}, []),
        ({"c": "a"}, [("move.c", "The live version has no step “c”. Use one of: a, b.")]),
        ({"a": "d"}, [("move.a", "The draft has no step “d”. Use one of: c, end, leave, stay.")]),
    ],
)
def test_moves_are_between_steps_that_exist(
    move: dict[str, str], told: list[tuple[str, str]]
) -> None:
    found = list(faults(move, ["a", "b"], ["c"]))
    assert [(each.path, each.message) for each in found] == told
    assert {each.code for each in found} <= {"unknown_step"}


def test_the_plan_lists_removed_steps_behind_what_they_stood_behind() -> None:
    old, new = [wait("a"), wait("b"), mail("c"), mail("d")], [mail("x"), mail("d"), wait("b", "2d")]
    before, after = document(*old), document(*new)
    goes_to = destinations(plan(*old), ["x", "d", "b"], {})
    lines = outline(
        difference(before, after), ["a", "b", "c", "d"], ["x", "d", "b"], goes_to, {"a": 3, "b": 2}
    )
    assert lines == [
        StepChange("a", "removed", 3, "b", True),
        StepChange("x", "added", 0, None, False),
        StepChange("d", "same", 0, "d", False),
        StepChange("b", "changed", 2, "b", False),
        StepChange("c", "removed", 0, "d", False),
    ]


@pytest.mark.parametrize(
    ("to", "confirm"), [("b", True), ("leave", True), ("end", True), ("stay", False)]
)
def test_whoever_loses_the_place_is_asked_about(to: str, confirm: bool) -> None:
    old, new = [wait("a"), mail("b")], [mail("b")]
    goes_to = destinations(plan(*old), ["b"], {"a": to})
    found = difference(document(*old), document(*new))
    (line, _) = outline(found, ["a", "b"], ["b"], goes_to, {"a": 1})
    assert (line.goes_to, line.confirm) == (to, confirm)


DAY, TWO_DAYS = timedelta(days=1), timedelta(days=2)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (wait("a"), wait("a"), Fate("a", "a")),
        (wait("a"), wait("a", "2d"), Fate("a", "a", within=TWO_DAYS)),
        (wait("a"), wait("a", then="last"), Fate("a", "a")),
        (wait("a"), mail("a"), Fate("a", "a", arrives=True)),
        (mail("a"), mail("a"), Fate("a", "a", arrives=True)),
        (mail("a"), wait("a"), Fate("a", "a", within=DAY)),
        (wait("a"), wait("b"), Fate("a", "b", arrives=True)),
        (wait("a"), wait("a", {"until": "09:00"}), Fate("a", "a", arrives=True)),
        (wait("a", {"until": "09:00"}), wait("a", {"until": "09:00"}), Fate("a", "a")),
        (wait("a", {"until": "09:00"}), wait("a"), Fate("a", "a", within=DAY)),
        (wait_for("a"), wait_for("a"), Fate("a", "a", events=("Answered",))),
        (wait_for("a"), wait("a"), Fate("a", "a", within=DAY)),
        (wait("a"), wait_for("a"), Fate("a", "a", within=TWO_DAYS, events=("Answered",))),
        (wait("a", "2d"), wait_for("a"), Fate("a", "a", events=("Answered",))),
        (
            wait_for("a"),
            wait_for("a", "1d", "Replied"),
            Fate("a", "a", within=DAY, events=("Replied",)),
        ),
        (
            wait_for("a"),
            wait_for("a", "never", met="last"),
            Fate("a", "a", never=True, events=("Answered",)),
        ),
    ],
)
def test_a_wait_goes_on_by_the_new_definition(
    old: dict[str, Any], new: dict[str, Any], expected: Fate
) -> None:
    assert fate(old, new) == expected


def test_who_stays_leaves_or_has_finished_does_not_go_on() -> None:
    old, new = plan(wait("a"), wait("b"), wait("c"), mail("d")), plan(mail("d"))
    goes_to = destinations(old, ["d"], {"a": "stay", "b": "leave", "c": "end"})
    assert [each.step for each in fates(old, new, goes_to)] == ["d"]


IDS = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1)


@given(old=IDS, new=IDS)
def test_everybody_ends_up_somewhere_and_every_step_is_listed_once(
    old: list[str], new: list[str]
) -> None:
    before = plan(*(wait(id) for id in old))
    goes_to = destinations(before, new, {})
    assert all(to.step in new or to == END for to in goes_to.values())
    found = difference(document(*(wait(id) for id in old)), document(*(wait(id) for id in new)))
    lines = outline(found, old, new, goes_to, {})
    assert sorted(line.id for line in lines) == sorted({*old, *new})
    assert [line.id for line in lines if line.change != "removed"] == new
