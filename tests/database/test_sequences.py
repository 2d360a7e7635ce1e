"""Events that follow each other: which run through a sequence counts, and until when."""

import datetime as dt
from typing import Any

import pytest

from profiles.core.conditions import parse
from profiles.queries.conditions import Ask, Subject, answers, flips
from tests.database.people import store
from tests.oracle import Happening, Person

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
A, B, C = ({"event": name} for name in "ABC")


@pytest.mark.parametrize(
    ("days_ago", "condition", "answer"),
    [
        ("A2 B1", {"sequence": [A, B]}, True),
        ("A1 B2", {"sequence": [A, B]}, False),
        ("A1 B1", {"sequence": [A, B]}, False),
        ("A2 B1", {"sequence": [B, A]}, False),
        ("A1", {"sequence": [A, A]}, False),
        ("A2 A1", {"sequence": [A, A]}, True),
        ("A3 A2 A1", {"sequence": [A, A, A]}, True),
        ("A3 B2 C1", {"sequence": [A, B, C]}, True),
        ("A3 C2 B1", {"sequence": [A, B, C]}, False),
        ("B4 A3 C2 B1", {"sequence": [A, B, C]}, False),
        ("A9 B5 A3 C1", {"sequence": [A, B, C]}, True),
        ("A3 B1", {"sequence": [A, B | {"within": "2d"}]}, True),
        ("A3 B1", {"sequence": [A, B | {"within": "1d"}]}, False),
        # Each choice is tried: the first A is too early, the last B comes after every C.
        ("A9 A3 B2", {"sequence": [A, B | {"within": "1d"}]}, True),
        ("A9 B8 A5 B4 C3 B1", {"sequence": [A, B | {"within": "1d"}, C | {"within": "1d"}]}, True),
        ("A9 B8 A5 B4 C3 B1", {"sequence": [A, B | {"within": "1d"}, C], "within": "6d"}, True),
        ("A9 B8 A5 B4 C3 B1", {"sequence": [A, B | {"within": "1d"}, C], "within": "5d"}, False),
        ("A2 B1", {"sequence": [A, B], "within": "2d"}, False),
        ("A2 B1", {"sequence": [A, B | {"where": {"ago": {"eq": 1}}}]}, True),
        ("A2 B1", {"sequence": [A, B | {"where": {"ago": {"eq": 2}}}]}, False),
    ],
)
def test_events_follow_each_other(days_ago: str, condition: dict[str, Any], answer: bool) -> None:
    events = [
        Happening(each[0], NOW - int(each[1:]) * DAY, {"ago": int(each[1:])})
        for each in days_ago.split()
    ]
    store([Person(1, events=events)])
    assert answers([Ask(parse(condition))], [Subject(1, 1)], now=NOW) == {1: (answer,)}


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ({"sequence": [A, A]}, None),
        ({"sequence": [A, A], "within": "30d"}, 20),
        ({"sequence": [A, A, A], "within": "30d"}, 10),
        ({"sequence": [A, A | {"within": "9d"}], "within": "90d"}, 80),
        ({"sequence": [A, A | {"within": "8d"}], "within": "90d"}, None),
        ({"sequence": [A, B], "within": "90d"}, 2),
        ({"sequence": [{"event": "C", "where": {"due": {"within_next": "1d"}}}, A]}, 1),
    ],
)
def test_a_sequence_ends_when_its_latest_run_leaves(
    condition: dict[str, Any], days: int | None
) -> None:
    events = [Happening("A", NOW - ago * DAY) for ago in (1, 10, 20, 40)]
    events += [
        Happening("B", NOW + 2 * DAY),
        Happening("C", NOW - 5 * DAY, {"due": "2026-11-23T12:00:00Z"}),
    ]
    store([Person(1, events=events)])
    found = flips([Ask(parse(condition))], [Subject(1, 1)], now=NOW)
    assert found == {1: None if days is None else NOW + days * DAY}
