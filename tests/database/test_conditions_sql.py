"""Conditions answered by the database: documented truths, batches, pages, triggers and flips."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from profiles.core.conditions import parse, parse_where
from profiles.core.draw import bucket
from profiles.models import Customer
from profiles.queries.conditions import (
    Ask,
    Pair,
    Subject,
    answers,
    flips,
    known_channels,
    matches,
    members,
    population,
    reach,
    register_reach,
)
from tests.database.people import store
from tests.oracle import MICROSECOND, Happening, Person

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def holds(document: Any, person: Person, **options: Any) -> bool | None:
    """The answer for one person, who is stored first."""
    if not Customer.objects.filter(pk=person.number).exists():
        store([person])
    subject = Subject(1, person.number, options.pop("entry", None))
    return answers([Ask(parse(document))], [subject], now=NOW, **options)[1][0]


def did(*events: tuple[dt.timedelta, Mapping[str, Any]], name: str = "X") -> Person:
    """Somebody whose events happened so long ago."""
    return Person(1, events=[Happening(name, NOW - ago, dict(facts)) for ago, facts in events])


@pytest.mark.parametrize(
    ("value", "checks", "answer"),
    [
        ("5", {"eq": 5}, False),
        (True, {"eq": 1}, False),
        (1, {"eq": 1.0}, True),
        (1, {"ne": 1.0}, False),
        (None, {"exists": True}, False),
        (None, {"exists": False}, True),
        (None, {"eq": "x"}, False),
        (None, {"ne": "x"}, True),
        (None, {"not_in": ["x"]}, True),
        (None, {"not_contains": "x"}, True),
        (None, {"gt": 0}, False),
        (None, {"lt": 0}, False),
        (0.3, {"gt": 0.1 + 0.2}, False),
        (12345678901234567890, {"gt": 12345678901234567889}, True),
        ("10", {"gt": 9}, False),
        ("10", {"gt": "9"}, False),
        ("b", {"gt": "B"}, True),
        ("2026-12-01T00:00:00+05:00", {"lt": "2026-12-01T00:00:00Z"}, True),
        (["a", "b"], {"contains": "a"}, True),
        ([1, 2], {"contains": 2.0}, True),
        ([["a"]], {"contains": "a"}, False),
        ("abc", {"contains": "b"}, True),
        ("abc", {"contains": "B"}, False),
        (15, {"contains": "1"}, False),
        ("Straße", {"ieq": "STRASSE"}, True),
        ("ΟΔΟΣ", {"ieq": "οδος"}, True),
        ("İSTANBUL", {"icontains": "istan"}, True),
        (["ПРИВЕТ"], {"icontains": "привет"}, True),
        ("", {"starts_with": ""}, True),
        ("100%", {"ends_with": "0%"}, True),
        (["a", 1], {"eq": ["a", 1.0]}, True),
        ({"a": {"b": 1}}, {"exists": True}, True),
    ],
)
def test_the_documented_truths(value: Any, checks: dict[str, Any], answer: bool) -> None:
    assert holds({"attribute": "x"} | checks, Person(1, {"x": value})) is answer


def test_an_attribute_that_is_not_there_is_missing() -> None:
    person = Person(1)
    assert holds({"attribute": "x", "ne": 1}, person) is True
    assert holds({"attribute": "x", "eq": 1}, person) is False
    assert holds({"not": {"attribute": "x", "eq": 1}}, person) is True


def test_a_path_is_a_key_first_and_a_walk_then() -> None:
    person = Person(1, {"a.b": 1, "a": {"b": 2, "c": [{"d": 3}]}, "x.y": None, "x": {"y": 4}})
    assert holds({"attribute": "a.b", "eq": 1}, person)
    assert holds({"attribute": "a.c.0.d", "eq": 3}, person)
    assert holds({"attribute": "x.y", "eq": 4}, person)
    assert holds({"attribute": "a.c.-1.d", "exists": False}, person)


def test_nothing_in_a_name_or_value_reaches_the_statement() -> None:
    nasty = """'; DROP TABLE profiles_customer; -- %s %(p0)s {} \\ $1 "x" """
    person = Person(1, {nasty: nasty}, [Happening(nasty, NOW, {nasty: nasty})])
    assert holds({"attribute": nasty, "eq": nasty, "icontains": nasty}, person)
    assert holds({"event": nasty, "where": {nasty: {"ends_with": nasty}}}, person)
    assert holds({"random": 100, "salt": nasty}, person)


