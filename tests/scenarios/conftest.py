"""A world for every story: the sandbox on, no control group unless the story is about one."""

import pytest

from tests.world import World


@pytest.fixture
def world(transactional_db: None, settings: object) -> World:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    settings.SOJOURN_GLOBAL_CONTROL = 0  # type: ignore[attr-defined]
    return World()
