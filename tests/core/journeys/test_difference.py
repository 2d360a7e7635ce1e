"""Two documents of one journey, told apart step by step."""

from __future__ import annotations

from typing import Any

from journeys.core.difference import Difference, difference
from journeys.core.document import Document, parse
from tests.core.journeys.documents import CART, DE, mail, raw


def doc(*steps: Any, **keys: Any) -> Document:
    return parse(raw(*steps, **keys))


WAIT = {"id": "pause", "wait": "1h"}


def test_a_document_is_the_same_as_itself_whatever_its_comments_and_order_of_keys() -> None:
    reordered = CART.replace(
        "  - id: pause\n    wait: 1h", "  - wait: 1h  # a while\n    id: pause"
    )
    found = difference(parse(CART), parse(reordered))
    assert not found
    assert found.same == ("pause", "test", "mail_a", "mail_b", "bought", "nudge")


def test_everything_of_a_first_document_is_added() -> None:
    found = difference(None, doc(mail("a"), WAIT))
    assert found.added == ("a", "pause")
    assert found.keys
    assert found


def test_steps_are_known_by_their_ids() -> None:
    old = doc(mail("a"), WAIT, mail("b"))
    new = doc(mail("b"), mail("c"), {"id": "pause", "wait": "2h"})
    found = difference(old, new)
    assert (found.added, found.changed, found.removed) == (("c",), ("pause",), ("a",))
    assert found.same == ("b",)
    assert found.rerouted == ("b",)


def test_a_step_behind_which_another_one_comes_now_leads_elsewhere() -> None:
    found = difference(doc(mail("a"), mail("b")), doc(mail("a"), WAIT, mail("b")))
    assert found == Difference(added=("pause",), same=("a", "b"), rerouted=("a",))


def test_a_step_that_moved_and_leads_where_it_led_is_the_same() -> None:
    first = {**mail("a"), "then": "end"}
    start = {"id": "choose", "branch": [{"if": DE, "then": "a"}], "else": "b"}
    second = {**mail("b"), "then": "end"}
    assert not difference(doc(start, first, second), doc(start, second, first))


def test_true_is_not_one_and_the_order_of_variants_counts() -> None:
    def step(value: Any) -> dict[str, Any]:
        return {"id": "tag", "update": {"set": {"vip": value}}}

    def variants(*names: str) -> dict[str, Any]:
        sent = {
            "channel": "email",
            "text": "x",
            "variants": {each: {"subject": each} for each in names},
        }
        return {"id": "mail", "send": sent}

    assert difference(doc(step(1)), doc(step(True))).changed == ("tag",)
    assert difference(doc(variants("A", "B")), doc(variants("B", "A"))).changed == ("mail",)


def test_keys_beside_the_steps_are_named() -> None:
    old = doc(WAIT, title="A", priority=50)
    assert difference(old, doc(WAIT, title="B", priority=50, topic="")).keys == ("title",)
    assert difference(old, doc(WAIT, title="A", priority=0)).keys == ("priority",)


def test_steps_without_an_id_and_second_ones_of_an_id_are_left_out() -> None:
    draft = doc(
        {"wait": "1h"},
        WAIT,
        {"id": "pause", "wait": "9h"},
        {"id": "go", "then": "gone", "wait": "1h"},
    )
    found = difference(doc(WAIT), draft)
    assert (found.added, found.same, found.rerouted) == (("go",), ("pause",), ("pause",))
