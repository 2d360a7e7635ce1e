"""Finds customers by whatever an operator has at hand: an id, any identifier, an address, a name.

What is indexed is tried first; only a term that is nobody's key is looked for in names and in
parts of addresses.
"""

from collections.abc import Collection

from django.db import connection

from profiles.models import Customer

LIMIT = 200

BY_KEY = """
WITH RECURSIVE kinds AS (
    (SELECT kind FROM profiles_identifier ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT (
        SELECT i.kind FROM profiles_identifier i WHERE i.kind > kinds.kind ORDER BY i.kind LIMIT 1
    ) FROM kinds WHERE kinds.kind IS NOT NULL
)
SELECT i.customer_id FROM kinds
JOIN profiles_identifier i ON i.kind = kinds.kind AND i.value = ANY(%(values)s)
UNION SELECT id FROM profiles_customer WHERE email <> '' AND email = ANY(%(values)s)
UNION SELECT id FROM profiles_customer WHERE phone <> '' AND phone = ANY(%(values)s)
UNION SELECT id FROM profiles_customer WHERE id = %(id)s
LIMIT %(limit)s
"""

BY_KIND = "SELECT customer_id FROM profiles_identifier WHERE kind = %s AND value = ANY(%s)"

BY_PART = """
SELECT id FROM profiles_customer
WHERE strpos(email, %(part)s) > 0
   OR strpos(lower(concat_ws(
        ' ', attributes->>'firstName', attributes->>'lastName', attributes->>'name'
      )), %(part)s) > 0
ORDER BY id DESC LIMIT %(limit)s
"""

MOST = 2**63 - 1


def find(term: str) -> list[int]:
    """At most LIMIT ids of customers that the term leads to. `kind:value` names one identifier."""
    term = term.strip().replace("\x00", "")
    if not term:
        return []
    values = _spellings(term)
    kind, colon, value = term.partition(":")
    with connection.cursor() as cursor:
        if colon:
            cursor.execute(BY_KIND, [kind, _spellings(value)])
            if found := [row[0] for row in cursor.fetchall()]:
                return found
        number = int(term) if term.isascii() and term.isdigit() and int(term) <= MOST else None
        cursor.execute(BY_KEY, {"values": values, "id": number, "limit": LIMIT})
        if found := [row[0] for row in cursor.fetchall()]:
            return found
        cursor.execute(BY_PART, {"part": term.lower(), "limit": LIMIT})
        return [row[0] for row in cursor.fetchall()]


def _spellings(term: str) -> list[str]:
    """The term as typed, as an e-mail address is kept, and as a phone number is kept."""
    term = term.strip()
    digits = "".join(letter for letter in term if letter.isdigit())
    phone = [f"+{digits}"] if len(digits) >= 7 and not term.isdigit() else []
    return list(dict.fromkeys([term, term.lower(), *phone]))


def names(ids: Collection[int]) -> dict[int, str]:
    """How these customers are called in lists."""
    known = Customer.objects.filter(pk__in=ids).only("attributes", "email", "phone")
    return {customer.pk: str(customer) for customer in known}
