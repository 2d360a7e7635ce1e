"""Memberships are what the condition answers, at every moment of any story; and nobody is looked at
who cannot have changed.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from journeys.operations import match
from profiles.core.conditions import parse
from profiles.core.events import Incoming
from profiles.models import Event, Membership, Segment
from profiles.operations import membership, segments
from profiles.operations.ingest import ingest
from profiles.queries import segments as found
from profiles.queries.conditions import population
from profiles.queries.events import LoggedEvent
from tests.config.processes import until
from tests.emptying import empty_tables
from tests.hurry import UNHURRIED
from tests.threads import in_a_thread
from tests.world import START, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


WINDOWS = st.sampled_from(["1d", "3d", "7d"])
COUNTS = st.integers(0, 3)
LEAVES = st.one_of(
    st.builds(
        lambda name, operator, count, within: {
            "event": name, "count": {operator: count}, "within": within,
        },
        st.sampled_from("AB"), st.sampled_from(["eq", "gte", "lt"]), COUNTS, WINDOWS,
    ),
    st.builds(
        lambda within: {"event": "A", "sum": "value", "gte": 10, "within": within}, WINDOWS
    ),
    st.just({"attribute": "plan", "eq": "pro"}),
    st.just({"attribute": "ends", "within_next": "2d"}),
    st.just({"event": "B", "last_at": {"within_last": "2d"}}),
    st.just({"segment": "seg-0"}),
)  # fmt: skip
CONDITIONS = st.one_of(
    LEAVES,
    st.lists(LEAVES, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
    st.lists(LEAVES, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
    LEAVES.map(lambda part: {"not": part}),
)
WHO = st.sampled_from(["ann", "ben", "cat"])
MOVES = st.one_of(
    st.tuples(st.just("does"), WHO, st.sampled_from("AB"), st.integers(1, 12)),
    st.tuples(st.just("is"), WHO, st.sampled_from(["pro", "free"]), st.integers(0, 5)),
    st.tuples(st.just("late"), WHO, st.sampled_from("AB"), st.integers(1, 100)),
    st.tuples(st.just("passes"), st.integers(1, 60)),
    st.tuples(st.just("joins"), WHO, WHO),
)


@pytest.mark.long
@with_settings(max_examples=25, suppress_health_check=UNHURRIED)
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=4),
    moves=st.lists(MOVES, min_size=3, max_size=12),
)
def test_members_are_those_for_whom_the_condition_holds(
    conditions: list[Any], moves: list[tuple[Any, ...]]
) -> None:
    empty_tables()
    world = World()
    for number, condition in enumerate(conditions):
        document = _without_itself(condition, number)
        segments.save(f"seg-{number}", title="", condition=document, revision=None, now=world.now)
        if number % 2:
            world.settle()
    for turn, move in enumerate(moves):
        _happens(world, turn, move)
        world.settle()
        assert misplaced(world.now) == []
    world.passes("9d")
    assert misplaced(world.now) == []


def _without_itself(condition: Any, number: int) -> Any:
    return condition if number else _replaced(condition)


def _replaced(condition: Any) -> Any:
    """The first segment has none to look at."""
    if isinstance(condition, dict):
        if "segment" in condition:
            return {"event": "A"}
        return {key: _replaced(value) for key, value in condition.items()}
    return [_replaced(each) for each in condition] if isinstance(condition, list) else condition


def _happens(world: World, turn: int, move: tuple[Any, ...]) -> None:
    match move:
        case ("does", who, name, value):
            world.does(who, name, value=value)
        case ("late", who, name, hours):
            at = world.now - dt.timedelta(hours=hours)
            call = Incoming(call="track", name=name, at=at, user_id=who, message_id=f"late-{turn}")
            ingest([call], source="test", now=world.now)
        case ("is", who, plan, days):
            ends = world.now + dt.timedelta(days=days)
            world.meet(who, plan=plan, ends=ends.isoformat())
        case ("passes", hours):
            world.passes(f"{hours}h")
        case ("joins", kept, gone):
            call = Incoming(
                call="alias", name="alias", at=world.now, user_id=kept, previous_id=gone,
                message_id=f"alias-{turn}",
            )  # fmt: skip
            ingest([call], source="test", now=world.now)


def misplaced(now: dt.datetime) -> list[tuple[Any, ...]]:
    """Segments whose members are others than those for whom the condition holds, and whoever
    should have been looked at.
    """
    wrong: list[tuple[Any, ...]] = []
    for each in Segment.objects.order_by("id"):
        query = population([parse(each.condition)], now=now)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM ({query.sql}) q WHERE a0 ORDER BY id", query.params)
            wanted = [row[0] for row in cursor.fetchall()]
        inside = [customer for customer, _ in found.members(each.slug, after=0, limit=100)]
        if inside != wanted:
            wrong.append((each.slug, each.condition, inside, wanted))
    return wrong + list(Membership.objects.filter(next_at__lte=now).values_list())


def _crowd(names: int) -> World:
    world = World()
    world.together(*(world.call(f"c{number}", "A") for number in range(names)))
    return world


def test_a_batch_costs_the_same_however_many_it_has() -> None:
    world = _crowd(300)
    condition = {"event": "A", "count": {"gte": 2}, "within": "3d"}
    for number in range(4):
        segments.save(f"s{number}", title="", condition=condition, revision=None, now=world.now)
    world.settle()
    costs = []
    for names in (3, 300):
        calls = [world.call(f"c{number}", "A") for number in range(names)]
        ingest(calls, source="test", now=world.now)
        with CaptureQueriesContext(connection) as queries:
            match.match(now=world.now)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert Membership.objects.filter(member=True).count() == 4 * 300


def test_an_event_that_no_segment_looks_at_asks_nobody() -> None:
    world = _crowd(5)
    segments.save("s", title="", condition={"event": "A"}, revision=None, now=world.now)
    world.settle()
    ingest([world.call("c1", "Other")], source="test", now=world.now)
    with CaptureQueriesContext(connection) as queries:
        match.match(now=world.now)
    assert not [each for each in queries.captured_queries if "membership" in each["sql"]]


def test_an_attribute_concerns_only_the_segments_that_look_at_it() -> None:
    world = World()
    world.meet("ann", plan="free", city="Rome")
    for slug, path in (("plan", "plan"), ("deep", "plan.name"), ("city", "city")):
        condition = {"attribute": path, "exists": True}
        segments.save(slug, title="", condition=condition, revision=None, now=world.now)
    events = [LoggedEvent(1, 1, 1, "identify", START, START, "", "", said, {}) for said in (
        {"plan": "pro"}, {"plan.name": "pro"}, {"other": 1}, {},
    )]  # fmt: skip
    known = found.current()
    concerned = [{known.by_id[id].slug for id in known.concerned(each)} for each in events]
    assert concerned == [{"plan", "deep"}, {"deep"}, set(), set()]


def test_segments_are_read_again_when_one_has_changed() -> None:
    segments.save("s", title="", condition={"event": "A"}, revision=None, now=START)
    known = found.current()
    with CaptureQueriesContext(connection) as queries:
        assert found.current() is known
    assert len(queries) == 1
    Segment.objects.filter(slug="s").update(building=False)
    assert [each.building for each in found.current().by_id.values()] == [False]


def test_filling_goes_on_where_it_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "PAGE", 10)
    world = _crowd(25)
    segments.save("s", title="", condition={"event": "A"}, revision=None, now=START)
    assert membership.work(now=START) == 11
    assert Membership.objects.count() == 10
    world.does("c3", "A")
    while membership.work(now=START):
        pass
    assert Membership.objects.filter(member=True).count() == 25
    assert not Segment.objects.get(slug="s").building


def test_a_condition_that_is_not_understood_any_more_holds_nothing_up() -> None:
    world = _crowd(3)
    for name in ("old", "s"):
        segments.save(name, title="", condition={"event": "A"}, revision=None, now=world.now)
    world.settle()
    Segment.objects.filter(slug="old").update(condition={"evnt": "A"}, revision=9, building=True)
    world.does("new", "A")
    assert [len(found.members(name, after=0, limit=9)) for name in ("old", "s")] == [3, 4]


def told() -> list[tuple[str, int]]:
    """Who was said to have come into or left a segment, in the order of the log."""
    changes = Event.objects.filter(name__in=["segment.entered", "segment.left"])
    return list(changes.order_by("id").values_list("name", "customer_id"))


def test_whom_filling_has_not_come_to_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "PAGE", 10)
    world = _crowd(25)
    segments.save("s", title="", condition={"event": "B"}, revision=None, now=START)
    membership.work(now=START)
    ingest([world.call("c3", "B"), world.call("c20", "B")], source="test", now=START)
    match.match(now=START)
    world.settle()
    assert told() == [("segment.entered", world.id("c3"))]
    inside = {customer for customer, _since in found.members("s", after=0, limit=9)}
    assert inside == {world.id("c3"), world.id("c20")}


WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = %s
"""


def test_who_waited_while_a_condition_changed_goes_by_the_new_one() -> None:
    world = _crowd(1)
    segments.save("s", title="", condition={"event": "B"}, revision=None, now=START)
    world.settle()
    ingest([world.call("c0", "B")], source="test", now=START)
    with ThreadPoolExecutor(1) as worker:
        with transaction.atomic(), connection.cursor() as cursor:
            segment = Segment.objects.get(slug="s").pk
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [membership.LOCK, segment])
            reader = worker.submit(in_a_thread, lambda: match.match(now=START))
            until(lambda: _waiting() == 1)
            segments.save("s", title="", condition={"event": "C"}, revision=1, now=START)
            membership.work(now=START)
        reader.result()
    world.settle()
    assert (told(), misplaced(START)) == ([], [])


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [membership.LOCK])
        return int(cursor.fetchone()[0])
