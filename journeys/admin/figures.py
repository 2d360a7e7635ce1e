"""A journey's report as its page shows it: numbers with base and list, intervals as bars."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from journeys.admin.words import ARMS, COMPARISONS, KINDS, TOTALS, VERDICT_TONES, VERDICTS
from profiles.admin.base import reason, word

FEW = 30
"""Below this base a rate is greyed: chance alone moves it too far."""
SPAN = 1.0
"""The lift scale reaches at least from −100 % to +100 %."""
SENDS = ("sent", "withheld", "delivered", "opened", "clicked", "failed")


def steps(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a step: what was counted there, each with its list."""
    return [_step(report["journey"], step) for step in report["steps"]]


def _step(journey: str, step: Mapping[str, Any]) -> dict[str, Any]:
    place = {"journey": journey, "step": step["id"]}
    skipped = step["skipped"]
    sends = step["kind"] == "send"
    return {
        "id": step["id"],
        "kind": word(KINDS, step["kind"]),
        "sends": sends,
        "entered": (step["entered"], _list("journeys_decision", **place, arrivals="yes")),
        "waiting": (step["waiting"], _list("journeys_enrollment", **place, status="active")),
        "sent": (step["sent"], _list("channels_message", **place, reached="sent")),
        "withheld": (step["withheld"], _list("channels_message", **place, status="withheld")),
        "skipped": sum(skipped.values()),
        "reasons": [
            (reason(code), number, _list("channels_message", **place, **_refused(code)))
            for code, number in sorted(skipped.items(), key=lambda item: -item[1])
        ],
        "delivered": (step["delivered"], _list("channels_message", **place, reached="delivered")),
        "opened": (step["opened"], _list("channels_message", **place, reached="opened")),
        "clicked": (step["clicked"], _list("channels_message", **place, reached="clicked")),
        "failed": (step["failed"], _list("channels_message", **place, status="failed")),
    }


def _refused(code: str) -> dict[str, str]:
    """The report counts what expired among what was skipped."""
    return {"status": "expired" if code == "expired" else "skipped", "reason": code}


def totals(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The journey as a whole, over all its versions."""
    found = report["totals"]
    journey = report["journey"]
    return [
        _total("entered", found, _list("journeys_enrollment", journey=journey)),
        _total("active", found, _list("journeys_enrollment", journey=journey, status="active")),
        _total(
            "completed", found, _list("journeys_enrollment", journey=journey, status="completed")
        ),
        _total("left", found, _list("journeys_enrollment", journey=journey, status="left")),
        _total(
            "converted",
            found,
            _list("journeys_enrollment", journey=journey, converted="yes"),
            of="entered",
        ),
    ]


def _total(key: str, found: Mapping[str, Any], url: str, *, of: str = "") -> dict[str, Any]:
    return {
        "label": word(TOTALS, key),
        "number": found[key],
        "url": url,
        "base": found[of] if of else None,
    }


def experiments(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each comparison with its verdict in words and its arms."""
    return [_experiment(each) for each in report["experiments"]]


def _experiment(found: Mapping[str, Any]) -> dict[str, Any]:
    reach = _reach(found["arms"])
    return {
        "id": found["id"],
        "title": word(COMPARISONS, found["id"])
        if found["id"] in COMPARISONS
        else _("Arms of the step %s") % found["id"],
        "verdict": word(VERDICTS, found["verdict"]),
        "tone": VERDICT_TONES.get(found["verdict"], "muted"),
        "control": found["control"],
        "srm_p": found["srm_p"],
        "reach": reach,
        "arms": [_arm(arm, found["control"], reach) for arm in found["arms"]],
    }


def _arm(arm: Mapping[str, Any], control: str, reach: float) -> dict[str, Any]:
    return {
        **arm,
        "name": word(ARMS, arm["arm"]),
        "is_control": arm["arm"] == control,
        "few": arm["customers"] < FEW,
        "verdict_words": word(VERDICTS, arm["verdict"]),
        "interval": _interval(arm, reach),
    }


def _reach(arms: list[Mapping[str, Any]]) -> float:
    """How far the lift scale goes to both sides of zero."""
    ends: list[float] = [
        abs(arm[end]) for arm in arms for end in ("low", "high") if arm[end] is not None
    ]
    return min(max([SPAN, *ends]), 10 * SPAN)


def _interval(arm: Mapping[str, Any], reach: float) -> dict[str, str] | None:
    """Where the interval and the estimate lie on a scale of 0 to 100, as SVG writes numbers."""
    if arm["lift"] is None or arm["low"] is None or arm["high"] is None:
        return None
    low, mid, high = (_on_scale(arm[key], reach) for key in ("low", "lift", "high"))
    return {
        "low": f"{low:.2f}",
        "mid": f"{mid - 0.7:.2f}",
        "width": f"{max(high - low, 0.5):.2f}",
    }


def _on_scale(lift: float, reach: float) -> float:
    return round(50 + 50 * max(-1.0, min(1.0, lift / reach)), 2)


def headline(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer to "does it work?": the holdout's verdict, or the first comparison's."""
    found = experiments(report)
    return next((each for each in found if each["id"] == "holdout"), found[0] if found else None)


def _list(model: str, **filters: str) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
