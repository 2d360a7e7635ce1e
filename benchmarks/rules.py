"""The entry rules of twenty journeys: as conditions, and by hand in SQL.

The predicates by hand speak of `c` (customer), `l` (lifecycle) and `f` (what one grouped pass over
the log found); they are what somebody would write who has these twenty questions and no others.
"""

import datetime as dt
import json
from typing import Any, NamedTuple

import yaml


class Rule(NamedTuple):
    """One question, asked twice: `condition` in the product's language, `sql` by hand."""

    condition: dict[str, Any]
    sql: str


POINTS = "(c.attributes->>'points')::int"
COUNTRY = "c.attributes->>'country'"
PLAN = "c.attributes->>'plan'"
CITY = "c.attributes->>'city'"
WRITTEN = (
    ("all: [{attribute: country, in: [DE, FR]}, {attribute: points, gte: 900}]",
     f"{COUNTRY} IN ('DE', 'FR') AND {POINTS} >= 900"),
    ("all: [{attribute: plan, eq: pro}, {attribute: points, lt: 60}]",
     f"{PLAN} = 'pro' AND {POINTS} < 60"),
    ("all: [{attribute: city, eq: City 7}, {attribute: country, ne: US}]",
     f"{CITY} = 'City 7' AND {COUNTRY} <> 'US'"),
    ("attribute: email, starts_with: customer77",
     "starts_with(c.attributes->>'email', 'customer77')"),
    ("any: [{attribute: points, gte: 990}, {attribute: points, lt: 10}]",
     f"({POINTS} >= 990 OR {POINTS} < 10)"),
    ("all: [{attribute: locale, eq: en-US}, {attribute: points, gte: 500},"
     " {attribute: points, lt: 560}]",
     f"c.attributes->>'locale' = 'en-US' AND {POINTS} >= 500 AND {POINTS} < 560"),
    ("all: [{lifecycle: browser}, {attribute: points, gte: 950}]",
     f"l.segment = 'browser' AND {POINTS} >= 950"),
    ("all: [{stage: acquisition}, {attribute: plan, in: [plus, pro]},"
     " {attribute: points, gte: 900}]",
     f"l.stage = 'acquisition' AND {PLAN} IN ('plus', 'pro') AND {POINTS} >= 900"),
    ("all: [{event: Product Viewed, within: 2d}, {attribute: points, gte: 500}]",
     f"f.viewed_2d > 0 AND {POINTS} >= 500"),
    ("all: [{event: Product Viewed, count: {gte: 2}, within: 30d}, {attribute: plan, eq: pro},"
     " {attribute: points, gte: 800}]",
     f"f.viewed_30d >= 2 AND {PLAN} = 'pro' AND {POINTS} >= 800"),
    ("all: [{attribute: country, eq: DE}, {attribute: points, gte: 600},"
     " {not: {event: page, within: 30d}}]",
     f"{COUNTRY} = 'DE' AND {POINTS} >= 600 AND f.page_30d IS NOT TRUE"),
    ("all: [{event: Product Added, sum: value, gte: 150}, {attribute: points, gte: 800}]",
     f"f.added_value >= 150 AND {POINTS} >= 800"),
    ("all: [{event: Product Added, within: 10d, where: {value: {gte: 100}}},"
     " {attribute: points, gte: 700}]",
     f"f.added_100_10d AND {POINTS} >= 700"),
    ("all: [{event: Product Viewed, where: {product_id: {eq: p7}}}, {attribute: plan, ne: free}]",
     f"f.viewed_p7 AND {PLAN} <> 'free'"),
    ("all: [{event: page, count: {gte: 2}, within: 40d}, {attribute: city, eq: City 1}]",
     f"f.page_40d >= 2 AND {CITY} = 'City 1'"),
    ("all: [{event: Product Viewed, max: value, gte: 118}, {attribute: points, gte: 500}]",
     f"f.viewed_value >= 118 AND {POINTS} >= 500"),
    ("all: [{event: Product Viewed, distinct: product_id, gte: 2, within: 30d},"
     " {attribute: points, gte: 900}]",
     f"f.viewed_products >= 2 AND {POINTS} >= 900"),
    ("all: [{any: [{event: Product Viewed, within: 1d}, {event: Product Added, within: 1d}]},"
     " {attribute: points, gte: 700}]",
     f"(f.viewed_1d OR f.added_1d) AND {POINTS} >= 700"),
    ("event: Wishlist Added, within: 30d", "f.wished_30d > 0"),
    ("event: Wishlist Added, count: {gte: 2}, within: 30d", "f.wished_30d >= 2"),
)  # fmt: skip
RULES = tuple(Rule(yaml.safe_load(f"{{{text}}}"), sql) for text, sql in WRITTEN)

