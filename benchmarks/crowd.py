"""A crowd to ask rules about: customers with five events each, twenty segments that hold those who
satisfy the twenty rules, a journey for each, and enrollments that wait.

It is laid down once a run for each size and shared by the benchmarks. Some customers, `DUE` for
each of `SECONDS` seconds, leave a segment by time within that second, and as many waits end in it.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import people, rules
from benchmarks.ground import Ground

DUE = 1000
SECONDS = 60
PLAIN = 100_000
STRIDE = 7919
"""A prime, so that those who come one after the other live far apart."""
BULKY = (
    "profiles_customer", "profiles_identifier", "profiles_lifecyclestate", "profiles_event",
    "profiles_membership", "journeys_enrollment",
)  # fmt: skip
JOURNEY = """
journey: journey-{n}
title: Journey {n}
enter:
  on: [{{segment: rule-{n}}}, {{event: Product Viewed, where: {{category: {{eq: c{n}}}}}}}]
  if: {rule}
  again: always
steps:
  - id: pause
    wait: 1d
  - id: mail
    send: {{channel: email, subject: "Hello {{{{ customer.firstName }}}}", text: Hello}}
"""
WAITING = """
journey: waiting
title: Waiting
enter: {on: [{event: Order Completed}]}
steps:
  - id: pause
    wait: 1d
  - id: on
    wait: 30d
"""
OTHERS = """
journey: other-{n}
title: Other {n}
enter:
  on: [{{event: Product Viewed, where: {{category: {{eq: other{n}}}}}}}, {{event: Other {n}}}]
  if: {{all: [{{attribute: other{n}, gte: 5}}, {{event: Other {n}, within: 30d}}]}}
  again: always
leave: {{on: [{{event: Left {n}}}]}}
steps:
  - id: pause
    wait: 1d
"""
WISHES = """
INSERT INTO profiles_event
    (customer_id, name, at, received_at, source, message_id, properties, context)
SELECT customer, 'Wishlist Added', at, %(now)s, 'history', '', '{}', '{}' FROM (
    SELECT 1 + (n * %(stride)s) %% %(count)s AS customer, n,
        %(now)s - interval '720 hours'
            + make_interval(secs => n / %(due)s + 0.1 + 0.8 * (n %% %(due)s) / %(due)s) AS due,
        %(now)s - interval '120 hours' AS later
    FROM generate_series(0::bigint, %(seconds)s * %(due)s - 1) n
) w CROSS JOIN LATERAL (SELECT due AS at UNION ALL SELECT later WHERE n %% 2 = 0) t
"""
"""Each falls out of its thirty days within its second; every other customer has a younger one."""
WAITS = """
INSERT INTO journeys_enrollment (customer_id, journey_id, version_id, key, status, ghost, arms,
    step, visit, visits, due_at, step_at, entry, entry_event_id, context, entered_at, left_reason,
    failures)
SELECT 1 + (n * %(stride)s) %% %(count)s, v.journey_id, v.id, 'k' || n / %(count)s, 'active', '',
    '{}', 'pause', 1, '{"pause": 1}',
    CASE WHEN n < %(seconds)s * %(due)s
        THEN %(now)s + make_interval(secs => n / %(due)s + 0.1 + 0.8 * (n %% %(due)s) / %(due)s)
        ELSE %(now)s + make_interval(hours => (2 + n %% 600)::int) END,
    %(now)s - interval '1 day', jsonb_build_object('order_id', 'o' || n), n, '{}',
    %(now)s - interval '1 day', '', 0
FROM generate_series(%(from)s::bigint, %(waiting)s - 1) n
CROSS JOIN (SELECT v.id, v.journey_id FROM journeys_version v JOIN journeys_journey j
    ON j.live_version_id = v.id WHERE j.slug = 'waiting') v
