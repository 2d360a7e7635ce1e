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
from tests.config.processes import until
from tests.crash import faults
from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.faults import WORKER, Fault
from tests.crash.figures import Figures
from tests.crash.provider import SENDGRID, SHAKY, TWILIO, Kind, Provider
from tests.crash.traffic import Traffic

pytestmark = pytest.mark.crash

LEASE_SECONDS = 60.0
STOP_SECONDS = 10.0


def named(fault: Fault, **given: float) -> Fault:
    """The fault with its measure, under a name that a log can show."""
    found = partial(fault, **given)
    found.__name__ = f"{fault.__name__} {given}"  # type: ignore[attr-defined]
    return found


def assert_endures(
    ground: Maker,
    figures: Figures,
    kind: Kind,
    strikes: list[Fault],
    *,
    size: int = 5000,
    shaky: bool = False,
    delay: float = 0.1,
) -> None:
    """A campaign of `size` under the faults, with other events coming in all the time."""
    with (
        ground(kind, delay=delay) as (shop, provider),
        Campaign(shop, provider, size, "sale") as campaign,
    ):
        campaign.prepare()
        if shaky:
            provider.fails(*SHAKY)
        with Traffic(shop, campaign.names) as traffic:
            campaign.launch()
            campaign.suffers(strikes, patience=LEASE_SECONDS)
            took = campaign.ends(seconds=LEASE_SECONDS + 300)
        figures |= {"drained": round(took, 1), "struck": dict(campaign.struck)}
        check_traffic(shop, traffic, figures)
        campaign.check(figures)


def test_fifty_thousand_customers_and_two_hundred_killed_processes(
    ground: Maker, figures: Figures
) -> None:
    deadly = [faults.child, faults.worker, faults.whole_pool]
    strikes = random.choices(deadly, k=200)
    assert_endures(ground, figures, TWILIO, strikes, size=50_000, shaky=True, delay=0.02)


@pytest.mark.parametrize("kind", [TWILIO, SENDGRID], ids=lambda kind: kind.name)
def test_ten_killed_workers_and_a_shaky_provider(
    ground: Maker, figures: Figures, kind: Kind
) -> None:
    deadly = [faults.child, faults.worker, faults.whole_pool]
    assert_endures(ground, figures, kind, random.choices(deadly, k=10), shaky=True)


def test_a_broker_flushed_ten_times(ground: Maker, figures: Figures) -> None:
    assert_endures(ground, figures, TWILIO, [faults.flush_broker] * 10)


def test_a_broker_killed_and_hung_for_seconds(ground: Maker, figures: Figures) -> None:
    killed = named(faults.broker_killed, seconds=10.0)
    hung = named(faults.broker_hung, seconds=10.0)
    assert_endures(ground, figures, TWILIO, [killed, hung, killed, hung])


def test_a_database_that_crashes_ten_times(ground: Maker, figures: Figures) -> None:
    assert_endures(ground, figures, TWILIO, [faults.postgres, faults.backend] * 5)


def test_restarts_in_the_middle_leave_nothing_in_doubt(ground: Maker, figures: Figures) -> None:
    """As at a new release: whoever is told to stop finishes its calls and gives back the rest."""
    with (
        ground(SENDGRID, delay=0.1) as (shop, provider),
        Campaign(shop, provider, 3000, "sale") as campaign,
    ):
        campaign.prepare()
        campaign.launch()
        stops = []
        for share in (1, 2, 3):
            until(lambda share=share: provider.count() > 500 * share, seconds=120)  # type: ignore[misc]
            stops.append(shop.restart())
        took = campaign.ends(seconds=LEASE_SECONDS)
        figures |= {"restarts": len(stops), "slowest stop": round(max(stops), 1)}
        figures |= {"drained": round(took, 1)}
        campaign.check(figures)
        assert (figures["found"], figures["absent"]) == (0, 0)
        assert max(stops) < STOP_SECONDS


def test_a_worker_that_slept_past_its_leases_sends_nothing_twice(
    ground: Maker, figures: Figures
) -> None:
    """It is stopped with calls begun that the provider knows nothing of; another worker takes over.

    Its pool does not live to see the other one send those messages; when the worker itself wakes,
    it makes a new pool.
    """
    with (
        ground(TWILIO, delay=0.02) as (shop, provider),
        Campaign(shop, provider, 5000, "sale") as campaign,
    ):
        campaign.prepare()
        campaign.launch()
        asleep = asleep_before_its_calls(shop, provider)
        other = shop.spawn(*WORKER, "--concurrency", "2", "--hostname", "other@%h")
        try:
            took = campaign.ends(seconds=LEASE_SECONDS + 180)
            figures |= {"slept": round(took, 1)}
            campaign.check(figures)
            assert figures["absent"] > 0
            signal_all(asleep, signal.SIGCONT)
            parent, *pool = asleep
            until(lambda: bool(set(shop.children(parent)) - set(pool)), seconds=60)
            campaign.check(figures)
        finally:
            other.kill()
            other.wait()
            signal_all(asleep, signal.SIGCONT)


def asleep_before_its_calls(shop: Installation, provider: Provider) -> list[int]:
    """Stop the worker and its pool, again and again, until some begun calls have not arrived."""
    parent = faults.worker_of(shop)
    family = [parent, *shop.children(parent)]
    begun = (
        "SELECT m.uid::text FROM channels_attempt a JOIN channels_message m ON m.id = a.message_id"
        " WHERE a.finished_at IS NULL"
    )

    def caught() -> bool:
        signal_all(family, signal.SIGSTOP)
        quiet(provider)
        arrived = {each["uid"] for each in provider.taken()}
        if {uid for (uid,) in shop.rows(begun)} - arrived:
            return True
        signal_all(family, signal.SIGCONT)
        return False

    until(lambda: provider.count() > 500, seconds=120)
    until(caught, seconds=60)
    return family


def quiet(provider: Provider) -> None:
    """Wait until what was on its way to the provider has arrived."""
    counts: list[int] = []

    def still() -> bool:
        counts.append(provider.count())
        return len(counts) > 8 and counts[-1] == counts[-8]

    until(still, seconds=30)


def signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
