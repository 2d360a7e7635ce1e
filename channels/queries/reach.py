"""Who can be reached by which channel, in SQL: for conditions and for the gates.

An address that was unsubscribed, or given up for silence (`sunset`), is open again to the customer
who subscribed anew since; bounces and complaints are not undone by anybody's word.
"""

from django.conf import settings

from profiles.queries.conditions import Binder, register_reach

SUPPRESSED = """EXISTS (
    SELECT FROM channels_suppression s
    WHERE s.channel = {channel} AND s.address = {address} AND NOT """
UNDONE = """(s.reason IN ('unsubscribed', 'sunset') AND EXISTS (
        SELECT FROM profiles_consent again
        WHERE again.customer_id = {customer} AND again.channel = s.channel
          AND (again.topic = '' OR s.reason = 'sunset')
          AND again.state = 'subscribed' AND again.at > s.at))"""
"""Whether the suppression `s` no longer counts for a customer. Takes SQL expressions."""

AGREED = """COALESCE((
    SELECT k.state FROM profiles_consent k
    WHERE k.customer_id = {customer} AND k.channel = {channel} AND k.topic = ''
), {unsaid}) = 'subscribed'"""
PAUSED = """EXISTS (
    SELECT FROM profiles_consent rest
    WHERE rest.customer_id = {customer} AND rest.channel = '*' AND rest.topic = ''
      AND rest.state = 'paused')"""


def register() -> None:
    """Teach conditions `{reachable: email}` and the other channels; called once at start."""
    register_reach("email", lambda customer, bind: _addressed(bind, customer, "email", "email"))
    register_reach("sms", lambda customer, bind: _addressed(bind, customer, "sms", "phone"))
    register_reach(
        "whatsapp", lambda customer, bind: _addressed(bind, customer, "whatsapp", "phone")
    )
    register_reach("push", lambda customer, bind: _on_a_device(customer, bind, "push"))
    register_reach("telegram", lambda customer, bind: _on_a_device(customer, bind, "telegram"))
    register_reach("inbox", _on_site)
    register_reach("webhook", lambda customer, bind: _by_number(customer, bind, "webhook"))


def suppressed(*, channel: str, address: str, customer: str, marketing: str = "true") -> str:
    """An expression: is this address closed to this customer? Takes SQL expressions; silence
    closes it to what is `marketing`.
    """
    closed = (SUPPRESSED + UNDONE).format(channel=channel, address=address, customer=customer)
    return f"{closed} AND (s.reason <> 'sunset' OR {marketing}))"


def _addressed(bind: Binder, customer: str, channel: str, column: str) -> str:
    named = bind.text(channel)
    closed = suppressed(channel=named, address=f"{customer}.{column}", customer=f"{customer}.id")
    return f"{customer}.{column} <> '' AND NOT {closed} AND {_agreed(bind, customer, named)}"


def _on_a_device(customer: str, bind: Binder, channel: str) -> str:
    named = bind.text(channel)
    chat = "=" if channel == "telegram" else "<>"
    closed = suppressed(channel=named, address="d.endpoint", customer=f"{customer}.id")
    return (
        f"EXISTS (SELECT FROM channels_device d WHERE d.customer_id = {customer}.id"
        f" AND d.removed_at IS NULL AND d.kind {chat} 'telegram' AND NOT {closed})"
        f" AND {_agreed(bind, customer, named)}"
    )


def _by_number(customer: str, bind: Binder, channel: str) -> str:
    """Channels whose address is our own number of the customer."""
    named = bind.text(channel)
    closed = suppressed(channel=named, address=f"{customer}.id::text", customer=f"{customer}.id")
    return f"NOT {closed} AND {_agreed(bind, customer, named)}"


def _on_site(customer: str, bind: Binder) -> str:
    return (
        f"EXISTS (SELECT FROM profiles_identifier i WHERE i.customer_id = {customer}.id"
        f" AND i.kind IN ('user_id', 'anonymous_id')) AND {_by_number(customer, bind, 'inbox')}"
    )


def _agreed(bind: Binder, customer: str, channel: str) -> str:
    """What the policy says of the whole channel, as `profiles.core.consent.refusal` does, and that
    the customer has not paused everything.
    """
    unsaid = bind.text("subscribed" if settings.SOJOURN_CONSENT == "opt_out" else "")
    agreed = AGREED.format(customer=f"{customer}.id", channel=channel, unsaid=unsaid)
    return f"{agreed} AND NOT {PAUSED.format(customer=f'{customer}.id')}"
