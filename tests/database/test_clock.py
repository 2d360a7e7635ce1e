"""Real time outside the sandbox; inside, a clock that runs ahead when told."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from profiles.operations.clock import ClockError, advance, reset, set_to
from profiles.queries import clock

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


def ahead() -> dt.timedelta:
    return clock.now() - dt.datetime.now(dt.UTC)


def test_the_clock_shows_real_time_in_utc() -> None:
    assert clock.now().tzinfo is dt.UTC
    assert abs(ahead()) < MINUTE


def test_steps_add_up() -> None:
    advance(3 * DAY)
    advance(dt.timedelta())
    advance(DAY)
    assert clock.shift() == 4 * DAY
    assert abs(ahead() - 4 * DAY) < MINUTE
    reset()
    assert clock.shift() == dt.timedelta()


def test_the_clock_goes_to_an_instant_and_never_back() -> None:
    target = dt.datetime.now(dt.UTC) + 9 * DAY
    set_to(target)
    assert target <= clock.now() < target + MINUTE
    set_to(target - DAY)
    assert clock.now() >= target
    reset()
    set_to(target - 100 * DAY)
    assert abs(ahead()) < MINUTE


def test_the_clock_runs_forward_only() -> None:
    with pytest.raises(ClockError, match="forward"):
        advance(-DAY)


def test_outside_the_sandbox_nobody_moves_the_clock(settings: Any) -> None:
    advance(DAY)
    settings.SOJOURN_SANDBOX = False
    assert abs(ahead()) < MINUTE
    for move in (lambda: advance(DAY), lambda: set_to(clock.now()), reset):
        with pytest.raises(ClockError, match="sandbox only"):
            move()


def test_the_command_moves_the_clock_and_shows_it() -> None:
    out = StringIO()
    call_command("clock", "--advance", "3d", stdout=out)
    call_command("clock", stdout=out)
    first, second = (dt.datetime.fromisoformat(line) for line in out.getvalue().split())
    assert abs(first - dt.datetime.now(dt.UTC) - 3 * DAY) < MINUTE
    assert first <= second


def test_the_command_says_what_is_wrong(settings: Any) -> None:
    with pytest.raises(CommandError, match="whole number"):
        call_command("clock", "--advance", "soon")
    settings.SOJOURN_SANDBOX = False
    with pytest.raises(CommandError, match="SOJOURN_SANDBOX=1"):
        call_command("clock", "--advance", "3d")
