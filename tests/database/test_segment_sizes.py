"""How large segments were, a row a day."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.models import Segment, SegmentSize
from profiles.operations import membership, segment_sizes, segments
from profiles.queries import clock
from profiles.queries.segment_sizes import day, history
from tests.database.calls import identify, take

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = dt.datetime(2026, 6, 1, 23, 30, tzinfo=dt.UTC)


def _segment(slug: str) -> Segment:
    condition = {"attribute": "country", "eq": "DE"}
    return segments.save(slug, title="", condition=condition, revision=None, now=clock.now())


def _settle() -> None:
    while membership.work(now=clock.now()):
        pass


def test_a_day_has_one_row_and_a_later_count_is_the_one_that_stays() -> None:
    take(identify("ann", country="DE"), identify("ben", country="FR"))
    germans = _segment("germans")
    _settle()
    assert segment_sizes.keep(now=NIGHT) == 1
    take(identify("cat", country="DE"))
    Segment.objects.update(building=True, built_upto=0)
    _settle()
    segment_sizes.keep(now=NIGHT)
    first = day(NIGHT)
    assert history(germans.pk, since=first) == [(first, 2)]
    segment_sizes.keep(now=NIGHT + dt.timedelta(days=1))
    assert history(germans.pk, since=first) == [(first, 2), (first + dt.timedelta(days=1), 2)]


def test_a_segment_that_nobody_has_filled_is_not_counted() -> None:
    _segment("germans")
    assert segment_sizes.keep(now=NIGHT) == 0


def test_the_day_is_that_of_the_workspace(settings: object) -> None:
    settings.SOJOURN_TIME_ZONE = "Europe/Berlin"  # type: ignore[attr-defined]
    assert day(NIGHT) == dt.date(2026, 6, 2)


def test_counting_costs_one_statement_however_many_segments_there_are() -> None:
    for number in range(5):
        _segment(f"s{number}")
    _settle()
    with CaptureQueriesContext(connection) as queries:
        segment_sizes.keep(now=NIGHT)
    assert len(queries) == 1


def test_the_history_of_a_segment_goes_with_it() -> None:
    _segment("germans")
    _settle()
    segment_sizes.keep(now=NIGHT)
    segments.remove("germans")
    assert not SegmentSize.objects.exists()
