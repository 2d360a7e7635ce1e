"""The whole base as the lifecycle model sees it: score cut-points, purchase cycle, placements."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from django.db import connection

from profiles.core.cycle import population_cycle
from profiles.core.lifecycle import Facts, Model
from profiles.core.rfm import (
    LEAST_BUYERS,
    LEAST_REPEAT_BUYERS,
    QUARTILES,
    QUINTILES,
    Cuts,
    Quad,
    frequency_cuts,
    money_cuts,
)
from profiles.queries.lifecycle import STATE, known
from profiles.queries.purchases import median_gap

# `percentile_disc` answers a value of the base: with scores that count the cut-points below a
# value, equals share the lower score. Recency runs the other way, so that its ties do, too.
PERCENTILES = """
SELECT count(*) FILTER (WHERE orders_window >= 2),
       percentile_disc(%(quartiles)s::float8[]) WITHIN GROUP (ORDER BY orders_window)
           FILTER (WHERE orders_window >= 2),
       count(*),
       percentile_disc(%(quintiles)s::float8[]) WITHIN GROUP (ORDER BY revenue_window::float8),
       percentile_disc(%(descending)s::float8[]) WITHIN GROUP (
           ORDER BY extract(epoch FROM %(now)s - last_order_at)::float8 / 86400 DESC)
FROM profiles_lifecyclestate WHERE orders_window >= 1
"""
PLACEMENTS = f"""
SELECT c.identified, {STATE}
FROM profiles_lifecyclestate s JOIN profiles_customer c ON c.id = s.customer_id
"""


def measured(model: Model, *, now: datetime) -> tuple[Cuts, float]:
    """Cut-points and population cycle of the present base.

    Too few customers to fill every score, or too few gaps, leave what `model` or the default says.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            PERCENTILES,
            {
                "quartiles": list(QUARTILES),
                "quintiles": list(QUINTILES),
                "descending": sorted(QUINTILES, reverse=True),
                "now": now,
            },
        )
        repeat_buyers, orders, buyers, money, days = cursor.fetchone()
    f: Quad = frequency_cuts(orders) if repeat_buyers >= LEAST_REPEAT_BUYERS else model.cuts.f
    m: Quad = money_cuts(money) if buyers >= LEAST_BUYERS else model.cuts.m
    r: Quad = money_cuts(days) if buyers >= LEAST_BUYERS else model.cuts.r
    return Cuts(f=f, m=m, r=r), population_cycle(*median_gap())


def placements() -> Iterator[tuple[str, Facts]]:
    """Everybody's segment and the facts it stands on, streamed; needs a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(PLACEMENTS)
        while rows := cursor.fetchmany(2000):
            for identified, *row in rows:
                item = known(tuple(row))
                facts = msgspec.structs.replace(item.facts, identified=identified)
                yield item.before.standing.segment, facts
