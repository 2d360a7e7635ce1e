"""The starter journeys: each can be published as it stands, and does what its tests say."""

from pathlib import Path

import pytest

from config.demo.journeys import FOLDER
from config.journey_files import TrialFile, journey_files, trial_files
from config.rehearsal import Staged, rehearse
from profiles.core.stages import LOST_STAGES, SEGMENTS

pytestmark = pytest.mark.django_db

TESTS = trial_files([str(FOLDER)])


def where(file: TrialFile) -> str:
    return file.path.name.partition(".")[0]


def test_every_starter_can_be_published_without_a_word() -> None:
    files = journey_files([str(FOLDER)])
    assert len(files) >= 24
    assert {file.path.name: file.problems for file in files if file.problems} == {}
    assert [file.slug for file in files] == [file.path.stem for file in files]


def test_every_starter_has_tests() -> None:
    tested = {file.path.name.partition(".")[0] for file in TESTS}
    assert {Path(file.path).stem for file in journey_files([str(FOLDER)])} == tested
    assert {file.path.name: file.problems for file in TESTS if file.problems} == {}


def test_there_is_a_starter_for_every_segment_and_every_lost_stage() -> None:
    text = " ".join(file.text for file in journey_files([str(FOLDER)]))
    assert [name for name in SEGMENTS if f"lifecycle: {name}\n" not in text] == []
    assert [name for name in LOST_STAGES if f"{{lost_stage: {{eq: {name}}}" not in text] == []


@pytest.mark.parametrize("file", TESTS, ids=where)
def test_a_starter_does_what_its_tests_say(file: TrialFile) -> None:
    assert file.trials and file.journey and file.journey.document
    for trial in file.trials.trials:
        found = rehearse(trial, Staged(file.journey.document, file.journey.text))
        assert [each.message for each in found.failures] == [], trial.name
