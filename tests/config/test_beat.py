"""Beat goes on when the clock is set back, though it has run everything tomorrow."""

import datetime as dt
import time
from typing import Any

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config import schedule
from config.beat import Entry, Scheduler
from config.celery import app

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def entries() -> None:
    """As they stand when the clock was a day ahead until a moment ago."""
    schedule.sync()
    PeriodicTask.objects.update(last_run_at=dt.datetime.now(dt.UTC) + DAY)


@pytest.mark.parametrize("name", ["heartbeat", "journeys: sweep"])
def test_what_ran_tomorrow_is_due_after_its_interval(name: str) -> None:
    longest = 600  # so that it does not fall due while we look
    IntervalSchedule.objects.update(every=longest)
    entry = Entry(PeriodicTask.objects.get(name=name), app=app)
    due, wait = entry.is_due()
    assert not due
    assert 0 < wait <= longest


def test_a_daily_entry_waits_for_its_hour() -> None:
    entry = Entry(PeriodicTask.objects.get(name="profiles: lifecycle model"), app=app)
    due, wait = entry.is_due()
    assert not due
    assert 0 < wait <= DAY.total_seconds()


def test_a_round_after_the_jump_is_reckoned_anew() -> None:
    scheduler: Any = Scheduler(app, lazy=True)
    assert 0 <= scheduler.tick() <= 1
    scheduler._heap = [event._replace(time=event.time + 90000) for event in scheduler._heap]
    assert scheduler.tick() > 0
    assert min(event.time for event in scheduler._heap) > time.time() + 80000
    scheduler._ahead = (scheduler._ahead or 0.0) + 90000
    assert 0 <= scheduler.tick() <= 1
    assert min(event.time for event in scheduler._heap) < time.time() + 5
