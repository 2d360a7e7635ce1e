"""Receipts in any order, five times each, some before our own commit: the same end every time."""

import pytest

from tests.config.processes import until
from tests.crash.campaign import Campaign, check_traffic
from tests.crash.conftest import Maker
from tests.crash.figures import Figures
from tests.crash.provider import SENDGRID, TWILIO, Kind
from tests.crash.receipts import Reports, check_receipts
from tests.crash.traffic import Traffic

UNANSWERED = "SELECT count(*) FROM channels_attempt WHERE finished_at IS NULL"
pytestmark = pytest.mark.crash


@pytest.mark.parametrize(
    ("kind", "size"), [(SENDGRID, 2000), (TWILIO, 600)], ids=["sendgrid", "twilio"]
)
def test_receipts_in_any_order_any_number_of_times_and_too_early(
    ground: Maker, figures: Figures, kind: Kind, size: int
) -> None:
    reports = Reports(kind)
    with (
        ground(kind, delay=0.3, given=reports.variables()) as (shop, provider),
        Campaign(shop, provider, size, "sale") as campaign,
    ):
        campaign.prepare()
        with Traffic(shop, campaign.names) as traffic, reports.of(shop, provider):
            campaign.launch()
            figures["drained"] = round(campaign.ends(seconds=300), 1)
            until(lambda: shop.number(UNANSWERED) == 0, seconds=60)
        check_traffic(shop, traffic, figures)
        figures |= reports.figures()
        assert reports.failure is None
        assert reports.early > 0
        truth = reports.truth()
        campaign.check(figures, ends={uid: each.status for uid, each in truth.items()})
        check_receipts(shop, campaign.slug, truth)
