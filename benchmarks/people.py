"""Customers and their history, put into the tables by set statements before anything is
measured.
"""

import datetime as dt

from django.db import connection

from journeys.operations import draft, publish
from profiles.operations import partitions

CUSTOMERS = """
INSERT INTO profiles_customer
    (attributes, email, phone, timezone, locale, identified, created_at, updated_at)
SELECT jsonb_build_object(
        'firstName', 'First' || n %% 97, 'lastName', 'Last' || n %% 89,
        'email', 'customer' || n || '@example.com', 'phone', '+1202555' || lpad(n::text, 7, '0'),
        'country', (ARRAY['DE', 'FR', 'US', 'GB', 'ES', 'IT'])[1 + n %% 6],
        'city', 'City ' || n %% 53, 'plan', (ARRAY['free', 'plus', 'pro'])[1 + n %% 3],
        'points', n %% 1000, 'locale', 'en-US'),
    'customer' || n || '@example.com', '+1202555' || lpad(n::text, 7, '0'), '', 'en-US', true,
    %(at)s, %(at)s
FROM generate_series(1, %(count)s) n
"""
IDENTIFIERS = """
INSERT INTO profiles_identifier (kind, value, customer_id, created_at)
SELECT 'user_id', 'user-' || id, id, %(at)s FROM profiles_customer ORDER BY id
"""
PLACEMENTS = """
INSERT INTO profiles_lifecyclestate (customer_id, stage, segment, lost_stage, r, f, m, orders,
    orders_window, revenue, revenue_window, gap_seconds, gap_count, last_activity_at, last_view_at,
    last_cart_at, last_checkout_at, ever_loyal, since, next_at, model_version)
SELECT id, 'acquisition', 'browser', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, %(at)s, %(at)s, %(at)s,
    %(at)s, false, %(at)s, %(at)s + interval '20 days', 1
FROM profiles_customer
"""
EVENTS = """
INSERT INTO profiles_event
    (customer_id, name, at, received_at, source, message_id, properties, context)
SELECT c.id, (ARRAY['Product Viewed', 'page', 'Product Added'])[1 + (c.id + k) %% 3],
    %(at)s - make_interval(hours => (7 + 211 * k + c.id %% 200)::int), %(at)s, 'history', '',
    jsonb_build_object('product_id', 'p' || (c.id * 7 + k) %% 500, 'value', (c.id + k) %% 120), '{}'
FROM profiles_customer c, generate_series(0, 4) k ORDER BY 3
"""
"""Five events each over the last 43 days: every customer viewed a product, most within 30 days."""


def fill(count: int, *, now: dt.datetime) -> None:
    """`count` customers, each with a user id, a lifecycle state and five events behind them."""
    lay(count, now=now)
    settle()


def lay(count: int, *, now: dt.datetime) -> None:
    """The same, for whoever lays down more and settles afterwards."""
    partitions.ensure(now - dt.timedelta(days=days) for days in range(-31, 93, 31))
    at = now - dt.timedelta(hours=1)
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, {"count": count, "at": at})
        for statement in (IDENTIFIERS, PLACEMENTS, EVENTS):
            cursor.execute(statement, {"at": at})


def settle() -> None:
    """What autovacuum would have done to tables of this age."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def publish_journey(slug: str, document: str, *, now: dt.datetime) -> None:
    draft.save(slug, document, revision=None, by="benchmarks", now=now)
    publish.publish(slug, by="benchmarks", note="", now=now)
