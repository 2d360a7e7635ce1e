"""django-post-office: messages queued with their template and context, rendered on delivery."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

INSTALLED = find_spec("post_office") is not None
BATCH = 500


def work(url: str, count: int, contents: list[dict[str, str]]) -> Iterator[Any]:
    """Queue `count` e-mails to the SMTP server at `url`, then send them as its command does."""
    import logging

    from django.conf import settings
    from post_office import mail

    logging.getLogger("post_office").setLevel(logging.ERROR)
    place = urlsplit(url)
    settings.EMAIL_HOST, settings.EMAIL_PORT = place.hostname, place.port
    _queue(count, contents)
    yield "ready"
    sent, failed = 0, 0
    while True:
        done, lost, _again = mail.send_queued(processes=1)
        sent, failed = sent + done, failed + lost
        if not done:
            break
    yield {"claimed": sent + failed, "sent": sent}


def _queue(count: int, contents: list[dict[str, str]]) -> None:
    """One message a customer, of the contents in turn, through the library's own door."""
    import msgspec
    from django.db import connection
    from post_office import mail
    from post_office.models import EmailTemplate

    templates = [
        EmailTemplate.objects.create(
            name=f"mail-{number}", subject=content["subject"], content=content["text"],
            html_content=content["html"],
        )
        for number, content in enumerate(contents)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, attributes::text FROM profiles_customer ORDER BY id LIMIT %s", [count]
        )
        people = [(row[0], msgspec.json.decode(row[1])) for row in cursor.fetchall()]
    for start in range(0, len(people), BATCH):
        mail.send_many([
            _message(number, customer, templates[number % 2])
            for number, customer in people[start : start + BATCH]
        ])  # fmt: skip


def _message(number: int, customer: dict[str, Any], template: Any) -> dict[str, Any]:
    return {
        "recipients": customer["email"],
        "sender": "Shop <shop@example.com>",
        "template": template,
        "render_on_delivery": True,
        "headers": {"List-Unsubscribe": f"<https://shop.example.com/u/{number}>"},
        "context": {"customer": customer, "entry": {"cart": f"c{number}", "category": "books"}},
    }
