"""Who can be reached by which channel, in SQL: for conditions and for the gates.

An unsubscribed address is open again to the customer who subscribed anew since; bounces and
complaints are not undone by anybody's word.
"""

from django.conf import settings

from profiles.queries.conditions import Binder, register_reach

SUPPRESSED = """EXISTS (
    SELECT FROM channels_suppression s
    WHERE s.channel = {channel} AND s.address = {address} AND NOT """
UNDONE = """(s.reason = 'unsubscribed' AND EXISTS (
        SELECT FROM profiles_consent again
        WHERE again.customer_id = {customer} AND again.channel = s.channel AND again.topic = ''
          AND again.state = 'subscribed' AND again.at > s.at))"""
"""Whether the suppression `s` no longer counts for a customer. Takes SQL expressions."""

AGREED = """COALESCE((
    SELECT k.state FROM profiles_consent k
    WHERE k.customer_id = {customer} AND k.channel = {channel} AND k.topic = ''
), {unsaid}) = 'subscribed'"""


def register() -> None:
    """Teach conditions `{reachable: email}`, sms and push; called once at start."""
    register_reach("email", lambda customer, bind: _addressed(bind, customer, "email", "email"))
    register_reach("sms", lambda customer, bind: _addressed(bind, customer, "sms", "phone"))
    register_reach("push", _on_a_device)


def suppressed(*, channel: str, address: str, customer: str) -> str:
    """An expression: is this address closed to this customer? Takes SQL expressions."""
    return (SUPPRESSED + UNDONE + ")").format(channel=channel, address=address, customer=customer)


def _addressed(bind: Binder, customer: str, channel: str, column: str) -> str:
    named = bind.text(channel)
    closed = suppressed(channel=named, address=f"{customer}.{column}", customer=f"{customer}.id")
    return f"{customer}.{column} <> '' AND NOT {closed} AND {_agreed(bind, customer, named)}"


def _on_a_device(customer: str, bind: Binder) -> str:
    named = bind.text("push")
    closed = suppressed(channel=named, address="d.endpoint", customer=f"{customer}.id")
    return (
        f"EXISTS (SELECT FROM channels_device d WHERE d.customer_id = {customer}.id"
        f" AND d.removed_at IS NULL AND NOT {closed}) AND {_agreed(bind, customer, named)}"
    )


def _agreed(bind: Binder, customer: str, channel: str) -> str:
    """What the policy says of the whole channel, as `profiles.core.consent.refusal` does."""
    unsaid = bind.text("subscribed" if settings.SOJOURN_CONSENT == "opt_out" else "")
    return AGREED.format(customer=f"{customer}.id", channel=channel, unsaid=unsaid)
