"""How many a condition takes: exact, or estimated when that takes too long."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection

from profiles.core.conditions import parse
from profiles.queries import audience, clock
from profiles.queries.conditions import known_channels, reach, register_reach
from tests.database.calls import identify, take, track, user

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 40
RULES = {
    "all": [
        {"attribute": "country", "eq": "DE"},
        {"event": "Order Completed", "count": {"gte": 1}},
        {"reachable": "email"},
    ]
}


@pytest.fixture(autouse=True)
def people() -> None:
    for number in range(PEOPLE):
        take(identify(f"c{number}", country="DE" if number % 2 else "FR"))
        if number % 5:
            take(identify(f"c{number}", email=f"c{number}@a.cz"))
        if number % 3 == 0:
            take(track(f"c{number}", "Order Completed"))


@pytest.fixture
def slow() -> Iterator[str]:
    """A channel that a hundredth of a second passes for, for each customer who is asked about."""
    register_reach("slow", lambda customer, _bind: f"pg_sleep(0.01 + 0 * {customer}.id) IS NULL")
    yield "slow"
    reach._REACH.pop("slow")


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM profiles_customer c WHERE {sql}")
        found: int = cursor.fetchone()[0]
    return found


COUNTRY = "c.attributes ->> 'country' = 'DE'"
BOUGHT = (
    "EXISTS (SELECT FROM profiles_event e WHERE e.customer_id = c.id AND name = 'Order Completed')"
)
EMAIL = "c.email <> ''"


def test_the_numbers_are_those_of_a_recount() -> None:
    found = audience.preview(parse(RULES), sample=10, now=clock.now())
    assert found.number == _number(f"{COUNTRY} AND {BOUGHT} AND {EMAIL}") > 0
    assert [n for _rule, n in found.dropped_by_rule] == [
        _number(f"NOT {COUNTRY} AND {BOUGHT} AND {EMAIL}"),
        _number(f"{COUNTRY} AND NOT {BOUGHT} AND {EMAIL}"),
        _number(f"{COUNTRY} AND {BOUGHT} AND NOT {EMAIL}"),
    ]
    assert (found.base, found.exact, found.sampled, found.margin) == (PEOPLE, True, 0, 0)
    assert found.reachable.keys() == known_channels()
    assert found.reachable["email"] == found.number


def test_the_sample_is_some_of_them_and_the_same_each_time() -> None:
    condition = parse({"attribute": "country", "eq": "DE"})
    found = audience.preview(condition, sample=7, now=clock.now())
    again = audience.preview(condition, sample=7, now=clock.now())
    inside = {user(f"c{number}") for number in range(1, PEOPLE, 2)}
    assert len(found.sample) == 7
    assert set(found.sample) <= inside
    assert found.sample == again.sample


def test_what_takes_too_long_is_estimated(slow: str) -> None:
    condition = parse({"attribute": "country", "eq": "DE"})
    wait = dt.timedelta(milliseconds=50)
    found = audience.preview_soon(condition, sample=5, now=clock.now(), within=wait)
    assert not found.exact
    assert (found.base, found.sampled) == (PEOPLE, PEOPLE)
    assert found.number == PEOPLE // 2
    assert found.margin > 0
    assert len(found.sample) == 5
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


def test_what_can_be_counted_in_time_is_exact() -> None:
    wait = dt.timedelta(minutes=10)
    found = audience.preview_soon(parse(RULES), sample=5, now=clock.now(), within=wait)
    assert found == audience.preview(parse(RULES), sample=5, now=clock.now())


def test_nobody_is_nobody() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE profiles_customer CASCADE")
    found = audience.preview(parse(RULES), sample=5, now=clock.now())
    assert (found.number, found.base, found.sample) == (0, 0, [])
    assert audience._estimated(parse(RULES), 5, clock.now()).base == 0
