"""Two Beats and two workers, and Beats that die when a slot comes: each slot once."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.acceptance.installation import Installation
from tests.config.processes import until
from tests.crash import faults, moments
from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.faults import WORKER
from tests.crash.figures import Figures
from tests.crash.provider import TWILIO
from tests.crash.traffic import Traffic

pytestmark = pytest.mark.crash

BEAT = ("-m", "celery", "-A", "config.celery", "beat", "-s", "/dev/null", "--max-interval", "1")
SLOTS, APART = 12, dt.timedelta(seconds=3)


@contextmanager
def second(shop: Installation) -> Iterator[None]:
    """One more Beat and one more worker beside those of `up`."""
    beat = shop.spawn(*BEAT, "--loglevel", "INFO")
    worker = shop.spawn(*WORKER, "--concurrency", "2", "--hostname", "other@%h")
    try:
        until(lambda: "Sending due task" in shop.log("spawned"), seconds=60)
        until(lambda: len(shop.children(worker.pid)) >= 2, seconds=60)
        yield
        assert (beat.poll(), worker.poll()) == (None, None)
    finally:
        for process in (beat, worker):
            process.kill()
            process.wait()


def test_two_schedulers_and_two_workers_open_each_slot_once(
    ground: Maker, figures: Figures
) -> None:
    with (
        ground(TWILIO, delay=0.05) as (shop, provider),
        Campaign(shop, provider, 3000, "sale") as campaign,
        second(shop),
    ):
        campaign.prepare()
        first = moments.invite(shop) + dt.timedelta(seconds=8)
        slots = [first + APART * number for number in range(SLOTS)]
        for number, slot in enumerate(slots):
            moments.publish(shop, f"moment-{number}", {"schedule": slot.isoformat()})
        with Traffic(shop, campaign.names) as traffic:
            campaign.launch()
            killed = [beat_dies_at(shop, slot) for slot in slots[::4]]
            figures["drained"] = round(campaign.ends(seconds=300), 1)
        until(lambda: moments.is_over(shop, SLOTS), seconds=120)
        figures |= {"slots": SLOTS, "Beats killed": len(killed)}
        check_traffic(shop, traffic, figures)
        moments.check(shop, provider, slots)
        campaign.check(figures, beside=moments.ADDRESSES)


def beat_dies_at(shop: Installation, slot: dt.datetime) -> int:
    """The Beat of `up` dies in the instant at which the slot comes."""
    until(lambda: shop.pid("celery", "beat"), seconds=60)
    until(lambda: shop.number("SELECT clock_timestamp()") >= slot, seconds=60)
    pid = shop.pid("celery", "beat")
    assert pid
    faults.kill(pid)
    return pid
