"""The heartbeat: sent by Beat, run by a worker, so that one sign proves both."""

from celery import shared_task

from config import health


@shared_task
def heartbeat() -> None:
    health.beat_heart()
