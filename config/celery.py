"""The Celery application.

The broker carries wake-ups only: every task may be lost or doubled without harm.
"""

import os

from celery import Celery
from celery.signals import task_prerun, worker_process_init
from django.db import close_old_connections

from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sojourn")


@app.on_configure.connect
def _configure(**_: object) -> None:
    from django.conf import settings

    app.conf.update(
        broker_url=settings.BROKER_URL,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 300,
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
        },
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=120,
        task_soft_time_limit=90,
        task_default_queue="sojourn",
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=5000,
        worker_max_memory_per_child=400_000,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        beat_scheduler="config.beat:Scheduler",
        timezone="UTC",
        enable_utc=True,
        CELERY_DB_REUSE_MAX=5000,  # else Celery opens a connection for every task
    )


@task_prerun.connect
def _check_connections(**_: object) -> None:
    """A worker keeps its connection; a broken one is replaced before the task begins."""
    close_old_connections()


@worker_process_init.connect
def _calm(**_: object) -> None:
    garbage.calm()


app.autodiscover_tasks(["config", "profiles", "channels", "journeys"])
