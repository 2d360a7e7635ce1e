"""Messages that are not in the outbox yet but will be soon: their customers' waits end in time and
a `send` follows at once. Frequency caps keep room for them.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from channels.core.budget import Coming
from journeys.core.steps.send import PlannedSend
from journeys.core.steps.wait import PlannedWait
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.queries import plans
from journeys.queries.plans import Loaded

WAITING = """
SELECT customer_id, version_id, step, due_at FROM journeys_enrollment
WHERE customer_id = ANY(%s) AND status = 'active' AND ghost = '' AND due_at > %s AND due_at <= %s
  AND journey_id <> ALL(%s) ORDER BY due_at, id
"""


def expected(
    customers: Sequence[int], now: dt.datetime, until: dt.datetime
) -> list[tuple[int, Coming]]:
    """(customer, what is coming) for waits that end after `now` and by `until`."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [list(customers), now, until, list(plans.current().halted)])
        rows = cursor.fetchall()
    loaded = plans.of_versions({row[1] for row in rows})
    found = []
    for customer, version, step, due in rows:
        send = _next_send(loaded[version], step)
        if send is not None:
            plan = loaded[version].plan
            coming = Coming(due, send.channels, send.topic, int(plan.priority))
            found.append((customer, coming))
    return found


def _next_send(version: Loaded, step: str) -> PlannedSend | None:
    """The marketing message that leaves as soon as the wait at this step is over."""
    plan = version.plan
    place = plan.places.get(step)
    if place is None or plan.purpose == "transactional":
        return None
    waiting = plan.steps[place]
    follows = waiting.next if isinstance(waiting, PlannedWait | PlannedWaitFor) else -1
    found = plan.steps[follows] if 0 <= follows < len(plan.steps) else None
    return found if isinstance(found, PlannedSend) else None
