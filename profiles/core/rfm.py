"""Recency, frequency and money as scores 1–5, and the classic 11-group label of a score code.

A score counts the cut-points a value has passed, so equal values share a score and a value on a
cut-point takes the lower one.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

Quad = tuple[float, float, float, float]

# A score needs customers to compare with: one for each of the five (money) or four (repeat buyers).
LEAST_BUYERS, LEAST_REPEAT_BUYERS = 5, 4
QUARTILES = (0.25, 0.5, 0.75)
QUINTILES = (0.2, 0.4, 0.6, 0.8)
MOVE = 0.05


class Cuts(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds (included) of scores 1–4: `f` in orders, `m` in money, `r` in days.

    The defaults serve an empty base. `f` puts four orders at score 4, where the loyal class
    begins; `m` are amounts of the workspace's currency; `r` matters in quintile mode only.
    """

    f: Quad = (1, 2, 3, 5)
    m: Quad = (50, 100, 200, 500)
    r: Quad = (30, 60, 120, 240)


def score(value: float, cuts: Sequence[float]) -> int:
    """1 + the number of cut-points below `value`."""
    return bisect_left(cuts, value) + 1


def frequency_cuts(quartiles: Sequence[float]) -> Quad:
    """F's cut-points from the quartiles of the orders of customers with at least two."""
    first, second, third = quartiles
    return (1.0, float(first), float(second), float(third))


def money_cuts(quintiles: Sequence[float]) -> Quad:
    """Cut-points of M (and of R in quintile mode) from the four inner quintiles, ascending."""
    first, second, third, fourth = quintiles
    return (float(first), float(second), float(third), float(fourth))


def moved(old: Sequence[float], new: Sequence[float]) -> bool:
    """True where a number differs from its predecessor by more than 5 % of it."""
    pairs = zip(old, new, strict=True)
    return any(abs(after - before) > MOVE * abs(before) for before, after in pairs)


GROUPS: Mapping[str, str] = {
    "champions": "555 554 544 545 454 455 445",
    "loyal": "543 444 435 355 354 345 344 335",
    "potential_loyalist": """553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423
        353 352 351 342 341 333 323""",
    "new": "512 511 422 421 412 411 311",
    "promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "need_attention": "535 534 443 434 343 334 325 324",
    "about_to_sleep": "331 321 312 221 213 231 241 251",
    "at_risk": """255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133
        125 124""",
    "cannot_lose": "155 154 144 214 215 115 114 113",
    "hibernating": "332 322 233 232 223 222 132 123 122 212 211",
    "lost": "111 112 121 131 141 151",
}
_LABELS = {code: group for group, codes in GROUPS.items() for code in codes.split()}


def label(code: str) -> str:
    """The group of a code such as `545`; empty for a customer without a score."""
    return _LABELS.get(code, "")
