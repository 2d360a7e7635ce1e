"""One task per customer: load by the ORM, decide, save."""

import datetime as dt
import hashlib
import os

import requests
from django.db import transaction

from benchmarks.peer.app import app
from benchmarks.peer.models import Happening, Letter
from channels.models import Message
from journeys.models import Decision, Enrollment
from profiles.models import Event

COUNTRIES = ("DE", "FR")


@app.task
def advance_one(enrollment_id: int) -> None:
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
        case = _branch(enrollment, now)
        split = "test" if case == 0 else "rest"
        arm = _draw(enrollment, split)
        step = f"{split}_{arm.lower()}"
        _send(enrollment, step, arm, now)
        _explain(enrollment, case, split, arm, step, now)
        for visited in ("which", split, step, "after"):
            enrollment.visits[visited] = enrollment.visits.get(visited, 0) + 1
        enrollment.arms[split] = arm
        enrollment.step, enrollment.visit, enrollment.step_at = "after", 1, now
        enrollment.due_at = now + dt.timedelta(days=2)
        enrollment.save()


def _branch(enrollment: Enrollment, now: dt.datetime) -> int:
    viewed = Event.objects.filter(
        customer_id=enrollment.customer_id,
        name="Product Viewed",
        at__gt=now - dt.timedelta(days=30),
        at__lte=now,
    )
    return (
        0 if enrollment.customer.attributes.get("country") in COUNTRIES and viewed.exists() else 1
    )


def _draw(enrollment: Enrollment, split: str) -> str:
    salt = f"{enrollment.journey.slug}:{split}:{enrollment.customer_id}"
    return "A" if int(hashlib.sha256(salt.encode()).hexdigest()[:15], 16) % 10000 < 5000 else "B"


def _send(enrollment: Enrollment, step: str, arm: str, now: dt.datetime) -> None:
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


RULES = [(number, f"c{number}") for number in range(20)]
session = requests.Session()


@app.task
def handle(happening_id: int) -> None:
    """One event through all rules; whoever matches is written to at once."""
    happening = Happening.objects.select_related("person").get(pk=happening_id)
    for rule, category in RULES:
        person = happening.person
        if (
            happening.properties.get("category") == category
            and person.traits.get("points", -1) >= 0
        ):
            _write(Letter.objects.create(person=person, happening=happening, rule=rule))


def _write(letter: Letter) -> None:
    traits, entry = letter.person.traits, letter.happening.properties
    text = f"Hello {traits['firstName']}, still looking for {entry['product_id']}?"
    answer = session.post(
        f"{os.environ['PEER_SENDGRID_URL']}/v3/mail/send",
        headers={"Authorization": "Bearer SG.peer"},
        json={
            "personalizations": [{"to": [{"email": traits["email"]}]}],
            "from": {"email": "shop@example.com", "name": "Shop"},
            "subject": entry["number"],
            "content": [{"type": "text/plain", "value": text}],
        },
        timeout=20,
    )
    letter.status = "sent" if answer.status_code == 202 else "failed"
    letter.provider_id = answer.headers.get("X-Message-Id", "")
    letter.sent_at = dt.datetime.now(dt.UTC)
    letter.save(update_fields=["status", "provider_id", "sent_at"])


@app.task
def alive() -> None:
    """Says that the worker answers."""
    from profiles.operations import valkey

    valkey.client().set("peer:alive", "1")