VALUE = "(properties->>'value')::numeric"
ASKED = """
SELECT customer_id,
    count(*) FILTER (WHERE name = 'Product Viewed' AND at > {now} - interval '48 h') AS viewed_2d,
    count(*) FILTER (WHERE name = 'Product Viewed' AND at > {now} - interval '720 h') AS viewed_30d,
    bool_or(name = 'page' AND at > {now} - interval '720 h') AS page_30d,
    sum({value}) FILTER (WHERE name = 'Product Added') AS added_value,
    bool_or(name = 'Product Added' AND at > {now} - interval '240 h' AND {value} >= 100)
        AS added_100_10d,
    bool_or(name = 'Product Viewed' AND properties->>'product_id' = 'p7') AS viewed_p7,
    count(*) FILTER (WHERE name = 'page' AND at > {now} - interval '960 h') AS page_40d,
    max({value}) FILTER (WHERE name = 'Product Viewed') AS viewed_value,
    count(DISTINCT properties->>'product_id')
        FILTER (WHERE name = 'Product Viewed' AND at > {now} - interval '720 h') AS viewed_products,
    bool_or(name = 'Product Viewed' AND at > {now} - interval '24 h') AS viewed_1d,
    bool_or(name = 'Product Added' AND at > {now} - interval '24 h') AS added_1d,
    count(*) FILTER (WHERE name = 'Wishlist Added' AND at > {now} - interval '720 h') AS wished_30d
FROM profiles_event
WHERE name IN ('Product Viewed', 'page', 'Product Added', 'Wishlist Added') AND at <= {now}
GROUP BY customer_id
"""


def by_hand(now: dt.datetime) -> str:
    """One statement that counts who satisfies each rule: the least that the answer can cost."""
    asked = ASKED.format(now=f"'{now.isoformat()}'::timestamptz", value=VALUE)
    counts = ", ".join(f"count(*) FILTER (WHERE {rule.sql})" for rule in RULES)
    return (
        f"SELECT {counts} FROM profiles_customer c"
        " LEFT JOIN profiles_lifecyclestate l ON l.customer_id = c.id"
        f" LEFT JOIN ({asked}) f ON f.customer_id = c.id WHERE c.merged_into_id IS NULL"
    )


def name(number: int) -> str:
    """The segment that holds those who satisfy a rule."""
    return f"rule-{number}"


def written(condition: dict[str, Any]) -> str:
    """A condition as it stands in a journey's document."""
    return json.dumps(condition)


def enter_segments(now: dt.datetime) -> None:
    """Put everybody into the segments of the rules, as filling them would: in one statement."""
    from django.db import connection

    statement, given = _standing(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM profiles_segment WHERE slug = ANY(%s) ORDER BY id",
                       [[name(number) for number in range(len(RULES))]])  # fmt: skip
        rows = ", ".join(
            f"({row[0]}, q.a{at}, q.n{at})" for at, row in enumerate(cursor.fetchall())
        )
        cursor.execute(
            "INSERT INTO profiles_membership (segment_id, customer_id, member, since, next_at)"
            f" SELECT m.segment, id, m.member, %(since)s, m.next_at FROM {statement}"
            f" CROSS JOIN LATERAL (VALUES {rows}) m(segment, member, next_at)"
            " WHERE m.member OR m.next_at IS NOT NULL",
            {**given, "since": now - dt.timedelta(days=1)},
        )


def _standing(now: dt.datetime) -> tuple[str, dict[str, Any]]:
    """`q` with everybody's answers and the instants at which they turn, by the compiler."""
    from profiles.core.conditions import parse
    from profiles.queries.conditions.answers import facts
    from profiles.queries.conditions.binding import Binder
    from profiles.queries.conditions.compiler import Compiler, joins
    from profiles.queries.conditions.flips import turn

    compiler = Compiler(facts(Binder(), now=now, zone=None), ahead=True)
    asked = [parse(rule.condition, entry_allowed=False) for rule in RULES]
    columns = [f"{compiler.compile(each)} AS a{at}" for at, each in enumerate(asked)]
    columns += [f"{turn(each, compiler)} AS n{at}" for at, each in enumerate(asked)]
    needed = joins(compiler.log, standing=compiler.standing, customers="true")
    everybody = f"SELECT c.id, {', '.join(columns)} FROM profiles_customer c {needed}"
    return f"({everybody}) q", compiler.facts.bind.params
