"""A world for every story: the sandbox on, no control group unless the story is about one.

Its customers have the same numbers in every run, and draws are hashes of numbers: who is held out,
and who gets which arm, is the same each time.
"""

import pytest

from tests.scenarios.lives import begin_again
from tests.world import World


@pytest.fixture
def world(transactional_db: None, settings: object) -> World:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    settings.SOJOURN_GLOBAL_CONTROL = 0  # type: ignore[attr-defined]
    begin_again()
    return World()
