"""Every journey and condition in the documentation can be published as it stands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from config.segment_files import segment_files
from journeys.core import source
from journeys.core.document import parse
from journeys.core.trials import reading
from journeys.operations import draft
from profiles.core.conditions import explain
from profiles.core.conditions import parse as parse_condition
from profiles.operations.segments import save
from profiles.queries import clock
from tests.docs.pages import REPOSITORY, Example, commands, examples

WHOLE: dict[str, Any] = {
    "journey": "example",
    "enter": {"on": [{"event": "Signed Up"}], "holdout": 10},
    "goal": {"event": "Order Completed"},
    "steps": [{"id": "pause", "wait": "1h"}],
}
YAML = list(examples("yaml"))
FOLDER = REPOSITORY / "templates" / "messages" / "journeys"
STARTERS = sorted(path for path in FOLDER.glob("*.yaml") if not path.match("*.test.yaml"))


def where(example: Example) -> str:
    return f"{example.page}:{example.line}"


def faults(document: dict[str, Any] | str) -> list[str]:
    return [f"{each.path}: {each.message}" for each in draft.check(document)]


@pytest.fixture
def segments(db: None) -> None:
    """Those that the pages speak of."""
    for slug in ("vip", "buyers"):
        save(slug, title="", condition={"all": []}, revision=None, now=clock.now())


@pytest.mark.parametrize("example", [each for each in YAML if not each.word], ids=where)
def test_a_journey_or_a_part_of_one_has_no_problem(segments: None, example: Example) -> None:
    part = source.read(example.text).value
    enter = WHOLE["enter"] | part.get("enter", {})
    assert faults(example.text if "journey" in part else WHOLE | part | {"enter": enter}) == []


@pytest.mark.parametrize("example", [each for each in YAML if each.word == "conditions"], ids=where)
def test_conditions_can_be_read_and_said_in_words(example: Example) -> None:
    found = [parse_condition(each, path="") for each in source.read(example.text).value]
    assert all(explain(condition) for condition in found)


@pytest.mark.parametrize("example", [each for each in YAML if each.word == "segment"], ids=where)
def test_a_segment_is_sound(db: None, example: Example, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(example.text)
    (file,) = segment_files([str(tmp_path)])
    assert file.problems == []


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.name)
def test_a_starter_journey_has_no_problem(db: None, path: Any) -> None:
    assert faults(path.read_text(encoding="utf8")) == []


@pytest.mark.parametrize("example", [each for each in YAML if each.word == "tests"], ids=where)
def test_a_test_of_a_journey_fits_it(example: Example) -> None:
    trials = reading.parse(example.text)
    journey = parse((FOLDER / trials.journey).read_text(encoding="utf8"))
    assert reading.faults(trials, journey) == []


def test_the_first_journey_of_the_readme_has_no_problem_but_the_holdout() -> None:
    (saving,) = (each for each in commands("Your first journey in five minutes") if "PUT" in each)
    (body,) = re.findall(r"-d '(\{.*?\})'$", saving, re.DOTALL | re.MULTILINE)[:1]
    (fault,) = faults(json.loads(body)["document"])
    assert fault.startswith("enter.holdout")
