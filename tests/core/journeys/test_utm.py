"""What a send step may say of UTM parameters, and where it is told what is wrong."""

from typing import Any

import pytest

from journeys.core.document import parse
from journeys.core.plan import compile
from journeys.core.problem import DocumentError

ASK: dict[str, Any] = {"channel": "email", "subject": "Hi", "text": "x"}


def document(**send: Any) -> Any:
    steps = [{"id": "mail", "send": {**ASK, **send}}]
    return parse({"journey": "sale", "enter": {"on": {"event": "A"}}, "steps": steps})


@pytest.mark.parametrize("own", [False, {}, {"campaign": "spring", "term": False, "id": "{arm}"}])
def test_a_step_says_none_or_single_ones(own: Any) -> None:
    assert compile(document(utm=own)).contents[0]["utm"] == own


def test_without_a_word_the_content_stays_as_it_was() -> None:
    assert "utm" not in compile(document()).contents[0]


def test_it_stands_beside_a_template_and_differs_by_variant() -> None:
    steps = [{"id": "mail", "send": {
        "channel": "email", "utm": {"term": "all"},
        "variants": {"A": {"template": "a"}, "B": {"template": "a", "utm": False}},
    }}]  # fmt: skip
    found = parse({"journey": "sale", "enter": {"on": {"event": "A"}}, "steps": steps})
    assert list(compile(found).contents) == [
        {"template": "a", "utm": {"term": "all"}}, {"template": "a", "utm": False},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("own", "path", "remedy"),
    [
        (True, "", "Write false, or a mapping such as {campaign: spring}."),
        ("spring", "", "Write false, or a mapping such as {campaign: spring}."),
        ({"campagne": "x"}, ".campagne", "Did you mean “campaign”?"),
        ({"utm_term": "x"}, ".utm_term", "Write term."),
        ({"term": 5}, ".term", "Write a text, or false for none: term: spring."),
        ({"term": True}, ".term", "Write a text, or false for none: term: spring."),
        ({"term": "{{ customer.city }}"}, ".term", "In braces stands one of channel, journey"),
        ({"term": "a\nb"}, ".term", "one line of at most 200 characters"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_the_remedy(
    own: Any, path: str, remedy: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        compile(document(utm=own))
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == (f"steps[mail].send.utm{path}", "invalid")
    assert remedy in problem.message