"""
READ = """
INSERT INTO journeys_cursor (name, done, upto, after_xid, after_id)
VALUES ('journeys', pg_current_snapshot()::text, NULL, 0, 0)
ON CONFLICT (name) DO UPDATE SET done = EXCLUDED.done
"""
FILLED = "UPDATE profiles_segment SET building = false, built_at = %s"
INDEXES = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'u' AND conrelid = ANY(%(tables)s::regclass[])
UNION ALL
SELECT format('DROP INDEX %%I', c.relname),
       replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY(%(tables)s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""


class Size(NamedTuple):
    """`customers` and `waiting` enrollments, and how many `others` there are: journeys (and half as
    many segments) beside the twenty that the rules make.
    """

    customers: int
    waiting: int
    others: int = 0

    @property
    def name(self) -> str:
        return f"crowd_{self.customers}_{self.waiting}_{self.others}"

    @property
    def due(self) -> int:
        """How many fall due in a second: all that there are, in a smoke."""
        return min(DUE, self.customers // SECONDS)


_laid: dict[str, dt.datetime] = {}


def lay(ground: Ground, size: Size) -> dt.datetime:
    """Have the crowd ready to be restored by its name. Returns the instant that is its now.

    A plain one is laid down first, with no more waits than customers or PLAIN; more goes on top.
    """
    if size.name not in _laid:
        base = Size(size.customers, min(size.waiting, size.customers, PLAIN))
        if base == size:
            now = dt.datetime.now(dt.UTC).replace(microsecond=0)
            ground.prepare(size.name, lambda: _fill(size, now))
        else:
            now = lay(ground, base)
            ground.prepare(size.name, lambda: _add(size, base, now), base=base.name)
        _laid[size.name] = now
    return _laid[size.name]


def _fill(size: Size, now: dt.datetime) -> None:
    from django.db import connection

    for number, rule in enumerate(rules.RULES):
        _segment(rules.name(number), rule.condition, now)
        text = JOURNEY.format(n=number, rule=rules.written(rule.condition))
        people.publish_journey(f"journey-{number}", text, now=now)
    people.publish_journey("waiting", WAITING, now=now)
    with _unindexed(), connection.cursor() as cursor:
        people.lay(size.customers, now=now)
        cursor.execute(WISHES, _given(size, now))
        cursor.execute(WAITS, _given(size, now))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        with _unindexed("profiles_membership"):
            rules.enter_segments(now)
        cursor.execute(FILLED, [now])
        cursor.execute(READ)
    people.settle()


def _given(size: Size, now: dt.datetime, *, laid: int = 0) -> dict[str, Any]:
    return {
        "now": now, "count": size.customers, "due": size.due, "seconds": SECONDS, "from": laid,
        "waiting": size.waiting, "stride": STRIDE,
    }  # fmt: skip


def _add(size: Size, base: Size, now: dt.datetime) -> None:
    """What the crowd has more than its base."""
    from django.db import connection

    if size.waiting > base.waiting:
        with _unindexed("journeys_enrollment"), connection.cursor() as cursor:
            cursor.execute(WAITS, _given(size, now, laid=base.waiting))
    _add_others(size.others, now)
    people.settle()


def _add_others(count: int, now: dt.datetime) -> None:
    """Journeys and segments that look at other events and attributes, half as many segments."""
    from django.db import connection

    for number in range(count):
        people.publish_journey(f"other-{number}", OTHERS.format(n=number), now=now)
        if number % 2:
            condition = {"all": [
                {"attribute": f"other{number}", "gte": 5},
                {"event": f"Other {number}", "within": "30d"},
            ]}  # fmt: skip
            _segment(f"other-{number}", condition, now)
    with connection.cursor() as cursor:
        cursor.execute(FILLED, [now])


def _segment(slug: str, condition: object, now: dt.datetime) -> None:
    from profiles.operations import segments

    segments.save(slug, title=slug, condition=condition, revision=None, now=now)


@contextlib.contextmanager
def _unindexed(*tables: str) -> Iterator[None]:
    """Fill tables without looking keys up row by row; what was there is built anew afterwards."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(INDEXES, {"tables": list(tables or BULKY)})
        found = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica")
        for drop, _ in found:
            cursor.execute(drop)
        yield
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for _, create in found:
            cursor.execute(create)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("RESET session_replication_role")
