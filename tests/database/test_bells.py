"""Bells wake workers: rung together they wake once, and a broker that is gone harms nobody."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app

from profiles import tasks
from profiles.operations import valkey
from profiles.queries import clock
from tests.database.calls import query, take, track, user

pytestmark = pytest.mark.django_db
QUEUE = "sojourn"
TASKS = set(tasks.BELLS.values())


@pytest.fixture(autouse=True)
def _own_bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bells that no other test rings, on the broker that all tests share."""
    own = uuid4().hex
    monkeypatch.setattr(tasks, "PREFIX", f"{own}:")
    monkeypatch.setattr(tasks, "BELLS", {bell: f"{own}.{bell}" for bell in tasks.BELLS})
    monkeypatch.setattr(tasks._Broker, "silent_until", 0.0)
    valkey.client.cache_clear()
    yield
    valkey.client.cache_clear()


def waiting() -> int:
    """How many wake-ups of this test stand in the queue."""
    own = tasks.PREFIX.rstrip(":").encode()
    return sum(own in message for message in valkey.client().lrange(QUEUE, 0, -1))


def test_bells_rung_together_wake_once() -> None:
    for _ in range(5):
        tasks.ring("match")
    assert waiting() == 1
    tasks.ring("dispatch")
    assert waiting() == 2


def test_whoever_has_heard_the_bell_is_woken_anew() -> None:
    tasks.ring("match")
    tasks.heard("match")
    tasks.ring("match")
    assert waiting() == 2


def test_the_wake_up_names_the_task_that_looks_into_the_tables() -> None:
    tasks.ring("advance")
    name = tasks.BELLS["advance"].encode()
    assert any(name in message for message in valkey.client().lrange(QUEUE, 0, -1))


def test_every_bell_wakes_a_task_that_exists() -> None:
    current_app.loader.import_default_modules()
    assert set(current_app.tasks) >= TASKS


def test_a_broker_that_is_gone_is_not_waited_for_again_and_again(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.client.cache_clear()
    here = settings.BROKER_URL
    settings.BROKER_URL = settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for _ in range(3):
        tasks.ring("match")
    tasks.heard("match")
    assert caplog.text.count("could not be rung") == 1
    assert caplog.text.count("could not be answered") == 1
    settings.BROKER_URL = settings.REDIS_URL = here


def test_the_tick_moves_the_lifecycle_and_makes_months_ahead(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = False
    long_ago = clock.now() - dt.timedelta(days=2)
    take(track("ann", "Cart Updated", at=long_ago), now=long_ago)
    before = query(
        "SELECT lost_stage FROM profiles_lifecyclestate WHERE customer_id = %s", user("ann")
    )
    tasks.tick()
    after = query(
        "SELECT lost_stage FROM profiles_lifecyclestate WHERE customer_id = %s", user("ann")
    )
    assert (before, after) == ([("",)], [("cart_lost",)])
    ahead = clock.now() + dt.timedelta(days=20)
    assert query("SELECT to_regclass(%s) IS NOT NULL", f"profiles_event_y{ahead:%Ym%m}") == [
        (True,)
    ]
    assert waiting() == 1


def test_the_model_is_refreshed_by_its_task() -> None:
    tasks.refresh_model()
    assert query("SELECT count(*) FROM profiles_lifecyclemodel WHERE active") == [(1,)]
