"""Every committed event is read exactly once, however its writers interleave."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.core.events import SystemEvent
from profiles.operations import partitions
from profiles.operations.record import record
from profiles.queries.events import BEGINNING, START, Batch, LoggedEvent, here, read, without
from tests.database.calls import NOW, query
from tests.database.threads import together
from tests.hurry import UNHURRIED

pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """A reader that keeps its place, as a cursor row would."""

    def __init__(self, done: str) -> None:
        self.place = Batch([], done, None, START)
        self.seen: list[LoggedEvent] = []

    def page(self, limit: int = 100) -> list[str]:
        _, done, upto, after = self.place
        self.place = read(done, upto, after, limit)
        self.seen += self.place.events
        return [event.name for event in self.place.events]

    def drain(self, limit: int = 100) -> list[str]:
        """The rest of the snapshot under way, then all of one taken now."""
        names = self.finish(limit) + self.page(limit)
        return names + self.finish(limit)

    def finish(self, limit: int) -> list[str]:
        names: list[str] = []
        while self.place.upto is not None:
            names += self.page(limit)
        return names

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.seen]


class Writer:
    """A connection of its own, in a transaction or between two."""

    def __init__(self) -> None:
        self.connection = connection.copy()
        self.cursor = self.connection.cursor()
        self.open = False

    def write(self, name: str) -> None:
        if not self.open:
            self.cursor.execute("BEGIN")
            self.open = True
        self.cursor.execute(
            "INSERT INTO profiles_event (customer_id, name, at, received_at, source, message_id) "
            "VALUES (1, %s, %s, %s, 'test', '')",
            [name, NOW, NOW],
        )

    def end(self, how: str = "COMMIT") -> None:
        self.cursor.execute(how)
        self.open = False

    def close(self) -> None:
        self.cursor.close()
        self.connection.close()


@contextmanager
def writers(count: int) -> Iterator[list[Writer]]:
    record([SystemEvent(customer_id=1, name="first", at=NOW)], now=NOW)
    made = [Writer() for _ in range(count)]
    try:
        yield made
    finally:
        for writer in made:
            writer.close()


def test_a_writer_who_commits_late_is_not_skipped() -> None:
    with writers(3) as (slow, quick, aborted):
        reader = Reader(here())
        slow.write("slow")
        aborted.write("aborted")
        quick.write("quick")
        quick.end()
        assert reader.drain() == ["quick"]
        quick.write("quick again")
        quick.end()
        slow.end()
        aborted.end("ROLLBACK")
        assert reader.drain() == ["slow", "quick again"]
        assert reader.drain() == []


def test_a_long_transaction_holds_back_its_own_events_only() -> None:
    with writers(2) as (long, short):
        reader = Reader(here())
        long.write("long 1")
        for number in range(50):
            short.write(f"short {number}")
            short.end()
            assert reader.drain(limit=7) == [f"short {number}"]
        long.write("long 2")
        long.end()
        assert reader.drain() == ["long 1", "long 2"]


def test_a_page_boundary_inside_a_transaction_loses_nothing() -> None:
    with writers(2) as (one, two):
        reader = Reader(here())
        for number in range(5):
            one.write(f"one {number}")
            two.write(f"two {number}")
        one.end()
        assert [reader.page(2), reader.page(2)] == [["one 0", "one 1"], ["one 2", "one 3"]]
        two.end()
        assert reader.page(2) == ["one 4"]
        assert reader.place.upto is None
        assert reader.drain(2) == [f"two {number}" for number in range(5)]


def test_a_page_costs_the_same_however_long_the_log() -> None:
    costs = [_cost_of_a_page(after=length) for length in (3, 9000)]
    assert costs[1] < costs[0] + 10


def _cost_of_a_page(*, after: int) -> int:
    """The blocks of its month that are read for one new event behind so many more; other months
    have no row, but what looking at them costs depends on how many there are.
    """
    record([SystemEvent(customer_id=1, name="old", at=NOW) for _ in range(after)], now=NOW)
    reader = Reader(here())
    record([SystemEvent(customer_id=1, name="new", at=NOW)], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE profiles_event")
        cursor.execute("SET enable_seqscan = off")
        with CaptureQueriesContext(connection) as asked:
            assert reader.page() == ["new"]
        asked_for = asked.captured_queries[-1]["sql"]
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {asked_for}")
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("RESET enable_seqscan")
    assert plan["Actual Rows"] == 1
    month = partitions.name_of(partitions.month_of(NOW))
    reads = [node for node in _nodes(plan) if node.get("Relation Name") == month]
    assert reads
    return sum(int(node["Shared Hit Blocks"] + node["Shared Read Blocks"]) for node in reads)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def test_events_of_all_months_come_in_the_order_of_their_writing() -> None:
    reader = Reader(here())
    moments = [NOW, NOW.replace(year=1997), NOW.replace(year=1970), NOW.replace(year=2025)]
    record(
        [SystemEvent(customer_id=1, name=str(n), at=at) for n, at in enumerate(moments)], now=NOW
    )
    assert reader.drain(limit=3) == ["0", "1", "2", "3"]


def test_the_readers_own_events_come_after_it_has_committed() -> None:
    reader = Reader(here())
    with transaction.atomic():
        record([SystemEvent(customer_id=1, name="before reading", at=NOW)], now=NOW)
        assert reader.drain() == []
        record([SystemEvent(customer_id=1, name="after reading", at=NOW)], now=NOW)
        assert reader.drain() == []
    assert reader.drain() == ["before reading", "after reading"]


def test_a_transaction_that_has_written_elsewhere_first_hides_nothing_either() -> None:
    reader = Reader(here())
    with writers(1) as (other,):
        with transaction.atomic():
            query("SELECT pg_current_xact_id()")
            other.write("other")
            other.end()
            assert reader.drain() == ["first", "other"]
            record([SystemEvent(customer_id=1, name="own", at=NOW)], now=NOW)
        assert reader.drain() == ["own"]


def test_a_rolled_back_reading_is_read_again() -> None:
    with writers(1) as (writer,):
        reader = Reader(here())
        writer.write("event")
        writer.end()
        place = reader.place
        with transaction.atomic():
            assert reader.drain() == ["event"]
            transaction.set_rollback(True)
        reader.place = place
        assert reader.drain() == ["event"]


def test_the_beginning_is_before_everything() -> None:
    record([SystemEvent(customer_id=1, name="only", at=NOW)], now=NOW)
    assert Reader(BEGINNING).drain() == ["only"]


def test_new_events_are_found_by_the_index_among_many_old_ones() -> None:
    record([SystemEvent(customer_id=1, name="old", at=NOW)] * 3000, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE profiles_event")
    reader = Reader(here())
    record([SystemEvent(customer_id=1, name="new", at=NOW)], now=NOW)
    with CaptureQueriesContext(connection) as seen:
        assert reader.drain() == ["new"]
    (page, *_) = [entry["sql"] for entry in seen if "FROM profiles_event" in entry["sql"]]
    plan = "\n".join(line for (line,) in query(f"EXPLAIN {page}"))
    assert "Seq Scan on profiles_event_y2026m11" not in plan
    assert "profiles_event_y2026m11_xid_id_idx" in plan


@pytest.mark.parametrize(
    ("snapshot", "own", "expected"),
    [
        ("10:20:", 15, "10:20:15"),
        ("10:20:12,17", 15, "10:20:12,15,17"),
        ("10:20:12", 12, "10:20:12"),
        ("10:20:12", 20, "10:20:12"),
        ("15:20:17", 11, "11:20:11,17"),
    ],
)
def test_a_snapshot_is_written_without_ones_own_transaction(
    snapshot: str, own: int, expected: str
) -> None:
    assert without(snapshot, own) == expected
    assert query("SELECT %s::pg_snapshot::text", expected) == [(expected,)]
    assert query(
        "SELECT pg_visible_in_snapshot(%s::text::xid8, %s::pg_snapshot)", own, expected
    ) == [(False,)]


_moves = st.lists(
    st.tuples(st.sampled_from(["write", "write", "commit", "rollback", "read"]), st.integers(0, 3)),
    max_size=40,
)


@settings(max_examples=60, suppress_health_check=UNHURRIED)
@given(moves=_moves, limit=st.integers(1, 5))
def test_any_schedule_reads_every_committed_event_once(
    moves: list[tuple[str, int]], limit: int
) -> None:
    with writers(4) as made:
        reader = Reader(here())
        committed: list[str] = []
        pending: dict[int, list[str]] = {n: [] for n in range(4)}
        for number, (move, who) in enumerate(moves):
            if move == "write":
                made[who].write(f"event {number}")
                pending[who].append(f"event {number}")
            elif move == "read":
                reader.page(limit)
            elif made[who].open:
                made[who].end(move.upper())
                committed += pending[who] if move == "commit" else []
                pending[who] = []
        reader.drain(limit)
        assert sorted(reader.names) == sorted(committed)
        assert all(writer_order(reader, name) for name in committed)


def writer_order(reader: Reader, name: str) -> bool:
    """Within one transaction, events come in the order of writing."""
    (event,) = [event for event in reader.seen if event.name == name]
    same = [other.id for other in reader.seen if other.xid == event.xid]
    return same == sorted(same)


def test_writers_and_a_reader_at_full_speed_lose_and_double_nothing() -> None:
    done, finished = here(), Flag()
    reader = Reader(done)

    def write(seed: int) -> list[str]:
        rng, kept = random.Random(seed), []
        for turn in range(25):
            names = [f"{seed}-{turn}-{n}" for n in range(rng.randrange(1, 6))]
            with transaction.atomic():
                for name in names:
                    record([SystemEvent(customer_id=seed, name=name, at=NOW)], now=NOW)
                if rng.random() < 0.2:
                    transaction.set_rollback(True)
                else:
                    kept += names
        return kept

    def follow() -> list[str]:
        while not finished.is_set():
            reader.page(7)
        return []

    def write_all() -> list[str]:
        try:
            return [
                name for kept in together([lambda s=s: write(s) for s in range(5)]) for name in kept
            ]
        finally:
            finished.set()

    _, kept = together([follow, write_all])
    reader.drain()
    assert sorted(reader.names) == sorted(kept)
