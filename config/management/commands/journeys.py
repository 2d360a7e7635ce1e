"""Journeys as code: check files, plan what they change, apply them, export, test.

Exit status 0 when all is well, 1 with problems, 2 for wrong usage.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from config import (
    journey_arguments,
    journey_files,
    journey_plan,
    journey_proof,
    journey_words,
    segment_files,
    segment_plan,
)
from config.journey_files import JourneyFile, TrialFile
from config.journey_plan import Change
from config.rehearsal import NotEmpty, Staged, rehearse
from config.scratch import NoScratch, scratch
from config.segment_files import SegmentFile
from config.segment_plan import SegmentChange
from config.settle import StillBusy
from config.yaml_files import NoFiles
from journeys.core.problem import Problem
from journeys.core.trials.casting import NoSuchCustomer
from journeys.core.trials.reading import Trial
from journeys.operations.readiness import Readiness
from journeys.queries.deployed import saved
from profiles.core.answers import Refused
from profiles.queries import clock

SEGMENT = ".segment"
"""Beside the name of a segment's file where a journey has the same name."""


class Command(BaseCommand):
    help = "Journeys as files: check, plan, apply, export, test."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        journey_arguments.add(parser)

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        actions: dict[str, Callable[..., None]] = {
            "check": self._check,
            "plan": self._plan,
            "apply": self._apply,
            "export": self._export,
            "test": self._test,
            "proof": partial(journey_proof.show, self.stdout),
        }
        try:
            actions[action](**options)
        except NoFiles as error:
            raise CommandError(str(error), returncode=journey_arguments.WRONG_USAGE) from error
        except (Refused, NoScratch, NotEmpty) as error:
            raise CommandError(_sentence(error)) from error

    def _check(self, *, path: Sequence[str], **_options: Any) -> None:
        groups, files = self._sound(path)
        if groups:
            self.stdout.write(
                ngettext(
                    "%(count)d segment is sound.", "%(count)d segments are sound.", len(groups)
                )
                % {"count": len(groups)}
            )
        if files:
            self.stdout.write(
                ngettext("%(count)d journey is sound.", "%(count)d journeys are sound.", len(files))
                % {"count": len(files)}
            )

    def _sound(self, paths: Sequence[str]) -> tuple[list[SegmentFile], list[JourneyFile]]:
        """The segments and journeys, once nothing keeps any of them from being published."""
        groups = segment_files.segment_files(paths)
        journeys = journey_files.journey_files(paths, [each.slug for each in groups])
        files: list[SegmentFile | JourneyFile] = [*groups, *journeys]
        for file in files:
            self._tell(file.path, file.problems)
        refused = sum(file.refused for file in files)
        if refused:
            message = ngettext(
                "%(refused)d of %(all)d file cannot be published.",
                "%(refused)d of %(all)d files cannot be published.",
                len(files),
            )
            raise CommandError(message % {"refused": refused, "all": len(files)})
        return groups, journeys

    def _tell(self, path: Path, problems: Sequence[Problem]) -> None:
        for each in problems:
            self.stdout.write(journey_words.problem(path, each))

    def _plan(self, *, path: Sequence[str], move: Sequence[str], **_options: Any) -> None:
        groups, files = self._sound(path)
        moves = journey_arguments.moves(move, files)
        changes = journey_plan.plan(files, moves)
        self._show(segment_plan.plan(groups, now=clock.now()), changes)
        self._looked(changes)

    def _looked(self, changes: Sequence[Change]) -> dict[str, Readiness]:
        """What customers would get, with every problem told."""
        found = journey_plan.look(changes, now=clock.now())
        for each in changes:
            if each.file.slug in found:
                self._tell(each.file.path, found[each.file.slug].problems)
        return found

    def _show(self, groups: Sequence[SegmentChange], changes: Sequence[Change]) -> None:
        for group in groups:
            self.stdout.write("\n".join(journey_words.segment(group)))
        for change in changes:
            for line in journey_words.change(change):
                self.stdout.write(line)

    def _apply(
        self, *, path: Sequence[str], dry_run: bool, overwrite: bool, **options: Any
    ) -> None:
        groups, files = self._sound(path)
        terms = journey_arguments.terms(options, files)
        now = clock.now()
        planned = segment_plan.plan(groups, now=now)
        changes = journey_plan.plan(files, terms.moves)
        if dry_run:
            self._show(planned, changes)
        if not overwrite:
            _refuse_to_overwrite(planned, changes)
        terms = terms._replace(found=self._looked(changes))
        journey_plan.agree(terms)
        with transaction.atomic():
            segment_plan.apply(planned, now=now)
            done = journey_plan.apply(changes, terms, now=now)
            transaction.set_rollback(dry_run)
        if dry_run:
            self.stdout.write(_("Nothing was written."))
            return
        journey_plan.note(terms.found)
        told = [journey_words.applied_segment(group) for group in planned]
        told += [journey_words.applied(change, done) for change in changes]
        for line in told:
            self.stdout.write(line)

    def _export(self, *, path: str, journey: Sequence[str], draft: bool, **_options: Any) -> None:
        folder = Path(path)
        found = saved(journey or None)
        groups = segment_plan.exported(journey or None)
        unknown = sorted(set(journey) - found.keys() - groups.keys())
        if unknown:
            raise CommandError(
                _("There is no journey or segment “%(slug)s”.") % {"slug": unknown[0]}
            )
        folder.mkdir(parents=True, exist_ok=True)
        for slug, text in groups.items():
            self._write(folder / f"{slug}{SEGMENT if slug in found else ''}.yaml", text)
        for each in found.values():
            text = each.draft if draft else journey_plan.live_text(each)
            if text:
                self._write(folder / f"{each.slug}.yaml", text)

    def _write(self, file: Path, text: str) -> None:
        file.write_bytes(text.encode())
        self.stdout.write(str(file))

    def _test(self, *, path: Sequence[str], **_options: Any) -> None:
        files = journey_files.trial_files(path)
        for file in files:
            self._tell(file.path, file.problems)
        broken = sum(bool(file.problems) for file in files)
        runs = [(file, trial) for file in files if not file.problems for trial in _trials(file)]
        failed = self._run(runs) if runs else 0
        passed = {"passed": len(runs) - failed, "failed": failed, "broken": broken}
        self.stdout.write(_("%(passed)d passed, %(failed)d failed.") % passed)
        if failed or broken:
            raise CommandError(
                _("%(failed)d tests failed, %(broken)d files of tests cannot be read.") % passed
            )

    def _run(self, runs: Sequence[tuple[TrialFile, Trial]]) -> int:
        """Run the tests, telling each as it ends. Returns how many failed."""
        console = Console(file=cast(IO[str], self.stdout._out), soft_wrap=True)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        failed = 0
        with (
            scratch(),
            Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
            as progress,
        ):  # fmt: skip
            for file, trial in progress.track(runs):
                passed, lines = _rehearsed(file, trial)
                failed += not passed
                console.print("\n".join(lines), markup=False, highlight=False)
        return failed


