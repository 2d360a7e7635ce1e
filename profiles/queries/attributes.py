"""Reads the attributes and the user ids of many customers at once."""

from collections.abc import Collection
from typing import Any

import msgspec
from django.db import connection

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def attributes_of(customer_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Attributes as plain data by customer id; unknown customers are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, attributes::text FROM profiles_customer WHERE id = ANY(%s)",
            [list(customer_ids)],
        )
        return {row[0]: _decode(row[1]) for row in cursor.fetchall()}


def user_ids_of(customer_ids: Collection[int]) -> dict[int, str]:
    """The first `user_id` of each of these customers who has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (customer_id) customer_id, value FROM profiles_identifier"
            " WHERE customer_id = ANY(%s) AND kind = 'user_id' ORDER BY customer_id, id",
            [list(customer_ids)],
        )
        return dict(cursor.fetchall())
