"""The doorbells: what they wake does the work, and a lost one is found by the tick."""

import datetime as dt
from typing import Any

import pytest

from channels import tasks
from channels.models import Attempt, Message
from channels.operations.dispatch import dispatch
from profiles.queries import clock
from tests.database import letters
from tests.emulators.sendgrid import SendGrid

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bells that were rung; nobody hears them."""
    bells: list[str] = []
    monkeypatch.setattr(tasks, "ring", bells.append)
    return bells


def test_the_bell_hands_over_everything_due(rung: list[str]) -> None:
    letters.enqueue(letters.customers(3), send_after=clock.now())
    tasks.dispatch()
    assert letters.statuses() == {"sent": 3}
    assert rung == ["match"]


def test_with_nothing_due_nobody_is_woken(rung: list[str]) -> None:
    tasks.dispatch()
    tasks.tick()
    assert rung == []


def test_the_tick_finds_what_a_lost_bell_missed(rung: list[str]) -> None:
    letters.enqueue(letters.customers(1), send_after=clock.now())
    tasks.tick()
    assert rung == ["dispatch"]
    assert Message.objects.get().status == "queued"


def test_a_long_backlog_lets_others_have_their_turn(
    rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BUDGET_SECONDS", -1.0)
    letters.enqueue(letters.customers(1), send_after=clock.now())
    tasks.dispatch()
    assert rung == ["match", "dispatch"]


def test_the_tick_asks_about_all_that_is_in_doubt(
    rung: list[str], providers: None, sendgrid: SendGrid
) -> None:
    letters.enqueue(letters.customers(40), send_after=clock.now())
    sendgrid.fail("drop", accept=True)
    dispatch(now=clock.now())
    assert letters.statuses() == {"unknown:connection_lost": 40}
    Attempt.objects.update(started_at=clock.now() - HOUR)
    Message.objects.update(send_after=clock.now() - HOUR)
    tasks.tick()
    assert letters.statuses() == {"sent": 40}
    assert rung == ["match"]
