"""Links as they are kept and followed, with UTM parameters of the setting and of the step."""

from typing import Any

import pytest

from channels.core.utm import parse
from channels.models import Link
from channels.operations.dispatch import dispatch
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
MAIL = {"subject": "Hi", "html": '<a href="https://shop.example/hats?a=1#top">Hats</a>'}


@pytest.fixture(autouse=True)
def setting(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_UTM = parse("utm_source=shop&utm_medium={channel}&utm_content={step}{arm}")


def links() -> set[str]:
    return set(Link.objects.values_list("url", flat=True))


def test_a_step_has_one_link_however_many_get_it() -> None:
    letters.enqueue(letters.customers(5), MAIL)
    assert dispatch(now=NOW).sent == 5
    assert links() == {
        "https://shop.example/hats?a=1&utm_source=shop&utm_medium=email&utm_content=mail#top"
    }


def test_steps_arms_and_channels_are_told_apart() -> None:
    (ada,) = letters.customers(1)
    letters.device(ada, "https://push.example/1")
    letters.enqueue([ada], MAIL, step="one", arm="A")
    push = {"title": "Hi", "url": "https://shop.example/"}
    letters.enqueue([ada], push, step="two", channels=("push",))
    assert dispatch(now=NOW).sent == 2
    assert links() == {
        "https://shop.example/hats?a=1&utm_source=shop&utm_medium=email&utm_content=oneA#top",
        "https://shop.example/?utm_source=shop&utm_medium=push&utm_content=two",
    }


@pytest.mark.parametrize(
    ("own", "added"),
    [(False, ""), ({"source": "b", "medium": False}, "&utm_source=b&utm_content=mail")],
)
def test_the_step_has_the_last_word(own: Any, added: str) -> None:
    letters.enqueue(letters.customers(1), {**MAIL, "utm": own})
    dispatch(now=NOW)
    assert links() == {f"https://shop.example/hats?a=1{added}#top"}
