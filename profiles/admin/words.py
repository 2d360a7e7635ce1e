"""The lifecycle's and the profile's words as people read them. A word without an entry is shown as it is."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles.core.stages import SEGMENTS

Words = Mapping[str, str | Promise]

STAGES: Words = {
    "acquisition": _("Acquisition"),
    "conversion": _("Conversion"),
    "growth": _("Growth"),
    "loyalty": _("Loyalty"),
    "reactivation": _("Reactivation"),
}

SEGMENT_WORDS: Words = {
    "visitor": _("Visitor"),
    "lead": _("Lead"),
    "browser": _("Browser"),
    "cart_holder": _("Cart holder"),
    "first_time_buyer": _("First-time buyer"),
    "second_order_due": _("Second order due"),
    "repeat_buyer": _("Repeat buyer"),
    "growing": _("Growing"),
    "champion": _("Champion"),
    "loyal": _("Loyal"),
    "cannot_lose": _("Cannot lose"),
    "cooling": _("Cooling"),
    "at_risk": _("At risk"),
    "lost": _("Lost"),
}

LOST_STAGES: Words = {
    "bounced": _("Left without looking at a product"),
    "browse_lost": _("Looked at products, filled no cart"),
    "cart_lost": _("Filled a cart, never bought"),
    "one_and_done": _("Bought once"),
    "lapsed_repeat": _("Bought more than once, never loyal"),
    "lapsed_loyal": _("Was loyal once"),
}

IDENTIFIERS: Words = {
    "user_id": _("User id"),
    "anonymous_id": _("Anonymous id"),
    "email": _("E-mail"),
    "phone": _("Phone"),
}

CHANNELS: Words = {
    "email": _("E-mail"),
    "sms": _("SMS"),
    "push": _("Web push"),
    "telegram": _("Telegram"),
    "webhook": _("Webhook"),
}

STATES: Words = {
    "subscribed": _("subscribed"),
    "unsubscribed": _("unsubscribed"),
    "pending": _("pending"),
}


def word(words: Words, key: str) -> str:
    """The reader's word for one of ours."""
    return str(words.get(key, key))


def segments_of(stage: str) -> list[str]:
    """The segments of a stage, in the order of the rules' table."""
    return [segment for segment, home in SEGMENTS.items() if home == stage]
