"""Properties take the time they take: a machine that is busy or new to them fails none of them."""

from hypothesis import HealthCheck, settings

UNHURRIED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""For those whose examples share a database, which they empty or add to themselves."""


def take_time() -> None:
    """What every property starts from."""
    settings.register_profile("sojourn", deadline=None, suppress_health_check=UNHURRIED[:1])
    settings.load_profile("sojourn")
