"""A database that slept for long may be a restored backup: nothing leaves before somebody looks."""

import datetime as dt
from typing import Any

import pytest

from channels import tasks
from channels.models import Attempt, Halt, Message, Pulse
from channels.operations.brakes import lift_halt
from channels.operations.dispatch import dispatch, rehearse
from channels.operations.outcomes import LEASE
from channels.operations.pulse import BEAT, beat
from profiles.queries import clock
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_MISFIRE_HOURS = 12


def test_a_first_start_halts_nothing() -> None:
    assert not beat(now=NOW)
    assert not Halt.objects.exists()


def test_a_nights_outage_goes_on_by_itself() -> None:
    beat(now=NOW)
    assert not beat(now=NOW + 11 * HOUR)
    assert not Halt.objects.exists()


def test_after_longer_nothing_leaves_until_an_operator_lifts_the_halt() -> None:
    beat(now=NOW)
    letters.account("smtp", "email", url="smtp://127.0.0.1:1")
    letters.enqueue(letters.customers(1))
    moment = NOW + 13 * HOUR
    assert beat(now=moment)
    halt = Halt.objects.get()
    assert (halt.scope, halt.by) == ("all", "restored backup")
    assert "for 13 hours" in halt.reason
    assert dispatch(now=moment).claimed == 0
    assert not beat(now=moment + HOUR)
    lift_halt(halt.pk)
    assert not beat(now=moment + 2 * HOUR)
    assert not Halt.objects.exists()


@pytest.mark.parametrize(("hours", "sandbox"), [(0, False), (12, True)])
def test_where_it_is_off_and_in_the_sandbox_nothing_is_halted(
    settings: Any, hours: int, sandbox: bool
) -> None:
    settings.SOJOURN_MISFIRE_HOURS, settings.SOJOURN_SANDBOX = hours, sandbox
    beat(now=NOW)
    assert not beat(now=NOW + 1000 * HOUR)
    assert not Halt.objects.exists()


def test_a_clock_that_goes_back_halts_nothing_and_is_followed() -> None:
    beat(now=NOW)
    assert not beat(now=NOW - 48 * HOUR)
    assert Pulse.objects.get().at == NOW - 48 * HOUR


@pytest.mark.parametrize("task", [tasks.dispatch, tasks.tick])
def test_whoever_wakes_first_looks_before_anything_leaves(task: Any) -> None:
    Pulse.objects.create(pk=1, at=clock.now() - 13 * HOUR)
    letters.account("smtp", "email", url="smtp://127.0.0.1:1")
    letters.enqueue(letters.customers(1), send_after=clock.now() - HOUR)
    task()
    assert Halt.objects.get().by == "restored backup"
    assert letters.statuses() == {"queued": 1}


def in_hand() -> tuple[Message, Message]:
    """A message that a worker has just leased and begun, and one that nobody can vouch for."""
    letters.account("smtp", "email", url="smtp://127.0.0.1:1")
    letters.enqueue(letters.customers(2))
    held, doubted = Message.objects.order_by("id")
    Message.objects.filter(pk=held.pk).update(
        status="sending", lease_until=clock.now() + dt.timedelta(seconds=50)
    )
    Message.objects.filter(pk=doubted.pk).update(status="unknown", send_after=NOW)
    for message in (held, doubted):
        Attempt.objects.create(message=message, number=1, started_at=NOW)
    return held, doubted


def lease_and_look(held: Message, doubted: Message) -> tuple[dt.datetime, dt.datetime]:
    """Until when one is leased, and when the other one is looked for."""
    held.refresh_from_db()
    doubted.refresh_from_db()
    assert held.lease_until is not None
    return held.lease_until, doubted.send_after


@pytest.mark.parametrize("gap", [dt.timedelta(seconds=30), 10 * HOUR])
def test_a_clock_that_jumps_ahead_ends_no_lease_and_hurries_no_look(gap: dt.timedelta) -> None:
    beat(now=NOW)
    held, doubted = in_hand()
    Message.objects.filter(pk=held.pk).update(lease_until=clock.now() - gap)
    began = clock.now()
    beat(now=NOW + gap)
    lease, look = lease_and_look(held, doubted)
    assert began + LEASE <= lease <= clock.now() + LEASE
    assert look == NOW + gap + LEASE
    assert set(Attempt.objects.values_list("started_at", flat=True)) == {NOW}


def test_a_clock_that_is_set_back_keeps_no_lease_for_a_day() -> None:
    beat(now=NOW)
    held, doubted = in_hand()
    Message.objects.filter(pk=held.pk).update(lease_until=clock.now() + 25 * HOUR)
    back = NOW - 25 * HOUR
    beat(now=back)
    lease, look = lease_and_look(held, doubted)
    assert lease <= clock.now() + LEASE
    assert look == back + LEASE
    began = set(Attempt.objects.values_list("started_at", flat=True))
    assert began == {back - BEAT}


def test_an_attempt_after_that_is_not_dated_into_the_future() -> None:
    beat(now=NOW - 25 * HOUR)
    letters.account("smtp", "email", url="smtp://127.0.0.1:1")
    letters.enqueue(letters.customers(1))
    dispatch(now=NOW)
    assert Attempt.objects.get().started_at == NOW - 25 * HOUR + dt.timedelta(seconds=20)


def test_in_a_rehearsal_an_attempt_begins_whenever_it_is_said_to() -> None:
    beat(now=NOW - 25 * HOUR)
    letters.enqueue(letters.customers(1))
    rehearse(now=NOW)
    assert Attempt.objects.get().started_at == NOW


def test_a_short_pause_changes_nothing() -> None:
    beat(now=NOW)
    held, doubted = in_hand()
    before = lease_and_look(held, doubted)
    beat(now=NOW + dt.timedelta(seconds=15))
    assert lease_and_look(held, doubted) == before
    assert before[1] == NOW
