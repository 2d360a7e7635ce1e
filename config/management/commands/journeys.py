"""Journeys as code: check files, plan what they change, apply them, export, test.

Exit status 0 when all is well, 1 with problems, 2 for wrong usage.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from config import journey_files, journey_plan, journey_words
from config.journey_files import JourneyFile, NoFiles, TrialFile
from config.journey_plan import Change, Terms
from config.rehearsal import NotEmpty, Staged, rehearse
from config.scratch import NoScratch, scratch
from config.settle import StillBusy
from journeys.core.problem import Problem
from journeys.core.trials.casting import NoSuchCustomer
from journeys.core.trials.reading import Trial
from journeys.operations.refused import Refused
from journeys.queries.deployed import saved
from profiles.queries import clock

WRONG_USAGE = 2


class Command(BaseCommand):
    help = "Journeys as files: check, plan, apply, export, test."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        check = actions.add_parser("check", help=_("tell every problem of the files"))
        plan = actions.add_parser("plan", help=_("show what apply would change, and for how many"))
        apply = actions.add_parser("apply", help=_("save and publish the files, all or none"))
        export = actions.add_parser("export", help=_("write the live journeys as files"))
        test = actions.add_parser("test", help=_("run the tests in NAME.test.yaml"))
        for each in (check, plan, apply, test):
            each.add_argument(
                "path", nargs="+", metavar="PATH", help=_("files, or folders of them")
            )
        for each in (plan, apply):
            each.add_argument(
                "--move",
                action="append",
                default=[],
                metavar="[JOURNEY:]STEP=TO",
                help=_("send the customers of a step to another one, to end, leave or stay"),
            )
        apply.add_argument("--confirm", action="store_true", help=_("customers may lose a place"))
        apply.add_argument("--dry-run", action="store_true", help=_("change nothing"))
        apply.add_argument("--by", default="journeys apply", help=_("who publishes (%(default)s)"))
        apply.add_argument("--note", default="", help=_("why, for the list of versions"))
        apply.add_argument(
            "--overwrite", action="store_true", help=_("replace drafts that hold unpublished edits")
        )
        export.add_argument("path", metavar="FOLDER", help=_("where the files go"))
        export.add_argument("journey", nargs="*", help=_("only these journeys"))
        export.add_argument("--draft", action="store_true", help=_("the drafts, not what is live"))

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        actions: dict[str, Callable[..., None]] = {
            "check": self._check,
            "plan": self._plan,
            "apply": self._apply,
            "export": self._export,
            "test": self._test,
        }
        try:
            actions[action](**options)
        except NoFiles as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from error
        except (Refused, NoScratch, NotEmpty) as error:
            raise CommandError(_sentence(error)) from error

    def _check(self, *, path: Sequence[str], **_options: Any) -> None:
        files = self._sound(path)
        self.stdout.write(
            ngettext("%(count)d journey is sound.", "%(count)d journeys are sound.", len(files))
            % {"count": len(files)}
        )

    def _sound(self, paths: Sequence[str]) -> list[JourneyFile]:
        """The files, once nothing keeps any of them from being published."""
        files = journey_files.journey_files(paths)
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
        return files

    def _tell(self, path: Path, problems: Sequence[Problem]) -> None:
        for each in problems:
            self.stdout.write(journey_words.problem(path, each))

    def _plan(self, *, path: Sequence[str], move: Sequence[str], **_options: Any) -> None:
        files = self._sound(path)
        self._show(journey_plan.plan(files, _moves(move, files)))

    def _show(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for line in journey_words.change(change):
                self.stdout.write(line)

    def _apply(
        self,
        *,
        path: Sequence[str],
        move: Sequence[str],
        dry_run: bool,
        overwrite: bool,
        **options: Any,
    ) -> None:
        files = self._sound(path)
        terms = Terms(options["by"], options["note"], options["confirm"], _moves(move, files))
        changes = journey_plan.plan(files, terms.moves)
        if dry_run:
            self._show(changes)
        if not overwrite:
            _refuse_to_overwrite(changes)
        done = journey_plan.apply(changes, terms, now=clock.now(), keep=not dry_run)
        if dry_run:
            self.stdout.write(_("Nothing was written."))
            return
        for change in changes:
            self.stdout.write(journey_words.applied(change, done))

    def _export(self, *, path: str, journey: Sequence[str], draft: bool, **_options: Any) -> None:
        folder = Path(path)
        found = saved(journey or None)
        unknown = sorted(set(journey) - found.keys())
        if unknown:
            raise CommandError(_("There is no journey “%(slug)s”.") % {"slug": unknown[0]})
        folder.mkdir(parents=True, exist_ok=True)
        for each in found.values():
            text = each.draft if draft else journey_plan.live_text(each)
            if text:
                file = folder / f"{each.slug}.yaml"
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


def _moves(written: Sequence[str], files: Sequence[JourneyFile]) -> dict[str, dict[str, str]]:
    """`STEP=TO`, with the journey before it where there are several."""
    found: dict[str, dict[str, str]] = {}
    slugs = [each.slug for each in files]
    for each in written:
        journey, _colon, move = each.rpartition(":")
        step, equals, to = move.partition("=")
        slug = journey or (slugs[0] if len(slugs) == 1 else "")
        if not (step and equals and to) or slug not in slugs:
            message = _(
                "Write --move JOURNEY:STEP=TO with one of the journeys given, not %(text)s."
            )
            raise CommandError(message % {"text": each}, returncode=WRONG_USAGE)
        found.setdefault(slug, {})[step] = to
    return found


def _sentence(error: Exception) -> str:
    if isinstance(error, Refused) and error.code == "unconfirmed":
        return _(
            "Customers would lose their place: see what plan says, then apply with --confirm,"
            " or say with --move where they go."
        )
    return str(error)


def _refuse_to_overwrite(changes: Sequence[Change]) -> None:
    edited = [each.file.slug for each in changes if "draft" in each.drift and each.pending]
    if edited:
        message = _(
            "The draft of %(slugs)s holds edits that were never published: export it with --draft,"
            " or apply with --overwrite."
        )
        raise CommandError(message % {"slugs": ", ".join(edited)})
