"""`manage.py demo`: one and a half years of real purchases, and what is said of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import run_dir
from tests.config.processes import REPOSITORY, environment

SECONDS = 3_600
CUSTOMERS = 2_357
STAGES = {"acquisition", "conversion", "growth", "loyalty", "reactivation"}
HONEST = {"no measurable difference", "too few to tell", "control"}


def cells(told: str, columns: int) -> list[list[str]]:
    """The rows of the tables that have so many columns."""
    rows = ([cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines())
    return [row for row in rows if len(row) == columns]


@pytest.mark.long
def test_the_demo_counts_every_customer_and_finds_no_effect_where_none_can_be(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--no-serve"],
        cwd=REPOSITORY,
        env=environment(SOJOURN_STATE=str(home)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"events of {CUSTOMERS} customers" in done.stdout
    counts = [(row[0], int(row[2].replace(",", ""))) for row in cells(done.stdout, 4)]
    assert counts[-1] == ("all", CUSTOMERS)
    assert {stage for stage, _ in counts[:-1]} == STAGES
    assert sum(number for _, number in counts[:-1]) == CUSTOMERS
    arms = [row for row in cells(done.stdout, 10) if row[-1] and row[-1] != "Verdict"]
    assert len(arms) >= 16
    assert {row[-1] for row in arms} <= HONEST
    ghosts = [row for row in arms if re.search("ghost", row[1])]
    assert ghosts
    assert {row[3] for row in ghosts} == {"0"}
    assert not run_dir(home).exists()