@pytest.mark.parametrize(
    ("ago", "inside"),
    [
        (dt.timedelta(0), True),
        (-MICROSECOND, False),
        (30 * DAY, False),
        (30 * DAY - MICROSECOND, True),
        (30 * DAY + MICROSECOND, False),
    ],
)
def test_a_window_is_open_at_its_far_end_and_closed_at_now(ago: dt.timedelta, inside: bool) -> None:
    assert holds({"event": "X", "within": "30d"}, did((ago, {}))) is inside


def test_never_did_is_a_count_of_zero() -> None:
    store([Person(1), Person(2, events=[Happening("X", NOW - DAY)])])
    for document in ({"count": {"eq": 0}}, {"count": {"lt": 1}}, {"count": {"not_in": [1, 2]}}):
        ask = Ask(parse({"event": "X"} | document))
        assert answers([ask], [Subject(1, 1), Subject(2, 2)], now=NOW) == {1: (True,), 2: (False,)}


@pytest.mark.parametrize(
    ("measure", "answer"),
    [
        ({"sum": "v", "eq": 6}, True),
        ({"avg": "v", "eq": 2}, True),
        ({"min": "v", "lte": 1}, True),
        ({"max": "v", "gt": 3}, False),
        ({"distinct": "v", "eq": 4}, True),
        ({"sum": "none", "lt": 1}, True),
        ({"distinct": "none", "eq": 0}, True),
        ({"avg": "none", "lt": 1}, False),
        ({"avg": "none", "ne": 1}, True),
        ({"min": "none", "exists": False}, True),
        ({"first_at": {"before": "2026-11-20"}}, True),
        ({"last_at": {"within_last": "1d"}}, False),
        ({"last_at": {"within_last": "25h"}}, True),
    ],
)
def test_aggregates_skip_what_is_no_number(measure: dict[str, Any], answer: bool) -> None:
    values: list[Any] = [1, 2.0, 3, "4", None]
    person = did(*((DAY * (1 + at), {"v": value}) for at, value in enumerate(values)))
    assert holds({"event": "X"} | measure, person) is answer


def test_a_mean_is_compared_without_rounding() -> None:
    person = did((DAY, {"v": 1}), (DAY * 2, {"v": 1}), (DAY * 3, {"v": 2}))
    assert holds({"event": "X", "avg": "v", "eq": 1.3333333333333333}, person) is False
    assert holds({"event": "X", "avg": "v", "gt": 1.3333333333333333}, person) is True


def test_an_event_is_matched_with_the_entry_event_of_its_own_row() -> None:
    store([did((DAY, {"cart": 7}))])
    ask = Ask(parse({"event": "X", "where": {"cart": {"is": "entry.cart"}}}))
    entries: list[dict[str, Any] | None] = [{"cart": 7.0}, {"cart": "7"}, {"cart": None}, {}, None]
    subjects = [Subject(row, 1, entry) for row, entry in enumerate(entries)]
    found = answers([ask], subjects, now=NOW)
    assert [found[row][0] for row in range(5)] == [True, False, False, False, False]


def test_in_a_journey_means_entered_and_not_left() -> None:
    def run(name: str, ago: int, enrollment: int) -> Happening:
        facts = {"journey": "j", "enrollment": enrollment}
        return Happening(f"journey.{name}", NOW - ago * DAY, facts)

    store(
        [
            Person(1, events=[run("entered", 3, 1)]),
            Person(2, events=[run("entered", 3, 2), run("left", 2, 2)]),
            Person(3, events=[run("entered", 3, 3), run("left", 2, 3), run("entered", 1, 4)]),
            Person(4, events=[run("entered", -1, 5)]),
            Person(5, events=[run("left", 1, 6)]),
        ]
    )
    subjects = [Subject(number, number) for number in range(1, 6)]
    found = answers([Ask(parse({"in_journey": "j"}))], subjects, now=NOW)
    assert [found[number][0] for number in range(1, 6)] == [True, False, True, False, False]


def test_the_stable_draw_is_the_same_as_in_python() -> None:
    people = [Person(number) for number in (*range(1, 300), 2**62)]
    store(people)
    ask = Ask(parse({"random": 12.34, "salt": "осень:1"}))
    found = answers([ask], [Subject(p.number, p.number) for p in people], now=NOW)
    wanted = {p.number: (bucket("осень:1", str(p.number)) < 1234,) for p in people}
    assert found == wanted
    assert 0 < sum(answer[0] for answer in wanted.values()) < 100


