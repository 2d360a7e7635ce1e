"""What an operator should look at, each in one sentence with its number and where to go.

Nothing is said while all is well."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.queries import health as handover
from channels.queries import overview as messages_overview
from channels.queries.halts import halted
from channels.queries.linkchecks import troubled
from journeys.queries import overview as journeys_overview
from journeys.queries.contents import Offer, offers

SOON = dt.timedelta(days=7)
"""Offers that end within this time are told of."""
SHOWN_OFFERS = 5
LATE = dt.timedelta(minutes=1)


def attention(at: dt.datetime) -> list[dict[str, Any]]:
    """The worst first; nothing when all is well."""
    found = handover.health(now=at)
    return [
        *_halted(),
        *map(_paused, messages_overview.paused_accounts()),
        *_errors(),
        *_late(at),
        *_stuck(found.stuck),
        *_unknown(found.unknown),
        *_broken_links(),
        *_offers(at),
    ]


def _errors() -> Iterator[dict[str, Any]]:
    if aside := journeys_overview.set_aside():
        text = ngettext(
            "%(number)s event or customer was set aside after an error.",
            "%(number)s events or customers were set aside after an error.",
            aside,
        )
        yield _notice("danger", "report", text % {"number": aside}, _list("journeys_setaside"))


def _unknown(unknown: int) -> Iterator[dict[str, Any]]:
    """Their outcome is not proven."""
    if unknown:
        text = ngettext(
            "%(number)s message may or may not have left; its provider is being asked.",
            "%(number)s messages may or may not have left; their providers are being asked.",
            unknown,
        )
        url = _list("channels_message", status="unknown")
        yield _notice("warning", "help", text % {"number": unknown}, url)


def _stuck(stuck: int) -> Iterator[dict[str, Any]]:
    """Claimed by a worker that did not come back for them."""
    if stuck:
        text = ngettext(
            "%(number)s message was claimed by a worker that has gone.",
            "%(number)s messages were claimed by workers that have gone.",
            stuck,
        )
        url = _list("channels_message", due="stuck")
        yield _notice("warning", "hourglass_disabled", text % {"number": stuck}, url)


def _late(at: dt.datetime) -> Iterator[dict[str, Any]]:
    """Customers who should have moved a minute ago: a sign that no worker runs."""
    backlog = journeys_overview.backlog(now=at)
    if backlog.since is not None and at - backlog.since >= LATE:
        text = ngettext(
            "%(number)s customer is due and has not been moved. Is a worker running?",
            "%(number)s customers are due and have not been moved. Is a worker running?",
            backlog.due,
        )
        url = _list("journeys_enrollment", due="yes")
        yield _notice("danger", "timer_off", text % {"number": backlog.due}, url)


def _offers(at: dt.datetime) -> Iterator[dict[str, Any]]:
    """Offers of journeys under way that end soon, the first of each step: what comes later is
    skipped.
    """
    zone = ZoneInfo(settings.SOJOURN_TIME_ZONE)
    coming = [each for each in offers(zone=zone) if at < each.ends <= at + SOON]
    for each in coming[:SHOWN_OFFERS]:
        yield _offer(each)


def _offer(offer: Offer) -> dict[str, Any]:
    text = _("The offer of the step %(step)s of %(journey)s ends %(time)s.") % {
        "step": offer.step,
        "journey": offer.journey,
        "time": formats.date_format(timezone.localtime(offer.ends), _("j M Y, H:i")),
    }
    url = reverse("admin:journeys_journey_document", args=[offer.journey])
    return _notice("warning", "event_busy", text, url)


def _broken_links() -> Iterator[dict[str, Any]]:
    """Customers would come to them, so their messages wait."""
    if broken := len(troubled()):
        text = ngettext(
            "%(number)s link or image of live journeys is broken.",
            "%(number)s links or images of live journeys are broken.",
            broken,
        )
        url = _list("channels_linkcheck", verdict="broken")
        yield _notice("danger", "link_off", text % {"number": broken}, url)


def _halted() -> Iterator[dict[str, Any]]:
    """Said where all is halted, for nothing else explains why nothing leaves."""
    if halted().everything:
        text = _("Everything is halted: nothing leaves until somebody lifts the halt.")
        yield _notice("danger", "front_hand", text, _list("channels_halt"))


def _paused(account: Any) -> dict[str, Any]:
    text = _("Account %(name)s is paused and sends nothing: %(reason)s") % {
        "name": account.slug,
        "reason": account.paused_reason or _("no reason given"),
    }
    url = reverse("admin:channels_account_change", args=[account.pk])
    return _notice("danger", "pause_circle", text, url)


def _notice(tone: str, icon: str, text: str, url: str) -> dict[str, Any]:
    return {"tone": tone, "icon": icon, "text": text, "url": url}


def _list(model: str, **filters: str) -> str:
    """The address of a list with its filters."""
    url = reverse(f"admin:{model}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url
