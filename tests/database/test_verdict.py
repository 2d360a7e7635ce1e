"""Why a customer is inside a condition or outside, part by part."""

import datetime as dt
from typing import Any

import pytest

from profiles.core.conditions import parse
from profiles.queries.conditions import Ask, Subject, answers
from profiles.queries.verdict import Verdict, answer
from tests.database.calls import NOW, identify, take, track, user

pytestmark = pytest.mark.django_db(transaction=True)

BOUGHT = {"event": "Order Completed", "count": {"gte": 2}, "within": "30d"}
RULES: dict[str, Any] = {
    "all": [
        {"attribute": "country", "in": ["DE", "AT"]},
        {"any": [BOUGHT, {"not": {"reachable": "email"}}]},
        {"all": []},
    ]
}


@pytest.fixture(autouse=True)
def people() -> None:
    take(
        identify("ann", email="ann@a.cz", country="DE"),
        identify("ben", country="FR"),
        track("ann", "Order Completed"),
    )


def told(found: Verdict) -> Any:
    if found.parts:
        return (found.holds, [told(part) for part in found.parts])
    return (found.holds, found.saw)


def test_each_part_says_whether_it_is_met_and_what_it_saw() -> None:
    ann = answer(parse(RULES), user("ann"), now=NOW)
    assert ann
    assert told(ann.verdict) == (
        False,
        [(True, "DE"), (False, [(False, 1), (False, [(True, True)])]), (True, None)],
    )
    ben = answer(parse(RULES), user("ben"), now=NOW)
    assert ben
    assert told(ben.verdict) == (
        False,
        [(False, "FR"), (True, [(False, 0), (True, [(False, False)])]), (True, None)],
    )


def test_it_tells_when_time_alone_may_change_the_answer() -> None:
    once = parse({**BOUGHT, "count": {"gte": 1}})
    found = answer(once, user("ann"), now=NOW)
    assert found
    assert found.verdict.holds
    assert found.changes_at == NOW + dt.timedelta(days=30)
    ben = answer(once, user("ben"), now=NOW)
    assert ben
    assert ben.changes_at is None


def test_it_answers_as_the_evaluator_does_however_many_parts_there_are() -> None:
    many = {"any": [{"attribute": "country", "eq": f"X{number}"} for number in range(400)]}
    condition = parse(many)
    found = answer(condition, user("ann"), now=NOW)
    assert found
    known = answers([Ask(condition)], [Subject(0, user("ann"))], now=NOW)
    assert (found.verdict.holds,) == known[0]
    assert [part.saw for part in found.verdict.parts] == ["DE"] * 400


def test_nobody_has_no_verdict() -> None:
    assert answer(parse(RULES), 10**15, now=NOW) is None
