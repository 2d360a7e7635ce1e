"""A worker that claims a customer whom another one has just moved sees where they stand now.

A statement sees the rows of the instant at which it began, and locks those of a later one. Here it
is held up between the two, and the other worker is quick.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from journeys.operations.advance import advance
from journeys.queries import enrollments
from profiles.queries import workspace
from tests.config.processes import until
from tests.threads import in_a_thread
from tests.world import World

LOCK = 0x50A1_7E57
HELD_UP = f"""
SELECT claimed.step, claimed.visits FROM
(SELECT 1 AS one FROM pg_advisory_xact_lock({LOCK}) OFFSET 0) AS begun,
LATERAL (SELECT * FROM ({enrollments.CLAIM_DUE}) AS due WHERE begun.one = 1 OFFSET 0) AS claimed
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = %s"
JOURNEY = """
journey: late
enter: {on: [{event: Invited}]}
steps:
  - {id: first, wait: 1h}
  - {id: second, wait: 1h}
  - {id: third, wait: 1h}
"""


@pytest.fixture
def world(transactional_db: None, settings: object) -> World:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    return World()


def test_who_is_due_again_at_once_is_claimed_where_they_stand_now(world: World) -> None:
    world.journey(JOURNEY)
    world.meet("alice")
    world.does("alice", "Invited")
    world.passes("10m")
    later = world.now + dt.timedelta(hours=3)
    with ThreadPoolExecutor(2) as workers:
        with transaction.atomic():
            _ask("SELECT pg_advisory_xact_lock(%s)", LOCK)
            slow = workers.submit(claimed, later)
            until(lambda: _ask(WAITING, LOCK) == [(1,)])
            assert workers.submit(moved, later).result() == 1
        assert slow.result() == [("second", '{"first": 1, "second": 1}')]


def claimed(now: dt.datetime) -> list[tuple[Any, ...]]:
    """Where those stand whom a worker claims that was held up."""
    return in_a_thread(lambda: _ask(HELD_UP, now, workspace.settled(), [], 10))


def moved(now: dt.datetime) -> int:
    return in_a_thread(lambda: advance(now=now))


def _ask(sql: str, *given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()
