"""Whoever an event's properties leave out could not have passed; the others come in their order."""

from typing import Any

import pytest

from journeys.core.access import Access, key
from profiles.core.conditions import parse_where
from profiles.core.events import SystemEvent
from profiles.models import Event
from profiles.operations.record import record
from profiles.queries.conditions import Pair, matches
from tests.database.calls import NOW

CLAUSES: list[Any] = [
    {},
    {"category": {"eq": "shoes"}},
    {"category": {"in": ["shoes", "hats"]}},
    {"category": {"in": []}},
    {"category": {"eq": 1}},
    {"category": {"in": ["shoes", 1]}},
    {"category": {"ne": "shoes"}},
    {"category": {"ieq": "SHOES"}},
    {"a.b": {"eq": "shoes"}},
    {"value": {"gte": 5}, "category": {"eq": "hats"}},
    {"brand": {"in": ["x", "y"]}, "category": {"eq": "shoes"}},
    {"category": {"is": "entry.category"}},
]
PROPERTIES: list[dict[str, Any]] = [
    {},
    {"category": "shoes"},
    {"category": "hats", "value": 7},
    {"category": "SHOES"},
    {"category": 1},
    {"category": True},
    {"category": None},
    {"category": ["shoes"]},
    {"category": {"shoes": "shoes"}},
    {"a": {"b": "shoes"}},
    {"a.b": "shoes"},
    {"category": "shoes", "brand": "y"},
]


@pytest.mark.django_db
@pytest.mark.parametrize("properties", PROPERTIES, ids=str)
def test_who_is_left_out_could_not_have_passed(properties: dict[str, Any]) -> None:
    record([SystemEvent(customer_id=1, name="X", at=NOW, properties=properties)], now=NOW)
    event = Event.objects.get(name="X")
    clauses = [parse_where(each) for each in CLAUSES]
    pairs = [
        Pair(1, event.pk, NOW, number, {"category": "shoes"}) for number in range(len(clauses))
    ]
    passed = {number for number, each in enumerate(matches(clauses, pairs, now=NOW)) if each}
    access = Access((number, key(where)) for number, where in enumerate(clauses))
    found = list(access.of(properties))
    assert passed <= set(found)
    assert found == sorted(found)


def test_one_of_many_is_found_by_the_text_that_it_asks_for() -> None:
    asked = [parse_where({"category": {"eq": f"c{number}"}}) for number in range(200)]
    access = Access((number, key(where)) for number, where in enumerate(asked))
    assert list(access.of({"category": "c7"})) == [7]
    assert list(access.of({"category": "other"})) == list(access.of({})) == []


def test_the_property_with_the_fewest_texts_is_looked_up() -> None:
    where = parse_where({"brand": {"in": ["x", "y"]}, "category": {"eq": "shoes"}})
    assert key(where) == ("category", frozenset({"shoes"}))
    assert key(parse_where({"value": {"gte": 5}})) is None
