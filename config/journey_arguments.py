"""What the command for journeys takes on its line."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from config import journey_proof
from config.journey_files import JourneyFile
from config.journey_plan import Terms

WRONG_USAGE = 2


def add(parser: ArgumentParser) -> None:
    """Everything that may be written behind `manage.py journeys`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help=_("tell every problem of the files"))
    plan = actions.add_parser("plan", help=_("show what apply would change, and for how many"))
    apply = actions.add_parser("apply", help=_("save and publish the files, all or none"))
    export = actions.add_parser("export", help=_("write the live journeys as files"))
    test = actions.add_parser("test", help=_("run the tests in NAME.test.yaml"))
    journey_proof.add_arguments(actions)
    for each in (check, plan, apply, test):
        each.add_argument("path", nargs="+", metavar="PATH", help=_("files, or folders of them"))
    for each in (plan, apply):
        each.add_argument(
            "--move",
            action="append",
            default=[],
            metavar="[JOURNEY:]STEP=TO",
            help=_("send the customers of a step to another one, to end, leave or stay"),
        )
    _of_apply(apply)
    export.add_argument("path", metavar="FOLDER", help=_("where the files go"))
    export.add_argument("journey", nargs="*", help=_("only these journeys and segments"))
    export.add_argument("--draft", action="store_true", help=_("the drafts, not what is live"))


def _of_apply(apply: ArgumentParser) -> None:
    apply.add_argument("--confirm", action="store_true", help=_("customers may lose a place"))
    apply.add_argument("--dry-run", action="store_true", help=_("change nothing"))
    apply.add_argument("--by", default="journeys apply", help=_("who publishes (%(default)s)"))
    apply.add_argument("--note", default="", help=_("why, for the list of versions"))
    apply.add_argument(
        "--override", default="", metavar="REASON", help=_("publish in spite of problems")
    )
    apply.add_argument(
        "--overwrite", action="store_true", help=_("replace drafts that hold unpublished edits")
    )


def terms(options: Mapping[str, Any], files: Sequence[JourneyFile]) -> Terms:
    """On what terms the files are applied."""
    return Terms(
        options["by"], options["note"], options["confirm"], moves(options["move"], files),
        options["override"],
    )  # fmt: skip


def moves(written: Sequence[str], files: Sequence[JourneyFile]) -> dict[str, dict[str, str]]:
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
