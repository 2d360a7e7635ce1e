"""What applying journey files would change, and doing it.

Everything is decided from one look at the database; whoever saves meanwhile is not overwritten,
for the draft is saved over the revision that was looked at.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from django.db import transaction

from config.journey_files import JourneyFile
from journeys.core import source
from journeys.core.difference import Difference, difference
from journeys.core.document import Document, parse
from journeys.core.problem import DocumentError
from journeys.core.replan import StepChange
from journeys.models import Journey
from journeys.operations import contents, draft, publish
from journeys.operations.readiness import Readiness, note_uses, readiness
from journeys.operations.replan import replan
from journeys.queries.deployed import Saved, saved

Kind = Literal["new", "changed", "comments", "same"]
Drift = Literal["draft", "live"]
STOPPED = "stopped"
"""The state in which a file is saved and not published: somebody has ended the journey."""

Moves = Mapping[str, Mapping[str, str]]
"""Where customers of a step go instead of to the step of the same id, by journey."""


class Change(NamedTuple):
    """What a file means for its journey. `steps` tells who stands where, and where they go.

    A `draft` drift is an edit in the admin that no version has; a `live` one is a version that was
    not published from a file.
    """

    file: JourneyFile
    kind: Kind
    drift: Sequence[Drift]
    difference: Difference
    steps: Sequence[StepChange]
    before: Saved | None

    @property
    def held(self) -> bool:
        """Whether the journey was stopped, so that a change is saved and not published."""
        return self.before is not None and self.before.state == STOPPED

    @property
    def pending(self) -> bool:
        """Whether applying writes anything."""
        if self.held and self.before is not None:
            return self.kind != "same" and self.before.draft != self.file.text
        return self.kind != "same"

    @property
    def publishes(self) -> bool:
        """Whether applying makes a new version."""
        return self.pending and not self.held and self.kind != "comments"


def plan(files: Iterable[JourneyFile], moves: Moves) -> list[Change]:
    """What each of the sound files would change. Raises Refused for a move that cannot be made."""
    sound = [(each, each.document) for each in files if each.document is not None]
    before = saved([each.slug for each, _ in sound])
    rows = Journey.objects.select_related("live_version").filter(slug__in=before)
    known = {each.slug: each for each in rows}
    return [
        Change(
            file=file,
            kind=_kind(file.text, before.get(file.slug), known.get(file.slug)),
            drift=_drift(file, before.get(file.slug)),
            difference=difference(_live(before.get(file.slug)), document),
            steps=_steps(known.get(file.slug), document, moves.get(file.slug, {})),
            before=before.get(file.slug),
        )
        for file, document in sound
    ]


def _steps(
    journey: Journey | None, document: Document, move: Mapping[str, str]
) -> Sequence[StepChange]:
    if journey is None:
        return [StepChange(each.id, "added", 0, None, False) for each in document.steps]
    return replan(journey, document, move).steps


def _kind(text: str, before: Saved | None, journey: Journey | None) -> Kind:
    if before is None or not before.published:
        return "new"
    if _data(text) != _data(before.live) or _says_else(text, journey):
        return "changed"
    mine = _data(before.draft) == _data(text)
    return "comments" if mine and before.draft != text else "same"


def _says_else(text: str, journey: Journey | None) -> bool:
    """Whether its templates or blocks have changed since it was published."""
    version = journey.live_version if journey else None
    return version is not None and contents.digest(text) != version.digest


def _drift(file: JourneyFile, before: Saved | None) -> list[Drift]:
    found: list[Drift] = []
    if before is None:
        return found
    if _data(before.draft) not in (_data(before.live), _data(file.text)):
        found.append("draft")
    if before.published and _data(before.live) != _data(file.text) and not _ours(before.note):
        found.append("live")
    return found


def _data(text: str) -> str:
    """What a version is told by: the data, in its order."""
    try:
        return json.dumps(source.read(text).value)
    except DocumentError:
        return text


def _live(before: Saved | None) -> Document | None:
    return parse(before.live) if before and before.published else None


FROM = "from "


def _noted(note: str, file: JourneyFile) -> str:
    return f"{note} ({FROM}{file.path.name})" if note else f"{FROM}{file.path.name}"


def _ours(note: str) -> bool:
    """Whether a version was published from a file, by its note."""
    return note.rpartition("(")[2].startswith(FROM) and ".yaml" in note


def live_text(found: Saved) -> str:
    """The live document as it was typed, with the comments that were saved since; "" for none."""
    if found.published and _data(found.draft) == _data(found.live):
        return found.draft
    return found.live


class Terms(NamedTuple):
    """Who publishes, why, and on what terms: nobody loses a place unless `confirm` says so, and
    nothing that was found (`found`, by journey) is passed over unless `override` says why.
    """

    by: str
    note: str
    confirm: bool
    moves: Moves
    override: str = ""
    found: Mapping[str, Readiness] = {}


def look(changes: Iterable[Change], *, now: dt.datetime) -> dict[str, Readiness]:
    """What customers would get of those that would be published. Not to be called in a transaction,
    for looking takes seconds.
    """
    return {
        each.file.slug: readiness(each.file.text, now=now) for each in changes if each.publishes
    }


def agree(terms: Terms) -> None:
    """Raises Refused where something was found and no reason is given to pass it over."""
    for each in terms.found.values():
        each.overridden(terms.override)


def note(found: Mapping[str, Readiness]) -> None:
    """What was looked at is live."""
    for slug, each in found.items():
        note_uses(slug, each)


def apply(changes: Iterable[Change], terms: Terms, *, now: dt.datetime) -> dict[str, int | None]:
    """Save and publish what differs, all or nothing.

    Returns the live version's number for every journey written, None where it was stopped or only
    its comments changed. Raises Refused.
    """
    done: dict[str, int | None] = {}
    with transaction.atomic():
        for change in changes:
            if change.pending:
                done[change.file.slug] = _write(change, terms, now)
    return done


def _write(change: Change, terms: Terms, now: dt.datetime) -> int | None:
    slug, before = change.file.slug, change.before
    if before is None or before.draft != change.file.text:
        revision = before.revision if before else None
        draft.save(slug, change.file.text, revision=revision, by=terms.by, now=now)
    if change.held or change.kind == "comments":
        return None
    version = publish.publish(
        slug,
        by=terms.by,
        note=_noted(terms.note, change.file),
        now=now,
        move=terms.moves.get(slug),
        confirm=terms.confirm,
        override=terms.found[slug].overridden(terms.override) if slug in terms.found else "",
    )
    return version.number
