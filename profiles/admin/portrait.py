"""What the customer's page says beside the timeline: who, where in life, agreed to what."""

import json
from typing import Any

from django.conf import settings
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
from profiles.core.consent import PAUSES
from profiles.models import Consent, Customer, LifecycleState
from profiles.queries import customers, merges, segments
from profiles.queries.zones import zone_of

MOST_MERGES = 20
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
    zone = zone_of(customer.timezone)
    return {
        "initials": initials(str(customer)),
        "place": state,
        "average": state.revenue / state.orders if state and state.orders else None,
        "stage": word(STAGES, state.stage) if state else "",
        "segment": word(SEGMENT_WORDS, state.segment) if state else "",
        "lost_stage": word(LOST_STAGES, state.lost_stage) if state and state.lost_stage else "",
        "memberships": segments.of_customer(customer.pk),
        "local_time": formats.date_format(now().astimezone(zone), _("j M, H:i")),
        "zone_name": customer.timezone or _("%s, the workspace's") % settings.SOJOURN_TIME_ZONE,
        "attributes": [
            (name, as_given(value)) for name, value in sorted(customer.attributes.items())
        ],
    }


def identities(customer: Customer) -> dict[str, Any]:
    """Every identifier with where it came from, and the merges; of who was merged, whom they are
    today.
    """
    joined = merges.into(customer.pk, limit=MOST_MERGES + 1)
    origin = {pair: merge for merge in reversed(joined) for pair in merge.identifiers}
    found = customer.identifiers.order_by("kind", "id").values_list("kind", "value", "created_at")
    today = customers.current([customer.pk]).get(customer.pk) if customer.merged_into_id else None
    return {
        "identifiers": [
            (word(IDENTIFIERS, kind), value, since, origin.get((kind, value)))
            for kind, value, since in found
        ],
        "merges": [(merge, _came(merge)) for merge in joined[:MOST_MERGES]],
        "more_merges": len(joined) > MOST_MERGES,
        "today": Customer.objects.filter(pk=today).first() if today else None,
    }


def _came(merge: merges.Joined) -> str:
    """How much came along."""
    events = ngettext("%(count)s event", "%(count)s events", merge.events)
    known = ngettext("%(count)s identifier", "%(count)s identifiers", len(merge.identifiers))
    told = (events % {"count": merge.events}, known % {"count": len(merge.identifiers)})
    return ", ".join(told)


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


OFFERS: dict[str, tuple[str, Any]] = {
    "subscribed": ("unsubscribed", gettext_lazy("Unsubscribe")),
    "paused": ("resumed", gettext_lazy("Go on now")),
    "resumed": ("", ""),
}
"""What a state can be changed to at a click; all others to `subscribed`."""


def _consent(consent: Consent) -> dict[str, Any]:
    offer, label = OFFERS.get(consent.state, ("subscribed", gettext_lazy("Subscribe")))
    return {
        "channel": word(CHANNELS, consent.channel),
        "channel_key": consent.channel,
        "topic": "" if consent.state in PAUSES else consent.topic or _("whole channel"),
        "topic_key": consent.topic,
        "state": word(STATES, consent.state),
        "tone": STATE_TONES.get(consent.state, "none"),
        "source": consent.source,
        "at": consent.at,
        "until": consent.until,
        "offer": offer,
        "offer_label": label,
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
