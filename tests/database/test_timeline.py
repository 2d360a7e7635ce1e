"""A long history: a page costs the same number of statements, and comes by the index."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.operations import partitions
from profiles.queries import timeline
from profiles.queries.timeline import HIGHEST, KINDS, NEWEST, Cursor, Wanted

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
LONG = 10_000
NAMES = ("Product Viewed", "page", "message.sent", "journey.entered", "consent.changed")
FILL = """
INSERT INTO profiles_event (customer_id, name, at, received_at, source, message_id)
SELECT %(customer)s, (%(names)s::text[])[1 + n %% 5], %(now)s - n * interval '10 minutes',
       %(now)s, 'test', %(customer)s || ':' || n
FROM generate_series(1, %(events)s) AS n
"""


@pytest.fixture
def crowd(transactional_db: None) -> None:
    """Customer 1 did much in seventy days, 2 little, and two thousand others something each."""
    partitions.ensure([NOW - dt.timedelta(days=days) for days in range(0, 75, 5)])
    with connection.cursor() as cursor:
        _fill(cursor, 1, LONG)
        _fill(cursor, 2, 30)
        cursor.execute(
            "INSERT INTO profiles_event (customer_id, name, at, received_at, source, message_id)"
            " SELECT 10 + n %% 2000, 'page', %s - n * interval '100 seconds', %s, 'test', n::text"
            " FROM generate_series(1, 60000) AS n",
            [NOW, NOW],
        )
        cursor.execute("ANALYZE profiles_event")


def _fill(cursor: Any, customer: int, events: int) -> None:
    given = {"customer": customer, "events": events, "names": list(NAMES), "now": NOW}
    cursor.execute(FILL, given)


def _read(customer: int, wanted: Wanted) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    before: Cursor | None = None
    while True:
        items, before = timeline.read(customer, before=before, limit=700, wanted=wanted)
        pages.append(items)
        if before is None:
            return pages


def test_a_page_costs_the_same_however_long_the_history(crowd: None) -> None:
    costs = []
    for customer in (1, 2):
        with CaptureQueriesContext(connection) as queries:
            timeline.read(customer, before=None, limit=40)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 2


@pytest.mark.parametrize("wanted", [Wanted(), Wanted("message"), Wanted("event", "View")])
def test_only_the_customers_part_of_the_index_is_read(crowd: None, wanted: Wanted) -> None:
    given: dict[str, Any] = {
        "customer": 1,
        "at": NEWEST,
        "id": HIGHEST,
        "limit": 41,
        "name": wanted.name,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {timeline.statement(wanted)}", given)
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    nodes = list(_nodes(plan[0]["Plan"]))
    reads = [node for node in nodes if "Index Cond" in node and not _empty(_table(node))]
    assert reads
    assert all("customer_id = 1" in node["Index Cond"] for node in reads)
    whole = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
    assert [name for name in whole if not _empty(name)] == []


def _table(node: dict[str, Any]) -> str:
    """What is read, or what the index belongs to."""
    if "Relation Name" in node:
        return str(node["Relation Name"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_indexes WHERE indexname = %s", [node["Index Name"]]
        )
        return str(cursor.fetchone()[0])


def _empty(table: str) -> bool:
    """Months without a row are not worth an index."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table})")
        found: bool = cursor.fetchone()[0]
    return found


def _nodes(node: dict[str, Any]) -> Any:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def test_every_kind_and_name_is_paged_without_gap_or_repeat(crowd: None) -> None:
    whole = [item for page in _read(1, Wanted()) for item in page]
    assert len(whole) == LONG
    parts = {kind: [item for page in _read(1, Wanted(kind)) for item in page] for kind in KINDS}
    assert sum(map(len, parts.values())) == LONG
    assert all(item["kind"] == kind for kind, items in parts.items() for item in items)
    assert {kind for kind, items in parts.items() if items} == {
        "event", "message", "journey", "consent",
    }  # fmt: skip
    named = [item for page in _read(1, Wanted("", "produCT v")) for item in page]
    assert named == [item for item in whole if item["name"] == "Product Viewed"]
    assert _read(1, Wanted("message", "page")) == [[]]


@pytest.mark.parametrize("name", ["%", "_", "'", "\\", "{narrowed}"])
def test_what_is_searched_for_is_taken_as_it_is(crowd: None, name: str) -> None:
    assert _read(1, Wanted("", name)) == [[]]


def test_the_names_of_a_customers_events_are_known(crowd: None) -> None:
    assert timeline.names(1, limit=9) == sorted(NAMES)
    assert timeline.names(1, limit=2) == sorted(NAMES)[:2]
    assert timeline.names(999_999, limit=9) == []
