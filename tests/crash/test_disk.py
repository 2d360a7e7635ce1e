"""The disk is full in the middle of a campaign: refused is refused, taken is kept, all goes on."""

import uuid

import pytest

from tests.config.processes import until
from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.disk import OnSmallDisk
from tests.crash.figures import Figures
from tests.crash.provider import TWILIO
from tests.crash.traffic import Traffic

pytestmark = pytest.mark.crash

REFUSED = 150
"""The disk is full until so many events were refused."""


def test_a_full_disk_refuses_loses_nothing_and_recovers(ground: Maker, figures: Figures) -> None:
    with (
        ground(TWILIO, delay=0.1, made=OnSmallDisk) as (shop, provider),
        Campaign(shop, provider, 3000, "sale") as campaign,
    ):
        assert isinstance(shop, OnSmallDisk)
        campaign.prepare()
        with Traffic(shop, campaign.names) as traffic:
            campaign.launch()
            until(lambda: provider.count() > 500, seconds=60)
            with shop.full():
                until(lambda: traffic.answers[503] > REFUSED, seconds=240)
                assert refusal(shop) == (503, "unavailable", "2")
                standing = provider.count()
            took = campaign.ends(seconds=240)
        check_traffic(shop, traffic, figures)
        figures |= {"drained": round(took, 1), "taken when it was full": standing}
        campaign.check(figures)


def refusal(shop: OnSmallDisk) -> tuple[int, str, str | None]:
    """What the event API answers: its status, its code, and when to come again."""
    body = {"userId": "zoe", "event": "Looked", "messageId": str(uuid.uuid4())}
    answer = shop.web.post("/v1/track", json=body)
    return answer.status_code, answer.json()["code"], answer.headers.get("Retry-After")
