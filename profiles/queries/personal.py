"""Where this house keeps what is about one person: the one list that exports and erases go by.

Every house has such a list; a test finds tables that are in none of them.
"""

from typing import NamedTuple

OF_CUSTOMER = "t.customer_id = ANY(%(customers)s)"


class Place(NamedTuple):
    """The rows `t` of a table that are about a person, and what becomes of them.

    `whose` and `blank` may use the parameters customers, numbers (the same as text), addresses,
    values (all that names the person), links and now. Erasing sets `blank`, or removes the rows
    where that is empty. `hidden` columns are nobody's business: secrets and machinery.
    """

    name: str
    table: str
    whose: str = OF_CUSTOMER
    blank: str = ""
    hidden: tuple[str, ...] = ()
    order: str = "t.id"


PLACES = (
    Place(
        "customers",
        "profiles_customer",
        "t.id = ANY(%(customers)s)",
        "attributes = '{}', email = '', phone = '', timezone = '', locale = '',"
        " identified = false, merged_into_id = t.id, updated_at = %(now)s",
    ),
    Place("identifiers", "profiles_identifier"),
    Place("consents", "profiles_consent"),
    Place("consent_changes", "profiles_consentchange"),
    Place("lifecycle", "profiles_lifecyclestate", order="t.customer_id"),
    Place("segments", "profiles_membership"),
    Place(
        "merges",
        "profiles_merge",
        "(t.survivor_id = ANY(%(customers)s) OR t.merged_id = ANY(%(customers)s))",
    ),
    Place(
        "event_keys",
        "profiles_eventkey",
        "(t.source, t.message_id) IN (SELECT e.source, e.message_id FROM profiles_event e"
        " WHERE e.customer_id = ANY(%(customers)s) AND e.message_id <> '')",
        order="t.message_id",
    ),
    Place("events", "profiles_event", hidden=("xid",), order="t.at, t.id"),
)
"""In the order in which they are erased: the keys of events are found by the events."""
