"""A campaign under one fault after the other, within a minute."""

import pytest

from tests.crash import faults
from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.figures import Figures
from tests.crash.provider import TWILIO
from tests.crash.traffic import Traffic

SIZE = 1500


@pytest.mark.long
def test_a_campaign_survives_killed_workers_broker_and_database(
    ground: Maker, figures: Figures
) -> None:
    with (
        ground(TWILIO, delay=0.02) as (shop, provider),
        Campaign(shop, provider, SIZE, "sale") as campaign,
    ):
        campaign.prepare()
        with Traffic(shop, campaign.names) as traffic:
            campaign.launch()
            campaign.suffers(
                [
                    faults.flush_broker,
                    faults.child,
                    faults.whole_pool_and_leases,
                    faults.broker_killed,
                    faults.backend,
                    faults.whole_pool_and_leases,
                    faults.postgres,
                    faults.whole_pool_and_leases,
                ],
                patience=5.0,
            )
            took = campaign.ends(seconds=120)
        check_traffic(shop, traffic, figures)
        figures |= {"drained": round(took, 1), "struck": dict(campaign.struck)}
        campaign.check(figures)
