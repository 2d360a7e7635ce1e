"""Segments in files: `segment`, `title` and the condition under `if`."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from msgspec import structs

from config.yaml_files import TESTS, is_segment, listed, text_of
from journeys.core import source
from journeys.core.lines import located
from journeys.core.problem import DocumentError, Problem
from journeys.core.problem import problem as problem_of
from journeys.core.reading import Fields
from journeys.core.trials.reading import Trials
from profiles.core.conditions import ConditionError, Vocabulary, parse, references
from profiles.operations.segments import SLUG
from profiles.queries import segments
from profiles.queries.conditions import known_channels

EXAMPLE = "{attribute: country, eq: DE}"


@dataclass(frozen=True)
class SegmentFile:
    """A file that holds a segment; `slug` is "" where it cannot be read."""

    path: Path
    text: str
    slug: str = ""
    title: str = ""
    condition: Any = None
    problems: Sequence[Problem] = ()

    @property
    def refused(self) -> bool:
        return bool(self.problems)


def segment_files(paths: Iterable[str]) -> list[SegmentFile]:
    """The segments of files and folders, checked, each after those that it looks at."""
    others = {each.slug: each.looks_at.segments for each in segments.current().by_id.values()}
    return _checked(_found(paths), others, known_channels())


def bringing(trials: Trials, folder: Path) -> Trials:
    """With the folder's sound segments, apart from any database; those that the tests write
    themselves come first.
    """
    files = _checked(_found([str(folder)]), {}, None)
    groups = {each.slug: each.condition for each in files if not each.refused}
    groups = {slug: each for slug, each in groups.items() if slug not in trials.segments}
    groups |= trials.segments
    alike = tuple(structs.replace(each, segments=groups) for each in trials.trials)
    return structs.replace(trials, segments=groups, trials=alike)


def _found(paths: Iterable[str]) -> list[SegmentFile]:
    found = [path for path in listed(paths) if not path.name.endswith(TESTS) and is_segment(path)]
    return [read(path) for path in found]


def read(path: Path) -> SegmentFile:
    """One segment, as far as it can be read."""
    try:
        text = text_of(path)
        data = source.read(text).value
    except DocumentError as error:
        return SegmentFile(path, "", problems=error.problems)
    problems: list[Problem] = []
    fields = Fields(data, "", problems)
    file = SegmentFile(
        path, text, fields.text("segment"), fields.text("title"), fields.mapping("if", EXAMPLE)
    )
    fields.close()
    if not SLUG.fullmatch(file.slug):
        message = "A segment's name is of small letters, digits, - and _, such as big-spenders."
        problems.append(problem_of("segment", "invalid", message))
    if file.condition is None:
        problems.append(problem_of("if", "missing", f"Say who belongs, such as `if: {EXAMPLE}`."))
    return replace(file, problems=_located(problems, text))


def _checked(
    files: Sequence[SegmentFile],
    others: Mapping[str, Collection[str]],
    channels: frozenset[str] | None,
) -> list[SegmentFile]:
    """`others` are the segments that are there already, with those that each looks at."""
    names = Counter(each.slug for each in files if each.slug)
    known = Vocabulary(channels=channels, segments=frozenset({*others, *names}))
    return _in_order([_judged(each, known, names[each.slug]) for each in files], others)


def _judged(file: SegmentFile, known: Vocabulary, times: int) -> SegmentFile:
    problems: list[Problem] = []
    if times > 1:
        message = f"Several files hold the segment “{file.slug}”; keep one of them."
        problems.append(problem_of("segment", "duplicate_key", message))
    if file.condition is not None:
        try:
            parse(file.condition, path="if", entry_allowed=False, vocabulary=known)
        except ConditionError as error:
            problems += [
                problem_of(each.path, "condition", each.message) for each in error.problems
            ]
    return replace(file, problems=[*file.problems, *_located(problems, file.text)])


def _located(problems: Iterable[Problem], text: str) -> list[Problem]:
    return located(problems, source.read(text).lines if text else {})


def _in_order(
    files: Sequence[SegmentFile], others: Mapping[str, Collection[str]]
) -> list[SegmentFile]:
    """Those that are looked at first; one that would look at itself is refused."""
    sound = {each.slug: each for each in files if not each.refused}
    mine = {name: references(_parsed(each)).segments for name, each in sound.items()}
    try:
        order = list(TopologicalSorter({**others, **mine}).static_order())
    except CycleError as error:
        circle = error.args[1]
        message = f"The segment would depend on itself: {' → '.join(reversed(circle))}."
        return [
            replace(each, problems=[problem_of("if", "condition", message)])
            if each.slug in circle
            else each
            for each in files
        ]
    return sorted(files, key=lambda each: order.index(each.slug) if each.slug in sound else -1)


def _parsed(file: SegmentFile) -> Any:
    return parse(file.condition, entry_allowed=False)
