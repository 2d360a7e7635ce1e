"""Commands of operators: keys and the clock."""

import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from profiles.queries import clock
from profiles.queries.api_keys import authenticate
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def said(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    call_command(*command)
    return capsys.readouterr().out


def test_a_key_is_printed_once_listed_and_withdrawn(capsys: pytest.CaptureFixture[str]) -> None:
    key = said(capsys, "api_key", "create", "--name", "script", "--scopes", "read, publish").strip()
    holder = authenticate(key, now=clock.now())
    assert holder
    assert set(holder.scopes) == {"read", "publish"}
    write = said(capsys, "api_key", "create", "--name", "shop").strip()
    listed = said(capsys, "api_key", "list")
    assert key not in listed
    assert write not in listed
    (number,) = re.findall(r"^(\d+)\tapi\t.+in use\tscript\tread,publish$", listed, re.MULTILINE)
    assert "Withdrawn." in said(capsys, "api_key", "revoke", number)
    assert "withdrawn\tscript" in said(capsys, "api_key", "list")
    with pytest.raises(CommandError, match=f"There is no key {number} in use"):
        call_command("api_key", "revoke", number)


def test_a_scope_that_is_none_is_told() -> None:
    with pytest.raises(CommandError, match="Unknown scope fly: use read"):
        call_command("api_key", "create", "--name", "x", "--scopes", "fly")
    with pytest.raises(CommandError, match="needs scopes"):
        call_command("api_key", "create", "--name", "x", "--kind", "api")


def test_the_clock_is_advanced_in_the_sandbox_alone(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    world = World(clock.now())
    world.journey("""
journey: later
enter: {on: [{event: Signed Up}]}
steps:
  - id: pause
    wait: 2d
  - id: mail
    send: {channel: email, subject: Later, text: l}
""")
    world.meet("alice")
    world.does("alice", "Signed Up")
    before = clock.now()
    told = said(capsys, "clock", "--advance", "3d")
    assert re.search(r"^\d+ pieces? of work$", told, re.MULTILINE)
    assert (clock.now() - before).days == 3
    assert world.inbox("alice") == ["email: Later"]
    settings.SOJOURN_SANDBOX = False
    with pytest.raises(CommandError, match="sandbox only"):
        call_command("clock", "--advance", "1d")
    with pytest.raises(CommandError, match="whole number and a unit"):
        call_command("clock", "--advance", "soon")
