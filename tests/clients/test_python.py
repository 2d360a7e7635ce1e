"""Segment's and RudderStack's clients for Python, unmodified, against a running server."""

from collections.abc import Callable
from typing import Any

import pytest
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from tests.clients.story import arrived
from tests.database.calls import query

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def tell(client: Any) -> None:
    client.track(anonymous_id="cookie", event="Product Viewed", properties={"product_id": 7})
    client.identify("ann", {"email": "Ann@A.cz", "plan": "pro"}, anonymous_id="cookie")
    client.track("ann", "Order Completed", {"revenue": 9.5})
    client.page("ann", "Docs", "Home", {"url": "/"})
    client.screen("ann", "Shop", "Cart")
    client.group("ann", "acme", {"size": 5})
    client.alias("former", "ann")
    client.flush()
    client.join()


@pytest.mark.parametrize("make", [SegmentClient, RudderClient])
@pytest.mark.parametrize("gzip", [True, False])
def test_every_call_arrives(
    live_server_url: str, write_key: str, make: Callable[..., Any], gzip: bool
) -> None:
    errors: list[Exception] = []
    tell(
        make(
            write_key,
            host=live_server_url,
            gzip=gzip,
            max_retries=0,
            timeout=60,
            on_error=lambda error, _items: errors.append(error),
        )
    )
    assert not errors
    arrived()


@pytest.mark.parametrize("make", [SegmentClient, RudderClient])
def test_a_wrong_key_is_told_to_the_client(
    live_server_url: str, write_key: str, make: Callable[..., Any]
) -> None:
    errors: list[Exception] = []
    client = make(
        "guess",
        host=live_server_url,
        max_retries=0,
        timeout=60,
        on_error=lambda error, _items: errors.append(error),
    )
    client.track("ann", "Order Completed")
    client.flush()
    client.join()
    (error,) = errors
    assert "invalid_key" in str(error)
    assert query("SELECT count(*) FROM profiles_event") == [(0,)]
