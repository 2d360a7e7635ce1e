"""The walk of P5 as jobs of procrastinate: a job a customer, deferred to the end of the wait."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import connection
from procrastinate import App, PsycopgConnector

from benchmarks.peer import walk

CONCURRENCY = 4


def _app() -> App:
    given = connection.settings_dict
    keys = (("host", "HOST"), ("user", "USER"), ("dbname", "NAME"), ("port", "PORT"))
    return App(connector=PsycopgConnector(kwargs={a: given[b] for a, b in keys if given[b]}))


app = _app()


@app.task(name="advance", queue="waits")
def advance(enrollment_id: int) -> None:
    """The wait is over: move on, and wait again."""
    walk.advance(enrollment_id)
    due = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    advance.configure(schedule_at=due).defer(enrollment_id=enrollment_id)


def lay(ids: list[int], warm: int) -> Iterator[Any]:
    """Defer a job a customer, as the wait's beginning would have."""
    with app.open():
        app.schema_manager.apply_schema()
        due = dt.datetime.now(dt.UTC)
        for queue, some in (("warm", ids[:warm]), ("waits", ids[warm:])):
            jobs = [{"enrollment_id": id} for id in some]
            advance.configure(queue=queue, schedule_at=due).batch_defer(*jobs)
    yield "ready"
    yield "laid"


def work(warm: int, sample: int) -> Iterator[Any]:
    """A worker process, until no job is due."""
    with app.open():
        asyncio.run(_worker("warm"))
        yield "ready"
        asyncio.run(_worker("waits"))
        yield "done"


async def _worker(queue: str) -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=[queue], concurrency=CONCURRENCY, wait=False, install_signal_handlers=False
        )
