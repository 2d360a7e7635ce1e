"""Large campaigns, minutes each: workers killed, broker gone, database crashed, a worker asleep.

Whatever strikes, the provider has taken exactly one message for everybody who was due one.
"""

import os
import random
import signal
from contextlib import suppress
from functools import partial

import pytest

from tests.acceptance.installation import Installation
from tests.config.processes import alive, until
from tests.crash import faults
from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.faults import Fault
from tests.crash.provider import SENDGRID, TWILIO, Kind
from tests.crash.traffic import Traffic

pytestmark = pytest.mark.crash

LEASE_SECONDS = 60.0
SHAKY = (
    {"mode": "drop", "accept": True, "share": 0.01},
    {"mode": "status", "status": 503, "share": 0.01},
)
"""One message in a hundred is taken and the connection dropped; one is not taken, with a 503."""
WORKER = ("-m", "celery", "-A", "config.celery", "worker", "--without-mingle", "--without-gossip")


def named(fault: Fault, **given: float) -> Fault:
    """The fault with its measure, under a name that a log can show."""
    found = partial(fault, **given)
    found.__name__ = f"{fault.__name__} {given}"  # type: ignore[attr-defined]
    return found


def endure(
    ground: Maker, kind: Kind, strikes: list[Fault], *, size: int = 5000, shaky: bool = False
) -> None:
    """A campaign of `size` under the faults, with other events coming in all the time."""
    with ground(kind) as (shop, provider), Campaign(shop, provider, size, "sale") as campaign:
        campaign.prepare()
        if shaky:
            provider.fails(*SHAKY)
        with Traffic(shop, campaign.names) as traffic:
            campaign.launch()
            campaign.suffers(strikes, patience=LEASE_SECONDS)
            took = campaign.ends(seconds=LEASE_SECONDS + 300)
        check_traffic(shop, traffic)
        print(campaign.check(), f"drained in {took:.1f} s;", traffic)


@pytest.mark.parametrize("kind", [TWILIO, SENDGRID], ids=lambda kind: kind.name)
def test_ten_killed_workers_and_a_shaky_provider(ground: Maker, kind: Kind) -> None:
    deadly = [faults.child, faults.worker, faults.whole_pool]
    endure(ground, kind, random.choices(deadly, k=10), shaky=True)


def test_a_broker_flushed_ten_times(ground: Maker) -> None:
    endure(ground, TWILIO, [faults.flush_broker] * 10)


def test_a_broker_killed_and_hung_for_seconds(ground: Maker) -> None:
    killed = named(faults.broker_killed, seconds=10.0)
    hung = named(faults.broker_hung, seconds=10.0)
    endure(ground, TWILIO, [killed, hung, killed, hung])


def test_a_database_that_crashes_ten_times(ground: Maker) -> None:
    endure(ground, TWILIO, [faults.postgres, faults.backend] * 5)


def test_a_worker_that_slept_past_its_leases_sends_nothing_twice(ground: Maker) -> None:
    """The pool is stopped in the middle of its calls; another worker takes over; it wakes."""
    with ground(TWILIO) as (shop, provider), Campaign(shop, provider, 5000, "sale") as campaign:
        campaign.prepare()
        campaign.launch()
        until(lambda: provider.count() > 500, seconds=120)
        asleep = [faults.worker_of(shop), *shop.children(faults.worker_of(shop))]
        for pid in asleep:
            os.kill(pid, signal.SIGSTOP)
        other = shop.spawn(*WORKER, "--concurrency", "2", "--hostname", "other@%h")
        try:
            campaign.ends(seconds=LEASE_SECONDS + 180)
            for pid in reversed(asleep):
                os.kill(pid, signal.SIGCONT)
            until(lambda: served_again(shop, asleep), seconds=60)
            print(campaign.check())
        finally:
            other.kill()
            other.wait()
            for pid in asleep:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


def served_again(shop: Installation, asleep: list[int]) -> bool:
    """The woken worker has done whatever it still meant to do: none of its calls is open."""
    open_calls = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    return all(alive(pid) for pid in asleep) and shop.number(open_calls) == 0
