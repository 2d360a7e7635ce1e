"""Turns what a caller calls customers by into customers: `kind:value`, an id, or a bare user id.

Two statements for all.
"""

from collections.abc import Sequence

from django.db import connection

from profiles.queries.customers import LARGEST_ID, current

USER_KIND = "user_id"

OWNERS = """
SELECT g.reference, i.customer_id
FROM unnest(%s::text[], %s::text[], %s::text[]) AS g(reference, kind, value)
JOIN profiles_identifier i ON i.kind = g.kind AND i.value = g.value
"""


def resolve(references: Sequence[str]) -> dict[str, int]:
    """The customer of each reference, after all merges; those who lead to nobody are left out.

    A number is a customer's id, or a user id where no customer has it;
    `shop:17` a user id where no kind is `shop`.
    """
    names = list(dict.fromkeys(references))
    numbers = {
        name: int(name)
        for name in names
        if name.isascii() and name.isdigit() and int(name) <= LARGEST_ID
    }
    owned = _owned([name for name in names if "\x00" not in name])
    known = current({*numbers.values(), *owned.values()})
    found: dict[str, int] = {}
    for name in names:
        number = known.get(numbers[name]) if name in numbers else None
        owner = known.get(owned[name]) if name in owned else None
        if (id := number or owner) is not None:
            found[name] = id
    return found


def _owned(names: Sequence[str]) -> dict[str, int]:
    spelled = [(name, USER_KIND, name) for name in names]
    for name in names:
        kind, colon, value = name.partition(":")
        if colon:
            spelled.append((name, kind, value.strip().lower() if kind == "email" else value))
    with connection.cursor() as cursor:
        cursor.execute(
            OWNERS,
            [list(column) for column in zip(*spelled, strict=True)] if spelled else [[], [], []],
        )
        return dict(cursor.fetchall())
