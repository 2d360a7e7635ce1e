"""Versions of the lifecycle model: measured on the base, in force if worth it, told of once."""

from decimal import Decimal
from random import Random

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.core.lifecycle import Model, Thresholds
from profiles.core.rfm import Cuts, score
from profiles.core.stages import RULES, Rule
from profiles.models import LifecycleModel, LifecycleState
from profiles.operations import lifecycle_model
from profiles.operations.lifecycle import advance_due, refresh
from profiles.operations.lifecycle_model import (
    NIGHTLY,
    activate_model,
    edit_model,
    model_in_force,
    refresh_model,
)
from profiles.queries.lifecycle import active_model, next_due
from tests.core.lifecycle_history import DAY, MICRO, T0, History, bought
from tests.database.shop import customer, order, pass_time, placed, segment, state, store, told

pytestmark = pytest.mark.django_db


def quantile(values: list[float], part: float) -> float:
    """The smallest value that at least this part of the values do not exceed."""
    ranked = sorted(values)
    return next(v for i, v in enumerate(ranked, 1) if i >= part * len(ranked))


def base(count: int, *, seed: int = 2) -> list[History]:
    """Buyers of 1–6 orders, some 20 days apart, with prices to the cent."""
    draw = Random(seed)
    return [
        History(
            orders=tuple(
                (T0 - (draw.random() + 20 * number) * DAY, Decimal(draw.randint(100, 9000)) / 100)
                for number in range(draw.randint(1, 6))
            )
        )
        for _ in range(count)
    ]


def test_the_first_use_makes_the_default_model_once() -> None:
    assert active_model() is None
    made = model_in_force(now=T0)
    assert made == Model(version=made.version)
    assert model_in_force(now=T0) == made
    assert LifecycleModel.objects.get().activated_at == T0


def test_cut_points_and_cycle_are_those_of_the_base() -> None:
    histories = base(400)
    refresh(store(histories), now=T0)
    report = refresh_model(now=T0)
    assert report.activated
    facts = [history.facts(T0) for history in histories]
    orders = [float(f.orders) for f in facts if f.orders >= 2]
    money = [float(f.revenue) for f in facts]
    found = active_model()
    assert found is not None
    assert found.cuts.f == (1, *(quantile(orders, part) for part in (0.25, 0.5, 0.75)))
    assert found.cuts.m == tuple(quantile(money, part) for part in (0.2, 0.4, 0.6, 0.8))
    gaps = sorted(
        (later - earlier).total_seconds()
        for history in histories
        for earlier, later in zip(
            sorted(at for at, _ in history.orders),
            sorted(at for at, _ in history.orders)[1:],
            strict=False,
        )
    )
    middle = len(gaps) // 2
    median = gaps[middle] if len(gaps) % 2 else (gaps[middle - 1] + gaps[middle]) / 2
    assert found.cycle == pytest.approx(median, abs=1e-3)
    shares = [sum(score(value, found.cuts.m) == s for value in money) for s in range(1, 6)]
    assert shares == [80] * 5


def test_equal_customers_share_the_lower_score() -> None:
    refresh(store([bought(1, value=50)] * 8 + [bought(1, value=90)] * 2), now=T0)
    refresh_model(now=T0)
    found = active_model()
    assert found is not None
    assert [score(value, found.cuts.m) for value in (50.0, 90.0)] == [1, 5]


def test_a_base_too_small_to_fill_the_scores_keeps_the_defaults() -> None:
    refresh(store([bought(1, 70), bought(2, 80), bought(3, 60)]), now=T0)
    report = refresh_model(now=T0)
    assert (report.activated, report.moved) == (False, 0)
    assert LifecycleModel.objects.count() == 1
    found = active_model()
    assert found is not None
    assert (found.cuts, found.cycle) == (Cuts(), Model().cycle)


