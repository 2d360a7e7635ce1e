"""Fault points are for tests alone, and cost a look at an empty table otherwise."""

import subprocess
import sys

import pytest

from profiles.queries.faultpoint import POINTS, parsed
from tests.config.processes import REPOSITORY, environment

ARMED = """
import django
django.setup()
from profiles.queries import faultpoint
print(sorted(faultpoint._armed.items()))
"""


@pytest.mark.parametrize(
    ("settings", "armed"),
    [("config.settings", []), ("tests.crash.settings", [("after_http", 1), ("before_http", 3)])],
)
def test_only_settings_of_tests_name_any(settings: str, armed: list[tuple[str, int]]) -> None:
    named = {"FAULTPOINT": "before_http:3,after_http", "DJANGO_SETTINGS_MODULE": settings}
    told = subprocess.run(
        [sys.executable, "-c", ARMED],
        cwd=REPOSITORY,
        env=environment(**named),
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == str(armed)


def test_a_point_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault point lunch"):
        parsed("lunch:1")


def test_every_point_is_passed_somewhere() -> None:
    houses = (REPOSITORY / house for house in ("profiles", "channels", "journeys"))
    sources = "".join(path.read_text() for house in houses for path in house.rglob("*.py"))
    assert [point for point in POINTS if f'reached("{point}")' not in sources] == []
