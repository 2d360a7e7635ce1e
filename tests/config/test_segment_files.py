"""Segments as files: checked, planned, applied and exported with the journeys that need them."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from journeys.models import Journey
from profiles.models import Segment
from profiles.operations import segments
from tests.config.test_journeys_command import refused, run, shell
from tests.world import World

BIG = """\
# Who spends much.
segment: big
title: Big spenders
if: {event: Order Completed, sum: revenue, gte: 100}   # in all
"""
LOYAL = """\
segment: a-loyal
if:
  all:
    - {segment: big}
    - {attribute: country, in: [DE, US]}
"""
THANKS = """\
journey: thanks
enter: {on: {segment: a-loyal}, holdout: 1}
goal: {event: Order Completed}
steps:
  - {id: mail, send: {channel: email, subject: Thank you, text: Hello}}
"""
TESTS = """\
journey: thanks.yaml
tests:
  - name: who comes into it is thanked
    customers: {ann: {email: ann@example.com, country: DE}}
    events: [{event: Order Completed, properties: {revenue: 120}}]
    expect: [{sent: mail, at: 0s}]
"""


@pytest.fixture
def world(transactional_db: None, settings: object) -> World:
    settings.SOJOURN_SANDBOX = True  # type: ignore[attr-defined]
    return World()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "big.yaml").write_text(BIG)
    (tmp_path / "a-loyal.yaml").write_text(LOYAL)
    (tmp_path / "thanks.yaml").write_text(THANKS)
    (tmp_path / "thanks.test.yaml").write_text(TESTS)
    return tmp_path


def said(folder: Path, lines: list[str]) -> list[str]:
    return [line.replace(f"{folder}/", "") for line in lines]


def test_a_folder_is_checked_planned_and_applied_together(folder: Path, world: World) -> None:
    world.meet("alice", "bob")
    world.does("alice", "Order Completed", revenue=150)
    assert run("check", folder)[-2:] == ["2 segments are sound.", "1 journey is sound."]
    assert said(folder, run("plan", folder))[:2] == [
        "big.yaml: new, 0 belong now, 1 would",
        "a-loyal.yaml: new, looks at segments that come with it",
    ]
    assert said(folder, run("apply", folder)) == [
        "big.yaml: saved", "a-loyal.yaml: saved", "thanks.yaml: published as version 1",
    ]  # fmt: skip
    assert Segment.objects.get(slug="big").title == "Big spenders"
    assert Journey.objects.get(slug="thanks").state == "live"
    assert said(folder, run("apply", folder)) == [
        f"{name}.yaml: same, nothing to do" for name in ("big", "a-loyal", "thanks")
    ]
    assert set(Segment.objects.values_list("revision", flat=True)) == {1}


def test_what_was_applied_is_exported_byte_for_byte(
    folder: Path, tmp_path: Path, world: World
) -> None:
    run("apply", folder)
    run("export", tmp_path / "all")
    for name, text in (("big", BIG), ("a-loyal", LOYAL), ("thanks", THANKS)):
        assert (tmp_path / "all" / f"{name}.yaml").read_text() == text
    run("export", tmp_path / "one", "big")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["big.yaml"]
    assert "no journey or segment “small”" in str(refused("export", tmp_path, "small"))


def test_another_condition_is_counted_before_it_is_applied(folder: Path, world: World) -> None:
    world.meet("alice", "bob")
    world.does("alice", "Order Completed", revenue=150)
    world.does("bob", "Order Completed", revenue=60)
    run("apply", folder)
    world.settle()
    (folder / "big.yaml").write_text(BIG.replace("100", "50"))
    assert said(folder, run("plan", folder))[0] == "big.yaml: changed, 1 belong now, 2 would"
    assert run("apply", folder, "--dry-run")[-1] == "Nothing was written."
    assert Segment.objects.get(slug="big").condition["gte"] == 100
    run("apply", folder)
    assert Segment.objects.get(slug="big").condition["gte"] == 50
    (folder / "big.yaml").write_text(BIG.replace("100", "50").replace("much", "most"))
    assert "only comments" in run("plan", folder)[0]


def test_a_change_of_the_admin_shows_and_is_not_lost(folder: Path, world: World) -> None:
    run("apply", folder)
    edited = {"event": "Order Completed", "sum": "revenue", "gte": 77}
    segments.save("big", title="Big", condition=edited, revision=1, now=world.now)
    assert "drift" in run("plan", folder)[1]
    assert "Somebody changed the segment big since" in str(refused("apply", folder))
    run("export", folder / "now", "big")
    assert "gte: 77" in (folder / "now" / "big.yaml").read_text()
    run("apply", folder, "--overwrite")
    assert Segment.objects.get(slug="big").condition["gte"] == 100


def test_all_or_none(folder: Path, world: World) -> None:
    (folder / "thanks.yaml").write_text(THANKS.replace("a-loyal", "nobody"))
    assert "cannot be published" in str(refused("apply", folder))
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("segment: big\nif: {evnt: A}", "big.yaml:2: if"),
        ("segment: big\nif: {segment: nobody}", "nobody"),
        ("segment: Big Ones\nif: {event: A}", "small letters"),
        ("segment: big", "Say who belongs"),
        ("segment: big\nif: {event: A}\nwhen: now", "big.yaml:3: when"),
        ("segment: big\nif: {segment: a-loyal}", "depend on itself"),
        ("segment: a-loyal\nif: {event: A}", "Several files hold"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    folder: Path, world: World, text: str, words: str
) -> None:
    (folder / "big.yaml").write_text(text)
    out = StringIO()
    with pytest.raises(CommandError, match="cannot be published"):
        call_command("journeys", "check", str(folder), stdout=out)
    assert words in out.getvalue()


@pytest.mark.long
def test_the_segments_of_a_folder_come_along_to_its_tests(folder: Path) -> None:
    done = shell("test", folder)
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed.", done.stdout
