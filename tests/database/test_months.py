"""Months of the decision log: made when needed, dropped when old, counted for good."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from journeys.models import Decision
from journeys.operations import months
from journeys.operations.apply import DECISIONS, Reason, log
from profiles.operations import partitions
from tests.scenarios.lives import begin_again
from tests.threads import in_a_thread
from tests.world import START, World

pytestmark = pytest.mark.django_db(transaction=True)
JOURNEY = """
journey: cart
enter: {on: [{event: Cart Updated}], again: always}
steps:
  - {id: pause, wait: 1h}
  - {id: more, wait: 1h}
"""
MARCH = "journeys_decision_y2026m03"


@pytest.fixture
def world(settings: Any) -> World:
    """Alice came in March and in May."""
    settings.SOJOURN_SANDBOX = True
    begin_again()
    world = World()
    world.journey(JOURNEY)
    world.meet("alice", "bob")
    world.does("alice", "Cart Updated")
    world.passes("70d")
    world.does("alice", "Cart Updated")
    world.does("bob", "Cart Updated")
    world.passes("1d")
    return world


def steps(world: World) -> dict[str, int]:
    return {each["id"]: each["entered"] for each in world.report("cart")["steps"]}


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(months.MONTHS, [DECISIONS])
        return {name for (name,) in cursor.fetchall()}


def test_each_month_has_its_decisions(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text, count(*) FROM journeys_decision"
            " WHERE code = 'wait_started' GROUP BY 1 ORDER BY 1"
        )
        assert cursor.fetchall() == [(MARCH, 2), ("journeys_decision_y2026m05", 4)]


def test_an_old_month_goes_and_what_is_counted_stays(world: World) -> None:
    before = steps(world)
    assert before == {"pause": 3, "more": 3}
    end = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    almost = end + dt.timedelta(days=90, seconds=-1)
    assert MARCH not in months.forget(now=almost, days=90)
    assert MARCH not in months.forget(now=end + dt.timedelta(days=900), days=0)
    assert MARCH in months.forget(now=end + dt.timedelta(days=90), days=90)
    assert MARCH not in tables()
    assert steps(world) == before
    assert Decision.objects.filter(at__lt=end).count() == 0
    assert Decision.objects.filter(code="wait_started").count() == 4


def test_a_month_in_use_waits_for_another_night(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(months, "PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    now = START + dt.timedelta(days=365)
    before = steps(world)
    with transaction.atomic():
        list(Decision.objects.select_for_update().filter(at__lt=START + dt.timedelta(days=20)))
        with pytest.raises(OperationalError):
            elsewhere(lambda: months.forget(now=now, days=90))
    assert steps(world) == before
    assert MARCH in tables()


def elsewhere(work: Any) -> Any:
    """The work, on another connection than this one's."""
    with ThreadPoolExecutor(1) as worker:
        return worker.submit(in_a_thread, work).result()


def test_a_move_after_a_month_was_dropped_makes_it_anew(world: World) -> None:
    months.forget(now=START + dt.timedelta(days=900), days=90)
    log([Reason(None, world.id("bob"), 1, None, "", 0, START, "refused_audience", {})])
    assert MARCH in tables()


def test_what_was_decided_before_there_were_months_is_kept(world: World) -> None:
    kept = list(Decision.objects.order_by("id").values())
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
    MigrationExecutor(connection).migrate([("journeys", "0003_dates")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [DECISIONS])
        assert cursor.fetchone() == ("r",)
    whole = list(Decision.objects.order_by("id").values())
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    partitions.forget()
    assert kept == whole == list(Decision.objects.order_by("id").values())
    world.does("bob", "Cart Updated")
    assert Decision.objects.order_by("id").last().id > kept[-1]["id"]
