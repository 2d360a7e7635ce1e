"""The words of channels as people read them, and the tone of each status."""

from collections.abc import Mapping
from typing import Literal

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import Words

Tone = Literal["", "success", "warning", "danger", "info", "muted"]

STATUSES: Words = {
    "queued": _("queued"),
    "sending": _("sending"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "bounced": _("bounced"),
    "failed": _("failed"),
    "unknown": _("unknown"),
    "skipped": _("skipped"),
    "withheld": _("withheld"),
    "expired": _("expired"),
}

TONES: Mapping[str, Tone] = {
    "queued": "info",
    "sending": "info",
    "sent": "success",
    "delivered": "success",
    "bounced": "danger",
    "failed": "danger",
    "unknown": "warning",
    "skipped": "muted",
    "withheld": "muted",
    "expired": "warning",
}

CLOSED: Words = {
    "no_address": _("no address"),
    "suppressed": _("suppressed"),
    "paused": _("paused"),
    "unsubscribed": _("unsubscribed"),
    "consent_pending": _("not confirmed yet"),
    "no_consent": _("no consent"),
}
"""What closes a channel to a customer, in a word."""

LINK_VERDICTS: Words = {
    "ok": _("fine"),
    "broken": _("broken"),
    "unknown": _("nobody can tell"),
}
LINK_VERDICT_TONES: Mapping[str, Tone] = {
    "ok": "success",
    "broken": "danger",
    "unknown": "warning",
}

RECEIPTS: Words = {
    "queued": _("queued by the provider"),
    "sent": _("handed on"),
    "delivered": _("delivered"),
    "deferred": _("put off by the receiving side"),
    "opened": _("opened"),
    "clicked": _("clicked"),
    "bounced": _("bounced"),
    "complained": _("reported as spam"),
    "unsubscribed": _("unsubscribed"),
    "failed": _("given up by the provider"),
    "replied": _("replied"),
}

SUPPRESSIONS: Words = {
    "sunset": _("silent for long: no marketing"),
    "unsubscribed": _("unsubscribed"),
    "invalid": _("the address does not exist"),
    "bounced": _("bounced"),
    "complained": _("reported as spam"),
    "erased": _("the customer was erased"),
}
"""Why an address is on the list; an operator's reason is in their own words."""

LINK_DETAILS = (
    gettext_noop("The page is not there"),
    gettext_noop("The site fails"),
    gettext_noop("The site does not answer us"),
    gettext_noop("There is no such host."),
    gettext_noop("The host refuses the connection."),
    gettext_noop("The certificate or the encryption of the host is not valid."),
    gettext_noop("It leads to an address that is not on the internet."),
    gettext_noop("It is no web address."),
    gettext_noop("It leads on to no web address."),
    gettext_noop("The host did not take the connection in time."),
    gettext_noop("The host did not answer in time."),
    gettext_noop("There was no time left to ask."),
    gettext_noop("The connection did not hold."),
)
"""What became of links: the record speaks English, pages translate."""


def link_detail(text: str) -> str:
    """A link's record in the reader's language; a status of HTTP follows a colon."""
    said, colon, status = text.partition(": HTTP ")
    return gettext(said) + colon + status if said else ""


DEVICES: Words = {
    "webpush": _("browser"),
    "fcm": _("app (Firebase)"),
    "apns": _("app (Apple)"),
    "telegram": _("Telegram chat"),
}

OUTCOMES: Words = {
    "": _("under way"),
    "accepted": _("accepted by the provider"),
    "retry": _("not taken, tried again later"),
    "permanent": _("refused for good"),
    "account_broken": _("account refused"),
    "unknown": _("nobody can say"),
    "decided": _("decided by an operator"),
}


PROVIDERS = (
    gettext_noop("Other e-mail provider"),
    gettext_noop("On-site inbox"),
    gettext_noop("Web push"),
    gettext_noop("Sandbox"),
)
"""Providers that are called by what they are, not by a brand."""
OPTION_LABELS = (
    gettext_noop("API key"),
    gettext_noop("Verification key of the Event Webhook"),
    gettext_noop("API address"),
    gettext_noop("smtp://user:password@host:587"),
    gettext_noop("Account SID"),
    gettext_noop("Auth token"),
    gettext_noop("Secondary auth token"),
    gettext_noop("VAPID private key"),
    gettext_noop("Contact (mailto: or https:)"),
    gettext_noop("Also call private addresses (for trials only)"),
)
"""How adapters label their settings: they speak English, forms translate."""


def status_tone(status: str) -> Tone:
    return TONES.get(status, "")


CALLS: Words = {
    "queued": _("queued"),
    "calling": _("being made"),
    "answered": _("answered"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
}
CALL_TONES: Mapping[str, Tone] = {
    "queued": "info",
    "calling": "info",
    "answered": "success",
    "failed": "danger",
}


def call_tone(status: str) -> Tone:
    return CALL_TONES.get(status, "")
