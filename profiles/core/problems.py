"""What is wrong with a document: a path, a code for machines and one sentence with the remedy.

A check collects every problem before it gives up, so that an author mends a document in one round.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

LISTED = 30


class Problem(msgspec.Struct, frozen=True):
    """`path` reads like `steps[2].if.all[1].count`; an empty path is the document itself."""

    path: str
    code: str
    message: str


def joined(path: str, key: str | int) -> str:
    """`path` one step deeper: `a` and `b` make `a.b`, `a` and 2 make `a[2]`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The sentence that names the nearest known word, or the list of them when none is near."""
    words = sorted(known)
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"Did you mean “{near[0]}”?"
    if not words:
        return "None is known yet."
    return f"Use one of: {', '.join(words[:LISTED])}{', …' if len(words) > LISTED else ''}."
