"""Enrolls named customers on request: the `api` trigger."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from journeys.models import Journey
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.refused import Refused
from journeys.operations.run import run
from journeys.queries import plans
from journeys.queries.plans import Loaded
from profiles.queries.references import resolve

MOST = 10_000


@transaction.atomic
def admit(
    slug: str, customers: Sequence[str], properties: Mapping[str, Any], *, now: dt.datetime
) -> dict[str, Any]:
    """Enroll customers given by id or `kind:value`.

    Returns counts and every refusal with its reason.
    """
    version = _open(slug)
    if len(customers) > MOST:
        message = _("At most %(most)s customers at once: send them in several calls.")
        raise Refused("invalid", message % {"most": MOST})
    ids = resolve(customers)
    found = enroll(
        [Candidate(id, version, dict(properties)) for id in dict.fromkeys(ids.values())], now=now
    )
    run(found.rows, now=now, earlier_arms=found.earlier_arms)
    named = {id: name for name, id in ids.items()}
    refusals = [
        {"customer": named[each.candidate.customer_id], "reason": each.code}
        for each in found.refusals
    ]
    refusals += [
        {"customer": name, "reason": "unknown_customer"} for name in customers if name not in ids
    ]
    return {
        "enrolled": len(found.rows),
        "refused": dict(Counter(each["reason"] for each in refusals)),
        "refusals": refusals,
    }


def _open(slug: str) -> Loaded:
    """The live version, if it takes customers by name."""
    version = plans.current().entering.get(slug)
    if version is None:
        _explain(slug)
        raise Refused("state", _("The journey is not live: publish or resume it first."))
    if not version.plan.enter.api:
        message = _("The journey has no api trigger: add `- api: true` to enter.on and publish.")
        raise Refused("state", message)
    return version


def _explain(slug: str) -> None:
    if not Journey.objects.filter(slug=slug).exists():
        raise Refused("not_found", _("There is no journey “%(slug)s”.") % {"slug": slug})
