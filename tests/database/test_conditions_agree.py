"""SQL and the naive oracle give the same answer for any condition, history, time zone and entry."""

import datetime as dt
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.core.conditions import All, parse
from profiles.core.durations import parse as parse_duration
from profiles.queries.conditions import (
    Ask,
    Subject,
    answers,
    flips,
    reach,
    register_reach,
    standings,
    weighed,
)
from tests.database.condition_strategies import (
    BUSY,
    DATED,
    DOCUMENTS,
    LENGTHS,
    NOW,
    OBJECTS,
    PEOPLE,
    SEQUENCES,
    TIMED,
    TIMED_PEOPLE,
    ZONES,
)
from tests.database.people import store
from tests.hurry import UNHURRIED
from tests.oracle import MICROSECOND, Oracle, Person, instant
from tests.rejudging import rejudged

pytestmark = pytest.mark.django_db
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

THOROUGH = settings(
    max_examples=200,
    suppress_health_check=UNHURRIED,
)


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the attribute `a` can be reached by e-mail; nobody by SMS."""
    monkeypatch.setattr(reach, "_REACH", {})
    register_reach("email", lambda customer, bind: f"{customer}.attributes ? {bind.text('a')}")


CROWDS = {
    "people": PEOPLE,
    "documents": st.lists(DOCUMENTS, min_size=6, max_size=16),
    "entries": st.lists(st.one_of(st.none(), OBJECTS), min_size=2, max_size=3),
    "zone": st.sampled_from(ZONES),
}


@THOROUGH
@given(**CROWDS)
def test_sql_and_the_oracle_agree(
    people: list[Person], documents: list[Any], entries: list[Any], zone: str
) -> None:
    asks, subjects = asked(people, documents, entries)
    with transaction.atomic():
        store(people)
        found = answers(asks, subjects, now=NOW, zone=zone)
        transaction.set_rollback(True)
    oracle = Oracle(NOW, zone)
    assert found.keys() == {subject.row for subject in subjects}
    for subject in subjects:
        for at, ask in enumerate(asks):
            wanted = (
                oracle.holds(
                    ask.condition, people[subject.customer - 1], subject.entry, subject.context
                )
                if ask.groups is None or subject.group in ask.groups
                else None
            )
            assert found[subject.row][at] is wanted, (documents[at], subject)


def asked(
    people: list[Person], documents: list[Any], entries: list[Any]
) -> tuple[list[Ask], list[Subject]]:
    """Everybody with every entry; every fourth condition is asked of one entry only."""
    for number, person in enumerate(people, 1):
        person.number = number
        person.channels = {"email"} if "a" in person.attributes else set()
    subjects = [
        Subject(
            row=1_000 + at * len(entries) + turn,
            customer=person.number,
            entry=entry,
            group=turn,
            context=entries[turn - 1],
        )
        for at, person in enumerate(people)
        for turn, entry in enumerate(entries)
    ]
    asks = [
        Ask(parse(document), groups=frozenset({at % len(entries)}) if at % 4 == 0 else None)
        for at, document in enumerate(documents)
    ]
    return asks, subjects


@settings(parent=THOROUGH, max_examples=60)
@given(**CROWDS)
def test_what_an_answer_was_judged_by_gives_it_again(
    people: list[Person], documents: list[Any], entries: list[Any], zone: str
) -> None:
    asks, subjects = asked(people, documents, entries)
    with transaction.atomic():
        store(people)
        found = answers(asks, subjects, now=NOW, zone=zone)
        told = weighed(asks, subjects, now=NOW, zone=zone, clauses=True)
        transaction.set_rollback(True)
    oracle = Oracle(NOW, zone)
    for subject in subjects:
        for ask, wanted, each in zip(asks, found[subject.row], told[subject.row], strict=True):
            assert (each.holds if each else None) is wanted
            if each is not None:
                again = rejudged(ask.condition, bytes(each.saw), oracle=oracle, entry=subject.entry)
                assert again in (each.holds, None), (ask, bytes(each.saw))
                assert each.clause == deciding(ask, subject, people, oracle)


@THOROUGH
@given(
    people=st.lists(st.builds(Person, number=st.just(0), events=st.lists(BUSY, max_size=14)),
                    min_size=3, max_size=8),
    documents=st.lists(SEQUENCES, min_size=6, max_size=16),
)  # fmt: skip
def test_sequences_are_found_and_end_when_their_latest_run_leaves(
    people: list[Person], documents: list[Any]
) -> None:
    asks, subjects = asked(people, documents, [None])
    asks = [Ask(ask.condition) for ask in asks]
    with transaction.atomic():
        store(people)
        found = standings(asks, subjects, now=NOW)
        transaction.set_rollback(True)
    oracle = Oracle(NOW)
    for subject in subjects:
        person = people[subject.customer - 1]
        for at, ask in enumerate(asks):
            held, until = found[subject.row].answers[at], found[subject.row].turns[at]
            assert held is oracle.holds(ask.condition, person), (documents[at], person)
            if until is None:
                continue
            assert held
            assert not Oracle(until).holds(ask.condition, person)
            assert Oracle(until - MICROSECOND).holds(ask.condition, person)


def deciding(ask: Ask, subject: Subject, people: list[Person], oracle: Oracle) -> int | None:
    """The clause of an `all` that decides against a customer."""
    parts = ask.condition.of if isinstance(ask.condition, All) else (ask.condition,)
    person = people[subject.customer - 1]
    holding = [oracle.holds(part, person, subject.entry, subject.context) for part in parts]
    return None if all(holding) else holding.index(False)


@pytest.mark.long
@THOROUGH
@given(
    people=st.one_of(TIMED_PEOPLE, TIMED_PEOPLE, PEOPLE),
    documents=st.lists(st.one_of(TIMED, TIMED, DOCUMENTS), min_size=6, max_size=16),
    entry=st.one_of(st.none(), OBJECTS),
    context=st.one_of(st.none(), OBJECTS, DATED),
    zone=st.sampled_from(ZONES),
)
def test_no_answer_changes_before_it_is_said_to(
    people: list[Person], documents: list[Any], entry: Any, context: Any, zone: str
) -> None:
    conditions = [parse(document) for document in documents]
    for number, person in enumerate(people, 1):
        person.number = number
    asks = [Ask(condition, frozenset({at})) for at, condition in enumerate(conditions)]
    pairs = list(product(people, range(len(asks))))
    subjects = [Subject(row, p.number, entry, at, context) for row, (p, at) in enumerate(pairs)]
    with transaction.atomic():
        store(people)
        found = flips(asks, subjects, now=NOW, zone=zone)
        transaction.set_rollback(True)
    moments = {person.number: moments_of_change(person, context, zone) for person in people}
    for row, (person, at) in enumerate(pairs):
        until = found[row]
        assert until is None or until > NOW
        before = Oracle(NOW, zone).holds(conditions[at], person, entry, context)
        for moment in moments[person.number]:
            if moment > NOW and (until is None or moment < until):
                after = Oracle(moment, zone).holds(conditions[at], person, entry, context)
                assert after is before, (moment, documents[at])


def moments_of_change(person: Person, context: Any, zone: str) -> set[dt.datetime]:
    """Every instant at which anything in the data or the context can enter or leave a stretch."""
    known_texts = [person.attributes, context, *(event.properties for event in person.events)]
    dates = set(texts(known_texts))
    read = [moment for text in dates if (moment := instant(text, zone)) is not None]
    known = [EPOCH + micro * MICROSECOND for micro in read if abs(micro) < 60_000 * 86_400_000_000]
    known += [event.at for event in person.events]
    lengths = [dt.timedelta(0), *(parse_duration(length) for length in LENGTHS)]
    edges = {at + sign * length for at in known for length in lengths for sign in (1, -1)}
    return edges | {at + MICROSECOND for at in edges} | {at - MICROSECOND for at in edges}


def texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from texts(each)
