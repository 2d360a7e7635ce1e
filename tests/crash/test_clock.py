"""The clock of a whole installation jumps 25 hours ahead and back, and behind and back.

Nobody is written to twice or forgotten, a slot of a schedule comes once, and a clock that is far
ahead halts everything until an operator has looked, as a restored backup does.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation
from tests.config.processes import until
from tests.crash import faults, moments
from tests.crash.campaign import Campaign
from tests.crash.clock import Clock
from tests.crash.conftest import Maker
from tests.crash.figures import Figures
from tests.crash.provider import SHAKY, TWILIO, Provider

pytestmark = pytest.mark.crash

SIZE = 3000


@pytest.fixture
def clock() -> Iterator[Clock]:
    with tempfile.TemporaryDirectory(prefix="sojourn-clock-") as home:
        Path(home).chmod(0o755)
        yield Clock(Path(home))


def test_a_clock_that_jumps_25_hours_ahead_and_behind(
    ground: Maker, clock: Clock, figures: Figures
) -> None:
    with (
        ground(TWILIO, delay=0.1, given=clock.variables()) as (shop, provider),
        Campaign(shop, provider, SIZE, "sale") as campaign,
    ):
        slots = two_slots(shop)
        campaign.prepare()
        provider.fails(*SHAKY)
        campaign.launch(slice(0, 1000))
        until(lambda: provider.count() > 300, seconds=60)
        ahead_and_back(shop, provider, clock, campaign)
        behind_and_back(shop, provider, clock, campaign)
        until(lambda: settled(campaign, 2000), seconds=240)
        clock.jumps(to=26.5)
        lift(shop)
        figures["drained"] = round(campaign.ends(seconds=240), 1)
        figures["jumps"] = clock.jumped
        until(lambda: moments.is_over(shop, len(slots)), seconds=60)
        figures["slots"] = len(slots)
        moments.check(shop, provider, slots)
        campaign.check(figures, beside=moments.ADDRESSES)


def two_slots(shop: Installation) -> list[dt.datetime]:
    """A daily schedule, whose slots are two hours from now and a day later; twenty come in."""
    now = moments.invite(shop)
    first = (now + dt.timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    moments.publish(shop, "daily", {"cron": f"0 {first.hour} * * *"})
    return [first, first + dt.timedelta(days=1)]


def ahead_and_back(
    shop: Installation, provider: Provider, clock: Clock, campaign: Campaign
) -> None:
    """Calls are under way at the jump. Far ahead everything halts; who comes in waits meanwhile."""
    faults.child(shop)
    clock.jumps(to=25)
    until(lambda: halts(shop), seconds=60)
    campaign.launch(slice(2000, SIZE))
    beats_again(shop)
    until(lambda: campaign.standing()["enrollments"]["completed"] == 2000, seconds=60)
    stands_still(provider)
    faults.whole_pool(shop)
    clock.jumps(to=0)
    beats_again(shop)
    lift(shop)
    until(lambda: provider.count() > 600, seconds=120)


def behind_and_back(
    shop: Installation, provider: Provider, clock: Clock, campaign: Campaign
) -> None:
    """A clock that is behind halts nothing: who comes in now is written to now, and what was due
    before is due tomorrow. Set right again, it has jumped ahead.
    """
    faults.child(shop)
    clock.jumps(to=-25)
    beats_again(shop)
    campaign.launch(slice(1000, 2000))
    until(lambda: campaign.standing()["enrollments"]["completed"] == SIZE, seconds=60)
    until(lambda: due_now(shop) == 0, seconds=180)
    faults.whole_pool(shop)
    clock.jumps(to=0)
    lift(shop)
    beats_again(shop)


def due_now(shop: Installation) -> int:
    """How many messages are open, but for those whose time comes later."""
    found: int = shop.number(
        "SELECT count(*) FROM channels_message"
        " WHERE status IN ('sending', 'unknown')"
        " OR (status = 'queued' AND send_after <= clock_timestamp() + interval '1 hour')"
    )
    return found


def beats_again(shop: Installation) -> None:
    """Beat and a worker give a sign of life that is not from before."""
    faults.flush_broker(shop)
    until(lambda: shop.web.get("/readyz").status_code == 200, seconds=60)


def halts(shop: Installation) -> list[int]:
    found = shop.api.get("/halts").json()["items"]
    return [each["id"] for each in found if each["by"] == "restored backup"]


def lift(shop: Installation) -> None:
    """As an operator who has looked at the waiting messages."""
    until(lambda: halts(shop), seconds=60)
    for number in halts(shop):
        assert shop.api.delete(f"/halts/{number}").status_code == 204


def stands_still(provider: Provider) -> None:
    """Nothing arrives any more, in the time that ten sweeps take."""
    counts: list[int] = []

    def still() -> bool:
        counts.append(provider.count())
        return len(counts) > 100 and counts[-1] == counts[-100]

    until(still, seconds=60)


def settled(campaign: Campaign, people: int) -> bool:
    """Whether so many have their message, or why they have none, and nobody is in doubt."""
    messages = campaign.standing()["messages"]
    done = messages["sent"] + messages["withheld"]
    return done == people and not messages["unknown"] + messages["sending"]
