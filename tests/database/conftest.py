"""Every test of the database starts with an empty log, which Django's own clearing passes over."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from channels.adapters import registry
from channels.operations import handover
from tests.database import letters
from tests.emulators.sendgrid import SendGrid


@pytest.fixture
def providers(settings: Any) -> Iterator[None]:
    """Messages are handed to providers, and nothing of it is remembered."""
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_SEND_THREADS = 16
    yield
    registry.close_all()
    handover._resting.clear()


@pytest.fixture
def sendgrid() -> Iterator[SendGrid]:
    """SendGrid on loopback, with an account that is pointed at it."""
    with SendGrid() as emulator:
        letters.account("sendgrid", "email", api_key="k", base_url=emulator.url)
        yield emulator


@pytest.fixture(autouse=True)
def _nobody_in_the_global_control(settings: Any) -> None:
    """Addresses that customers share would be kept from one in twenty pairs of them."""
    settings.SOJOURN_GLOBAL_CONTROL = 0


@pytest.fixture(autouse=True)
def _empty_log(request: pytest.FixtureRequest) -> None:
    """Deleted, not truncated: a lock on the whole log would keep new months waiting."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None:
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_event")
