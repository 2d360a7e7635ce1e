"""Beat's entries as data, and their synchronisation with django-celery-beat's tables at start.

Beat only ticks: every task looks into the tables for what is due, so a missed, doubled
or late tick changes nothing.
"""

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

EVERY_SECONDS: dict[str, tuple[str, float]] = {
    "heartbeat": ("config.tasks.heartbeat", 2),
    "journeys: sweep": ("journeys.tasks.sweep", 1),
    "channels: sweep": ("channels.tasks.tick", 1),
    "profiles: sweep": ("profiles.tasks.tick", 1),
    "channels: broken links": ("channels.tasks.look_again", 900),
    "channels: late receipts": ("channels.tasks.adopt_late", 900),
}
DAILY: dict[str, tuple[str, str, str]] = {
    "profiles: lifecycle model": ("profiles.tasks.refresh_model", "3", "10"),
    "profiles: months of the reports": ("profiles.tasks.count_history", "3", "25"),
    "profiles: sizes of segments": ("profiles.tasks.keep_sizes", "1", "10"),
    "channels: sunset": ("channels.tasks.sunset", "2", "40"),
    "journeys: links": ("journeys.tasks.watch_links", "4", "10"),
    "journeys: old decisions": ("journeys.tasks.forget_decisions", "3", "40"),
}


@transaction.atomic
def sync() -> None:
    """Makes the table hold exactly our entries (others, added by operators, stay)."""
    for name, (task, seconds) in EVERY_SECONDS.items():
        every, _ = IntervalSchedule.objects.get_or_create(
            every=int(seconds), period=IntervalSchedule.SECONDS
        )
        _put(name, task, interval=every, crontab=None, expires=int(seconds) * 5)
    for name, (task, hour, minute) in DAILY.items():
        cron, _ = CrontabSchedule.objects.get_or_create(hour=hour, minute=minute, timezone="UTC")
        _put(name, task, interval=None, crontab=cron, expires=None)
    PeriodicTasks.update_changed()


def _put(
    name: str,
    task: str,
    *,
    interval: IntervalSchedule | None,
    crontab: CrontabSchedule | None,
    expires: int | None,
) -> None:
    wanted = {"task": task, "interval": interval, "crontab": crontab, "expire_seconds": expires}
    PeriodicTask.objects.update_or_create(name=name, defaults=wanted)
