"""Being handed over is being there: the adapter of messages on the shop's own pages."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from channels.adapters import registry
from channels.core.content import content_problems
from channels.core.message import AccountSettings, Outgoing
from channels.core.onsite import data_problem, is_user, is_visitor, lean, user_token
from tests.channels.providers import NOW, message

ACCOUNT = AccountSettings(slug="onsite", adapter="onsite", options={"secret": "canary-7f3a"})


def shown(**fields: str) -> Outgoing:
    return message(**{"to": "7", "subject": "", "html": "", **fields})


def test_a_message_is_taken_at_once_and_twice_is_once() -> None:
    sender, sent = registry.sender(ACCOUNT), shown()
    first, second = sender.send(sent), sender.send(sent)
    assert first == second == sender.lookup(uid=sent.uid, to="7", since=NOW, body="")
    assert (first.kind, first.provider_id) == ("accepted", f"onsite-{sent.uid}")
    assert sender.repeatable
    registry.close_all()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": ""}, "invalid_address"),
        ({"to": "ann@example.com"}, "invalid_address"),
        ({"title": "", "text": ""}, "empty_text"),
    ],
)
def test_what_has_nobody_to_go_to_or_nothing_to_show_is_refused(
    fields: dict[str, str], code: str
) -> None:
    outcome = registry.sender(ACCOUNT).send(shown(**fields))
    assert (outcome.kind, outcome.code) == ("permanent", code)
    assert outcome.detail
    registry.close_all()


def test_many_threads_share_one_sender_and_no_outcome_carries_the_secret() -> None:
    sender = registry.sender(ACCOUNT)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(sender.send, [shown() for _ in range(120)]))
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert len({outcome.provider_id for outcome in outcomes}) == 120
    assert "canary" not in repr([ACCOUNT, *outcomes])
    registry.close_all()


def test_a_token_is_what_any_server_computes() -> None:
    """RFC 4231, test case 2."""
    token = user_token("Jefe", "what do ya want for nothing?")
    assert token == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert is_user(["x", "Jefe"], "what do ya want for nothing?", token=f" {token.upper()} ")
    assert not is_user(["x"], "what do ya want for nothing?", token=token)
    assert not is_user([], "ada", token=user_token("", "ada"))
    assert not is_user(["Jefe"], "\ud800", token="\ud800")


@pytest.mark.parametrize(
    ("name", "known"),
    [("0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b", True), ("a" * 31, False), ("a" * 32, True),
     ("a" * 200, True), ("a" * 201, False), ("", False), ("a" * 40 + "\n", False)],
)  # fmt: skip
def test_only_what_cannot_be_guessed_names_a_visitor(name: str, known: bool) -> None:
    assert is_visitor(name) is known


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ({"title": "Hat"}, []),
        ({"text": "Hat"}, []),
        ({"body": "Hat", "data": {"placement": "banner", "button": "Go", "other": 5}}, []),
        ({"url": "https://x/"}, [("title", "A message on the site needs a title or a text.")]),
        ({"title": "Hat", "data": {"placement": "top"}},
         [("data", "`placement` is inbox or banner")]),
        ({"title": "Hat", "data": {"dismiss": 5}}, [("data", "`dismiss` is the text of a button")]),
    ],
)  # fmt: skip
def test_what_a_content_must_say(content: dict[str, Any], problems: list[Any]) -> None:
    assert content_problems(content, ("inbox",)) == problems
    assert data_problem(content.get("data")) == (problems[0][1] if "data" in str(problems) else "")


def test_a_lean_script_keeps_what_stands_in_quotes() -> None:
    source = '/* x */\n(() => {\n  const a = "b => c ; }", d = `e , ${ a }`;\n  f(a, d);\n})();\n'
    assert lean(source) == '(()=>{const a="b => c ; }",d=`e , ${ a }`;f(a,d)})();'
