"""The home page: where customers stand, what left today, what needs a hand.

Every number links to its list, which counts the same."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.admin.words import STATUSES, status_tone
from channels.queries import overview as messages_overview
from config.admin.attention import attention
from config.admin.reports import as_of
from journeys.admin.summaries import summaries
from journeys.queries.overview import active
from profiles.admin import history as past
from profiles.admin.base import now
from profiles.admin.charts import Chart
from profiles.admin.words import CHANNELS, SEGMENT_WORDS, STAGES, reason, segments_of, word
from profiles.core.months import month_of
from profiles.queries import history
from profiles.queries import overview as profiles_overview

WEEK = dt.timedelta(days=6)
"""Today and the six days before it."""
REFUSED = ("skipped", "expired")
Counted = Counter[tuple[str, str]]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index page what this person may see."""
    at = now()
    may = request.user.has_perm
    journeys = summaries(at) if may("journeys.view_journey") else None
    chart = flow(at) if may("profiles.view_customer") else None
    return context | {
        "now": at,
        "public_url": settings.PUBLIC_URL,
        "zone": settings.SOJOURN_TIME_ZONE,
        "sandbox": settings.SOJOURN_SANDBOX,
        "audience": audience() if may("profiles.view_customer") else None,
        "traffic": traffic(at) if may("channels.view_message") else None,
        "flow": chart,
        "journeys": journeys,
        "active": active() if journeys is not None else 0,
        "active_url": _list("journeys_enrollment", status="active"),
        "attention": attention(at) if request.user.is_staff else [],
    }


def flow(at: dt.datetime) -> Chart:
    """From the stage in which the month found customers to where they stand."""
    month = month_of(at, zone=settings.SOJOURN_TIME_ZONE)
    known = history.known_moves(now=at, months=1)
    page = f"{reverse('admin:report_stages')}?month={month:%Y-%m}"
    chart = past.flow(known.found, month=month)
    note = " · ".join(filter(None, [chart.note, as_of(known.at, at)]))
    return chart._replace(page=page, note=note)


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
    """Messages of today and of seven days: a row for each status, a cell for each channel; and why
    those of today did not leave.
    """
    day = start_of_day(at)
    counted = messages_overview.by_status(day=day, week=day - WEEK)
    today: Counter[tuple[str, str]] = Counter()
    week: Counter[tuple[str, str]] = Counter()
    for row in counted:
        today[row.channel, row.status] += row.today
        week[row.channel, row.status] += row.week
    channels = sorted({row.channel for row in counted})
    return {
        "today": sum(today.values()),
        "week": sum(week.values()),
        "today_url": _list("channels_message", created="today"),
        "week_url": _list("channels_message", created="week"),
        "refused": _refused(counted),
        "channels": [
            {"label": word(CHANNELS, channel) if channel else _("not chosen yet")}
            for channel in channels
        ],
        "rows": [
            _status(status, [_cell(each, status, today, week) for each in channels])
            for status in STATUSES
            if any(row.status == status for row in counted)
        ],
    }


def _status(status: str, cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {"label": word(STATUSES, status), "tone": status_tone(status), "cells": cells}


def _cell(channel: str, status: str, today: Counted, week: Counted) -> dict[str, Any]:
    place = {"channel": channel or "none", "status": status}
    return {
        "today": today[channel, status],
        "week": week[channel, status],
        "today_url": _list("channels_message", **place, created="today"),
        "week_url": _list("channels_message", **place, created="week"),
    }


def _refused(counted: Sequence[messages_overview.Row]) -> list[dict[str, Any]]:
    """Why messages of today will not leave, the commonest reason first."""
    found: Counter[tuple[str, str]] = Counter()
    for row in counted:
        if row.status in REFUSED and row.today:
            found[row.status, row.reason] += row.today
    return [
        {
            "label": reason(why) if why else word(STATUSES, status),
            "number": number,
            "url": _list("channels_message", status=status, reason=why, created="today"),
        }
        for (status, why), number in found.most_common()
    ]


def start_of_day(at: dt.datetime) -> dt.datetime:
    """Midnight in the zone in force, which the admin sets to the workspace's."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def _list(model: str, **filters: str) -> str:
    """The address of a list with its filters."""
    url = reverse(f"admin:{model}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url
