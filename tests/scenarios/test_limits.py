"""No more come in than may: altogether, a day, an hour, and day by day on a ramp."""

from collections import Counter
from typing import Any

import pytest

from journeys.models import Decision, Enrollment, Journey, Quota
from journeys.operations import admit, limits, publish
from journeys.queries.explain import explain
from tests.database.threads import together
from tests.world import World

NAMES = [f"c{number}" for number in range(12)]


def journey(limits: str, enter: str = "on: [{event: Signed Up}, {api: true}]") -> str:
    return f"""
journey: careful
enter: {{{enter}, limits: {limits}}}
steps: [{{id: pause, wait: 5m}}]
"""


def come(world: World, *names: str) -> int:
    """They sign up together. Returns how many of them came in."""
    before = Enrollment.objects.count()
    world.together(*(world.call(name, "Signed Up") for name in names))
    return Enrollment.objects.count() - before


def refusals() -> list[dict[str, Any]]:
    found = Decision.objects.filter(code="refused_limit").order_by("id")
    return [{key: row.inputs[key] for key in ("limit", "most")} for row in found]


def test_no_more_than_the_total_come_in_ever(world: World) -> None:
    world.journey(journey("{total: 5}"))
    assert [come(world, *NAMES[:3]), come(world, *NAMES[3:8]), come(world, *NAMES[8:])] == [3, 2, 0]
    assert refusals() == [{"limit": "total", "most": 5}] * 7
    world.passes("40d")
    world.journey(journey("{total: 6}"))
    assert come(world, *NAMES[8:]) == 1


def test_a_day_is_one_of_the_workspace(world: World, settings: Any) -> None:
    settings.SOJOURN_TIME_ZONE = "Pacific/Auckland"
    world.journey(journey("{day: 3}"))
    assert come(world, *NAMES[:4]) == 3
    world.passes("1h")
    assert come(world, *NAMES[4:6]) == 0
    world.passes("1h")
    assert world.now.hour == 11
    assert come(world, *NAMES[6:10]) == 3


def test_hours_and_days_hold_together(world: World) -> None:
    world.journey(journey("{hour: 2, day: 3}"))
    assert come(world, *NAMES[:4]) == 2
    world.passes("1h")
    assert come(world, *NAMES[4:8]) == 1
    assert Counter(each["limit"] for each in refusals()) == {"hour": 2, "day": 3}
    world.passes("3d")
    assert Quota.objects.filter(span="hour").count() == 2
    limits.forget(now=world.now)
    assert Quota.objects.filter(span="hour").count() == 0


def test_a_ramp_goes_by_the_days_on_which_somebody_comes_in(world: World) -> None:
    world.journey(journey("{day: [1, 2, 4]}", enter="on: {event: Signed Up}, again: always"))
    taken = []
    for day in range(6):
        taken.append(come(world, *NAMES) if day != 1 else 0)
        world.passes("1d")
    assert taken == [1, 0, 2, 4, 4, 4]


def test_a_schedule_takes_as_many_as_may_come_and_others_the_next_day(world: World) -> None:
    world.meet(*NAMES)
    world.journey(journey("{day: 5}", enter='on: {cron: "0 10 * * *"}'))
    for inside in (5, 10, 12, 12):
        world.passes("1d")
        assert Enrollment.objects.count() == inside


def test_who_is_drawn_into_a_control_group_counts(world: World, settings: Any) -> None:
    world.journey(journey("{total: 4}", enter="on: {event: Signed Up}, holdout: 95"))
    assert come(world, *NAMES) == 4
    assert Enrollment.objects.filter(ghost="holdout").count() > 0


def test_who_is_refused_for_another_reason_takes_no_place(world: World) -> None:
    world.journey(journey("{total: 3}"))
    assert come(world, "c0") == 1
    assert come(world, "c0", "c1", "c2") == 2


def test_a_call_is_told_who_found_no_room(world: World) -> None:
    world.meet(*NAMES[:3])
    world.journey(journey("{total: 2}"))
    told = admit.admit("careful", [f"user_id:{name}" for name in NAMES[:3]], {}, now=world.now)
    assert (told["enrolled"], told["refused"]) == (2, {"limit": 1})


def test_the_explanation_says_so(world: World) -> None:
    world.journey(journey("{day: 1}"))
    world.meet("c5")
    assert asked(world, "c5") == [("room", True, {"limit": "day", "most": 1, "left": 1})]
    come(world, "c0")
    assert asked(world, "c5") == [("full", False, {"limit": "day", "most": 1, "left": 0})]


def asked(world: World, name: str) -> list[tuple[str, bool, dict[str, Any]]]:
    found = explain(world.id(name), Journey.objects.get(slug="careful"), now=world.now)
    checks = [each for each in found["checks"] if each["check"] == "limit"]
    return [(each["reason"], each["passed"], each["inputs"]) for each in checks]


def test_a_deleted_journey_leaves_no_counts(world: World) -> None:
    world.journey(journey("{total: 2}"))
    come(world, *NAMES)
    publish.stop("careful", now=world.now)
    publish.delete("careful")
    assert not Quota.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_those_who_let_in_at_once_keep_the_limit(world: World) -> None:
    world.meet(*NAMES)
    world.journey(journey("{total: 7, hour: 7}"))

    def let_in(some: list[str]) -> int:
        found = admit.admit("careful", [f"user_id:{name}" for name in some], {}, now=world.now)
        return int(found["enrolled"])

    thirds = [NAMES[at::3] for at in range(3)]
    assert sum(together([lambda some=some: let_in(some) for some in thirds])) == 7  # type: ignore[misc]
    assert Enrollment.objects.count() == 7
    assert set(Quota.objects.values_list("taken", flat=True)) == {7}
