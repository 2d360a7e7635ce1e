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
from journeys.operations import draft, publish
from journeys.queries.deployed import Saved, saved, standing

Kind = Literal["new", "changed", "comments", "same"]
Drift = Literal["draft", "live"]
RUNNING = ("draft", "live")
"""The states in which a file may be published: what stands still, an operator has stopped."""


class Change(NamedTuple):
    """What a file means for its journey. `standing` counts customers at steps that go or change.

    A `draft` drift is an edit in the admin that no version has; a `live` one is a version that was
    not published from a file.
    """

    file: JourneyFile
    kind: Kind
    drift: Sequence[Drift]
    difference: Difference
    standing: Mapping[str, int]
    before: Saved | None

    @property
    def held(self) -> bool:
        """Whether the journey stands still, so that a change is saved and not published."""
        return self.before is not None and self.before.state not in RUNNING

    @property
    def pending(self) -> bool:
        """Whether applying writes anything."""
        if self.held and self.before is not None:
            return self.kind != "same" and self.before.draft != self.file.text
        return self.kind != "same"


def plan(files: Iterable[JourneyFile]) -> list[Change]:
    """What each of the sound files would change."""
    sound = [(each, each.document) for each in files if each.document is not None]
    slugs = [each.slug for each, _ in sound]
    before, places = saved(slugs), standing(slugs)
    return [
        _change(file, document, before.get(file.slug), places.get(file.slug, {}))
        for file, document in sound
    ]


def _change(
    file: JourneyFile, document: Document, before: Saved | None, places: Mapping[str, int]
) -> Change:
    live = _document(before.live) if before and before.published else None
    steps = difference(live, document)
    touched = (*steps.changed, *steps.removed)
    return Change(
        file=file,
        kind=_kind(file.text, before),
        drift=_drift(file, before),
        difference=steps,
        standing={step: places[step] for step in touched if step in places},
        before=before,
    )


def _kind(text: str, before: Saved | None) -> Kind:
    if before is None or not before.published:
        return "new"
    if _data(text) != _data(before.live):
        return "changed"
    mine = _data(before.draft) == _data(text)
    return "comments" if mine and before.draft != text else "same"


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


def _document(text: str) -> Document | None:
    try:
        return parse(text)
    except DocumentError:  # saved by an earlier version of Sojourn, whose documents were others
        return None


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


def apply(
    changes: Iterable[Change], *, by: str, note: str, now: dt.datetime, keep: bool
) -> dict[str, int | None]:
    """Save and publish what differs, all or nothing; without `keep` only try it.

    Returns the live version's number for every journey written, None where it stands still or only
    its comments changed. Raises Refused.
    """
    done: dict[str, int | None] = {}
    with transaction.atomic():
        for change in changes:
            if change.pending:
                done[change.file.slug] = _write(change, by=by, note=note, now=now)
        transaction.set_rollback(not keep)
    return done


def _write(change: Change, *, by: str, note: str, now: dt.datetime) -> int | None:
    slug, before = change.file.slug, change.before
    if before is None or before.draft != change.file.text:
        revision = before.revision if before else None
        draft.save(slug, change.file.text, revision=revision, by=by, now=now)
    if change.held or change.kind == "comments":
        return None
    version = publish.publish(slug, by=by, note=_noted(note, change.file), now=now)
    return version.number
