"""Journeys in files: found, read, checked. A folder holds journeys and their tests beside them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils.translation import gettext as _

from config.segment_files import bringing
from config.yaml_files import TESTS, NoFiles, is_segment, listed, text_of
from journeys.core.document import Document
from journeys.core.document import parse as parse_document
from journeys.core.problem import DocumentError, Problem
from journeys.core.trials import reading
from journeys.core.trials.reading import Trials
from journeys.operations import draft


@dataclass(frozen=True)
class JourneyFile:
    """A file that holds a journey. `document` is None where it cannot be read."""

    path: Path
    text: str
    document: Document | None
    problems: Sequence[Problem]

    @property
    def slug(self) -> str:
        return self.document.journey if self.document else ""

    @property
    def refused(self) -> bool:
        return any(each.severity == "error" for each in self.problems)


@dataclass(frozen=True)
class TrialFile:
    """A file of tests, with the journey that they are about, both None where something is wrong;
    `others` are live during the tests too.
    """

    path: Path
    trials: Trials | None = None
    journey: JourneyFile | None = None
    problems: Sequence[Problem] = field(default_factory=list)
    others: Sequence[JourneyFile] = field(default_factory=list)


def journey_files(paths: Iterable[str], groups: Collection[str] = ()) -> list[JourneyFile]:
    """The journeys of files and folders, checked; the segments `groups` come with them. Raises
    NoFiles where there are neither.
    """
    found = [each for each in listed(paths) if not each.name.endswith(TESTS)]
    if not found:
        raise NoFiles(_("There is no journey here: give files or folders of *.yaml."))
    files = [read(path) for path in found if not is_segment(path)]
    names = Counter(each.slug for each in files if each.slug)
    files = [_checked(each, names, groups) for each in files]
    return [_alone(each) if names[each.slug] > 1 else each for each in files]


def trial_files(paths: Iterable[str]) -> list[TrialFile]:
    """The tests of files and folders; a journey's file stands for its tests. Raises NoFiles."""
    found: dict[Path, None] = {}
    for path in listed(paths):
        beside = path.with_name(path.stem + TESTS)
        if path.name.endswith(TESTS):
            found[path] = None
        elif beside.is_file():
            found[beside] = None
    if not found:
        raise NoFiles(_("There are no tests here: write NAME.test.yaml beside NAME.yaml."))
    return [_read_tests(path) for path in found]


def read(path: Path) -> JourneyFile:
    """One journey, as far as it can be read."""
    try:
        text = text_of(path)
        document = parse_document(text)
    except DocumentError as error:
        return JourneyFile(path, "", None, error.problems)
    return JourneyFile(path, text, document, [])


def _checked(
    file: JourneyFile,
    beside: Collection[str],
    groups: Collection[str] = (),
    *,
    alone: bool = False,
) -> JourneyFile:
    """Checked as publishing would check it; journeys may lead into others that come with them, and
    name segments that do.
    """
    if file.document is None:
        return file
    return replace(file, problems=draft.check(file.text, beside=beside, groups=groups, alone=alone))


def _alone(file: JourneyFile) -> JourneyFile:
    """Refuse one of several files that hold the same journey."""
    message = f"Several files hold the journey “{file.slug}”; keep one of them."
    line = file.document.lines.get(("journey",)) if file.document else None
    twice = Problem("journey", "duplicate_key", message, line=line)
    return replace(file, problems=[*file.problems, twice])


def _read_tests(path: Path) -> TrialFile:
    try:
        trials = reading.parse(text_of(path))
    except DocumentError as error:
        return TrialFile(path, problems=error.problems)
    trials = bringing(trials, path.parent)
    problems: list[Problem] = []
    named = [("journey", trials.journey), *(("with", name) for name in trials.others)]
    files = [_named(path.parent, place, name, trials, problems) for place, name in named]
    sound = [each for each in files if each is not None]
    if problems or not sound or sound[0].document is None:
        return TrialFile(path, problems=trials.locate(problems))
    return TrialFile(path, trials, sound[0], reading.faults(trials, sound[0].document), sound[1:])


def _named(
    folder: Path, place: str, name: str, trials: Trials, problems: list[Problem]
) -> JourneyFile | None:
    """A journey that a file of tests names; None, and a problem, when it cannot be played."""
    path = next((each for each in (folder / name, folder / f"{name}.yaml") if each.is_file()), None)
    if path is None:
        problems.append(Problem(place, "invalid", f"There is no file {name} beside the test."))
        return None
    file = _checked(read(path), [], trials.segments, alone=True)
    if file.refused:
        message = f"{name} cannot be published: see journeys check."
        problems.append(Problem(place, "invalid", message))
        return None
    return file