def _rehearsed(file: TrialFile, trial: Trial) -> tuple[bool, list[str]]:
    """Whether a test passed, and what to say of it."""
    journey, *others = [
        Staged(each.document, each.text)
        for each in (file.journey, *file.others)
        if each is not None and each.document is not None
    ]
    try:
        found = rehearse(trial, journey, others)
    except (NoSuchCustomer, Refused, StillBusy) as error:
        return False, [journey_words.stopped(file, trial, str(error))]
    return not found.failures, list(journey_words.rehearsed(file, trial, found))


def _trials(file: TrialFile) -> Sequence[Trial]:
    return file.trials.trials if file.trials else ()


def _sentence(error: Exception) -> str:
    if isinstance(error, Refused) and error.code == "unconfirmed":
        return _(
            "Customers would lose their place: see what plan says, then apply with --confirm,"
            " or say with --move where they go."
        )
    if isinstance(error, Refused) and error.code == "undeliverable":
        return _(
            "Not everything would reach the customers: mend it, or apply with --override and a"
            " reason."
        )
    return str(error)


def _refuse_to_overwrite(groups: Sequence[SegmentChange], changes: Sequence[Change]) -> None:
    drifted = [each.file.slug for each in groups if each.drift]
    if drifted:
        message = _(
            "Somebody changed the segment %(slugs)s since: export it, or apply with --overwrite."
        )
        raise CommandError(message % {"slugs": ", ".join(drifted)})
    edited = [each.file.slug for each in changes if "draft" in each.drift and each.pending]
    if edited:
        message = _(
            "The draft of %(slugs)s holds edits that were never published: export it with --draft,"
            " or apply with --overwrite."
        )
        raise CommandError(message % {"slugs": ", ".join(edited)})
