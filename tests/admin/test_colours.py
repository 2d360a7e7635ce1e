"""The colours of the stages can be told apart by everybody, and their names read on them."""

import re
from itertools import combinations
from math import radians

import numpy as np
import pytest
from django.conf import settings

STAGES = ("acquisition", "conversion", "growth", "loyalty", "reactivation")
APART = 0.08
"""In Oklab; two greys that far apart differ by 8 % of lightness."""
TO_CONES = np.array([
    [1, 0.3963377774, 0.2158037573],
    [1, -0.1055613458, -0.0638541728],
    [1, -0.0894841775, -1.2914855480],
])  # fmt: skip
TO_LIGHT = np.array([
    [4.0767416621, -3.3077115913, 0.2309699292],
    [-1.2684380046, 2.6097574011, -0.3413193965],
    [-0.0041960863, -0.7034186147, 1.7076147010],
])  # fmt: skip
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear light.
EYES = {
    "all": np.eye(3),
    "no red": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "no green": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "no blue": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip


def light(name: str) -> np.ndarray:
    """A colour of the style sheet as linear light: red, green, blue."""
    sheet = (settings.BASE_DIR / "templates/static/sojourn/admin.css").read_text("utf-8")
    found = re.search(rf"--sj-{name}: oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", sheet)
    assert found, name
    lightness, chroma, hue = (float(part) for part in found.groups())
    angle = radians(hue)
    lab = np.array([lightness / 100, chroma * np.cos(angle), chroma * np.sin(angle)])
    return np.clip(TO_LIGHT @ (TO_CONES @ lab) ** 3, 0, 1)


def seen(colour: np.ndarray, eyes: str) -> np.ndarray:
    """The colour as these eyes have it, in Oklab."""
    shown = np.clip(EYES[eyes] @ colour, 0, 1)
    return np.linalg.inv(TO_CONES) @ np.cbrt(np.linalg.inv(TO_LIGHT) @ shown)


@pytest.mark.parametrize("eyes", EYES)
def test_stages_differ_to_every_eye(eyes: str) -> None:
    colours = {stage: seen(light(stage), eyes) for stage in STAGES}
    near = {
        (one, other): distance
        for one, other in combinations(STAGES, 2)
        if (distance := float(np.linalg.norm(colours[one] - colours[other]))) < APART
    }
    assert near == {}


@pytest.mark.parametrize("stage", STAGES)
def test_a_name_can_be_read_on_its_stage(stage: str) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    under, text = (float(weights @ light(name)) for name in (stage, "on-stage"))
    assert (under + 0.05) / (text + 0.05) >= 4.5
