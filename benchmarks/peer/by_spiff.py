"""The walk of P5 as a BPMN process of SpiffWorkflow: one a customer, its state in a row of its own,
read, moved on and written back in one transaction.
"""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from benchmarks.peer import walk
from journeys.models import Enrollment

PROCESS = Path(__file__).with_name("journey.bpmn")
TABLE = """
CREATE TABLE peer_process (enrollment_id bigint PRIMARY KEY, due_at timestamptz, state text);
CREATE INDEX ON peer_process (due_at)
"""
LAY = """
INSERT INTO peer_process SELECT id, now(), replace(%s, '"enrollment": 0', '"enrollment": ' || id)
FROM unnest(%s::bigint[]) AS t(id)
"""
CLAIM = """
SELECT enrollment_id, state FROM peer_process WHERE due_at <= now()
ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
KEEP = """
UPDATE peer_process SET state = %s, due_at = now() + interval '2 days' WHERE enrollment_id = %s
"""

serializer = BpmnWorkflowSerializer()


def _enrollment(id: int) -> Enrollment:
    return Enrollment.objects.select_related("customer", "journey", "version").get(pk=id)


def branch(id: int) -> int:
    return walk.branch(_enrollment(id), dt.datetime.now(dt.UTC))


def draw(id: int, case: int) -> str:
    return walk.draw(_enrollment(id), walk.SPLITS[case])


def send(id: int, case: int, arm: str) -> None:
    step = f"{walk.SPLITS[case]}_{arm.lower()}"
    walk.send(_enrollment(id), step, arm, dt.datetime.now(dt.UTC))


engine = PythonScriptEngine(TaskDataEnvironment({"branch": branch, "draw": draw, "send": send}))


def lay(ids: list[int], warm: int) -> Iterator[Any]:
    """Everybody's process at its first timer."""
    parser = BpmnParser()
    parser.add_bpmn_file(str(PROCESS))
    process = BpmnWorkflow(parser.get_spec("journey"), script_engine=engine)
    process.task_tree.data["enrollment"] = 0
    process.do_engine_steps()
    process.refresh_waiting_tasks()
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute(LAY, [serializer.serialize_json(process), ids])
    time.sleep(1)  # the timer's second
    yield "ready"
    yield "laid"


def work(warm: int, sample: int) -> Iterator[Any]:
    """A worker process, until no timer is due."""
    for _ in range(warm // 2):
        _step()
    yield "ready"
    while _step():
        pass
    yield "done"


@transaction.atomic
def _step() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM)
        row = cursor.fetchone()
        if row is None:
            return False
        process = serializer.deserialize_json(row[1])
        process.script_engine = engine
        process.refresh_waiting_tasks()
        process.do_engine_steps()
        process.refresh_waiting_tasks()
        cursor.execute(KEEP, [serializer.serialize_json(process), row[0]])
    return True
