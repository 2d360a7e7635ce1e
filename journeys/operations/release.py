"""Publishes a draft once it is known that what it says would reach the customers whole.

Somebody may publish it nevertheless, with a reason that the version keeps.
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

from journeys.models import Journey, Version
from journeys.operations import publish
from journeys.operations.readiness import Readiness, note_uses, readiness
from journeys.operations.refused import Refused


class Released(NamedTuple):
    """The version, and what was looked at before."""

    version: Version
    found: Readiness


def release(
    slug: str,
    *,
    by: str,
    note: str,
    now: dt.datetime,
    move: Mapping[str, str] | None = None,
    confirm: bool = False,
    override: str = "",
) -> Released:
    """Look, then publish just what was looked at. Not to be called in a transaction, for looking
    takes seconds. Raises Refused.
    """
    journey = Journey.objects.filter(slug=slug).first()
    if journey is None:
        raise Refused("not_found", _("There is no journey “%(slug)s”.") % {"slug": slug})
    found = readiness(journey.source, now=now)
    version = publish.publish(
        slug, by=by, note=note, now=now, move=move, confirm=confirm,
        override=found.overridden(override), revision=journey.revision,
    )  # fmt: skip
    note_uses(slug, found)
    return Released(version, found)
