"""No test fails for the time it takes: no property, and nothing that the product does in the test's
own process. What it does in others has the time-outs that users have.
"""

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, settings

UNHURRIED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""For those whose examples share a database, which they empty or add to themselves."""
PATIENCE: dict[str, Any] = {
    "channels.adapters.looker.SECONDS": 60.0,
    "channels.operations.linkcheck.WITHIN": 120.0,
    "channels.tasks.BUDGET_SECONDS": 120.0,
    "config.admin.template_editor.SECONDS": 120.0,
    "journeys.tasks.BUDGET_SECONDS": 120.0,
    "profiles.operations.valkey.SECONDS": 60.0,
    "profiles.queries.audience.SOON": dt.timedelta(minutes=1),
}
"""How long is waited for what answers here; a test about too long a wait sets its own."""


def take_time() -> None:
    """What every property starts from."""
    settings.register_profile("sojourn", deadline=None, suppress_health_check=UNHURRIED[:1])
    settings.load_profile("sojourn")
