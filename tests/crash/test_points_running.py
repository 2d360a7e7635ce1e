"""The same on the running product: its pool and its web server lose a process at each point."""

import pytest

from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.figures import Figures
from tests.crash.provider import SENDGRID
from tests.crash.receipts import Reports, check_receipts
from tests.crash.traffic import Traffic

pytestmark = pytest.mark.crash

NTH = {
    "mid_ingest": 9,
    "before_doorbell": 20,
    "after_step": 2,
    "after_claim": 2,
    "before_http": 50,
    "after_http": 100,
    "mid_batch": 5,
    "mid_callback": 2,
}
"""At which time a process of the pool or of the web server dies at each point."""


def test_a_process_dies_at_every_named_point(ground: Maker, figures: Figures) -> None:
    reports = Reports(SENDGRID)
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
        "FAULTPOINT": ",".join(f"{name}:{number}" for name, number in NTH.items()),
        **reports.variables(),
    }
    with (
        ground(SENDGRID, delay=0.05, given=settings) as (shop, provider),
        Campaign(shop, provider, 3000, "sale") as campaign,
    ):
        campaign.prepare()
        with Traffic(shop, campaign.names) as traffic:
            campaign.launch()
            figures["drained"] = round(campaign.ends(seconds=240), 1)
            campaign.check(figures)
            with reports.of(shop, provider):
                pass
        check_traffic(shop, traffic, figures, web_dies=True)
        assert reports.failure is None
        check_receipts(shop, campaign.slug, reports.truth())
        died = sorted(path.name.removeprefix("died-") for path in shop.home.glob("died-*"))
        figures["died at"] = NTH
        assert died == sorted(NTH)
