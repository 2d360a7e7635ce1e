"""A process dies at each named point; it is raised again, and nobody can tell afterwards."""

from collections.abc import Iterator, Sequence

import pytest

from channels.models import Account
from profiles.queries.faultpoint import POINTS
from tests.crash.campaign import Campaign
from tests.crash.figures import Figures
from tests.crash.provider import SENDGRID, Provider, running
from tests.crash.receipts import Reports, check_receipts
from tests.crash.small import Small
from tests.emulators.sendgrid import SendGrid

pytestmark = pytest.mark.django_db(transaction=True)

NTH = {
    "mid_ingest": 2,
    "before_doorbell": 3,
    "after_step": 1,
    "after_claim": 1,
    "before_http": 5,
    "after_http": 5,
    "mid_batch": 2,
    "mid_callback": 1,
}
"""At which time a process dies there: for most in the middle of something."""
SIZE = 60


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running(SENDGRID, tmp_path_factory.mktemp("provider"), delay=0.01) as found:
        yield found


@pytest.fixture(scope="module")
def small(django_db_setup: None, provider: Provider) -> Iterator[Small]:
    signer = SendGrid()
    with Small(signer, **provider.variables()) as shop:
        yield shop


def test_after_a_death_at_every_point_nothing_is_lost_and_nothing_twice(
    small: Small, provider: Provider, figures: Figures
) -> None:
    assert_survives(small, provider, figures, sorted(POINTS))


@pytest.mark.crash
@pytest.mark.parametrize("point", sorted(POINTS))
def test_after_a_death_at_one_point_nothing_is_lost_and_nothing_twice(
    small: Small, provider: Provider, figures: Figures, point: str
) -> None:
    assert_survives(small, provider, figures, [point])


def assert_survives(
    small: Small, provider: Provider, figures: Figures, points: Sequence[str]
) -> None:
    small.begin(",".join(f"{point}:{NTH[point]}" for point in points))
    try:
        account = Account.objects.get()
        account.options = {**account.options, "settle_seconds": "1"}
        account.save()
        with Campaign(small, provider, SIZE, slug(points)) as campaign:
            campaign.prepare()
            campaign.launch()
            campaign.ends(seconds=60)
            campaign.check(figures)
            check_callbacks(small, provider, campaign)
        assert [point for point in points if not small.died(point)] == []
    finally:
        small.end()


def slug(points: Sequence[str]) -> str:
    """Of the journey: a name that no other test has."""
    return points[0].replace("_", "-") if len(points) == 1 else "all"


def check_callbacks(small: Small, provider: Provider, campaign: Campaign) -> None:
    """Everything is reported; a callback without an answer comes again."""
    reports = Reports(SENDGRID, signer=small.signer)
    with reports.of(small, provider, after=campaign.before):
        pass
    assert reports.failure is None
    check_receipts(small, campaign.slug, reports.truth())
