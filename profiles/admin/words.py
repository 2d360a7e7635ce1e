"""Codes as people read them: the lifecycle's, the consents', and those that all houses speak of."""

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
    "whatsapp": _("WhatsApp"),
    "push": _("Push"),
    "telegram": _("Telegram"),
    "webhook": _("Webhook"),
    "inbox": _("On the site"),
    "*": _("All channels"),
}

STATES: Words = {
    "subscribed": _("subscribed"),
    "unsubscribed": _("unsubscribed"),
    "pending": _("pending"),
    "paused": _("paused"),
    "resumed": _("resumed"),
}
GHOSTS: Words = {
    "holdout": _("holdout of the journey"),
    "arm": _("control arm"),
    "global": _("global control group"),
}

PURPOSES: Words = {
    "marketing": _("marketing"),
    "transactional": _("transactional"),
}

REASONS: Words = {
    "suppressed": _("the address is on the suppression list"),
    "sunset": _("nobody has reacted at the address for long"),
    "no_consent": _("no consent"),
    "paused": _("the customer paused all messages"),
    "no_account": _("no provider account for this channel"),
    "invalid_address": _("the address is not valid"),
    "no_address": _("no address"),
    "expired": _("its time ran out"),
    "offer_over": _("the offer is over"),
    "broken_link": _("a link or an image in it is broken"),
    "frequency_cap": _("the frequency cap is full"),
    "aborted": _("the template stopped it"),
    "control_address": _("somebody in a control group has the same address"),
    "priority": _("room is kept for a more important message"),
    "quiet_hours": _("quiet hours"),
    "rate": _("waits for its account's pace"),
    "left": _("the customer left the journey before"),
    "exhausted": _("tried too often"),
    "dropped": _("given up by an operator"),
    "content_error": _("the content could not be rendered"),
    "subscription_gone": _("the browser's subscription is gone"),
    "wrong_credentials": _("the provider refused the credentials"),
    "account_paused": _("the account is paused"),
    "hard": _("for good"),
    "soft": _("for now"),
    "visit_limit": _("passed one step too often"),
    "journey_stopped": _("the journey was stopped"),
    "moved_out": _("left out when a new version was published"),
    "taken_out": _("taken out by hand"),
    "overdue_while_paused": _("came due while the journey was paused"),
    "merged": _("merged into another customer"),
    "leave_if": _("a leave rule came true"),
    "erased": _("the customer was erased"),
    **GHOSTS,
}

STATE_TONES = {
    "subscribed": "success",
    "unsubscribed": "danger",
    "pending": "warning",
    "paused": "warning",
}


def word(words: Words, key: str) -> str:
    """The reader's word for one of ours."""
    return str(words.get(key, key))


def reason(code: str) -> str:
    """Why something did not happen, or ended. A leave rule names its event after a colon."""
    rule, colon, event = code.partition(":")
    if colon and rule == "leave_on":
        return event
    return word(REASONS, code)


def segments_of(stage: str) -> list[str]:
    """The segments of a stage, in the order of the rules' table."""
    return [segment for segment, home in SEGMENTS.items() if home == stage]
