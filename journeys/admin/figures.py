"""A journey's report as its page shows it: numbers with base and list."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from channels.core import price
from journeys.admin.words import ARMS, COMPARISONS, KINDS, TOTALS, VERDICT_TONES, VERDICTS
from profiles.admin.base import reason, word

FEW = 30
"""Below this base a rate is greyed: chance alone moves it too far."""
SENDS = ("sent", "withheld", "delivered", "opened", "clicked", "failed")


def steps(
    report: Mapping[str, Any], asked: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """One row a step: what was counted there, each with its list; `asked` narrows the lists as the
    report was.
    """
    return [
        _step({"journey": report["journey"], **(asked or {})}, each) for each in report["steps"]
    ]


def _step(where: Mapping[str, str], step: Mapping[str, Any]) -> dict[str, Any]:
    place = {**where, "step": step["id"]}
    skipped = step["skipped"]
    sends = step["kind"] == "send"
    return {
        "id": step["id"],
        "kind": word(KINDS, step["kind"]),
        "sends": sends,
        "entered": (step["entered"], _list("journeys_decision", **place, arrivals="yes")),
        "waiting": (step["waiting"], _list("journeys_enrollment", **place, status="active")),
        "billed": [price.written(cost, name) for name, cost in sorted(step["costs"].items())],
        "segments": step["segments"],
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


def shown(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step's figures for the canvas: each a number and its list, and why what was not sent."""
    counted = ("entered", "waiting", *SENDS) if step["sends"] else ("entered", "waiting")
    return {
        **{key: step[key] for key in counted},
        "skipped": step["skipped"],
        "reasons": step["reasons"],
    }


def query(**filters: str) -> str:
    """The filters of a list as the end of its address."""
    return urlencode(filters)


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
    return {
        "id": found["id"],
        "title": word(COMPARISONS, found["id"])
        if found["id"] in COMPARISONS
        else _("Arms of the step %s") % found["id"],
        "verdict": word(VERDICTS, found["verdict"]),
        "tone": VERDICT_TONES.get(found["verdict"], "muted"),
        "control": found["control"],
        "srm_p": found["srm_p"],
        "arms": [_arm(arm, found["control"]) for arm in found["arms"]],
    }


def _arm(arm: Mapping[str, Any], control: str) -> dict[str, Any]:
    return {
        **arm,
        "name": word(ARMS, arm["arm"]),
        "is_control": arm["arm"] == control,
        "few": arm["customers"] < FEW,
        "verdict_words": word(VERDICTS, arm["verdict"]),
    }


def headline(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer to "does it work?": the holdout's verdict, or the first comparison's."""
    found = experiments(report)
    return next((each for each in found if each["id"] == "holdout"), found[0] if found else None)


def _list(model: str, **filters: str) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
