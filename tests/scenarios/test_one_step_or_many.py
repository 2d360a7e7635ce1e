"""However the days pass, in one step of the clock or in many: the same comes of everybody."""

from collections.abc import Sequence

import pytest

from journeys.core.decisions import TRACES
from tests.scenarios.lives import Lives, begin_again, lives
from tests.scenarios.variety import populate
from tests.world import World

MONTH = ("30d",)
DAYS = ("1d",) * 30
NIGHTS = ("1090m", *("4h",) * 174, "350m")
"""Steps that end when the lifecycle model is looked at again, and on many full hours."""
RARE = {"visit_limit", "wait_passed", "date_missing", "window_missed"}
"""What need not happen to a dozen customers within a month where nobody is late."""
STARTED = {"members", "stages", "lead", "weekly-digest", "birthday", "trial-ending"}
"""Journeys that nothing but time lets anybody into."""


@pytest.fixture(autouse=True)
def sandbox(world: World, settings: object) -> None:
    settings.SOJOURN_GLOBAL_CONTROL = 10  # type: ignore[attr-defined]


def lived(durations: Sequence[str], *, size: int) -> Lives:
    """The same customers from the same day on, while the clock is advanced by `durations`."""
    begin_again()
    world = World()
    populate(world, size)
    for duration in durations:
        world.passes(duration)
    return lives()


@pytest.mark.long
@pytest.mark.parametrize(
    ("size", "steps"),
    [
        (36, DAYS),
        (96, NIGHTS),
    ],
    ids=["three dozen by days", "eight dozen by nights"],
)
def test_a_month_in_one_step_is_a_month_in_many(size: int, steps: Sequence[str]) -> None:
    at_once, by_steps = lived(MONTH, size=size), lived(steps, size=size)
    assert at_once.messages == by_steps.messages
    assert at_once.decisions == by_steps.decisions
    assert at_once.events == by_steps.events
    assert at_once.walks == by_steps.walks
    assert at_once.people == by_steps.people
    everything_happened(at_once)


def everything_happened(found: Lives) -> None:
    """There was something to compare: every kind of decision, and of message."""
    codes = {code for _, _, _, _, code, *_ in found.decisions}
    assert set(TRACES) - codes <= RARE
    assert {"left_by_rule", "refused_already_in", "refused_too_soon", "refused_audience"} <= codes
    ends = {(status, reason) for _, _, _, _, _, _, status, reason, *_ in found.messages}
    assert ends >= {("sent", ""), ("skipped", "no_address")}
    assert ends >= {("withheld", group) for group in ("global", "holdout", "arm")}
    told = {name for _, name, *_ in found.events}
    assert {"segment.entered", "segment.left"} <= told
    entered = {journey for _, journey, _, _, code, *_ in found.decisions if code == "entered"}
    assert entered >= STARTED
