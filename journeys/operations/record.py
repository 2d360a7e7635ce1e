"""Carries out `update` steps:
attributes set, rendered or unset, consents given or taken, for many customers at once.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from channels.core.template import TemplateProblem, compiled, scope
from journeys.core.decisions import Record
from journeys.operations import apply
from journeys.queries.enrollments import Row
from journeys.queries.knowledge import texts_know
from journeys.queries.plans import Loaded
from profiles.core.consent import ConsentChange
from profiles.operations.ingest import ProfileUpdate, update_profiles
from profiles.queries.attributes import attributes_of


class ProfileChange(NamedTuple):
    """One `update` step of one enrollment."""

    row: Row
    version: Loaded
    record: Record


def record_changes(changes: Sequence[ProfileChange], *, now: dt.datetime) -> None:
    """Apply `update` steps in the order given.

    A template that fails leaves its attribute alone, with a reason.
    """
    if not changes:
        return
    rendering = {change.row.customer_id for change in changes if change.record.render}
    attributes = attributes_of(rendering) if rendering else {}
    failures: list[apply.Reason] = []
    updates = [_update(change, attributes, failures, now) for change in changes]
    update_profiles(updates, now=now)
    apply.log(failures)


def _update(
    change: ProfileChange,
    attributes: Mapping[int, Mapping[str, Any]],
    failures: list[apply.Reason],
    now: dt.datetime,
) -> ProfileUpdate:
    row, record = change.row, change.record
    values = dict(record.set)
    variables = (
        scope(texts_know(row, change.version, attributes.get(row.customer_id, {})))
        if record.render
        else {}
    )
    for name, source in record.render.items():
        try:
            values[name] = compiled(source, "short").render(variables)
        except TemplateProblem as error:
            why = {"attribute": name, "error": str(error)}
            failures.append(
                apply.reason(
                    row, "template_error", why, step=record.step, visit=record.visit, at=now
                )
            )
    return ProfileUpdate(
        customer_id=row.customer_id, set=values, unset=record.unset, consents=_consents(change)
    )


def _consents(change: ProfileChange) -> list[ConsentChange]:
    source = f"journey:{change.version.slug}"
    return [
        ConsentChange(
            customer_id=change.row.customer_id,
            channel=each.channel,
            topic=each.topic,
            state=state,
            source=source,
            proof={"step": change.record.step, "version": change.version.number},
        )
        for state, subscriptions in (
            ("subscribed", change.record.subscribe),
            ("unsubscribed", change.record.unsubscribe),
        )
        for each in subscriptions
    ]