def test_a_model_moves_everybody_once_and_names_itself_as_the_cause() -> None:
    ids = store([bought(20, value=10)] * 6 + [bought(1, 30, value=150)] * 5)
    placed(*ids, now=T0)
    assert {segment(id_) for id_ in ids} == {"first_time_buyer", "growing"}
    later = T0 + DAY
    report = refresh_model(now=later)
    assert (report.activated, report.moved, report.marked) == (True, 5, 11)
    assert LifecycleModel.objects.get(version=report.version).moved == 5
    assert next_due() == later
    pass_time(later)
    assert told(ids[-1])[1:] == [(later, "growing", "repeat_buyer", "model")]
    assert [move[3] for move in told(ids[0])] == ["event"]
    assert set(LifecycleState.objects.values_list("model_version", flat=True)) == {report.version}
    again = refresh_model(now=later + DAY)
    assert (again.activated, again.marked) == (False, 0)
    pass_time(later + 2 * DAY)
    assert len(told(ids[-1])) == 2


def test_small_moves_wait_for_an_operator() -> None:
    refresh(store([bought(1, value=value) for value in range(100, 200, 2)]), now=T0)
    first = refresh_model(now=T0)
    placed(*store([bought(1, value=201)]), now=T0)
    second = refresh_model(now=T0)
    assert (first.activated, second.activated) == (True, False)
    kept = LifecycleModel.objects.get(version=second.version)
    assert (kept.active, kept.note, kept.activated_at) == (False, NIGHTLY, None)
    third = refresh_model(now=T0)
    assert LifecycleModel.objects.filter(activated_at=None).count() == 1
    done = activate_model(version=third.version, now=T0 + DAY)
    assert done.activated
    assert active_model() == model_in_force(now=T0)
    assert LifecycleModel.objects.get(active=True).version == third.version
    with pytest.raises(ValueError, match="no lifecycle model 99"):
        activate_model(version=99, now=T0)


def test_a_small_move_can_be_forced() -> None:
    refresh(store([bought(1, value=value) for value in range(100, 200, 2)]), now=T0)
    refresh_model(now=T0)
    placed(*store([bought(1, value=201)]), now=T0)
    assert refresh_model(now=T0, force=True).activated


def test_edited_thresholds_are_kept_until_activated_and_then_move_customers() -> None:
    one = customer()
    order(one, T0 - 70 * DAY)
    placed(one, now=T0)
    patient = Thresholds(
        rules=tuple(
            Rule("conversion", "first_time_buyer", 1, upto=1.25)
            if rule.segment == "first_time_buyer"
            else rule
            for rule in RULES
        )
    )
    kept = edit_model(thresholds=patient, note="more patience", now=T0)
    assert (kept.activated, kept.moved, segment(one)) == (False, 1, "second_order_due")
    assert refresh_model(now=T0).activated is False
    activate_model(version=kept.version, now=T0)
    pass_time(T0)
    assert told(one)[-1] == (T0, "second_order_due", "first_time_buyer", "model")
    assert state(one).next_at == T0 + 5 * DAY + MICRO


def test_rules_with_a_hole_are_refused() -> None:
    holed = tuple(rule for rule in RULES if rule.segment != "visitor")
    with pytest.raises(ValueError, match="add a rule"):
        edit_model(thresholds=Thresholds(rules=holed), note="", now=T0)


def test_recency_by_quintiles_follows_the_base() -> None:
    ids = store([bought(days) for days in range(1, 11)])
    refresh(ids, now=T0)
    edited = edit_model(thresholds=Thresholds(recency_mode="quintile"), note="", now=T0)
    activate_model(version=edited.version, now=T0)
    assert refresh_model(now=T0).activated
    pass_time(T0)
    scores = [row.r for row in LifecycleState.objects.order_by("pk")]
    assert scores == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_a_large_base_is_marked_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle_model, "MARKED_AT_ONCE", 4)
    refresh(store(base(10)), now=T0)
    later = T0 + DAY
    assert refresh_model(now=later, force=True).marked == 10
    assert LifecycleState.objects.filter(next_at=later).count() == 10


def test_the_statements_of_a_new_model_do_not_grow_with_the_base() -> None:
    counts = []
    for size in (20, 300):
        refresh(store(base(size, seed=size)), now=T0)
        with CaptureQueriesContext(connection) as queries:
            assert refresh_model(now=T0, force=True).activated
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_stored_model_is_read_as_it_was_written() -> None:
    thresholds = msgspec.structs.replace(Thresholds(), idle=1234.5, recency_mode="quintile")
    kept = edit_model(thresholds=thresholds, note="", now=T0)
    activate_model(version=kept.version, now=T0)
    found = active_model()
    assert found is not None
    assert found.thresholds == thresholds
    assert advance_due(now=T0) == 0
