"""How a rendered message looks where it arrives: the line in an inbox, a push, a chat's bubble."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from channels.core import linkcheck, proof, telegram, webpush
from channels.core.message import Outgoing
from channels.core.mjml import text_of_html
from channels.core.render import Rendered

PREHEADER = 140
"""So many characters at most stand beside a subject."""
MOST_LINKS = 100
_UID = "00000000-0000-0000-0000-000000000000"
_ADDRESS = re.compile(r" \((?:https?|mailto|tel):[^)\s]*\)")
_EARLY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
CLIPPED = proof.LENGTHS["email", "html"]
"""Gmail cuts longer pages, the way to unsubscribe with them."""


def mail(rendered: Rendered) -> dict[str, Any]:
    """What an inbox shows beside the subject, and the page's weight in bytes."""
    words = text_of_html(rendered.html) if rendered.html else rendered.text
    beginning = " ".join(_ADDRESS.sub("", words).split())
    return {
        "preheader": beginning[:PREHEADER],
        "bytes": len(rendered.html.encode()),
        "clipped": CLIPPED,
    }


def push(rendered: Rendered) -> dict[str, Any]:
    """What a push service is handed over, in bytes, and the most that it takes."""
    size = len(webpush.payload(_outgoing(rendered)))
    return {
        "bytes": size,
        "most": webpush.MAX_PAYLOAD,
        "lengths": {name: proof.LENGTHS["push", name] for name in ("title", "body")},
    }


def chat(rendered: Rendered) -> dict[str, Any]:
    """The bubble's text and buttons, or why Telegram would not take it."""
    try:
        _method, sent = telegram.compose(_outgoing(rendered, to="0"))
    except telegram.Unsendable as error:
        return {"text": "", "bold": 0, "buttons": [], "refused": str(error)}
    rows = sent.get("reply_markup", {}).get("inline_keyboard", [])
    bold = rendered.title.strip()
    return {
        "text": sent.get("text") or sent.get("caption") or "",
        "bold": len(bold),
        "buttons": [row[0]["text"] for row in rows],
        "refused": "",
    }


def addresses(rendered: Rendered, own: str) -> list[dict[str, str]]:
    """Where it leads, without our own addresses."""
    found: Mapping[str, str] = linkcheck.found_in(rendered)
    return [{"url": url, "kind": kind} for url, kind in found.items() if not url.startswith(own)][
        :MOST_LINKS
    ]


def _outgoing(rendered: Rendered, to: str = "") -> Outgoing:
    return Outgoing(
        uid=_UID, to=to, at=_EARLY, title=rendered.title, body=rendered.body, text=rendered.text,
        url=rendered.url, image=rendered.image, data=rendered.data,
    )  # fmt: skip
