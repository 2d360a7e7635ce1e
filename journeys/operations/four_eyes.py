"""Who asks for publishing, and that nobody says yes to themself.

With SOJOURN_FOUR_EYES a journey goes live only by somebody else than the one who asked, and only
as it was when they asked. Publishing what was asked for is the approval.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from journeys.models import Journey, PublishRequest
from journeys.operations.refused import Refused


def standing(journey: Journey) -> PublishRequest | None:
    """The open request for the draft as it is now."""
    return PublishRequest.objects.filter(
        journey=journey, state="open", revision=journey.revision
    ).first()


@transaction.atomic
def ask(
    journey: Journey, *, revision: int | None, by: str, note: str, now: dt.datetime
) -> PublishRequest:
    """Ask for the draft as it is, in place of an earlier request. Raises Refused."""
    held = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    if revision not in (None, held.revision):
        message = _("Somebody saved revision %(theirs)s meanwhile: look at it, then ask again.")
        raise Refused("conflict", message % {"theirs": held.revision})
    PublishRequest.objects.filter(journey=held, state="open").update(
        state="replaced", decided_at=now
    )
    return PublishRequest.objects.create(
        journey=held, revision=held.revision, by=by, note=note[:500], at=now
    )


@transaction.atomic
def decline(journey: Journey, *, by: str, reason: str, now: dt.datetime) -> None:
    """Say no, with the reason. Raises Refused."""
    if not reason.strip():
        raise Refused("invalid", _("Say why, so that the author can mend it."))
    done = PublishRequest.objects.filter(journey=journey, state="open").update(
        state="declined", decided_by=by, decided_at=now, reason=reason.strip()[:500]
    )
    if not done:
        raise Refused("not_found", _("Nobody asks for this journey to be published."))


def witnessed(journey: Journey, *, by: str) -> PublishRequest | None:
    """The request that publishing by `by` approves, if there is one. Raises Refused where four eyes
    are asked for and there are two.
    """
    found = standing(journey)
    if not settings.SOJOURN_FOUR_EYES:
        return found
    if found is None:
        raise Refused("four_eyes", _(
            "Publishing takes two: ask for it, and somebody else publishes what you asked for."
        ))  # fmt: skip
    if found.by == by:
        raise Refused("four_eyes", _(
            "You asked for this yourself: somebody else has to publish it."
        ))  # fmt: skip
    return found


def approve(found: PublishRequest | None, *, by: str, now: dt.datetime) -> None:
    """What was asked for is live."""
    if found is not None:
        found.state, found.decided_by, found.decided_at = "approved", by, now
        found.save(update_fields=["state", "decided_by", "decided_at"])
