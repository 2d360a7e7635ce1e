"""Keeps the last prediction."""

import datetime as dt
from typing import Any

from django.db import transaction

from journeys.models import Forecast


@transaction.atomic
def keep(found: dict[str, Any], *, now: dt.datetime) -> Forecast:
    """Instead of the one before."""
    row = Forecast.objects.create(at=now, found=found)
    Forecast.objects.exclude(pk=row.pk).delete()
    return row
