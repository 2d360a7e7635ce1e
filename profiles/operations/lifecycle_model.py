"""Versions of the lifecycle model: made from the base each night, in force only if worth a move.

A version never changes once it was in force. Putting one in force marks every customer as due at
that instant; the tick then places them, with the model as the cause.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import connection, transaction
from django.utils.translation import gettext as _

from profiles.core.lifecycle import Model, Thresholds, stand
from profiles.core.rfm import moved
from profiles.core.stages import uncovered
from profiles.queries.lifecycle import active_model, parse_model
from profiles.queries.lifecycle_base import measured, placements

# Writers of models take turns; readers never wait.
TURN = "LOCK TABLE profiles_lifecyclemodel IN SHARE ROW EXCLUSIVE MODE"
STORE = """
INSERT INTO profiles_lifecyclemodel
    (version, thresholds, cuts, cycle_seconds, active, created_at, activated_at, moved, note)
SELECT coalesce(max(version), 0) + 1, %(thresholds)s::jsonb, %(cuts)s::jsonb, %(cycle)s, false,
       %(now)s, NULL, %(moved)s, %(note)s
FROM profiles_lifecyclemodel RETURNING version
"""
DISCARD = "DELETE FROM profiles_lifecyclemodel WHERE note = %(note)s AND activated_at IS NULL"
STORED = """
SELECT version, thresholds::text, cuts::text, cycle_seconds
FROM profiles_lifecyclemodel WHERE version = %(version)s
"""
RETIRE = "UPDATE profiles_lifecyclemodel SET active = false WHERE active"
PUT_IN_FORCE = """
UPDATE profiles_lifecyclemodel SET active = true, activated_at = %(now)s
WHERE version = %(version)s
"""
MARK = """
WITH chosen AS MATERIALIZED (
    SELECT customer_id FROM profiles_lifecyclestate
    WHERE customer_id > %(after)s AND model_version <> %(version)s
    ORDER BY customer_id LIMIT %(limit)s FOR NO KEY UPDATE
),
marked AS (
    UPDATE profiles_lifecyclestate s SET next_at = %(now)s
    FROM chosen WHERE s.customer_id = chosen.customer_id
)
SELECT max(customer_id), count(*) FROM chosen
"""
MARKED_AT_ONCE = 20_000
NIGHTLY = "recomputed"


class ModelReport(NamedTuple):
    """What became of a model: its version, whether it is in force now, and whom it moves.

    `moved` customers stand in another segment under it, counted when it is put in force; `marked`
    ones were marked as due.
    """

    version: int
    activated: bool
    moved: int
    marked: int


def model_in_force(*, now: datetime) -> Model:
    """The active model; on an empty base the default one is made and put in force."""
    model = active_model()
    if model:
        return model
    with transaction.atomic():
        _take_turn()
        model = active_model()
        if model is None:
            model = msgspec.structs.replace(Model(), version=_store(Model(), 0, "", now))
            _put_in_force(model.version, now)
    return model


def refresh_model(*, now: datetime, force: bool = False) -> ModelReport:
    """Recompute cut-points and cycle from the base; in force if one moved by more than 5 %.

    A version that is not worth it is kept, until the next night's, for an operator to activate.
    """
    with transaction.atomic():
        current = model_in_force(now=now)
        _take_turn()
        cuts, cycle = measured(current, now=now)
        made = msgspec.structs.replace(current, cuts=cuts, cycle=cycle)
        _discard_nightly()
        if made == current:
            report = ModelReport(current.version, False, 0, 0)
        else:
            report = _judge(current, made, force, now)
    return report._replace(marked=_mark(now))


def edit_model(*, thresholds: Thresholds, note: str, now: datetime) -> ModelReport:
    """Keep a version with these thresholds, not yet in force. ValueError for rules with a hole."""
    holes = uncovered(thresholds.rules)
    if holes:
        raise ValueError(
            _("No lifecycle rule covers %(signals)s; add a rule for them.") % {"signals": holes[0]}
        )
    with transaction.atomic():
        current = model_in_force(now=now)
        _take_turn()
        made = msgspec.structs.replace(current, thresholds=thresholds)
        going = _movers(made, now)
        return ModelReport(_store(made, going, note, now), False, going, 0)


def activate_model(*, version: int, now: datetime) -> ModelReport:
    """Put a kept version in force, as an operator decides. ValueError for an unknown version."""
    with transaction.atomic():
        _take_turn()
        model = _stored(version)
        if model is None:
            raise ValueError(
                _("There is no lifecycle model %(version)s; choose a version from the list.")
                % {"version": version}
            )
        going = _movers(model, now)
        _put_in_force(version, now)
    return ModelReport(version, True, going, _mark(now))


def _judge(current: Model, made: Model, force: bool, now: datetime) -> ModelReport:
    worth_it = force or moved(_numbers(current), _numbers(made))
    going = _movers(made, now) if worth_it else 0
    version = _store(made, going, NIGHTLY, now)
    if worth_it:
        _put_in_force(version, now)
    return ModelReport(version, worth_it, going, 0)


def _numbers(model: Model) -> list[float]:
    """All that the 5 % rule watches; R's cut-points only where they are in use."""
    days = model.cuts.r if model.thresholds.recency_mode == "quintile" else ()
    return [*model.cuts.f, *model.cuts.m, *days, model.cycle]


def _movers(model: Model, now: datetime) -> int:
    """How many customers would stand in another segment under `model`."""
    return sum(stand(facts, model, now).segment != segment for segment, facts in placements())


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TURN)


def _store(model: Model, going: int, note: str, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            {
                "thresholds": msgspec.json.encode(model.thresholds).decode(),
                "cuts": msgspec.json.encode(model.cuts).decode(),
                "cycle": model.cycle,
                "moved": going,
                "note": note,
                "now": now,
            },
        )
        version: int = cursor.fetchone()[0]
    return version


def _discard_nightly() -> None:
    with connection.cursor() as cursor:
        cursor.execute(DISCARD, {"note": NIGHTLY})


def _stored(version: int) -> Model | None:
    with connection.cursor() as cursor:
        cursor.execute(STORED, {"version": version})
        row = cursor.fetchone()
    return parse_model(*row) if row else None


def _put_in_force(version: int, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RETIRE)
        cursor.execute(PUT_IN_FORCE, {"version": version, "now": now})


def _mark(now: datetime) -> int:
    """Mark as due whoever was placed by another version, in steps that hold few rows at a time."""
    model = model_in_force(now=now)
    after = 0
    total: int = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            at = {"version": model.version, "after": after, "limit": MARKED_AT_ONCE}
            cursor.execute(MARK, at | {"now": now})
            last, count = cursor.fetchone()
        total += count
        if count < MARKED_AT_ONCE:
            return total
        after = last
