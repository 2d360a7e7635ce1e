"""Beat's scheduler: django-celery-beat's, which also goes on when the clock is set back.

Theirs reckons from when an entry ran last: where that is tomorrow by now, it waits until tomorrow.
"""

import datetime as dt
import time
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

JUMP_SECONDS = 5.0


class Entry(ModelEntry):  # type: ignore[misc]
    """An entry of the schedule; one that ran in the future has run just now."""

    def is_due(self) -> Any:
        now: dt.datetime = self._default_now()
        if self.model.last_run_at > now:
            self.last_run_at = self.model.last_run_at = now
        return super().is_due()


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """The schedule of the tables, reckoned anew when the clock has jumped."""

    Entry = Entry
    _ahead: float | None = None

    def tick(self, *args: Any, **options: Any) -> Any:
        """One round of Beat; seconds until the next."""
        ahead = dt.datetime.now(dt.UTC).timestamp() - time.monotonic()
        if self._ahead is None or abs(ahead - self._ahead) > JUMP_SECONDS:
            self._ahead = ahead
            self._heap = None
        return super().tick(*args, **options)
