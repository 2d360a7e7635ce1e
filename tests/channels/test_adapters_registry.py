"""The table of providers and the senders that a process keeps open."""

import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from channels.adapters import registry
from channels.adapters.base import RawRequest, Sender
from channels.core.message import AccountSettings
from tests.channels.providers import NOW, message

SANDBOX = AccountSettings(slug="main", adapter="sandbox")


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    registry.close_all()


@pytest.mark.parametrize("name", sorted(registry.PROVIDERS))
def test_every_row_of_the_table_leads_to_a_way_out_and_a_way_in(name: str) -> None:
    provider = registry.PROVIDERS[name]
    assert provider.channels == registry.adapter(name).CHANNELS
    assert all(option.label for option in registry.options(name))
    sender: Sender = registry.adapter(name).open(AccountSettings(slug="x", adapter=name))
    assert sender.settle_seconds >= 0
    assert sender.repeatable in {True, False}
    sender.close()
    request = RawRequest(method="POST", url="https://x/", headers={}, body=b"", now=NOW)
    refused = registry.callbacks(name).verify(AccountSettings(slug="x", adapter=name), request)
    assert refused is not None
    assert refused.status == 403


def test_a_provider_that_is_not_in_the_table_is_named_with_those_that_are() -> None:
    with pytest.raises(registry.UnknownAdapter, match=r"'pigeon'; choose one of sendgrid, smtp"):
        registry.adapter("pigeon")


def test_an_account_stays_open_until_its_settings_change() -> None:
    first = registry.sender(SANDBOX)
    assert registry.sender(AccountSettings(slug="main", adapter="sandbox")) is first
    changed = AccountSettings(slug="main", adapter="sandbox", options={"x": "1"})
    assert registry.sender(changed) is not first
    registry.close_all()
    assert registry.sender(changed) is not first


def _open_in_child(pipe: Connection) -> None:
    pipe.send(id(registry.sender(SANDBOX)))


def test_a_forked_worker_opens_connections_of_its_own() -> None:
    mine = registry.sender(SANDBOX)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_open_in_child, args=(theirs,))
    child.start()
    assert ours.recv() != id(mine)
    child.join(10)
    ours.close()
    theirs.close()


def test_the_sandbox_takes_everything_and_the_same_message_twice_as_once() -> None:
    sender = registry.sender(SANDBOX)
    sent = message()
    first, second = sender.send(sent), sender.send(sent)
    assert first == second == sender.lookup(uid=sent.uid, to="", since=NOW, body="")
    assert first.kind == "accepted"
    assert sent.uid in first.provider_id