def test_only_a_subscribed_consent_counts() -> None:
    consents = {("email", "", "unsubscribed"), ("email", "news", "subscribed")}
    person = Person(1, consents=consents | {("sms", "", "pending")})
    assert holds({"consent": "email"}, person) is False
    assert holds({"consent": "email", "topic": "news"}, person) is True
    assert holds({"consent": "sms"}, person) is False
    assert holds({"consent": "push"}, person) is False


def test_channels_say_who_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_REACH", {})
    register_reach(
        "sms", lambda customer, bind: f"{customer}.attributes -> {bind.text('phone')} <> 'null'"
    )
    assert known_channels() == {"sms"}
    assert holds({"reachable": "sms"}, Person(1, {"phone": "+49"})) is True
    assert holds({"reachable": "sms"}, Person(2)) is False
    assert holds({"not": {"reachable": "sms"}}, Person(2)) is True
    assert holds({"reachable": "pigeon"}, Person(1)) is False


def test_merged_and_unknown_customers_have_no_answer() -> None:
    store([Person(1), Person(2)])
    Customer.objects.filter(pk=2).update(merged_into_id=1)
    subjects = [Subject(number, number) for number in (1, 2, 3)]
    assert answers([Ask(parse({"all": []}))], subjects, now=NOW) == {1: (True,)}
    assert flips([Ask(parse({"all": []}))], subjects, now=NOW) == {1: None}
    assert [page.customers for page in members([parse({"all": []})], now=NOW)] == [[[1]]]


def test_a_group_is_asked_its_own_conditions_only() -> None:
    store([did((DAY, {})), Person(2)])
    asks = [
        Ask(parse({"event": "X"}), frozenset({1})),
        Ask(parse({"event": "X"}), frozenset({2, 3})),
        Ask(parse({"any": []})),
    ]
    subjects = [Subject(10, 1, group=1), Subject(20, 1, group=2), Subject(30, 2, group=4)]
    found = answers(asks, subjects, now=NOW)
    assert found == {10: (True, None, False), 20: (None, True, False), 30: (None, None, False)}


def test_a_batch_of_any_size_is_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store([Person(number, {"a": number}) for number in range(1, 400)])
    entry = {"event": "X", "where": {"a": {"is": "entry.a"}}, "within": "30d"}
    kinds = [
        {"attribute": "a", "gte": 200},
        {"event": "X", "within": "1d"},
        entry,
        {"lifecycle": "lead"},
        {"consent": "email"},
        {"in_journey": "j"},
        {"message": "sent"},
        {"random": 50, "salt": "x"},
    ]
    asks = [Ask(parse(kind)) for kind in kinds]
    subjects = [Subject(row, 1 + row % 399, {"a": row}) for row in range(2000)]
    with django_assert_num_queries(1):
        assert len(answers(asks, subjects, now=NOW)) == 2000
    with django_assert_num_queries(1):
        assert len(flips(asks, subjects, now=NOW)) == 2000
    with django_assert_num_queries(0):
        assert answers(asks, [], now=NOW) == flips(asks, [], now=NOW) == {}
        assert matches([()], [], now=NOW) == []


def test_dates_without_a_zone_are_the_workspaces() -> None:
    person = Person(1, {"on": "2026-11-21T13:30"})
    due = {"attribute": "on", "within_last": "1d"}
    assert holds(due, person) is False
    assert holds(due, person, zone="Europe/Prague") is False
    assert holds(due, person, zone="Europe/Moscow") is True
    with override_settings(SOJOURN_TIME_ZONE="Europe/Moscow"):
        assert holds(due, person) is True


def test_members_come_page_by_page_and_go_on_where_they_stopped() -> None:
    store([Person(number, {"a": number % 2}) for number in (*range(1, 8), 50, 51)])
    odd = parse({"attribute": "a", "eq": 1})
    pages = list(members([odd], now=NOW, page=3))
    assert [(page.customers, page.upto) for page in pages] == [
        ([[1, 3]], 3),
        ([[5]], 6),
        ([[7, 51]], 51),
    ]
    assert [page.customers for page in members([odd], now=NOW, after=6)] == [[[7, 51]]]
    assert list(members([odd], now=NOW, after=51)) == []


