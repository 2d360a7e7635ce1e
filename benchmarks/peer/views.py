"""A plain ingest view on the ORM, and a view that does nothing."""

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt

from benchmarks.peer.models import Happening, Person
from benchmarks.peer.tasks import handle

DONE = b'{"success": true}'


@csrf_exempt
def nothing(_request: HttpRequest) -> HttpResponse:
    return _done()


@csrf_exempt
def batch(request: HttpRequest) -> HttpResponse:
    """POST a batch: people found or made, identified, their events kept once."""
    calls = json.loads(request.body)["batch"]
    with transaction.atomic():
        people = _people(calls)
        _identify(calls, people)
        Happening.objects.bulk_create(
            [_happening(call, people) for call in calls], ignore_conflicts=True
        )
    return _done()


@csrf_exempt
def event(request: HttpRequest) -> HttpResponse:
    """POST one event: kept, then a task of its own."""
    call = json.loads(request.body)
    person = Person.objects.get(user_id=call["userId"])
    kept = Happening.objects.create(
        person=person, name=call["event"], at=timezone.now(), message_id=call["messageId"],
        properties=call["properties"],
    )  # fmt: skip
    handle.delay(kept.pk)
    return _done()


def _who(call: dict[str, Any]) -> str:
    return call.get("userId") or call["anonymousId"]


def _people(calls: list[dict[str, Any]]) -> dict[str, Person]:
    wanted = {_who(call) for call in calls}
    known = Person.objects.in_bulk(wanted, field_name="user_id")
    missing = sorted(wanted - set(known))
    if missing:
        Person.objects.bulk_create(
            [Person(user_id=name) for name in missing], ignore_conflicts=True
        )
        known |= Person.objects.in_bulk(missing, field_name="user_id")
    return known


def _identify(calls: list[dict[str, Any]], people: dict[str, Person]) -> None:
    changed = {}
    for call in calls:
        if call["type"] == "identify":
            person = people[_who(call)]
            person.traits.update(call["traits"])
            changed[person.pk] = person
    if changed:
        Person.objects.bulk_update(
            sorted(changed.values(), key=lambda person: person.pk), ["traits"]
        )


def _happening(call: dict[str, Any], people: dict[str, Person]) -> Happening:
    return Happening(
        person=people[_who(call)],
        name=call.get("event") or call["type"],
        at=parse_datetime(call["timestamp"]),
        message_id=call["messageId"],
        properties=call.get("properties") or call.get("traits") or {},
        context=call.get("context") or {},
    )


def _done() -> HttpResponse:
    return HttpResponse(
        DONE, content_type="application/json", headers={"Content-Length": len(DONE)}
    )


urlpatterns = [path("nothing", nothing), path("batch", batch), path("event", event)]
