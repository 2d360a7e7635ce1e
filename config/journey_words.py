"""What the command for journey files says: one line for a problem, a change, a test."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.journey_files import TrialFile
from config.journey_plan import Change
from config.rehearsal import Rehearsed
from config.segment_plan import SegmentChange
from journeys.admin.words import DECISIONS
from journeys.core.problem import Problem
from journeys.core.replan import StepChange
from journeys.core.trials.observed import Observed, span
from journeys.core.trials.reading import Trial

MARKS = {"added": "+", "changed": "~", "removed": "-", "same": "="}


def problem(path: Path, found: Problem) -> str:
    """`file:line: path: message`, as editors and build logs read it."""
    place = f"{found.path}: " if found.path else ""
    warned = f" ({_('warning')})" if found.severity == "warning" else ""
    return f"{path}:{found.line or 1}: {place}{found.message}{warned}"


def change(found: Change) -> Iterator[str]:
    """What applying a file changes, with the customers who stand where something changes."""
    yield f"{found.file.path}: {_headline(found)}"
    for step in found.steps:
        if step.change != "same" or step.goes_to not in (step.id, None):
            yield f"  {MARKS[step.change]} {step.id}{_standing(step)}"
    for id in found.difference.rerouted:
        yield f"  > {id}: {_('leads elsewhere')}"
    if found.difference.keys and found.kind == "changed":
        yield f"  ~ {', '.join(found.difference.keys)}"
    for drift in found.drift:
        yield f"  ! {_drift(found, drift)}"


def _headline(found: Change) -> str:
    words = {
        "new": _("new"),
        "changed": _("changed"),
        "comments": _("only comments and layout changed"),
        "same": _("same"),
    }
    said = words[found.kind]
    if found.before and found.before.published and found.kind == "changed":
        said += ", " + _("live is version %(number)d") % {"number": found.before.number or 0}
    if found.held and found.before and found.kind != "same":
        told = _("the journey is %(state)s: saved as a draft, not published")
        said += ", " + told % {"state": _(found.before.state)}
    return said


def _standing(step: StepChange) -> str:
    if not step.standing:
        return ""
    told = ngettext(
        "%(count)d customer stands here", "%(count)d customers stand here", step.standing
    )
    moved = f" → {step.goes_to}" if step.goes_to != step.id else ""
    return f": {told % {'count': step.standing}}{moved}"


def _drift(found: Change, drift: str) -> str:
    if drift == "draft":
        return _("drift: the draft holds edits of the admin that were never published")
    assert found.before  # noqa: S101 - a live version has a journey
    told = _("drift: version %(number)d was not published from a file, but by %(by)s")
    return told % {"number": found.before.number, "by": found.before.by or "?"}


def applied(found: Change, done: Mapping[str, int | None]) -> str:
    """What became of a file."""
    number = done.get(found.file.slug)
    if number is not None:
        said = _("published as version %(number)d") % {"number": number}
    elif found.file.slug in done:
        said = _("saved as a draft") if found.held else _("comments saved, nothing to publish")
    else:
        said = _("same, nothing to do")
    return f"{found.file.path}: {said}"


def segment(found: SegmentChange) -> Iterator[str]:
    """What applying a segment's file changes, with how many belong."""
    words = {
        "new": _("new"),
        "changed": _("changed"),
        "comments": _("only comments and layout changed"),
        "same": _("same"),
    }
    said = words[found.kind]
    if found.would is None:
        said += ", " + _("looks at segments that come with it")
    elif found.kind in ("new", "changed"):
        told = _("%(members)d belong now, %(would)d would")
        said += ", " + told % {"members": found.members, "would": found.would}
    yield f"{found.file.path}: {said}"
    if found.drift:
        yield f"  ! {_('drift: somebody changed it since, and not in a file')}"


def applied_segment(found: SegmentChange) -> str:
    """What became of a segment's file."""
    words = {
        "new": _("saved"),
        "changed": _("saved"),
        "comments": _("comments saved"),
        "same": _("same, nothing to do"),
    }
    return f"{found.file.path}: {words[found.kind]}"


def rehearsed(file: TrialFile, trial: Trial, found: Rehearsed) -> Iterator[str]:
    """A line for a test that passed; for one that failed also why, and what happened."""
    place = file.trials.line if file.trials else lambda _path: 1
    if not found.failures:
        yield f"ok    {file.path}:{place(trial.path)}: {trial.name} ({found.seconds:.2f} s)"
        return
    yield f"FAIL  {file.path}:{place(trial.path)}: {trial.name}"
    for failure in found.failures:
        yield f"  {file.path}:{place(failure.path or trial.path)}: {failure.message}"
    for name in dict.fromkeys(each.customer for each in found.failures if each.customer):
        yield "  " + _("What happened to %(name)s:") % {"name": name}
        yield from _story(found.seen[name])


def _story(seen: Observed) -> Iterator[str]:
    """The decision log in words; it is empty for who was never considered."""
    for reason in seen.reasons:
        said = str(DECISIONS.get(reason.code, reason.code))
        inputs = msgspec.json.encode(reason.inputs).decode() if reason.inputs else ""
        step = f"{reason.step}: " if reason.step else ""
        yield f"    {span(reason.at):>9}  {step}{said} {inputs}".rstrip()
    if not seen.reasons:
        yield "    " + _("No trigger concerned this customer.")


def stopped(file: TrialFile, trial: Trial, why: str) -> str:
    """A test that could not be played to its end."""
    line = file.trials.line(trial.path) if file.trials else 1
    return f"FAIL  {file.path}:{line}: {trial.name}\n  {why}"
