"""Rendered messages, findings and people as the template editor is told of them."""

from collections.abc import Collection
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.admin.preview import preview as srcdoc
from channels.core import looks
from channels.core.template_lint import Fill, Finding, percent
from channels.queries import accounts, fill
from channels.queries.preview import Person, Shown
from profiles.models import Customer


def worded(found: Finding) -> Finding:
    """A figure in the reader's language; what the sandbox refuses is told as everywhere."""
    if found.code != "sparse":
        return found
    told = _("%(name)s is empty for %(share)s of %(base)s customers: add a default.") % {
        "name": found.path.partition(".")[2],
        "share": percent(Fill(found.empty, found.base)),
        "base": f"{found.base:,}",
    }
    return msgspec.structs.replace(found, message=told)


def shown(message: Shown) -> dict[str, Any]:
    """One channel's message, and how it looks where it arrives."""
    text = message.rendered
    found: dict[str, Any] = {
        "problem": message.problem, "aborted": message.aborted, "subject": text.subject,
        "text": text.text, "title": text.title, "body": text.body, "url": text.url,
        "image": text.image, "links": looks.addresses(text, settings.PUBLIC_URL),
    }  # fmt: skip
    if message.problem or message.aborted is not None:
        return found
    if message.channel == "email":
        own = {"html": srcdoc(text.html) if text.html else "",
               "dark": srcdoc(text.html, dark=True) if text.html else ""}  # fmt: skip
        found["mail"] = {**looks.mail(text), **own, "from": sender(message.channel)}
    if message.channel == "push":
        found["push"] = looks.push(text)
    if message.channel == "telegram":
        found["chat"] = looks.chat(text)
    if message.segments is not None:
        found["segments"] = msgspec.to_builtins(message.segments)
        found["from"] = sender(message.channel)
    return found


def sender(channel: str) -> str:
    """From whom it would come now; "" where no account could send it."""
    way = accounts.ways().way(channel)
    return way.settings.sender if way else ""


def customer(who: Person) -> dict[str, Any] | None:
    """Whose message it is; None is nobody in particular."""
    if who.id is None:
        return None
    url = reverse("admin:profiles_customer_change", args=[who.id])
    return {"id": who.id, "name": _name(who.attributes) or f"#{who.id}", "url": url}


def event(entry: fill.Entry | None, who: Person) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {"name": entry.name, "customer": entry.customer, "own": entry.customer == who.id}


def people(found: Collection[int]) -> list[dict[str, Any]]:
    """Customers in the order in which they were found."""
    rows = Customer.objects.in_bulk(list(found))
    return [
        {
            "id": row.pk,
            "name": _name(row.attributes) or f"#{row.pk}",
            "hint": row.email or row.phone,
        }
        for row in (rows[id] for id in found if id in rows)
    ]


def _name(attributes: dict[str, Any]) -> str:
    given = [attributes.get(key) for key in ("firstName", "lastName")]
    return " ".join(each for each in given if isinstance(each, str))[:80]
