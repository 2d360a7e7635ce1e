"""One installation for all acceptance tests of a process: it is left running between them."""

from collections.abc import Iterator

import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.providers import Providers


@pytest.fixture(scope="session")
def providers() -> Iterator[Providers]:
    with Providers() as found:
        yield found


@pytest.fixture(scope="session")
def shop(providers: Providers) -> Iterator[Installation]:
    """Nobody is in a control group here; the push service may be on loopback."""
    variables = {**providers.variables(), "SOJOURN_GLOBAL_CONTROL": "0"}
    with Installation(**variables) as installation:
        installation.configure("webpush", allow_private="yes")
        yield installation
