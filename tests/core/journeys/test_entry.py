"""Who may enter, and who walks as a ghost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.entry import Admission, History, holdout_salt, may_enter
from journeys.core.plan import Plan
from profiles.core import draw
from tests.core.journeys.documents import plan

NOW = datetime(2026, 1, 10, tzinfo=UTC)
NEW = History()
LEFT = History(left_at=NOW - timedelta(days=3))


def journey(again: Any = "never", holdout: float = 0, **top: Any) -> Plan:
    return plan(enter={"on": {"api": True}, "again": again, "holdout": holdout}, **top)


def admitted(
    found: Plan, history: History = NEW, customer: str = "1", control: float = 0
) -> Admission:
    return may_enter(found, history, NOW, customer=customer, global_control=control)


@pytest.mark.parametrize("again", ["never", "always", {"after": "1s"}])
def test_nobody_enters_twice_at_once(again: Any) -> None:
    assert admitted(journey(again), History(running=True)) == Admission(False, "already_in")


@pytest.mark.parametrize(
    ("again", "code", "again_at"),
    [
        ("never", "entered_before", None),
        ("always", "entered", None),
        ({"after": "3d"}, "entered", None),
        ({"after": "4d"}, "too_soon", NOW + timedelta(days=1)),
    ],
)
def test_again_says_when_one_who_left_may_return(
    again: Any, code: str, again_at: datetime | None
) -> None:
    found = admitted(journey(again), LEFT)
    assert (found.code, found.again_at) == (code, again_at)
    assert found.enters is (code == "entered")
    if not found.enters:
        assert found.inputs == {"left_at": "2026-01-07T00:00:00+00:00"}


def test_a_newcomer_enters() -> None:
    assert admitted(journey()) == Admission(True, "entered")


def test_the_holdout_is_the_published_draw() -> None:
    found = journey(holdout=25)
    ghosts = 0
    for number in range(400):
        customer = str(number)
        bucket = draw.bucket("test:holdout", customer)
        expected = (
            Admission(True, "holdout", "holdout", inputs={"bucket": bucket, "percent": 25})
            if bucket < 2500
            else Admission(True, "entered")
        )
        assert admitted(found, customer=customer) == expected
        ghosts += bucket < 2500
    assert 70 < ghosts < 130


def test_the_global_control_outranks_the_holdout() -> None:
    found = admitted(journey(holdout=100), control=100)
    bucket = draw.bucket("global-control", "1")
    assert found == Admission(True, "global", "global", inputs={"bucket": bucket, "percent": 100})
    assert (draw.GLOBAL_CONTROL, holdout_salt("a")) == ("global-control", "a:holdout")


def test_a_transactional_journey_has_no_ghosts() -> None:
    found = journey(holdout=100, **{"class": "transactional"})
    assert admitted(found, control=100) == Admission(True, "entered")


def test_one_who_was_exposed_is_never_held_out() -> None:
    history = History(left_at=LEFT.left_at, exposed=True)
    assert admitted(journey("always", holdout=100), history).code == "entered"
    assert admitted(journey("always", holdout=100), LEFT).code == "holdout"
    assert admitted(journey("always", holdout=100), history, control=100).code == "global"


@given(st.integers(), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_larger_holdout_keeps_everybody_of_the_smaller(
    number: int, first: int, second: int
) -> None:
    small, large = sorted((first / 100, second / 100))
    if admitted(journey(holdout=small), customer=str(number)).ghost:
        assert admitted(journey(holdout=large), customer=str(number)).ghost == "holdout"
