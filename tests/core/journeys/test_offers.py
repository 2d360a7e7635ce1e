"""Offers beside the journey's last send: what is over, and what can come too late."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.document import parse
from journeys.core.offers import faults, last_sends, longest_ways
from journeys.core.problem import Problem

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")
SLOT = {"schedule": "2026-12-02T10:00"}
MAIL = {"channel": "sms", "text": "Sale"}


def document(*steps: dict[str, Any], on: Any = SLOT) -> Any:
    named = [{"id": f"s{number}", **step} for number, step in enumerate(steps)]
    return parse({"journey": "sale", "enter": {"on": on}, "steps": named})


def told(ends: str, *before: dict[str, Any], on: Any = SLOT) -> list[Problem]:
    found = document(*before, {"send": {**MAIL, "offer_ends": ends}}, on=on)
    return list(faults(found, content=dict, now=NOW, zone=PRAGUE))


def code(ends: str, *before: dict[str, Any], on: dict[str, Any] = SLOT) -> str:
    return "".join(each.code for each in told(ends, *before, on=on))


def test_an_offer_that_is_over_is_an_error_that_names_its_end() -> None:
    (problem,) = told("2026-12-01T10:00Z", on={"event": "A"})
    assert (problem.severity, problem.path) == ("error", "steps[s0].send.offer_ends")
    assert "2026-12-01 10:00 UTC" in problem.message


def test_whoever_comes_in_for_ever_outlives_every_offer() -> None:
    for on in ({"event": "A"}, {"cron": "0 10 * * 1"}, {"segment": "vip"}, {"date": "born"},
               [SLOT, {"api": True}]):  # fmt: skip
        (problem,) = told("2027-01-01", on=on)
        assert (problem.code, problem.severity) == ("offer_ends_first", "warning")
        assert "2026-12-31 23:00 UTC" not in problem.message
        assert "2027-01-01 23:00 UTC" in problem.message


def test_a_slot_and_the_longest_way_are_the_last_send() -> None:
    assert code("2026-12-02T09:01Z") == ""
    assert code("2026-12-02T09:00Z") == "offer_ends_first"
    (problem,) = told("2026-12-04T09:00Z", {"wait": "2d"})
    assert "2026-12-04 09:00 UTC, and the step can send until 2026-12-04 09:00" in problem.message
    assert code("2026-12-04T09:01Z", {"wait": "2d"}) == ""


def test_only_what_is_written_out_is_compared() -> None:
    assert code("sale_until") == code("entry.until", on={"event": "A"}) == ""


def test_a_template_can_bring_the_end() -> None:
    found = document({"send": {"channel": "sms", "template": "sale"}})
    brought = faults(found, content=lambda _: {"offer_ends": "2026-11-01"}, now=NOW, zone=PRAGUE)
    assert [each.code for each in brought] == ["offer_over"]


def test_a_local_slot_comes_last_twelve_hours_after_greenwich() -> None:
    last = last_sends(document({"send": MAIL}, on={**SLOT, "local": True}), zone=PRAGUE)
    assert last == {0: datetime(2026, 12, 2, 22, tzinfo=UTC)}
    aware = last_sends(document({"send": MAIL}, on={"schedule": "2026-12-02T10:00+02:00"}),
                       zone=PRAGUE)  # fmt: skip
    assert aware == {0: datetime(2026, 12, 2, 8, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("step", "hours"),
    [
        ({"wait": "3h"}, 3), ({"wait": {"until": "09:00"}}, 25),
        ({"wait": {"until": "09:00", "on": ["mon"]}}, 169),
        ({"wait": {"window": "14:00-16:00"}}, 25),
        ({"wait": {"window": "14:00-16:00", "on": ["mon"]}}, 169),
        ({"wait": {"best_time": "24h"}}, 24),
        ({"wait_for": {"any": [{"event": "A"}], "timeout": "5h"}}, 5),
        ({"call": {"url": "https://a.example", "timeout": "10s", "retries": 2}}, 30 / 3600),
        ({"update": {"set": {"a": 1}}}, 0),
    ],
)  # fmt: skip
def test_how_long_a_step_takes_at_most(step: dict[str, Any], hours: float) -> None:
    assert longest_ways(document(step, {"send": MAIL}))[1] == timedelta(hours=hours)


@pytest.mark.parametrize(
    "step",
    [{"wait": {"date": "renewal"}}, {"wait_for": {"any": [{"event": "A"}], "timeout": "never"}}],
)
def test_what_only_the_customer_knows_has_no_end(step: dict[str, Any]) -> None:
    assert longest_ways(document(step, {"send": MAIL})) == {0: timedelta()}
    assert code("2036-12-02", step) == "offer_ends_first"


def test_a_circle_of_waits_never_ends_nor_does_what_follows() -> None:
    found = document(
        {"send": MAIL}, {"wait": "1d"}, {"branch": [{"if": {"random": 5}, "then": "s1"}]},
        {"send": MAIL},
    )  # fmt: skip
    assert longest_ways(found) == {0: timedelta()}
    assert longest_ways(document({"wait": "1d", "then": "s0"})) == {}


def test_of_several_ways_the_longest_counts() -> None:
    found = document(
        {"branch": [{"if": {"random": 5}, "then": "s2"}]}, {"wait": "1d", "then": "s3"},
        {"wait": "3d"}, {"send": MAIL},
    )  # fmt: skip
    assert longest_ways(found)[3] == timedelta(days=3)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=12))
def test_waits_in_a_row_add_up(hours: list[int]) -> None:
    found = document(*({"wait": f"{each}h"} for each in hours), {"send": MAIL})
    assert longest_ways(found)[len(hours)] == timedelta(hours=sum(hours))


def test_many_ways_are_reckoned_in_no_time() -> None:
    """Forty forks in a row have a trillion ways through."""
    steps: list[dict[str, Any]] = []
    for number in range(40):
        after = f"s{2 * number + 2}"
        steps += [{"branch": [{"if": {"random": 5}, "then": after}]}, {"wait": "1h"}]
    found = document(*steps, {"send": MAIL})
    assert longest_ways(found)[80] == timedelta(hours=40)
