"""The sandbox's page: the inbox and the clock."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from channels.models import Message
from profiles.queries import clock
from tests.world import World


def test_the_newest_message_is_open_and_others_can_be_chosen(shop: World, anna: Client) -> None:
    left = Message.objects.filter(sent_at__isnull=False).order_by("-id")
    page = anna.get(reverse("admin:sandbox"))
    assert [row[0].pk for row in page.context["rows"]] == [message.pk for message in left[:25]]
    assert page.context["original"] == left[0]
    oldest = left.last()
    assert oldest
    assert anna.get(reverse("admin:sandbox"), {"message": oldest.pk}).context["original"] == oldest


@pytest.mark.parametrize(
    "query", [{"message": "x"}, {"message": "9" * 30}, {"page": "900"}, {"page": "x"}]
)
def test_odd_questions_show_the_inbox(shop: World, anna: Client, query: dict[str, str]) -> None:
    assert anna.get(reverse("admin:sandbox"), query).status_code == 200


@pytest.mark.parametrize("advance", ["", "x", "-1d", "+1d", "1", "9" * 20 + "d"])
def test_a_wrong_duration_is_refused_with_the_remedy(
    shop: World, anna: Client, advance: str
) -> None:
    before = clock.shift()
    page = anna.post(
        reverse("admin:sandbox_clock"), {"advance": advance}, follow=True
    ).content.decode()
    assert "such as 90s, 15m, 2h, 3d or 1w" in page
    assert clock.shift() == before


def test_outside_the_sandbox_there_is_no_such_page(
    shop: World, anna: Client, settings: object
) -> None:
    settings.SOJOURN_SANDBOX = False  # type: ignore[attr-defined]
    assert anna.post(reverse("admin:sandbox_clock"), {"advance": "1d"}).status_code == 404


def test_time_passes_at_a_press_and_the_page_says_what_was_done(shop: World, anna: Client) -> None:
    before = clock.now()
    page = anna.post(reverse("admin:sandbox_clock"), {"advance": "2h"}, follow=True).text
    assert clock.now() >= before + dt.timedelta(hours=2)
    assert re.search(r"It is now <time [^>]*>[^<]*</time>: \d+ pieces? of work w", page)


@pytest.mark.parametrize(
    ("shift", "told"),
    [
        (dt.timedelta(days=-10372, hours=-2), "28 years, 4 months behind real time"),
        (dt.timedelta(days=3, hours=5), "3 days, 5 hours ahead of real time"),
    ],
)
def test_the_clock_is_told_beside_real_time(
    shop: World, anna: Client, shift: dt.timedelta, told: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_clock SET shift = %s * interval '1 second'", [shift.total_seconds()]
        )
    assert told in anna.get(reverse("admin:sandbox")).text.replace("\N{NO-BREAK SPACE}", " ")
