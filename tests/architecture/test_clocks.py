"""Time and chance come in as arguments: what reads a clock or draws a number itself is reported."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import REPOSITORY

HIDDEN = (
    "from datetime import datetime\nnow = datetime.now()\n",
    "import datetime as dt\nnow = dt.datetime.now(dt.UTC)\n",
    "import datetime as dt\nnow = dt.datetime.utcnow()\n",
    "import datetime as dt\ntoday = dt.date.today()\n",
    "from django.utils import timezone\nnow = timezone.now()\n",
    "from django.utils.timezone import now\n",
    "import time\nnow = time.time()\n",
    "from time import time\n",
    "import random\ndraw = random.random()\n",
    "from random import choice\n",
)
INSIDE = ("journeys/operations", "journeys/core", "channels/queries", "profiles/models")
OUTSIDE = ("journeys/tasks.py", "channels/views/pixel.py", "profiles/management/commands/clock.py")


def reported(source: str, place: str) -> str:
    """What ruff says about banned names when the source stands at `place`."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    told = subprocess.run(
        [ruff, "check", "--select", "TID251", "--no-cache", "--stdin-filename", place, "-"],
        cwd=REPOSITORY,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout


@pytest.mark.parametrize("source", HIDDEN)
def test_a_hidden_clock_or_die_is_reported(source: str) -> None:
    assert "TID251" in reported(source, "journeys/operations/offence.py")


@pytest.mark.parametrize("floor", INSIDE)
def test_no_floor_below_tasks_may_look_at_the_clock(floor: str) -> None:
    assert "TID251" in reported(HIDDEN[0], f"{floor}/offence.py")


@pytest.mark.parametrize("place", OUTSIDE)
def test_tasks_views_and_commands_may(place: str) -> None:
    assert "TID251" not in reported(HIDDEN[4], place)