def test_a_population_is_a_statement_to_build_on() -> None:
    store([did((DAY, {"cart": 1})), Person(2, {"a": 1}), Person(3)])
    conditions = [
        parse({"event": "X"}),
        parse({"attribute": "a", "eq": 1}),
        parse({"event": "X", "where": {"cart": {"is": "entry.cart"}}}),
    ]
    query = population(conditions, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, a0, a1, a2 FROM ({query.sql}) q ORDER BY id", query.params)
        assert cursor.fetchall() == [
            (1, True, False, False),
            (2, False, True, False),
            (3, False, False, False),
        ]


def test_events_are_tried_on_many_clauses_at_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store([did((DAY, {"v": 5, "cart": "c1"}), (40 * DAY, {"v": 50})), Person(2)])
    clauses = [
        parse_where({"v": {"gte": 10}}),
        parse_where({"cart": {"is": "entry.cart"}}),
        (),
    ]
    recent, old = (1, 1, NOW - DAY), (1, 2, NOW - 40 * DAY)
    pairs = [
        Pair(*recent, 0),
        Pair(*old, 0),
        Pair(*recent, 1, {"cart": "c1"}),
        Pair(*recent, 1, {"cart": "c2"}),
        Pair(*recent, 1),
        Pair(*recent, 2),
        Pair(1, 99, NOW - DAY, 2),
        Pair(2, 1, NOW - DAY, 2),
        Pair(*recent, 7),
    ]
    with django_assert_num_queries(1):
        found = matches(clauses, pairs, now=NOW)
    assert found == [False, True, True, False, False, True, False, False, False]
    assert matches([], pairs[:2], now=NOW) == [False, False]


@pytest.mark.parametrize(
    ("document", "days"),
    [
        ({"event": "X", "within": "30d"}, 29),
        ({"event": "X", "count": {"gte": 2}, "within": "30d"}, 20),
        ({"event": "X", "count": {"gt": 1.5}, "within": "30d"}, 20),
        ({"event": "X", "count": {"lt": 3}, "within": "30d"}, 10),
        ({"event": "X", "count": {"gte": 4}, "within": "30d"}, None),
        ({"event": "X", "count": {"eq": 0}, "within": "30d"}, 29),
        ({"event": "X", "count": {"eq": 2}, "within": "30d"}, 10),
        ({"event": "X", "count": {"gte": -1, "lte": 10**12}, "within": "30d"}, None),
        ({"event": "X", "sum": "v", "gte": 2, "within": "30d"}, 10),
        ({"event": "X", "last_at": {"within_last": "30d"}}, 29),
        ({"event": "X"}, None),
        ({"event": "Y"}, 2),
        ({"any": [{"event": "Y"}, {"event": "X", "within": "30d"}]}, 2),
        ({"message": "sent", "within": "30d"}, None),
        ({"attribute": "due", "within_next": "1d"}, 4),
        ({"attribute": "due", "within_next": "10d"}, 5),
        ({"attribute": "due", "within_last": "1d"}, 5),
        ({"attribute": "born", "within_last": "1d"}, None),
        ({"attribute": "due", "before": "2026-12-01"}, None),
        ({"stage": "loyalty"}, None),
        ({"all": [{"attribute": "vip", "eq": True}, {"event": "X", "within": "2d"}]}, None),
        ({"all": [{"attribute": "vip", "exists": False}, {"event": "X", "within": "2d"}]}, 1),
        ({"any": [{"attribute": "due", "exists": True}, {"event": "X", "within": "2d"}]}, None),
        ({"any": [{"attribute": "vip", "eq": True}, {"event": "X", "within": "2d"}]}, 1),
        ({"not": {"all": [{"stage": "loyalty"}, {"event": "X", "within": "2d"}]}}, None),
        ({"all": [{"reachable": "email"}, {"event": "X", "within": "2d"}]}, 1),
    ],
)
def test_when_time_alone_can_change_an_answer(document: Any, days: int | None) -> None:
    person = did((DAY, {"v": 1}), (10 * DAY, {"v": 1}), (20 * DAY, {"v": 1}), (40 * DAY, {"v": 1}))
    person.events.append(Happening("Y", NOW + 2 * DAY))
    person.attributes = {"due": "2026-11-26T12:00:00Z", "born": "1980-01-01"}
    store([person])
    found = flips([Ask(parse(document))], [Subject(1, 1)], now=NOW)
    assert found == {1: None if days is None else NOW + days * DAY}


def test_flips_belong_to_the_groups_that_are_asked() -> None:
    store([did((DAY, {}))])
    asks = [Ask(parse({"event": "X", "within": "2d"}), frozenset({1}))]
    subjects = [Subject(1, 1, group=1), Subject(2, 1, group=2)]
    assert flips(asks, subjects, now=NOW) == {1: NOW + DAY, 2: None}
