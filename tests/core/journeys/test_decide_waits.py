"""Waits by the customer's own clock: what they decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from journeys.core.decide import decide
from journeys.core.decisions import Leave, Outcome, Sleep
from journeys.core.walk import Answers, Person
from tests.core.journeys.documents import mail, plan
from tests.core.journeys.walking import DAY, HOUR, NOW, codes, state


def waited(form: dict[str, str], person: Person | None, **more: Any) -> Outcome:
    """Come to a wait at noon UTC of Saturday, 10 January 2026."""
    found = plan({"id": "a", "wait": form}, mail("b"), mail("c"))
    return decide(found, state(**more), Answers(person=person), NOW)


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"until": "14:00"}, NOW + HOUR),
        ({"until": "13:00"}, NOW + DAY),  # it is one o'clock there: the next one
        ({"until": "09:00", "on": "mon"}, NOW + 2 * DAY - 4 * HOUR),
        ({"window": "20:00-23:00"}, NOW + 7 * HOUR),
        ({"date": "trial_ends", "offset": "-1d", "at": "10:00"}, NOW + 2 * DAY - 3 * HOUR),
        ({"date": "entry.at"}, NOW + 3 * HOUR),
        ({"date": "2026-01-11"}, NOW + 11 * HOUR),
    ],
)
def test_a_wait_ends_by_the_customers_clock(form: dict[str, str], until: datetime) -> None:
    berlin = Person("Europe/Berlin", {"trial_ends": "2026-01-13"})
    outcome = waited(form, berlin, entry={"at": "2026-01-10T15:00:00Z"})
    assert outcome.rest == Sleep(until)
    told = outcome.trace[0].inputs
    assert (told["zone"], told["until"]) == ("Europe/Berlin", until.isoformat())


def test_inside_a_window_nobody_waits() -> None:
    outcome = waited({"window": "12:00-14:00"}, Person("Europe/Berlin"))
    assert codes(outcome)[:2] == [("a", "wait_passed"), ("b", "message_planned")]


@pytest.mark.parametrize(
    ("value", "code"), [("2025-12-31", "date_past"), (None, "date_missing"), ("x", "date_missing")]
)
def test_a_date_that_is_over_or_missing_goes_the_way_it_says(value: str | None, code: str) -> None:
    person = Person("UTC", {"born": value})
    goes_on = waited({"date": "born"}, person)
    assert codes(goes_on)[:2] == [("a", code), ("b", "message_planned")]
    skips = waited({"date": "born", "if_past": "skip"}, person)
    assert codes(skips)[:2] == [("a", code), ("c", "message_planned")]
    leaves = waited({"date": "born", "if_past": "leave"}, person)
    assert codes(leaves) == [("a", code)]
    assert leaves.rest == Leave(code, completed=False)


def test_skipping_the_last_step_completes_the_journey() -> None:
    found = plan({"id": "a", "wait": {"date": "born", "if_past": "skip"}}, mail("b"))
    outcome = decide(found, state(), Answers(person=Person("UTC")), NOW)
    assert outcome.rest == Leave("completed", completed=True)


def test_without_the_customers_clock_the_run_stops_before_the_wait() -> None:
    outcome = waited({"until": "14:00"}, None)
    assert outcome.rest == Sleep(NOW)
    assert outcome.visits == {}


def test_an_update_before_a_wait_has_the_clock_read_anew() -> None:
    found = plan({"id": "u", "update": {"set": {"timezone": "Asia/Tokyo"}}},
                 {"id": "a", "wait": {"until": "14:00"}})  # fmt: skip
    assert found.asks("", begun=False).local is False
    outcome = decide(found, state(), Answers(person=Person("UTC")), NOW)
    assert (outcome.step, outcome.rest) == ("a", Sleep(NOW))
    assert found.asks("a", begun=False).local
