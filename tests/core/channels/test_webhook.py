"""A message as another system reads it."""

import json
from datetime import UTC, datetime

from channels.core import webhook
from channels.core.message import Outgoing

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def test_the_fields_are_always_the_same() -> None:
    bare = json.loads(webhook.body(Outgoing(uid="u-1", to="ada", at=NOW)))
    assert bare == {
        "type": "message", "id": "u-1", "to": "ada", "channel": "webhook",
        "at": "2026-01-01T12:30:00Z", "title": "", "body": "", "text": "", "url": "", "image": "",
        "data": {},
    }  # fmt: skip
    full = Outgoing(
        uid="u-1", to="ada", at=NOW, title="Корзина", text="ждёт", data={"cart": {"items": 3}}
    )
    said = json.loads(webhook.body(full))
    assert set(said) == set(bare)
    assert (said["title"], said["data"]) == ("Корзина", {"cart": {"items": 3}})


def test_an_account_may_have_several_secrets_for_a_while() -> None:
    assert webhook.secrets("whsec_a, whsec_b,") == ["whsec_a", "whsec_b"]
    assert webhook.secrets("") == webhook.secrets(" , ") == []
