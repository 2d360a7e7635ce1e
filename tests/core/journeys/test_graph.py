"""Pictures: everything is shown once, nothing overlaps, nothing slips out of its quotes."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.document import Document, parse
from journeys.core.graph import COLUMN, LAYER, Edge, Node, layout
from journeys.core.layering import backward, draw, longest
from journeys.core.picture import COLOURS, HEIGHT, WIDTH, svg
from journeys.core.steps import KINDS
from tests.core.journeys.documents import CART, DE, MAIL, VIP, document, mail

Ways = list[tuple[int, int]]

EVERYTHING = document(
    {"id": "again", "wait": "3d"},
    {
        "id": "fork",
        "branch": [
            {"if": DE, "then": "m1"},
            {"if": {"all": [VIP, {"stage": "loyalty"}]}, "then": "up"},
            {"if": {"nonsense": 1}, "then": "end"},
        ],
        "else": "m2",
    },
    {"id": "m1", "send": {"channel": "email", "template": "welcome"}, "then": "join"},
    {"id": "m2", "send": {"channel": ["push", "sms"], "text": "Still?"}, "then": "join"},
    {
        "id": "up",
        "update": {"set": {"a": 1, "b": 2}, "subscribe": [{"channel": "x"}, {"channel": "y"}]},
    },
    {
        "id": "join",
        "wait_for": {
            "any": [{"event": "Order Completed", "then": "out"}, {"if": VIP, "then": "out"}],
            "timeout": "2d",
        },
    },
    {
        "id": "test",
        "split": [{"arm": "A", "share": 50, "then": "again"}, {"arm": "B", "share": 50}],
    },
    {"id": "empty", "send": {}},
    {"id": "draft", "wait": None, "then": "nowhere"},
    {"id": "out", "leave": "bought"},
    enter={"on": [{"event": "X"}, {"stage": "growth"}, {"lifecycle": "lost"}, {"api": True}]},
)


def shown(found: Document) -> tuple[dict[str, Node], dict[tuple[str, str], Edge]]:
    nodes, edges = layout(found)
    return {node.id: node for node in nodes}, {(edge.start, edge.to): edge for edge in edges}


def test_every_step_is_a_node_in_words() -> None:
    nodes, _ = shown(EVERYTHING)
    assert {node.id: node.title for node in nodes.values()} == {
        "enter": "X, stage growth, lifecycle lost and 1 more",
        "again": "Wait 3d",
        "fork": "Branch",
        "m1": "Send email: welcome",
        "m2": "Send push, sms: Still?",
        "up": "Update a, b, x and 1 more",
        "join": "Wait for Order Completed, a condition",
        "test": "Split A, B",
        "empty": "Send ",
        "draft": "Wait",
        "out": "Leave: bought",
        "end:fork": "End",
    }


def test_every_way_is_an_edge_that_says_when_it_is_taken() -> None:
    _, edges = shown(EVERYTHING)
    assert {way: edge.label for way, edge in edges.items()} == {
        ("enter", "again"): "",
        ("again", "fork"): "",
        ("fork", "m1"): "country is “DE”",
        ("fork", "up"): edges["fork", "up"].label,
        ("fork", "end:fork"): "if …",
        ("fork", "m2"): "else",
        ("m1", "join"): "",
        ("m2", "join"): "",
        ("up", "join"): "",
        ("join", "out"): "Order Completed / vip is true",
        ("join", "test"): "after 2d",
        ("test", "again"): "A 50%",
        ("test", "empty"): "B 50%",
        ("empty", "draft"): "",
    }
    assert "vip is true and" in edges["fork", "up"].label
    assert [way for way, edge in edges.items() if edge.back] == [("test", "again")]


def test_timers_are_told_by_their_schedule() -> None:
    enter = {"on": [{"cron": "0 10 * * 1"}, {"schedule": ""}]}
    assert shown(document(enter=enter))[0]["enter"].title == "0 10 * * 1"


def test_a_document_without_steps_has_an_entrance() -> None:
    nodes, edges = layout(parse({}))
    assert ([node.id for node in nodes], edges) == (["enter"], [])
    assert svg(parse({})).endswith("</svg>")


def test_the_layout_begins_at_zero_and_goes_down() -> None:
    nodes, edges = shown(parse(CART))
    assert nodes["enter"].y == 0
    assert min(node.x for node in nodes.values()) >= 0
    for (start, to), edge in edges.items():
        ys = [nodes[start].y, *(y for _, y in edge.bends), nodes[to].y]
        assert ys == [nodes[start].y + LAYER * at for at in range(len(ys))]


def test_what_nobody_reaches_stands_just_above_what_it_leads_to() -> None:
    nodes, _ = shown(
        document(mail("a"), mail("b"), mail("c", then="end"), mail("lost"), mail("more", then="c"))
    )
    assert nodes["more"].y == nodes["c"].y - LAYER
    assert nodes["lost"].y == nodes["more"].y - LAYER


GRAPHS = st.integers(1, 14).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)),
            unique=True,
            max_size=30,
        ),
    )
)


@given(GRAPHS)
def test_any_graph_is_drawn_downwards_without_overlaps(graph: tuple[int, Ways]) -> None:
    count, ways = graph
    drawing = draw(count, ways)
    assert draw(count, ways) == drawing
    for start, to in ways:
        if (start, to) not in drawing.back:
            span = drawing.layers[to] - drawing.layers[start]
            assert span >= 1
            assert len(drawing.bends[start, to]) == span - 1
    rows: dict[int, list[float]] = {}
    for layer, x in zip(drawing.layers, drawing.xs, strict=True):
        rows.setdefault(layer, []).append(x)
    for row in rows.values():
        row.sort()
        assert all(right - left > 0.99 for left, right in pairwise(row))


@given(GRAPHS)
def test_without_the_ways_back_no_circle_is_left(graph: tuple[int, Ways]) -> None:
    count, ways = graph
    back = backward(count, ways)
    forward = [way for way in ways if way not in back]
    layers = longest(count, forward)
    assert all(layers[start] < layers[to] for start, to in forward)
    assert backward(count, forward) == frozenset()


def test_a_diamond_lies_as_one_expects() -> None:
    drawing = draw(4, [(0, 1), (0, 2), (1, 3), (2, 3)])
    assert drawing.layers == (0, 1, 1, 2)
    assert drawing.xs[0] == drawing.xs[3] == pytest.approx((drawing.xs[1] + drawing.xs[2]) / 2)
    assert drawing.xs[2] - drawing.xs[1] == pytest.approx(1)


SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def test_a_picture_is_xml_that_shows_every_node_and_label() -> None:
    root = ElementTree.fromstring(svg(EVERYTHING))
    nodes, edges = layout(EVERYTHING)
    groups = [each.get("class", "") for each in root.iter(f"{SVG}g")]
    assert Counter(groups) == Counter(f"journey-node journey-{node.kind}" for node in nodes)
    labels = [each for each in root.iter(f"{SVG}text") if each.get("class") == "journey-label"]
    assert len(labels) == sum(1 for edge in edges if edge.label)
    paths = [each.get("class") for each in root.iter(f"{SVG}path") if each.get("class")]
    assert paths.count("journey-edge") == sum(1 for edge in edges if not edge.back)
    assert paths.count("journey-edge journey-back") == 1


def test_every_kind_has_a_colour() -> None:
    assert set(COLOURS) == {*KINDS, "enter", "end"}


def test_text_is_escaped_and_control_characters_are_dropped() -> None:
    evil = '<script>alert("x")</script>&\x01\x0b'
    send = {"channel": "email", "subject": evil, "text": "x"}
    found = document({"id": "a", "send": send}, title=evil, enter={"on": {"event": evil}})
    picture = svg(found, notes={"a": evil}, titles={"enter": evil})
    root = ElementTree.fromstring(picture)
    assert "<script" not in picture
    assert root.find(f"{SVG}title").text == evil[:-2]  # type: ignore[union-attr]
    assert not list(root.iter(f"{SVG}script"))


def test_titles_and_notes_replace_words_and_the_current_step_is_marked() -> None:
    picture = svg(
        parse(CART), titles={"pause": "Ждать"}, notes={"pause": "1,204 waiting"}, current="pause"
    )
    assert "Ждать" in texts(picture)
    assert "1,204 waiting" in texts(picture)
    root = ElementTree.fromstring(picture)
    marked = [each for each in root.iter(f"{SVG}g") if "journey-current" in each.get("class", "")]
    assert len(marked) == 1


def test_long_texts_are_shortened_and_kept_whole_in_titles() -> None:
    long = "A subject of more letters than fit into a box"
    picture = svg(document({"id": "a", "send": {**MAIL, "subject": long}}))
    assert "Send email: A subject…" in texts(picture)
    assert f"<title>a: Send email: {long}</title>" in picture


def test_labels_of_ways_to_one_step_stand_above_each_other() -> None:
    steps = [
        {"id": "a", "branch": [{"if": DE, "then": "b"}, {"if": VIP, "then": "c"}], "else": "d"},
        {"id": "b", "branch": [{"if": DE, "then": "z"}], "else": "end"},
        {"id": "c", "branch": [{"if": DE, "then": "z"}], "else": "end"},
        {"id": "d", "branch": [{"if": DE, "then": "z"}], "else": "end"},
        mail("z"),
    ]
    root = ElementTree.fromstring(svg(document(*steps)))
    labels = [
        (each.get("x"), each.get("y"), each.get("text-anchor"))
        for each in root.iter(f"{SVG}text")
        if each.get("class") == "journey-label"
    ]
    assert len(labels) == len(set(labels))


def test_nothing_stands_outside_of_the_frame() -> None:
    steps = [
        {"id": "a", "branch": [{"if": {**DE, "eq": "x" * 40}, "then": "c"}], "else": "b"},
        mail("b", then="end"),
        mail("c"),
    ]
    root = ElementTree.fromstring(svg(document(*steps)))
    left, _, width, height = map(float, root.get("viewBox", "").split())
    for box in root.iter(f"{SVG}rect"):
        x, y = float(box.get("x", 0)), float(box.get("y", 0))
        assert left <= x <= left + width - float(box.get("width", 0))
        assert 0 <= y <= height - float(box.get("height", 0))
    for label in root.iter(f"{SVG}text"):
        assert left <= float(label.get("x", 0)) <= left + width


def two_hundred() -> Document:
    steps: list[dict[str, Any]] = []
    for number in range(200):
        id, ahead = f"s{number}", f"s{min(199, number + 1 + number % 7)}"
        waiting = {"any": {"event": "X", "then": "end"}, "timeout": "2d"}
        kinds: list[dict[str, Any]] = [
            {"send": MAIL},
            {"wait": "1d"},
            {"branch": [{"if": DE, "then": ahead}]},
            {"split": [{"arm": "A", "share": 50, "then": ahead}, {"arm": "B", "share": 50}]},
            {"wait_for": waiting},
        ]
        steps.append({"id": id, **kinds[number % 5]})
    return document(*steps)


def test_two_hundred_steps_are_drawn_without_overlaps_in_a_moment() -> None:
    found = two_hundred()
    began = time.thread_time()
    assert len(svg(found)) < 400_000
    assert time.thread_time() - began < 2
    nodes, edges = layout(found)
    boxes = {(node.x, node.y) for node in nodes}
    assert len(boxes) == len(nodes)
    for edge in edges:
        for x, y in edge.bends:
            near = [node for node in nodes if node.y == y and abs(node.x - x) < WIDTH / 2]
            assert not near
    assert HEIGHT < LAYER
    assert WIDTH < COLUMN
