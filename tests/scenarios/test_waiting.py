"""Waits by the customer's own clock: a time of day, a window of hours, a date."""

import datetime as dt

import pytest

from channels.models import Message
from channels.operations.outbox import store_content
from channels.queries import hours
from journeys.models import Decision, Enrollment
from profiles.core.draw import bucket
from profiles.core.timing import EXPLORED
from tests.world import World

NOW = ["email: Now"]
BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
JOURNEY = """
journey: timed
enter: {{on: [{{event: Signed Up}}], again: always}}
steps:
  - id: pause
    wait: {form}
  - id: mail
    send: {{channel: email, subject: Now, text: n}}
"""


@pytest.fixture
def world(world: World, settings: object) -> World:
    settings.SOJOURN_TIME_ZONE = "America/New_York"  # type: ignore[attr-defined]
    world.now = dt.datetime(2026, 3, 27, 12, tzinfo=dt.UTC)
    return world


def due(world: World, name: str) -> str:
    at = Enrollment.objects.get(customer_id=world.id(name)).due_at
    assert at is not None
    return at.astimezone(dt.UTC).isoformat(timespec="minutes")


def test_nine_o_clock_is_everybodys_own(world: World) -> None:
    world.journey(JOURNEY.format(form='{until: "09:00"}'))
    world.meet("ann", email="ann@example.com", timezone=BERLIN)
    world.meet("aki", email="aki@example.com", timezone=TOKYO)
    world.meet("joe", email="joe@example.com")  # gave no zone: the workspace's
    world.together(*(world.call(name, "Signed Up") for name in ("ann", "aki", "joe")))
    assert due(world, "ann") == "2026-03-28T08:00+00:00"
    assert due(world, "aki") == "2026-03-28T00:00+00:00"
    assert due(world, "joe") == "2026-03-27T13:00+00:00"
    world.passes("12h")
    assert [world.inbox(name) for name in ("joe", "aki", "ann")] == [NOW, NOW, []]


def test_the_wall_time_stays_when_the_clocks_change(world: World) -> None:
    world.journey(JOURNEY.format(form='{until: "09:00", on: [mon]}'))
    world.meet("ann", email="ann@example.com", timezone=BERLIN)
    world.does("ann", "Signed Up")
    assert due(world, "ann") == "2026-03-30T07:00+00:00"  # summer time since Sunday


def test_inside_the_window_the_message_goes_at_once(world: World) -> None:
    world.journey(JOURNEY.format(form='{window: "12:00-14:00"}'))
    world.meet("ann", email="ann@example.com", timezone=BERLIN)
    world.meet("aki", email="aki@example.com", timezone=TOKYO)
    world.together(world.call("ann", "Signed Up"), world.call("aki", "Signed Up"))
    assert (world.inbox("ann"), world.inbox("aki")) == (NOW, [])
    assert due(world, "aki") == "2026-03-28T03:00+00:00"


def test_a_date_of_the_profile_is_waited_for(world: World) -> None:
    world.journey(JOURNEY.format(form='{date: plan.renews, offset: -5d, at: "10:00"}'))
    world.meet("ann", email="ann@example.com", timezone=BERLIN, plan={"renews": "2026-04-10"})
    world.meet("bob", email="bob@example.com", timezone=BERLIN)
    world.together(world.call("ann", "Signed Up"), world.call("bob", "Signed Up"))
    assert due(world, "ann") == "2026-04-05T08:00+00:00"
    assert (world.inbox("ann"), world.inbox("bob")) == ([], NOW)
    assert "pause:date_missing" in world.reasons("bob", "timed")


def test_a_date_of_the_entry_event_is_waited_for(world: World) -> None:
    form = "{date: entry.starts_at, offset: -2h, if_past: leave}"
    world.journey(JOURNEY.format(form=form))
    world.meet("ann", email="ann@example.com", timezone=BERLIN)
    world.does("ann", "Signed Up", starts_at="2026-03-28T18:00:00Z")
    assert due(world, "ann") == "2026-03-28T16:00+00:00"
    world.meet("bob", email="bob@example.com")
    world.does("bob", "Signed Up", starts_at="2026-03-27T13:00:00Z")
    walk = world.walk("bob", "timed")
    assert (walk.status, walk.left_reason) == ("left", "date_past")


def test_an_update_on_the_way_moves_the_clock_that_counts(world: World) -> None:
    world.journey("""
journey: timed
enter: {on: [{event: Signed Up}]}
steps:
  - id: moved
    update: {set: {timezone: Asia/Tokyo}}
  - id: pause
    wait: {until: "09:00"}
  - id: mail
    send: {channel: email, subject: Now, text: n}
""")
    world.meet("ann", email="ann@example.com", timezone=BERLIN)
    world.does("ann", "Signed Up")
    assert due(world, "ann") == "2026-03-28T00:00+00:00"


def test_the_best_time_is_the_hour_at_which_they_look(world: World) -> None:
    """Everybody looks in the evening; the Anns have shown that they look at noon."""
    world.journey(JOURNEY.format(form="{best_time: 24h}"))
    readers = [f"reader-{number}" for number in range(12)]
    hour_of = {f"ann-{number}": 12 for number in range(3)}
    hour_of |= {f"bob-{number}": 19 for number in range(3)}
    for name in (*readers, *hour_of):
        world.meet(name, email=f"{name}@example.com", timezone=BERLIN)
    for name in readers:
        looked(world, name, {7: (20, 1), 12: (20, 2), 19: (20, 12)})
    for name in list(hour_of)[:3]:
        looked(world, name, {12: (40, 38), 19: (40, 1)})
    hours.forget()
    world.together(*(world.call(name, "Signed Up") for name in hour_of))
    for name, hour in hour_of.items():
        told = Decision.objects.get(customer_id=world.id(name), code__startswith="wait").inputs
        lot = bucket("best-time", f"timed:pause:1:{world.id(name)}")
        assert told["explored"] == (lot < EXPLORED)
        if not told["explored"]:
            assert told["hour"] == hour
            assert due(world, name).endswith(f"T{hour - 1:02}:00+00:00")


def looked(world: World, name: str, by_hour: dict[int, tuple[int, int]]) -> None:
    """Messages of the last weeks, sent at full hours of Berlin's winter and looked at, or not."""
    content = store_content([{"subject": "s", "text": "t"}])[0]
    day = world.now.replace(hour=0) - dt.timedelta(days=30)
    for hour, (sent, seen) in by_hour.items():
        at = day + dt.timedelta(hours=hour - 1)
        Message.objects.bulk_create(
            Message(
                customer_id=world.id(name), channels=["email"], channel="email", status="sent",
                content_id=content, send_after=at, created_at=at, sent_at=at,
                opened_at=at + dt.timedelta(minutes=5) if number < seen else None,
            )
            for number in range(sent)
        )  # fmt: skip
