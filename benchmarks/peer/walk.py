"""One customer through the journey of P5 with the ORM: load, decide, save."""

import datetime as dt
import hashlib

from django.db import transaction

from channels.models import Message
from journeys.models import Decision, Enrollment
from profiles.models import Event

COUNTRIES = ("DE", "FR")
SPLITS = ("test", "rest")
"""The split that each case of the branch leads to."""


def advance(enrollment_id: int) -> None:
    """wait → branch → split → send queued → wait, as the journey of the benchmark says."""
    now = dt.datetime.now(dt.UTC)
    with transaction.atomic():
        enrollment = (
            Enrollment.objects.select_for_update(of=("self",))
            .select_related("customer", "journey", "version")
            .get(pk=enrollment_id)
        )
        if enrollment.status != "active" or enrollment.due_at is None or enrollment.due_at > now:
            return
        case = branch(enrollment, now)
        split = SPLITS[case]
        arm = draw(enrollment, split)
        step = f"{split}_{arm.lower()}"
        send(enrollment, step, arm, now)
        _explain(enrollment, case, split, arm, step, now)
        for visited in ("which", split, step, "after"):
            enrollment.visits[visited] = enrollment.visits.get(visited, 0) + 1
        enrollment.arms[split] = arm
        enrollment.step, enrollment.visit, enrollment.step_at = "after", 1, now
        enrollment.due_at = now + dt.timedelta(days=2)
        enrollment.save()


def branch(enrollment: Enrollment, now: dt.datetime) -> int:
    viewed = Event.objects.filter(
        customer_id=enrollment.customer_id,
        name="Product Viewed",
        at__gt=now - dt.timedelta(days=30),
        at__lte=now,
    )
    return (
        0 if enrollment.customer.attributes.get("country") in COUNTRIES and viewed.exists() else 1
    )


def draw(enrollment: Enrollment, split: str) -> str:
    salt = f"{enrollment.journey.slug}:{split}:{enrollment.customer_id}"
    return "A" if int(hashlib.sha256(salt.encode()).hexdigest()[:15], 16) % 10000 < 5000 else "B"


def send(enrollment: Enrollment, step: str, arm: str, now: dt.datetime) -> None:
    Message.objects.create(
        customer_id=enrollment.customer_id,
        enrollment_id=enrollment.pk,
        journey=enrollment.journey.slug,
        version=enrollment.version.number,
        step=step,
        arm=arm,
        channels=["email"],
        content_id=enrollment.version.contents[0 if arm == "A" else 1],
        context={"entry": enrollment.entry, "context": enrollment.context},
        send_after=now,
        expires_at=now + dt.timedelta(days=1),
        created_at=now,
    )


def _explain(
    enrollment: Enrollment, case: int, split: str, arm: str, step: str, now: dt.datetime
) -> None:
    """The decision log, in one statement."""
    told = (
        ("pause", "wait_over", {}),
        ("which", "branch_taken", {"case": case}),
        (split, "arm_drawn", {"arm": arm}),
        (step, "message_planned", {"arm": arm}),
        ("after", "wait_started", {"until": (now + dt.timedelta(days=2)).isoformat()}),
    )
    Decision.objects.bulk_create(
        Decision(
            enrollment_id=enrollment.pk, customer_id=enrollment.customer_id,
            journey_id=enrollment.journey_id, version_id=enrollment.version_id, step=where,
            visit=1, at=now, code=code, inputs=inputs,
        )
        for where, code, inputs in told
    )  # fmt: skip
