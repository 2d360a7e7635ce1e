"""The walk of P5 as durable workflows of DBOS: one a customer, each step of it checkpointed."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from dbos import DBOS, DBOSConfig, SetEnqueueOptions
from django.db import connection

from benchmarks.peer import walk
from journeys.models import Enrollment

AT_ONCE = 8
TWO_DAYS = 2 * 24 * 3600


def _config() -> DBOSConfig:
    given = connection.settings_dict
    url = f"postgresql+psycopg://{given['USER']}@/{given['NAME']}?host={quote(given['HOST'])}"
    return {
        "name": "peer", "system_database_url": url, "application_version": "1",
        "log_level": "ERROR", "sys_db_pool_size": AT_ONCE + 4,
    }  # fmt: skip


DBOS(config=_config())


@DBOS.workflow()
def advance(enrollment_id: int) -> None:
    """The wait is over: branch, split, send, and wait again."""
    case = branch(enrollment_id)
    arm = split(enrollment_id, case)
    send(enrollment_id, case, arm)
    with SetEnqueueOptions(delay_seconds=TWO_DAYS):
        DBOS.enqueue_workflow("waits", rest, enrollment_id)


@DBOS.workflow()
def rest(enrollment_id: int) -> None:
    """What would follow the second wait."""


@DBOS.step()
def branch(enrollment_id: int) -> int:
    return walk.branch(_enrollment(enrollment_id), dt.datetime.now(dt.UTC))


@DBOS.step()
def split(enrollment_id: int, case: int) -> str:
    return walk.draw(_enrollment(enrollment_id), walk.SPLITS[case])


@DBOS.step()
def send(enrollment_id: int, case: int, arm: str) -> None:
    step = f"{walk.SPLITS[case]}_{arm.lower()}"
    walk.send(_enrollment(enrollment_id), step, arm, dt.datetime.now(dt.UTC))


def _enrollment(id: int) -> Enrollment:
    return Enrollment.objects.select_related("customer", "journey", "version").get(pk=id)


def lay(ids: list[int], warm: int) -> Iterator[Any]:
    """Enqueue a workflow a customer, as the wait's beginning would have."""
    DBOS.listen_queues([])
    DBOS.launch()
    for queue, some in (("warm", ids[:warm]), ("waits", ids[warm:])):
        for id in some:
            DBOS.enqueue_workflow(queue, advance, id)
    DBOS.destroy()
    yield "ready"
    yield "laid"


def work(warm: int, sample: int) -> Iterator[Any]:
    """A worker process, until everybody's message is queued."""
    DBOS.launch()
    _listen("warm", warm)
    yield "ready"
    _listen("waits", warm + sample)
    yield "done"


def _listen(queue: str, messages: int) -> None:
    DBOS.register_queue(queue, worker_concurrency=AT_ONCE, polling_interval_sec=0.05)
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM channels_message")
            if cursor.fetchone()[0] >= messages:
                return
            time.sleep(0.02)
