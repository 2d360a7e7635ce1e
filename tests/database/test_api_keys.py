"""Keys are shown once, kept as hashes, and stop working when they are withdrawn."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from profiles.models import ApiKey
from profiles.operations.access import AccessError, create_key, revoke_key, seed_keys
from profiles.queries import api_keys
from profiles.queries.api_keys import authenticate
from tests.database.calls import NOW, query

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    api_keys.forget()


def make(kind: str = "write", *scopes: str) -> str:
    return create_key(name="shop", kind=kind, scopes=scopes, now=NOW)


def test_a_key_opens_and_the_database_does_not_hold_it() -> None:
    key = make("api", "read", "write")
    holder = authenticate(key, now=NOW)
    assert holder is not None
    assert (holder.name, holder.kind, holder.scopes) == ("shop", "api", {"read", "write"})
    stored = str(query("SELECT k.*::text FROM profiles_apikey k"))
    assert key not in stored
    assert key[8:] not in stored
    assert ApiKey.objects.get().prefix == key[:8]


def test_two_keys_are_never_alike() -> None:
    assert len({make() for _ in range(20)}) == 20


@pytest.mark.parametrize("key", ["", "sjw_guess", "\ud800", "\0", "x" * 100_000])
def test_what_is_no_key_opens_nothing(key: str) -> None:
    make()
    assert authenticate(key, now=NOW) is None


def test_a_withdrawn_key_is_forgotten_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    key = make()
    assert authenticate(key, now=NOW)
    assert revoke_key(ApiKey.objects.get().pk, now=NOW)
    assert not revoke_key(ApiKey.objects.get().pk, now=NOW)
    monkeypatch.setattr(api_keys, "REMEMBERED_SECONDS", 0.0)
    assert authenticate(key, now=NOW) is None


def test_a_new_key_works_at_once_even_if_it_was_tried_before(settings: Any) -> None:
    assert authenticate("chosen", now=NOW) is None
    settings.SOJOURN_WRITE_KEY, settings.SOJOURN_API_KEY = "chosen", ""
    seed_keys(now=NOW)
    assert authenticate("chosen", now=NOW)


def test_an_expired_key_opens_nothing() -> None:
    key = make()
    ApiKey.objects.update(expires_at=NOW)
    api_keys.forget()
    assert authenticate(key, now=NOW) is None
    assert authenticate(key, now=NOW - dt.timedelta(seconds=1))


@pytest.mark.parametrize(
    ("kind", "scopes", "says"),
    [("master", (), "write"), ("api", (), "scopes"), ("api", ("root",), "root")],
)
def test_a_key_that_makes_no_sense_is_not_made(kind: str, scopes: Any, says: str) -> None:
    with pytest.raises(AccessError, match=says):
        make(kind, *scopes)
    assert not ApiKey.objects.exists()


def test_the_environment_seeds_one_key_of_each_kind_once(settings: Any) -> None:
    settings.SOJOURN_WRITE_KEY, settings.SOJOURN_API_KEY = "w-key", "a-key"
    assert seed_keys(now=NOW) == ["write", "api"]
    assert seed_keys(now=NOW) == []
    writer, manager = authenticate("w-key", now=NOW), authenticate("a-key", now=NOW)
    assert writer and manager
    assert (writer.kind, manager.kind) == ("write", "api")
    assert manager.scopes == {"read", "write", "publish", "privacy"}
    settings.SOJOURN_WRITE_KEY = settings.SOJOURN_API_KEY = ""
    assert seed_keys(now=NOW) == []


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("api_key", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_a_key_once() -> None:
    manager = authenticate(
        printed("create", "--name", "ci", "--scopes", "read", "publish"), now=NOW
    )
    assert manager and (manager.kind, manager.scopes) == ("api", {"read", "publish"})
    listed = authenticate(printed("create", "--name", "ci", "--scopes", "read,write"), now=NOW)
    assert listed and listed.scopes == {"read", "write"}
    writer = authenticate(printed("create", "--name", "site"), now=NOW)
    assert writer and (writer.name, writer.kind) == ("site", "write")


def test_the_command_says_what_is_wrong() -> None:
    with pytest.raises(CommandError, match="root"):
        printed("create", "--name", "x", "--scopes", "root")
