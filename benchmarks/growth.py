"""P9: what grows when customers, journeys and waiting enrollments become ten times as many.

`T(10N)/T(N)` is given as its logarithm to base ten: 0 for no growth at all, 1 for ten times the
time. Each is varied alone. Ten times the journeys means ninety more segments, too; the new ones
look at other events and attributes, and half of their triggers listen to the very event that is
sent, with a property of another value.
"""

import datetime as dt
import math
import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks import crowd, scan, tick
from benchmarks.crowd import Size
from benchmarks.ground import Ground
from benchmarks.hands import Hand, together
from benchmarks.results import Goal, Line, Result

FEW = tick.SMALL
MANY = tick.LARGE
JOURNEYS = MANY._replace(others=180)
WAITS = MANY._replace(waiting=10 * MANY.waiting)
SMOKE = (Size(600, 600), Size(1200, 600), Size(1200, 600, 18), Size(1200, 6000))
EVENTS, WARM, FEW_EVENTS = 300, 100, 10
EVENT, TICK, SCAN = "event ms", "tick and waits ms", "full scan, seconds"


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    sizes = SMOKE if smoke else (FEW, MANY, JOURNEYS, WAITS)
    events = FEW_EVENTS if smoke else EVENTS
    lines = [Line(_named(size), _measured(ground, size, runs, events)) for size in sizes]
    return Result(
        name="P9",
        title="growth: ten times the customers, the journeys, the waiting enrollments",
        what=WHAT.format(events=events),
        lines=lines,
        goals=[] if smoke else _goals(*lines),
    )


WHAT = """An event is taken in and matched by itself: `ingest` and `match` of a page of one, which
ends in an enrollment for one event in ten; a figure is the median of {events} of them. A tick is
that of P4b and the thousand waits that end in it. A full scan is the walk of P4a. The growth is
log10(T(10N) / T(N)), of medians: 0 when nothing grows, 0.08 for a fifth more."""


def _goals(few: Line, many: Line, journeys: Line, waits: Line) -> list[Goal]:
    found = []
    for word, less, more, most in (
        ("customers × 10", few, many, 0.08),
        ("journeys × 10", many, journeys, 0.10),
        ("waiting enrollments × 10", many, waits, 0.08),
    ):
        for figure in (EVENT, TICK):
            text = f"{word}: growth of {figure.removesuffix(' ms')}"
            found.append(Goal(text, _growth(less, more, figure), most, at_most=True))
    scanned = _growth(few, many, SCAN)
    return [*found, Goal("customers × 10: growth of full scan", scanned, 1.05, at_most=True)]


def _growth(less: Line, more: Line, figure: str) -> float:
    return math.log10(more.median(figure) / less.median(figure))


def _named(size: Size) -> str:
    own = len(scan.rules.RULES) + 1
    return (
        f"Sojourn, {size.customers:,} customers, {own + size.others} journeys,"
        f" {own - 1 + size.others // 2} segments, {size.waiting:,} waits"
    )


def _measured(ground: Ground, size: Size, runs: int, events: int) -> list[dict[str, float]]:
    ticks = tick.ours(ground, size, runs)
    single = _events(ground, size, len(ticks), events)
    walks = [scan.asked(ground, size, "walk") for _ in range(min(runs, 3))]
    slowest = statistics.median(each[scan.SECONDS] for each in walks)
    found = []
    for number, (alone, each) in enumerate(zip(single, ticks, strict=True)):
        found.append({
            EVENT: alone["ms"],
            "event CPU ms": alone["cpu"],
            "statements an event": alone["statements"],
            TICK: each[tick.TICK] + each["waits over ms"],
            SCAN: walks[number][scan.SECONDS] if number < len(walks) else slowest,
        })  # fmt: skip
    return found


def _events(ground: Ground, size: Size, runs: int, events: int) -> list[dict[str, float]]:
    """One event after the other, each matched before the next."""
    laid = crowd.lay(ground, size)
    ground.restore(size.name)
    found = []
    for number in range(runs):
        with Hand(
            f"{__name__}:single", customers=size.customers, laid=laid.isoformat(), first=number,
            events=events,
        ) as hand:  # fmt: skip
            hand.wait_ready()
            (each,) = together([hand])
            found.append(each)
    return found


def single(customers: int, laid: str, first: int, events: int) -> Iterator[Any]:
    """Take in and match events, far apart from each other; the median of what one costs."""
    from django.db import connection

    from benchmarks.counting import Counted
    from benchmarks.meter import Stretch

    now = dt.datetime.fromisoformat(laid) + dt.timedelta(milliseconds=500 + first)
    warm = min(events, WARM)
    numbers = range(first * (events + warm), (first + 1) * (events + warm))
    for number in numbers[:warm]:
        _one(number, customers, now)
    yield "ready"
    stretch, laps = Stretch(tick.backend()), []
    with connection.execute_wrapper(counted := Counted()):
        for number in numbers[warm:]:
            stretch.lap()
            _one(number, customers, now)
            laps.append(stretch.lap())
    medians = {name: statistics.median(lap[name] for lap in laps) for name in laps[0]}
    yield {**medians, "statements": counted.number / events}


def _one(number: int, customers: int, now: dt.datetime) -> None:
    from journeys.operations import match
    from profiles.core.events import Incoming
    from profiles.operations.ingest import ingest

    properties = {
        "product_id": f"p{number % 500}", "value": number % 120, "category": f"c{number * 7 % 200}",
    }  # fmt: skip
    who = 1 + (number * tick.STRIDE + 41) % customers
    call = Incoming(
        call="track", name="Product Viewed", at=now, user_id=f"user-{who}",
        message_id=f"growth-{number}", properties=properties,
    )  # fmt: skip
    ingest([call], source="shop", now=now)
    match.match(now=now)
