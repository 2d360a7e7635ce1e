"""Every benchmark does its work on a few rows: correctness, never time."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.ground import FOREIGN
from benchmarks.results import Goal, Line, Machine, Result, markdown, parts
from config.embedded import REPOSITORY

NAMES = ("p1", "p2", "p3", "p4a", "p4b", "p5", "p6", "p7", "p8", "p9", "p11", "p12", "p13")
WITHOUT_FLOOR = ("p9", "p11", "p12", "p13")
PER_SECOND = "per second"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All of them in a process and on servers of their own, as a user starts them."""
    file = tmp_path_factory.mktemp("benchmarks") / "found.json"
    env = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke", "--json", str(file)],
        cwd=REPOSITORY,
        env=env,
        capture_output=True,
        text=True,
        timeout=3_600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_measures_the_product_its_floor_and_its_peer(
    name: str, found: dict[str, Any]
) -> None:
    (result,) = (result for result in found["results"] if result["name"].lower() == name)
    assert found["machine"]["cores"] >= 1
    lines = {line["name"].partition(":")[0].partition(",")[0]: line for line in result["lines"]}
    assert any(line.startswith("Sojourn") for line in lines)
    assert "floor" in lines or name in WITHOUT_FLOOR
    for line in result["lines"]:
        for run in line["runs"]:
            assert run.get("not there after a minute", 0) == 0
            assert run.get(PER_SECOND, 1) > 0


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "p99"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no p99: choose from p1" in done.stderr


def test_the_page_says_medians_spreads_and_which_goals_were_missed() -> None:
    line = Line("Sojourn", [{PER_SECOND: 10.0}, {PER_SECOND: 30.0}, {PER_SECOND: 20.0}])
    goals = [Goal("speed", 20, 25), Goal("wait, ms", 20, 25, at_most=True)]
    result = Result(name="P0", title="a thing", what="Done thus.", lines=[line], goals=goals)
    machine = Machine(
        processor="a processor", cores=2, load_before=0.1, commit_ms=1.0, system="Linux",
        python="3.11", postgres="18", date="2026-11-21",
    )  # fmt: skip
    kept = parts("# Head\n\n## P1: old\n\nold figures\n\n- a\n\n## P0: old\n\ngone\n")
    page = markdown(machine, [result], kept=kept, order=["P0", "P1", "P2"])
    assert "| Sojourn | 20.0 (10.0–30.0) |" in page
    assert "- NOT met: speed: 20.0 (goal ≥ 25.0)" in page
    assert "- met: wait, ms: 20.0 (goal ≤ 25.0)" in page
    assert page.endswith("\n\n## P1: old\n\nold figures\n\n- a\n")
    assert "gone" not in page and page.index("## P0: a thing") < page.index("## P1: old")
    again = markdown(machine, [], kept=parts(page), order=["P0", "P1", "P2"])
    assert again == page
