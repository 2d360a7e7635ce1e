"""One task per customer: load by the ORM, try twenty rules, say which hold."""

import datetime as dt
from typing import Any

from django.db.models import FloatField, Max, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from benchmarks.peer.app import app
from profiles.models import Customer, Event
from profiles.operations import valkey


@app.task
def judge(customer_id: int, at: str) -> None:
    """Ask every rule of one customer; a lazy reader, who asks the log only where it matters."""
    now = dt.datetime.fromisoformat(at)
    customer = Customer.objects.select_related("lifecycle").get(pk=customer_id)
    asked = Asked(customer, now)
    held = [number for number, holds in enumerate(asked.rules()) if holds]
    valkey.client().pipeline().incr("peer:judged").rpush(
        "peer:held", f"{customer_id}:{held}"
    ).ltrim("peer:held", -1000, -1).execute()


class Asked:
    """What the rules look at."""

    def __init__(self, customer: Customer, now: dt.datetime) -> None:
        self.traits: dict[str, Any] = customer.attributes
        self.points = customer.attributes["points"]
        self.lifecycle = customer.lifecycle
        self.id = customer.pk
        self.now = now

    def log(self, name: str, days: int | None = None) -> QuerySet[Event]:
        found = Event.objects.filter(customer_id=self.id, name=name, at__lte=self.now)
        return found.filter(at__gt=self.now - dt.timedelta(days=days)) if days else found

    def valued(self, name: str) -> QuerySet[Any]:
        number = Cast(KT("properties__value"), FloatField())
        return self.log(name).annotate(number=number)

    def rules(self) -> list[bool]:
        return [*self.of_profile(), *self.of_events()]

    def of_profile(self) -> list[bool]:
        traits, points = self.traits, self.points
        return [
            traits["country"] in ("DE", "FR") and points >= 900,
            traits["plan"] == "pro" and points < 60,
            traits["city"] == "City 7" and traits["country"] != "US",
            traits["email"].startswith("customer77"),
            points >= 990 or points < 10,
            traits["locale"] == "en-US" and 500 <= points < 560,
            self.lifecycle.segment == "browser" and points >= 950,
            self.lifecycle.stage == "acquisition"
            and traits["plan"] in ("plus", "pro")
            and points >= 900,
        ]

    def of_events(self) -> list[bool]:
        traits, points, log = self.traits, self.points, self.log
        viewed, added = "Product Viewed", "Product Added"
        wished = log("Wishlist Added", 30).count()
        return [
            points >= 500 and log(viewed, 2).exists(),
            traits["plan"] == "pro" and points >= 800 and log(viewed, 30).count() >= 2,
            traits["country"] == "DE" and points >= 600 and not log("page", 30).exists(),
            points >= 800 and (self.valued(added).aggregate(all=Sum("number"))["all"] or 0) >= 150,
            points >= 700 and log(added, 10).filter(properties__value__gte=100).exists(),
            traits["plan"] != "free" and log(viewed).filter(properties__product_id="p7").exists(),
            traits["city"] == "City 1" and log("page", 40).count() >= 2,
            points >= 500
            and (self.valued(viewed).aggregate(most=Max("number"))["most"] or 0) >= 118,
            points >= 900
            and log(viewed, 30).values("properties__product_id").distinct().count() >= 2,
            points >= 700 and (log(viewed, 1).exists() or log(added, 1).exists()),
            wished > 0,
            wished >= 2,
        ]
