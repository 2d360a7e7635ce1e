"""The doorbells: what they wake does the work, and a lost one is found by the tick."""

from typing import Any

import pytest

from channels import tasks
from channels.models import Message
from profiles.queries import clock
from tests.database import letters

pytestmark = pytest.mark.django_db(transaction=True)


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
