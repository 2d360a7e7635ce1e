"""The rows of customers and their identifiers, written in sets inside the caller's transaction.

Locks are taken in one order everywhere: event keys, identifiers, customers, what belongs to them;
and each of these sorted. So writers wait for each other, and never in a circle.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from django.db import connection

from profiles.core.attributes import COLUMNS, Patch
from profiles.core.identity import USER, Key, Owner
from profiles.operations.arrays import numbers, texts

_encode = msgspec.json.Encoder().encode
Strength = Literal["KEY SHARE", "NO KEY UPDATE", "UPDATE"]


class Raced(Exception):
    """Another transaction changed what this one had read: roll back and look again."""


def take_keys(source: str, message_ids: Iterable[str], *, now: dt.datetime) -> set[str]:
    """Claim message ids for good; returns those that nobody had claimed before."""
    wanted = sorted(set(message_ids) - {""})
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_eventkey (source, message_id, received_at) "
            "SELECT %s, message_id, %s FROM unnest(%s::text[]) message_id "
            "ON CONFLICT DO NOTHING RETURNING message_id",
            [source, now, texts(wanted)],
        )
        return {row[0] for row in cursor.fetchall()}


def owners(keys: Collection[Key]) -> dict[Key, Owner]:
    """To whom these identifiers lead today."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.kind, i.value, i.customer_id, i.kind = 'user_id' OR EXISTS ("
            "  SELECT FROM profiles_identifier u"
            "  WHERE u.customer_id = i.customer_id AND u.kind = 'user_id') "
            "FROM unnest(%s::text[], %s::text[]) AS w(kind, value) "
            "JOIN profiles_identifier i ON i.kind = w.kind AND i.value = w.value",
            [texts(kind for kind, _ in keys), texts(value for _, value in keys)],
        )
        return {(row[0], row[1]): Owner(row[2], row[3]) for row in cursor.fetchall()}


def create(moments: Sequence[dt.datetime], *, now: dt.datetime) -> list[int]:
    """New customers, one for each moment of first sight; their ids in the same order, ascending."""
    if not moments:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_customer (attributes, email, phone, timezone, locale, identified,"
            " created_at, updated_at) "
            "SELECT '{}', '', '', '', '', false, least(at, %s), %s "
            "FROM unnest(%s::timestamptz[]) at RETURNING id",
            [now, now, texts(moment.isoformat() for moment in moments)],
        )
        return sorted(row[0] for row in cursor.fetchall())


def link(links: Mapping[Key, int], *, now: dt.datetime) -> None:
    """Give identifiers to customers. Raises Raced if somebody else has taken one meanwhile."""
    if links and len(claim(links, now=now)) < len(links):
        raise Raced


def claim(links: Mapping[Key, int], *, now: dt.datetime) -> set[Key]:
    """Give identifiers to customers where they are free; an owner keeps what they have."""
    wanted = sorted(links)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_identifier (kind, value, customer_id, created_at) "
            "SELECT kind, value, customer_id, %s "
            "FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS w(kind, value, customer_id) "
            "ON CONFLICT DO NOTHING RETURNING kind, value",
            [
                now,
                texts(kind for kind, _ in wanted),
                texts(value for _, value in wanted),
                numbers(links[key] for key in wanted),
            ],
        )
        return {(row[0], row[1]) for row in cursor.fetchall()}


_LOCKS = {
    strength: (
        "SELECT id, coalesce(attributes->>'country', '') FROM profiles_customer "
        "WHERE id = ANY(%s::bigint[]) AND merged_into_id IS NULL ORDER BY id FOR " + strength
    )
    for strength in ("KEY SHARE", "NO KEY UPDATE", "UPDATE")
}


def lock(ids: Collection[int], strength: Strength) -> dict[int, str]:
    """Hold these customers until the transaction ends; returns the countries of those who stand.

    KEY SHARE keeps them from being merged, NO KEY UPDATE from being written, UPDATE is for merging.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCKS[strength], [numbers(sorted(ids))])
        return dict(cursor.fetchall())


def require_visitors(ids: Collection[int], links: Mapping[Key, int]) -> None:
    """Raise Raced if one of these, held by us, has got a user_id that is not of our own links."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value FROM profiles_identifier "
            "WHERE customer_id = ANY(%s) AND kind = 'user_id'",
            [sorted(ids)],
        )
        if any((USER, row[0]) not in links for row in cursor.fetchall()):
            raise Raced


_WRITE = """
UPDATE profiles_customer c SET
    attributes = (c.attributes || p.put) - p.gone,
    email = CASE WHEN 'email' = ANY(p.gone) THEN '' ELSE coalesce(p.put->>'email', c.email) END,
    phone = CASE WHEN 'phone' = ANY(p.gone) THEN '' ELSE coalesce(p.put->>'phone', c.phone) END,
    timezone = CASE WHEN 'timezone' = ANY(p.gone) THEN ''
        ELSE coalesce(p.put->>'timezone', c.timezone) END,
    locale = CASE WHEN 'locale' = ANY(p.gone) THEN ''
        ELSE coalesce(p.put->>'locale', c.locale) END,
    identified = c.identified OR p.identified,
    updated_at = %s
FROM (
    SELECT id, put, ARRAY(SELECT jsonb_array_elements_text(gone)) AS gone, identified
    FROM unnest(%s::bigint[], %s::jsonb[], %s::jsonb[], %s::bool[]) AS w(id, put, gone, identified)
) p
WHERE c.id = p.id AND (
    (c.attributes || p.put) - p.gone <> c.attributes OR p.identified AND NOT c.identified)
"""
"""A repeated identify changes nothing and so writes nothing."""


def write(patches: Mapping[int, Patch], named: Collection[int], *, now: dt.datetime) -> None:
    """Put and drop attributes; `named` have become identifiable. The caller holds the customers."""
    ids = sorted({*patches, *named})
    if not ids:
        return
    nothing = Patch({}, [])
    given = [patches.get(customer_id, nothing) for customer_id in ids]
    identified = [customer_id in named for customer_id in ids]
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [
                now,
                numbers(ids),
                texts(_encode(patch.put).decode() for patch in given),
                texts(_encode(patch.drop).decode() for patch in given),
                identified,
            ],
        )


def identifying(patches: Mapping[int, Patch]) -> dict[Key, int]:
    """The e-mail addresses and phone numbers in these patches, as identifiers to claim."""
    return {
        (kind, str(patch.put[kind])): customer_id
        for customer_id, patch in sorted(patches.items(), reverse=True)
        for kind in COLUMNS[:2]
        if kind in patch.put
    }
