"""A journey's report counts what its rows say: paths, how far messages came, time to the goal."""

import datetime as dt
from collections import Counter
from statistics import median

import pytest

from channels.models import Message
from journeys.core.decisions import ENTERED
from journeys.models import Decision, Enrollment, Journey
from journeys.queries import ways
from tests.admin.shop import CART
from tests.world import World

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CUSTOMERS = [f"c{number}" for number in range(20)]


@pytest.fixture
def journey(world: World) -> Journey:
    """Twenty carts; some buy after an hour and a half, some after three days, most never."""
    journey = world.journey(CART)
    for name in CUSTOMERS:
        world.meet(name, email=f"{name}@example.com", phone=f"+1202555{CUSTOMERS.index(name):04}")
    world.together(*(world.call(name, "Cart Updated", cart_id=name) for name in CUSTOMERS))
    world.passes("90m")
    world.together(*(world.call(name, "Order Completed", revenue=5) for name in CUSTOMERS[::4]))
    world.passes("3d")
    world.together(*(world.call(name, "Order Completed", revenue=5) for name in CUSTOMERS[1::7]))
    return journey


def test_paths_are_the_steps_of_each_walk(journey: Journey) -> None:
    walked: dict[int | None, list[str]] = {}
    for walk, step in (
        Decision.objects.filter(code__in=ENTERED)
        .order_by("id")
        .values_list("enrollment_id", "step")
    ):
        walked.setdefault(walk, []).append(step)
    ends = dict(Enrollment.objects.values_list("id", "status"))
    counted = Counter((tuple(steps), ends[walk or 0]) for walk, steps in walked.items())
    found = ways.paths(journey.pk, since=LONG_AGO)
    assert {path[:2]: path.walks for path in found.top} == counted
    assert (found.walks, found.kinds) == (len(CUSTOMERS), len(counted))
    assert found.kinds > 2


def test_only_the_most_walked_paths_come_by_name(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = ways.paths(journey.pk, since=LONG_AGO)
    monkeypatch.setattr(ways, "TOP", 1)
    found = ways.paths(journey.pk, since=LONG_AGO)
    assert list(found.top) == list(everything.top[:1])
    assert (found.walks, found.kinds) == (everything.walks, everything.kinds)


def test_how_far_messages_came_counts_customers_once(journey: Journey) -> None:
    walks = Enrollment.objects.filter(ghost="")
    sent = Message.objects.filter(sent_at__isnull=False, enrollment_id__in=walks.values("id"))
    reached = set(sent.values_list("customer_id", flat=True))
    Message.objects.filter(pk=sent.order_by("id")[0].pk).update(opened_at=dt.datetime.now(dt.UTC))
    found = ways.funnel(journey.pk, since=LONG_AGO)
    assert found.entered == walks.count()
    assert found.sent == len(reached)
    assert (found.opened, found.clicked) == (1, 0)
    goals = {
        walk.customer_id
        for walk in walks.filter(converted_at__isnull=False)
        if walk.exposed_at and walk.converted_at and walk.converted_at >= walk.exposed_at
    }
    assert found.converted == len(goals & reached) > 0


def test_the_time_to_the_goal_is_that_of_each_walk(journey: Journey) -> None:
    spent = [
        (walk.converted_at - walk.entered_at).total_seconds()
        for walk in Enrollment.objects.filter(converted_at__isnull=False)
        if walk.converted_at
    ]
    found = ways.times(journey.pk, since=LONG_AGO, widths=(60, 3600, 86400), most=100)
    assert found.width == 3600
    assert (found.converted, found.median) == (len(spent), pytest.approx(median(spent)))
    assert dict(found.spans) == Counter(int(seconds // 3600) for seconds in spent)
    assert len(found.spans) == 2


def test_who_came_in_before_is_left_out(journey: Journey, world: World) -> None:
    since = world.now - dt.timedelta(days=1)
    assert ways.funnel(journey.pk, since=since) == (0,) * 6
    assert ways.paths(journey.pk, since=since) == ([], 0, 0)
    assert ways.times(journey.pk, since=since, widths=(60,), most=9).converted == 0


def test_of_a_crowd_the_latest_are_counted(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not ways.is_cut(journey.pk, since=LONG_AGO)
    monkeypatch.setattr(ways, "MOST", 7)
    assert ways.is_cut(journey.pk, since=LONG_AGO)
    assert ways.paths(journey.pk, since=LONG_AGO).walks == 7
