"""Is the process alive, are the parts it needs there, and the figures that Prometheus collects."""

import datetime as dt
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext_noop
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

HEARTBEAT_KEY = "sojourn:heartbeat"
FRESH = dt.timedelta(seconds=15)


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when the database, the broker, a worker and Beat are all there;
    503 with what is missing otherwise.
    """
    parts = {"database": _database(), "broker": _broker(), "worker and beat": _heartbeat()}
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "parts": parts}, status=200 if ready else 503
    )


def metrics(_request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format, read from the tables at the time of asking."""
    registry = CollectorRegistry()
    for name, help_text, sql in FIGURES:
        gauge = Gauge(name, help_text, registry=registry)
        gauge.set(_number(sql))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def home(_request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/admin/")


def beat_heart() -> None:
    """Says that Beat ticked and a worker ran: called by the heartbeat task, kept for FRESH."""
    _redis().set(HEARTBEAT_KEY, "1", ex=int(FRESH.total_seconds()))


FIGURES = (
    ("sojourn_enrollments_due", "Active enrollments whose time has come", (
        "SELECT count(*) FROM journeys_enrollment WHERE status = 'active' AND due_at <= now()"
    )),
    ("sojourn_enrollments_stuck", "Active enrollments of live journeys, due for over 5 minutes", (
        "SELECT count(*) FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id"
        " WHERE e.status = 'active' AND j.state = 'live'"
        " AND e.due_at <= now() - interval '5 minutes'"
    )),
    ("sojourn_messages_queued", "Messages waiting to be handed over", (
        "SELECT count(*) FROM channels_message WHERE status = 'queued'"
    )),
    ("sojourn_messages_unknown", "Messages whose hand-over could not be proven", (
        "SELECT count(*) FROM channels_message WHERE status = 'unknown'"
    )),
    ("sojourn_accounts_paused", "Provider accounts that hand nothing over until resumed", (
        "SELECT count(*) FROM channels_account WHERE state = 'paused'"
    )),
    ("sojourn_links_broken", "Links and images of live journeys that customers find broken", (
        "SELECT count(*) FROM channels_linkcheck WHERE verdict = 'broken' AND uses <> '{}'"
    )),
    ("sojourn_set_aside", "Events and enrollments set aside after an error", (
        "SELECT count(*) FROM journeys_setaside"
    )),
)  # fmt: skip


def _number(sql: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row: tuple[Any, ...] = cursor.fetchone()
    return float(row[0])


def _redis() -> redis.Redis:
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def _database() -> str:
    try:
        _number("SELECT 1")
    except DatabaseError as error:
        return f"unreachable: {error}".strip()
    return "ok"


def _broker() -> str:
    try:
        _redis().ping()
    except redis.RedisError as error:
        return f"unreachable: {error}"
    return "ok"


SILENT = gettext_noop("no sign of life yet")


def _heartbeat() -> str:
    try:
        return "ok" if _redis().exists(HEARTBEAT_KEY) else SILENT
    except redis.RedisError as error:
        return f"unknown: {error}"
