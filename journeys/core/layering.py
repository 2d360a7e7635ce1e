"""Numbered vertices and ways between them as a drawing in layers, from top to bottom.

After Sugiyama, Tagawa and Toda (1981): circles cut, longest-path layers, a vertex wherever a way
crosses a layer, rows ordered by the mean of their neighbours. Nothing here knows journeys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

SWEEPS = 6
_THIN = 0.3  # the room that a way takes where a vertex takes 1

Way = tuple[int, int]
Row = list[int]
Neighbours = Mapping[int, Sequence[int]]


class Drawing(msgspec.Struct, frozen=True):
    """`layers` and `xs` by vertex, x in vertex widths around 0. `bends` gives for a way the x in
    each layer that it crosses; `back` are the ways that lead up, which have none.
    """

    layers: tuple[int, ...]
    xs: tuple[float, ...]
    bends: Mapping[Way, tuple[float, ...]]
    back: frozenset[Way]


def draw(count: int, ways: Sequence[Way]) -> Drawing:
    """Draw `count` vertices; every way once. The same input gives the same drawing."""
    back = backward(count, ways)
    forward = [way for way in ways if way not in back]
    layers = longest(count, forward)
    chains, rows = _chains(layers, forward)
    above, below = _neighbours(chains), _neighbours(chain[::-1] for chain in chains)
    for _ in range(SWEEPS):
        _order(rows, above)
        _order(rows[::-1], below)
    xs = _spread(rows, above, below, count)
    bends = {
        way: tuple(xs[vertex] for vertex in chain[1:-1])
        for way, chain in zip(forward, chains, strict=True)
    }
    placed = tuple(xs[vertex] for vertex in range(count))
    return Drawing(tuple(layers), placed, bends, back)


def backward(count: int, ways: Iterable[Way]) -> frozenset[Way]:
    """The ways that close a circle, walking depth first from 0, then from what is left."""
    following = _following(ways)
    found: set[Way] = set()
    done: set[int] = set()
    for root in range(count):
        path: dict[int, Iterator[int]] = {}
        if root not in done:
            path[root] = iter(following.get(root, ()))
        while path:
            vertex = next(reversed(path))
            to = next(path[vertex], None)
            if to is None:
                done.add(vertex)
                del path[vertex]
            elif to in path:
                found.add((vertex, to))
            elif to not in done:
                path[to] = iter(following.get(to, ()))
    return frozenset(found)


def longest(count: int, ways: Iterable[Way]) -> list[int]:
    """The length of the longest way to each vertex; the ways form no circle. What cannot be reached
    from 0 stands just above what follows it.
    """
    ways = list(ways)
    following = _following(ways)
    unseen = [0] * count
    for _, to in ways:
        unseen[to] += 1
    layers = [0] * count
    ready = [vertex for vertex in range(count) if not unseen[vertex]]
    for vertex in ready:  # grows while it is read
        for to in following.get(vertex, ()):
            layers[to] = max(layers[to], layers[vertex] + 1)
            unseen[to] -= 1
            if not unseen[to]:
                ready.append(to)
    _lower(layers, ready, following)
    return layers


def _lower(layers: Row, ordered: Sequence[int], following: Mapping[int, Sequence[int]]) -> None:
    """Move what cannot be reached from 0 down to what follows it."""
    reached = {0}
    for vertex in ordered:
        if vertex in reached:
            reached.update(following.get(vertex, ()))
    for vertex in reversed(ordered):
        if vertex not in reached and vertex in following:
            layers[vertex] = max(0, min(layers[to] for to in following[vertex]) - 1)


def _following(ways: Iterable[Way]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for start, to in ways:
        found.setdefault(start, []).append(to)
    return found


def _chains(layers: Sequence[int], ways: Iterable[Way]) -> tuple[list[Row], list[Row]]:
    """Each way as a row of vertices, a new one in every layer that it crosses; and the layers."""
    rows: list[Row] = [[] for _ in range(max(layers, default=0) + 1)]
    for vertex, layer in enumerate(layers):
        rows[layer].append(vertex)
    chains: list[Row] = []
    fresh = len(layers)
    for start, to in ways:
        chain = [start]
        for layer in range(layers[start] + 1, layers[to]):
            chain.append(fresh)
            rows[layer].append(fresh)
            fresh += 1
        chains.append([*chain, to])
    return chains, rows


def _neighbours(chains: Iterable[Row]) -> dict[int, list[int]]:
    """For each vertex of the chains, those just before it."""
    found: dict[int, list[int]] = {}
    for chain in chains:
        for before, vertex in pairwise(chain):
            found.setdefault(vertex, []).append(before)
    return found


def _order(rows: Iterable[Row], neighbours: Neighbours) -> None:
    """Sort each row by the mean place of its neighbours in the row before."""
    places: dict[int, float] = {}
    for row in rows:
        places.update((vertex, place) for place, vertex in enumerate(row))
        row.sort(key=lambda vertex: _mean(vertex, neighbours, places))
        places.update((vertex, place) for place, vertex in enumerate(row))


def _mean(vertex: int, neighbours: Neighbours, places: Mapping[int, float]) -> float:
    known = neighbours.get(vertex)
    if not known:
        return places[vertex]
    return sum(places[each] for each in known) / len(known)


def _spread(
    rows: Sequence[Row], above: Neighbours, below: Neighbours, count: int
) -> dict[int, float]:
    """Draw every vertex towards its neighbours, as far as the others in its row leave room."""
    xs: dict[int, float] = {vertex: float(at) for row in rows for at, vertex in enumerate(row)}
    for _ in range(SWEEPS):
        for row in rows[::-1]:
            _pull(row, below, xs, count)
        for row in rows:
            _pull(row, above, xs, count)
    return {vertex: round(x, 3) for vertex, x in xs.items()}


def _pull(row: Row, neighbours: Neighbours, xs: dict[int, float], count: int) -> None:
    wanted = [_mean(vertex, neighbours, xs) for vertex in row]
    placed: list[float] = []
    for at, vertex in enumerate(row):
        room = (_room(vertex, count) + _room(row[at - 1], count)) / 2
        placed.append(max(wanted[at], placed[-1] + room) if placed else wanted[at])
    shift = sum(want - x for want, x in zip(wanted, placed, strict=True)) / len(row)
    xs.update(zip(row, (x + shift for x in placed), strict=True))


def _room(vertex: int, count: int) -> float:
    return 1 if vertex < count else _THIN
