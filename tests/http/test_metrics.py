"""What Prometheus reads."""

import datetime as dt

import pytest
from django.test import Client

from journeys.models import Enrollment
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = """
journey: waits
enter: {on: [{event: Signed Up}]}
steps:
  - id: pause
    wait: 1h
"""


def figure(client: Client, name: str) -> float:
    lines = client.get("/metrics").content.decode().splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def test_customers_whom_nobody_moves_are_counted(client: Client, settings: object) -> None:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    world = World()
    world.journey(WAITS)
    world.meet("alice", "bob")
    world.together(world.call("alice", "Signed Up"), world.call("bob", "Signed Up"))
    alice, bob = Enrollment.objects.order_by("id")
    now = dt.datetime.now(dt.UTC)
    Enrollment.objects.filter(pk=alice.pk).update(due_at=now - dt.timedelta(minutes=6))
    Enrollment.objects.filter(pk=bob.pk).update(due_at=now - dt.timedelta(minutes=4))
    assert figure(client, "sojourn_enrollments_due") == 2
    assert figure(client, "sojourn_enrollments_stuck") == 1
    assert figure(client, "sojourn_messages_unknown") == 0
