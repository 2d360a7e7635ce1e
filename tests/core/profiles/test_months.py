"""Who moved between stages in a month, told from who changed at all and who stands where now."""

import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from profiles.core.months import NEW, Move, begin, between, month_of, months_before, whole

STAGES = ("acquisition", "growth", "loyalty")
MONTHS = [dt.date(2026, month, 1) for month in (1, 2, 3)]

# Each customer: the stages they came into, in each of the months; nobody stands anywhere before.
lives = st.lists(
    st.tuples(*(st.lists(st.sampled_from(STAGES), max_size=3) for _ in MONTHS)), max_size=12
)


def told(life: tuple[list[str], ...]) -> tuple[list[tuple[dt.date, str, str]], str]:
    """The first and the last stage in each month with a change, and the stage at the end."""
    stage, found = NEW, []
    for month, changes in zip(MONTHS, life, strict=True):
        if changes:
            found.append((month, stage, changes[-1]))
            stage = changes[-1]
    return found, stage


@given(lives)
def test_going_back_from_today_agrees_with_following_everybody(
    base: list[tuple[list[str], ...]],
) -> None:
    moved, standing, followed = Counter(), Counter(), Counter()
    for life in base:
        changes, now = told(life)
        moved.update(changes)
        standing.update([now] if now else [])
        stage = NEW
        for month in MONTHS:
            after = next((to for at, _before, to in changes if at == month), stage)
            followed.update([(month, stage, after)] if after else [])
            stage = after
    found = whole(
        [Move(at, start, to, n) for (at, start, to), n in moved.items()], standing, months=MONTHS
    )
    assert {move[:3]: move.customers for move in found} == dict(followed)


def test_months_are_those_of_the_zone() -> None:
    at = dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC)
    assert month_of(at, zone="UTC") == dt.date(2026, 3, 1)
    assert month_of(at, zone="Europe/Berlin") == dt.date(2026, 4, 1)
    assert month_of(at, zone="UTC", back=3) == dt.date(2025, 12, 1)
    assert begin(dt.date(2026, 4, 1), zone="Europe/Berlin") == at.replace(minute=0)


def test_months_are_counted_over_years() -> None:
    assert months_before(dt.date(2026, 1, 31), 1) == dt.date(2025, 12, 1)
    assert months_before(dt.date(2025, 12, 1), -2) == dt.date(2026, 2, 1)
    assert between(dt.date(2024, 11, 1), dt.date(2026, 2, 1)) == 15
