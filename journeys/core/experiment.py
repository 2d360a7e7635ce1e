"""What an arm did against its control: rates, differences with intervals, and a verdict in a word.

Every number is None where its denominator is zero. Nothing here decides who belongs to an arm.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, lgamma, log, sqrt
from typing import Literal

import msgspec

Verdict = Literal["not_measurable", "too_early", "no_difference", "better", "worse", "srm"]

Z = 1.959963984540054  # 97.5 % of the standard normal: intervals are 95 %
SIGNIFICANCE = 0.05
SRM_SIGNIFICANCE = 0.001
MIN_CUSTOMERS = 30
MIN_CONVERSIONS = 10
_LEAST_EXPECTED = 5.0


class Counts(msgspec.Struct, frozen=True):
    """What was counted of one arm. `share` is its planned percentage."""

    arm: str
    customers: int
    conversions: int
    value: float = 0.0
    ghost: bool = False
    share: float | None = None


class Arm(msgspec.Struct, frozen=True):
    """One arm of the report. `lift` is relative (0.2 is 20 % more) with its interval `low..high`;
    `difference` is of rates. All of them and `p` compare with the control arm, whose own are None.
    """

    arm: str
    ghost: bool
    customers: int
    conversions: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    value: float
    value_per_customer: float | None
    lift: float | None = None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    incremental: float | None = None
    p: float | None = None
    verdict: Verdict = "not_measurable"


class Experiment(msgspec.Struct, frozen=True):
    """`id` is `holdout` or the step's id; `control` names the arm compared with, "" for none."""

    id: str
    arms: tuple[Arm, ...]
    control: str
    srm_p: float | None
    verdict: Verdict


def compare(id: str, arms: Sequence[Counts], *, baseline: str | None = None) -> Experiment:
    """Compare every arm with the control: the first ghost arm, else the arm named `baseline`.

    Several arms against one control share the significance among them (Bonferroni).
    """
    control = next((each for each in arms if each.ghost), None)
    control = control or next((each for each in arms if each.arm == baseline), None)
    srm_p = sample_ratio_p(arms)
    if control is None:
        plain = tuple(_alone(each) for each in arms)
        return Experiment(id, plain, "", srm_p, _worst_first(srm_p, []))
    rivals = sum(1 for each in arms if each is not control)
    reported = tuple(
        _alone(each) if each is control else _against(each, control, rivals) for each in arms
    )
    verdicts = [arm.verdict for arm in reported if arm.arm != control.arm]
    return Experiment(id, reported, control.arm, srm_p, _worst_first(srm_p, verdicts))


def _worst_first(srm_p: float | None, verdicts: Sequence[Verdict]) -> Verdict:
    if srm_p is not None and srm_p < SRM_SIGNIFICANCE:
        return "srm"
    order: tuple[Verdict, ...] = ("better", "worse", "no_difference", "too_early")
    return next((verdict for verdict in order if verdict in verdicts), "not_measurable")


def _alone(counts: Counts) -> Arm:
    low, high = wilson(counts.conversions, counts.customers)
    return Arm(
        arm=counts.arm,
        ghost=counts.ghost,
        customers=counts.customers,
        conversions=counts.conversions,
        rate=_ratio(counts.conversions, counts.customers),
        rate_low=low,
        rate_high=high,
        value=counts.value,
        value_per_customer=_ratio(counts.value, counts.customers),
    )


def _against(counts: Counts, control: Counts, rivals: int) -> Arm:
    alone = _alone(counts)
    if not counts.customers or not control.customers:
        return msgspec.structs.replace(alone, verdict="too_early")
    treated, base = counts.conversions / counts.customers, control.conversions / control.customers
    difference = treated - base
    low, high = difference_interval(counts, control)
    lift_low, lift_high = lift_interval(counts, control)
    p = two_sided_p(counts, control)
    return msgspec.structs.replace(
        alone,
        lift=_ratio(difference, base),
        low=lift_low,
        high=lift_high,
        difference=difference,
        difference_low=low,
        difference_high=high,
        incremental=difference * counts.customers,
        p=p,
        verdict=_verdict(counts, control, p, rivals),
    )


