"""The ten laws of imports hold, and each of them bites."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import HOUSES, REPOSITORY, dotted, modules

LAWS: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"][
    "importlinter"
]
NAMES = [contract["name"] for contract in LAWS["contracts"]]
HOUSE, FLOORS, PURE, PROVIDERS, ADAPTERS, STEPS, CELERY, OF_PROFILES, OF_CHANNELS, CYCLES = NAMES

OFFENCES = (
    ("profiles/queries/offence.py", "import channels.core.message", {HOUSE}),
    ("channels/operations/offence.py", "def f():\n    import journeys.core.plan", {HOUSE}),
    ("journeys/tools.py", "", {FLOORS}),
    ("profiles/management/commands/offence.py", "import profiles.urls", {FLOORS}),
    ("journeys/models/offence.py", "import journeys.queries.plans", {FLOORS, CYCLES}),
    ("profiles/core/offence.py", "from django.conf import settings", {PURE}),
    ("channels/core/offence.py", "import time", {PURE}),
    ("journeys/core/offence.py", "from os import environ", {PURE}),
    ("channels/operations/offence.py", "import twilio.rest", {PROVIDERS}),
    ("channels/adapters/smtp/offence.py", "import channels.adapters.sendgrid.adapter", {ADAPTERS}),
    ("journeys/core/steps/leave.py", "import journeys.core.steps.send", {STEPS}),
    ("journeys/operations/offence.py", "from celery import shared_task", {CELERY}),
    ("channels/queries/offence.py", "from profiles.models import Customer", {OF_PROFILES}),
    ("journeys/queries/offence.py", "from channels.models import Message", {OF_CHANNELS}),
    ("journeys/operations/offence.py", "import channels.operations.dispatch", {OF_CHANNELS}),
    ("journeys/core/document.py", "import journeys.core.plan", {CYCLES}),
)
"""A file, what is added to it, and the laws that this breaks."""


def lint(top: Path) -> set[str]:
    """The laws that the tree at `top` breaks."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    told = subprocess.run(command, cwd=top, capture_output=True, text=True, check=False)
    broken = {name for name in NAMES if f"{name} BROKEN" in told.stdout}
    assert (told.returncode != 0) == bool(broken), told.stdout + told.stderr
    return broken


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for path in [each for house in HOUSES for each in (REPOSITORY / house).rglob("*.py")]:
        target = tmp_path / path.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path


def test_the_tree_keeps_every_law() -> None:
    assert lint(REPOSITORY) == set()


@pytest.mark.parametrize(("file", "line", "laws"), OFFENCES)
def test_a_breach_is_seen_as_what_it_is(file: str, line: str, laws: set[str], copy: Path) -> None:
    with (copy / file).open("a") as module:
        module.write(f"\n{line}\n")
    assert lint(copy) == laws


def test_there_is_an_offence_against_every_law() -> None:
    assert set().union(*(laws for *_, laws in OFFENCES)) == set(NAMES)


@pytest.mark.parametrize(
    ("house", "law", "doors"),
    [
        ("profiles", OF_PROFILES, {"ingest", "record", "membership", "partitions"}),
        ("channels", OF_CHANNELS, {"outbox", "linkcheck"}),
    ],
)
def test_every_operation_is_a_door_or_shut(house: str, law: str, doors: set[str]) -> None:
    contract = LAWS["contracts"][NAMES.index(law)]
    operations = {dotted(path) for path in modules(f"{house}/operations")}
    operations -= {f"{house}.operations", *(f"{house}.operations.{door}" for door in doors)}
    shut = {name for name in contract["protected_modules"] if ".operations." in name}
    assert shut == operations


def test_every_adapter_and_every_step_kind_is_named_in_its_law() -> None:
    adapters = (REPOSITORY / "channels/adapters").glob("*/adapter.py")
    named = LAWS["contracts"][NAMES.index(ADAPTERS)]["modules"]
    assert set(named) == {f"channels.adapters.{path.parent.name}" for path in adapters}
    kinds = {path.stem for path in (REPOSITORY / "journeys/core/steps").glob("*.py")}
    named = LAWS["contracts"][NAMES.index(STEPS)]["modules"]
    assert set(named) == {f"journeys.core.steps.{kind}" for kind in kinds - {"__init__", "base"}}
