"""What the customer's page says beside the timeline: who, where in life, agreed to what."""

import json
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from profiles.admin.base import now
from profiles.admin.words import (
    CHANNELS,
    IDENTIFIERS,
    LOST_STAGES,
    SEGMENT_WORDS,
    STAGES,
    STATE_TONES,
    STATES,
    word,
)
from profiles.models import Consent, Customer, LifecycleState
from profiles.queries import segments

USUAL_CHANNELS = ("email", "sms", "push")
"""Shown even when nothing is on record: the policy decides for them."""


def place(customer: Customer) -> LifecycleState | None:
    """The customer's lifecycle state, where one was computed."""
    return getattr(customer, "lifecycle", None)


def stage_chip(stage: str) -> SafeString:
    return format_html('<span class="sj-chip sj-stage-{}">{}</span>', stage, word(STAGES, stage))


def portrait(customer: Customer) -> dict[str, Any]:
    """The header, the lifecycle, the identifiers and the attributes."""
    state = place(customer)
    zone = zone_of(customer)
    found = customer.identifiers.order_by("kind", "id").values_list("kind", "value")
    return {
        "initials": initials(str(customer)),
        "place": state,
        "stage": word(STAGES, state.stage) if state else "",
        "segment": word(SEGMENT_WORDS, state.segment) if state else "",
        "lost_stage": word(LOST_STAGES, state.lost_stage) if state and state.lost_stage else "",
        "memberships": segments.of_customer(customer.pk),
        "local_time": formats.date_format(now().astimezone(zone), _("j M, H:i")),
        "zone_name": customer.timezone or _("%s, the workspace's") % settings.SOJOURN_TIME_ZONE,
        "identifiers": [(word(IDENTIFIERS, kind), value) for kind, value in found],
        "attributes": [
            (name, as_given(value)) for name, value in sorted(customer.attributes.items())
        ],
    }


def zone_of(customer: Customer) -> ZoneInfo:
    """The customer's zone; the workspace's when none or an unknown one is on record."""
    try:
        return ZoneInfo(customer.timezone or settings.SOJOURN_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.SOJOURN_TIME_ZONE)


def as_given(value: Any) -> str:
    """Text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def initials(name: str) -> str:
    """Up to two first letters, for the round picture that we do not have."""
    letters = [part[0] for part in name.split() if part[0].isalpha()]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters).upper() or "?"


def consents(customer: Customer) -> dict[str, Any]:
    """One row a channel and topic, with the opposite of its state on offer."""
    known = list(Consent.objects.filter(customer=customer).order_by("channel", "topic"))
    missing = set(USUAL_CHANNELS) - {consent.channel for consent in known if not consent.topic}
    policy = {
        "opt_out": _("no record: may be written to"),
        "opt_in": _("no record: may not be written to"),
    }
    rows = [_consent(consent) for consent in known] + [_unknown(channel) for channel in missing]
    rows.sort(key=lambda row: (row["channel"], row["topic_key"]))
    return {"consents": rows, "policy": policy.get(settings.SOJOURN_CONSENT, "")}


def _consent(consent: Consent) -> dict[str, Any]:
    offer = "subscribed" if consent.state != "subscribed" else "unsubscribed"
    return {
        "channel": word(CHANNELS, consent.channel),
        "channel_key": consent.channel,
        "topic": consent.topic or _("whole channel"),
        "topic_key": consent.topic,
        "state": word(STATES, consent.state),
        "tone": STATE_TONES.get(consent.state, "none"),
        "source": consent.source,
        "at": consent.at,
        "offer": offer,
        "offer_label": _("Subscribe") if offer == "subscribed" else _("Unsubscribe"),
    }


def _unknown(channel: str) -> dict[str, Any]:
    return {
        "channel": word(CHANNELS, channel),
        "channel_key": channel,
        "topic": _("whole channel"),
        "topic_key": "",
        "state": _("no record"),
        "tone": "muted",
        "at": None,
        "offer": "unsubscribed",
        "offer_label": _("Unsubscribe"),
    }
