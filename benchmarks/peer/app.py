"""The peer's Celery, set as Celery's documentation recommends for many short tasks."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

app = Celery("peer")


@app.on_configure.connect
def _configure(**_: object) -> None:
    from django.conf import settings

    app.conf.update(
        broker_url=settings.BROKER_URL,
        result_backend=None,
        task_ignore_result=True,
        task_default_queue="peer",
        worker_prefetch_multiplier=64,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        CELERY_DB_REUSE_MAX=5000,
    )


app.autodiscover_tasks(["benchmarks.peer"])
app.autodiscover_tasks(["benchmarks.peer"], related_name="rules")