def _verdict(counts: Counts, control: Counts, p: float, rivals: int) -> Verdict:
    if min(counts.customers, control.customers) < MIN_CUSTOMERS:
        return "too_early"
    if counts.conversions + control.conversions < MIN_CONVERSIONS:
        return "too_early"
    if p >= SIGNIFICANCE / rivals:
        return "no_difference"
    more = counts.conversions * control.customers > control.conversions * counts.customers
    return "better" if more else "worse"


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def wilson(successes: int, trials: int) -> tuple[float, float] | tuple[None, None]:
    """The 95 % score interval of a rate (Wilson 1927, JASA 22:209); None for no customers."""
    if not trials:
        return None, None
    rate = successes / trials
    centre = rate + Z * Z / (2 * trials)
    spread = Z * sqrt(rate * (1 - rate) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _limits(counts: Counts) -> tuple[float, float, float]:
    low, high = wilson(counts.conversions, counts.customers)
    return counts.conversions / counts.customers, low or 0.0, high or 0.0


def difference_interval(treated: Counts, control: Counts) -> tuple[float, float]:
    """95 % of the difference of two rates: Newcombe's hybrid score interval without continuity
    correction (Newcombe 1998, Statistics in Medicine 17:873, method 10). Both arms have customers.
    """
    rate, low, high = _limits(treated)
    base, base_low, base_high = _limits(control)
    difference = rate - base
    below = sqrt((rate - low) ** 2 + (base_high - base) ** 2)
    above = sqrt((high - rate) ** 2 + (base - base_low) ** 2)
    return difference - below, difference + above


def lift_interval(treated: Counts, control: Counts) -> tuple[float | None, float | None]:
    """95 % of the relative lift: variance estimates recovered from the Wilson limits of both rates,
    for a ratio (Donner and Zou 2012, Statistical Methods in Medical Research 21:347). None, None
    when the control converted nobody.
    """
    rate, low, high = _limits(treated)
    base, base_low, base_high = _limits(control)
    if not base:
        return None, None
    product = rate * base
    below = product * product - low * (2 * rate - low) * base_high * (2 * base - base_high)
    # the root rationalised, for the textbook's denominator can vanish
    lower = low * (2 * rate - low) / (product + sqrt(max(0.0, below))) if rate else 0.0
    room = base_low * (2 * base - base_low)
    above = product * product - high * (2 * rate - high) * room
    upper = (product + sqrt(max(0.0, above))) / room
    return lower - 1, upper - 1


def two_sided_p(first: Counts, second: Counts) -> float:
    """Whether two rates differ: Fisher's exact test while a cell expects fewer than 5, else the
    score test with pooled variance (Pearson's chi-square without correction).
    """
    total = first.customers + second.customers
    successes = first.conversions + second.conversions
    if not successes or successes == total:
        return 1.0
    fewest = min(first.customers, second.customers) * min(successes, total - successes) / total
    if fewest < _LEAST_EXPECTED:
        return _fisher(first, second)
    pooled = successes / total
    error = sqrt(pooled * (1 - pooled) * (1 / first.customers + 1 / second.customers))
    z = (first.conversions / first.customers - second.conversions / second.customers) / error
    return erfc(abs(z) / sqrt(2))


def _fisher(first: Counts, second: Counts) -> float:
    """Fisher's exact test, two-sided: all tables with these margins that are no more likely."""
    total = first.customers + second.customers
    successes = first.conversions + second.conversions
    base = _log_choose(total, first.customers)

    def likelihood(k: int) -> float:
        ways = _log_choose(successes, k)
        return ways + _log_choose(total - successes, first.customers - k) - base

    observed = likelihood(first.conversions) + 1e-7
    lowest = max(0, successes - second.customers)
    tables = range(lowest, min(successes, first.customers) + 1)
    return min(1.0, sum(exp(log_p) for log_p in map(likelihood, tables) if log_p <= observed))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def sample_ratio_p(arms: Sequence[Counts]) -> float | None:
    """Whether the arms hold the planned shares (Pearson's chi-square). None where the plan is not
    known, fewer than two arms take anybody, or an arm expects fewer than 5 customers.
    """
    planned = [(each.customers, each.share) for each in arms if each.share]
    if len(planned) < 2 or any(each.share is None for each in arms):
        return None
    total = sum(customers for customers, _ in planned)
    shares = sum(share or 0.0 for _, share in planned)
    expected = [total * (share or 0.0) / shares for _, share in planned]
    if min(expected) < _LEAST_EXPECTED:
        return None
    pairs = zip(planned, expected, strict=True)
    statistic = sum((seen - mean) ** 2 / mean for (seen, _), mean in pairs)
    return chi_square_survival(statistic, len(planned) - 1)


def chi_square_survival(statistic: float, degrees: int) -> float:
    """P(chi-square with `degrees` >= 1 exceeds `statistic`), by the finite sums for whole degrees
    (Abramowitz and Stegun 26.4.4 and 26.4.5).
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    odd = degrees % 2
    survival = erfc(sqrt(half)) if odd else 0.0
    for term in range(degrees // 2):
        power = term + odd / 2
        survival += exp(power * log(half) - half - lgamma(power + 1))
    return min(1.0, survival)
