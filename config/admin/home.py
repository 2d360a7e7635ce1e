"""The home page: where customers stand, what left today, what needs a hand.

Every number links to its list, which counts the same."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.admin.words import STATUSES, status_tone
from channels.queries import health as handover
from channels.queries import overview as messages_overview
from journeys.admin.journeys import summaries
from journeys.queries import overview as journeys_overview
from profiles.admin.base import now
from profiles.admin.words import CHANNELS, SEGMENT_WORDS, STAGES, segments_of, word
from profiles.queries import overview as profiles_overview

WEEK = dt.timedelta(days=6)
"""Today and the six days before it."""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index page what this person may see."""
    at = now()
    may = request.user.has_perm
    journeys = summaries() if may("journeys.view_journey") else None
    return context | {
        "now": at,
        "public_url": settings.PUBLIC_URL,
        "zone": settings.SOJOURN_TIME_ZONE,
        "sandbox": settings.SOJOURN_SANDBOX,
        "audience": audience() if may("profiles.view_customer") else None,
        "traffic": traffic(at) if may("channels.view_message") else None,
        "journeys": [row for row in journeys or () if row["journey"].state in ("live", "paused")],
        "active": sum(row["tally"].active for row in journeys or ()),
        "active_url": _list("journeys_enrollment", status="active"),
        "attention": attention(at) if request.user.is_staff else [],
    }


def audience() -> dict[str, Any]:
    """Customers by stage and segment, as bars of the whole."""
    census = profiles_overview.census()
    placed = sum(census.places.values())
    stages = [_stage(stage, census.places) for stage in STAGES]
    most = max((stage["number"] for stage in stages), default=0)
    for stage in stages:
        _lay_out(stage["segments"], most)
    return {
        "customers": census.customers,
        "identified": census.identified,
        "placed": placed,
        "unplaced": census.customers - placed,
        "stages": stages,
        "url": _list("profiles_customer"),
        "identified_url": _list("profiles_customer", known="yes"),
    }


def _stage(stage: str, places: dict[tuple[str, str], int]) -> dict[str, Any]:
    segments = [
        {
            "key": segment,
            "label": word(SEGMENT_WORDS, segment),
            "number": places.get((stage, segment), 0),
            "url": _list("profiles_customer", stage=stage, segment=segment),
        }
        for segment in segments_of(stage)
    ]
    return {
        "key": stage,
        "label": word(STAGES, stage),
        "number": sum(segment["number"] for segment in segments),
        "url": _list("profiles_customer", stage=stage),
        "segments": segments,
    }


def _lay_out(segments: list[dict[str, Any]], most: int) -> None:
    """Give each segment its place in a bar that is 100 wide for the largest stage."""
    start = 0.0
    for segment in segments:
        width = 100 * segment["number"] / most if most else 0.0
        segment["start"], segment["width"] = f"{start:.2f}", f"{max(width - 0.2, 0.2):.2f}"
        start += width


def traffic(at: dt.datetime) -> dict[str, Any]:
    """Messages of today and of seven days: a row for each status, a cell for each channel."""
    day = start_of_day(at)
    rows = messages_overview.by_status(day=day, week=day - WEEK)
    found = {(row.channel, row.status): row for row in rows}
    channels = sorted({row.channel for row in rows})
    statuses = [status for status in STATUSES if any(row.status == status for row in rows)]
    return {
        "today": sum(row.today for row in rows),
        "week": sum(row.week for row in rows),
        "today_url": _list("channels_message", created="today"),
        "week_url": _list("channels_message", created="week"),
        "channels": [
            {"label": word(CHANNELS, channel) if channel else _("not chosen yet")}
            for channel in channels
        ],
        "rows": [
            {
                "label": word(STATUSES, status),
                "tone": status_tone(status),
                "cells": [
                    _cell(channel, status, found.get((channel, status))) for channel in channels
                ],
            }
            for status in statuses
        ],
    }


def _cell(channel: str, status: str, row: messages_overview.Row | None) -> dict[str, Any]:
    place = {"channel": channel or "none", "status": status}
    return {
        "today": row.today if row else 0,
        "week": row.week if row else 0,
        "today_url": _list("channels_message", **place, created="today"),
        "week_url": _list("channels_message", **place, created="week"),
    }


def attention(at: dt.datetime) -> list[dict[str, Any]]:
    """What an operator should look at, the worst first; nothing when all is well."""
    found = [_paused(account) for account in messages_overview.paused_accounts()]
    unknown = handover.health(now=at).unknown
    if unknown:
        text = ngettext(
            "%(number)s message may or may not have left; its provider is being asked.",
            "%(number)s messages may or may not have left; their providers are being asked.",
            unknown,
        )
        found.append(
            _notice(
                "warning",
                "help",
                text % {"number": unknown},
                _list("channels_message", status="unknown"),
            )
        )
    if aside := journeys_overview.set_aside():
        text = ngettext(
            "%(number)s event or customer was set aside after an error.",
            "%(number)s events or customers were set aside after an error.",
            aside,
        )
        found.append(
            _notice("danger", "report", text % {"number": aside}, _list("journeys_setaside"))
        )
    return found + _late(at)


def _late(at: dt.datetime) -> list[dict[str, Any]]:
    """Customers who should have moved a minute ago: a sign that no worker runs."""
    backlog = journeys_overview.backlog(now=at)
    if backlog.since is None or at - backlog.since < dt.timedelta(minutes=1):
        return []
    text = ngettext(
        "%(number)s customer is due and has not been moved. Is a worker running?",
        "%(number)s customers are due and have not been moved. Is a worker running?",
        backlog.due,
    )
    return [
        _notice(
            "danger",
            "timer_off",
            text % {"number": backlog.due},
            _list("journeys_enrollment", due="yes"),
        )
    ]


def _paused(account: Any) -> dict[str, Any]:
    text = _("Account %(name)s is paused and sends nothing: %(reason)s") % {
        "name": account.slug,
        "reason": account.paused_reason or _("no reason given"),
    }
    url = reverse("admin:channels_account_change", args=[account.pk])
    return _notice("danger", "pause_circle", text, url)


def _notice(tone: str, icon: str, text: str, url: str) -> dict[str, Any]:
    return {"tone": tone, "icon": icon, "text": text, "url": url}


def start_of_day(at: dt.datetime) -> dt.datetime:
    """Midnight in the zone in force, which the admin sets to the workspace's."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def _list(model: str, **filters: str) -> str:
    """The address of a list with its filters."""
    url = reverse(f"admin:{model}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url
