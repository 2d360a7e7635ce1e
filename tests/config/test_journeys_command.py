"""Journeys as code from the command line: what is said, what is written, and the exit status."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.demo.journeys import FOLDER as STARTERS
from journeys.models import Journey, Version
from journeys.operations import draft, publish
from tests.world import START, World

WELCOME = """\
# Said at once.
journey: welcome
enter: {on: {event: Signed Up}, holdout: 0.01}
goal: {event: Order Completed}
steps:
  - id: pause
    wait: 1d
  - {id: hello, send: {channel: email, subject: Hello, text: Hello}}   # with a comment
"""
OTHER = WELCOME.replace("journey: welcome", "journey: other").replace("Signed Up", "Came Back")
CHANGED = WELCOME.replace("id: pause", "id: rest").replace("subject: Hello", "subject: Welcome")
TESTS = """\
journey: welcome.yaml
tests:
  - name: said after a day
    customers: {ann: {email: ann@example.com}}
    events: [{event: Signed Up}]
    expect: [{sent: hello, at: %s}]
"""

pytestmark = pytest.mark.django_db


def run(*arguments: Any, **options: Any) -> list[str]:
    out = StringIO()
    call_command("journeys", *map(str, arguments), stdout=out, **options)
    return out.getvalue().splitlines()


def refused(*arguments: Any) -> CommandError:
    with pytest.raises(CommandError) as raised:
        run(*arguments)
    return raised.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "welcome.yaml").write_text(WELCOME)
    return tmp_path


def test_check_tells_every_problem_with_its_line(folder: Path) -> None:
    (folder / "bad.yaml").write_text(WELCOME.replace("wait: 1d", "wait: soon"))
    out = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("journeys", "check", str(folder), stdout=out)
    (line,) = out.getvalue().splitlines()
    assert line.startswith(f"{folder / 'bad.yaml'}:7: steps[pause].wait: Write a duration")
    assert (raised.value.returncode, str(raised.value)) == (1, "1 of 2 files cannot be published.")


def test_check_warns_and_finds_what_is_there_twice(folder: Path) -> None:
    (folder / "other.yaml").write_text(OTHER.replace("holdout: 0.01", "again: always"))
    *warnings, last = run("check", folder)
    assert [line.endswith("(warning)") for line in warnings] == [True]
    assert last == "2 journeys are sound."
    (folder / "again.yaml").write_text(WELCOME)
    assert str(refused("check", folder)) == "2 of 3 files cannot be published."


def test_wrong_usage_is_told_apart(folder: Path) -> None:
    assert refused("check", folder / "none").returncode == 2
    assert refused("test", folder).returncode == 2
    assert refused("plan", folder, "--move", "hello").returncode == 2
    assert refused("export", folder, "nobody").returncode == 1


def test_what_is_applied_twice_is_written_once(folder: Path) -> None:
    (folder / "welcome.test.yaml").write_text(TESTS % "1d")
    path = folder / "welcome.yaml"
    assert run("plan", folder) == [f"{path}: new", "  + pause", "  + hello"]
    assert run("apply", "--dry-run", folder)[-1] == "Nothing was written."
    assert not Journey.objects.exists()
    assert run("apply", folder, "--by", "ann", "--note", "first") == [
        f"{path}: published as version 1"
    ]
    assert run("apply", folder) == [f"{path}: same, nothing to do"]
    assert run("plan", folder) == [f"{path}: same"]
    version = Version.objects.get()
    assert (version.by, version.note) == ("ann", "first (from welcome.yaml)")
    assert Journey.objects.get().revision == 1


def test_all_files_are_checked_before_anything_is_written(folder: Path) -> None:
    (folder / "zzz.yaml").write_text(OTHER.replace("wait: 1d", "wait: soon"))
    assert refused("apply", folder).returncode == 1
    assert not Journey.objects.exists()


def test_comments_are_saved_and_make_no_version(folder: Path) -> None:
    run("apply", folder)
    (folder / "welcome.yaml").write_text(WELCOME.replace("Said at once", "Said later"))
    assert run("plan", folder)[0].endswith("only comments and layout changed")
    assert run("apply", folder)[0].endswith("comments saved, nothing to publish")
    assert run("apply", folder)[0].endswith("same, nothing to do")
    run("export", folder / "out")
    assert "Said later" in (folder / "out" / "welcome.yaml").read_text()
    assert Version.objects.count() == 1


def test_what_is_exported_is_what_was_saved_byte_for_byte(folder: Path) -> None:
    odd = WELCOME.replace("\n", "\r\n").replace("Hello", "Grüße")
    (folder / "welcome.yaml").write_bytes(odd.encode())
    run("apply", folder)
    draft.save("other", OTHER, revision=None, by="ann", now=START)
    out = folder / "out"
    assert run("export", out) == [str(out / "welcome.yaml")]
    assert (out / "welcome.yaml").read_bytes() == odd.encode()
    assert run("export", "--draft", out, "other") == [str(out / "other.yaml")]
    assert (out / "other.yaml").read_text() == OTHER
    assert run("apply", out / "welcome.yaml")[0].endswith("same, nothing to do")


def test_all_starters_come_back_as_they_went_in(folder: Path, settings: Any) -> None:
    settings.SOJOURN_LINK_CHECK = "off"  # they lead to shops that do not exist
    applied = run("apply", STARTERS)
    assert all(line.endswith("published as version 1") for line in applied)
    run("export", folder / "out")
    out = sorted((folder / "out").iterdir())
    assert len(out) == len(applied)
    assert [each.read_bytes() for each in out] == [
        (STARTERS / each.name).read_bytes() for each in out
    ]
    assert all(line.endswith("nothing to do") for line in run("apply", folder / "out"))


def test_an_edit_in_the_admin_is_drift_and_is_not_overwritten(folder: Path) -> None:
    run("apply", folder)
    draft.save("welcome", CHANGED, revision=1, by="ann", now=START)
    assert run("plan", folder)[-1] == (
        "  ! drift: the draft holds edits of the admin that were never published"
    )
    assert run("apply", folder)[0].endswith("same, nothing to do")
    (folder / "welcome.yaml").write_text(WELCOME.replace("wait: 1d", "wait: 2d"))
    assert "welcome" in str(refused("apply", folder))
    assert run("apply", "--overwrite", folder)[0].endswith("published as version 2")


def test_a_version_of_the_admin_is_drift(folder: Path) -> None:
    run("apply", folder)
    draft.save("welcome", CHANGED, revision=1, by="ann", now=START)
    publish.publish("welcome", by="ann", note="better", now=START)
    told = run("plan", folder)
    assert told[0].endswith("changed, live is version 2")
    assert told[-1] == "  ! drift: version 2 was not published from a file, but by ann"
    assert run("apply", folder)[0].endswith("published as version 3")
    (folder / "welcome.yaml").write_text(CHANGED)
    assert "drift" not in "".join(run("plan", folder))


def test_a_stopped_journey_gets_a_draft_and_stays_stopped(folder: Path) -> None:
    run("apply", folder)
    publish.stop("welcome", now=START)
    (folder / "welcome.yaml").write_text(CHANGED)
    assert "the journey is stopped" in run("plan", folder)[0]
    assert run("apply", folder)[0].endswith("saved as a draft")
    assert run("apply", folder)[0].endswith("same, nothing to do")
    assert Journey.objects.get().state == "stopped"


@pytest.mark.django_db(transaction=True)
def test_who_would_lose_a_place_is_counted_and_somebody_has_to_mean_it(
    folder: Path, settings: Any
) -> None:
    settings.SOJOURN_SANDBOX, settings.SOJOURN_GLOBAL_CONTROL = True, 0
    run("apply", folder)
    world = World()
    world.meet("alice", "bob")
    for name in ("alice", "bob"):
        world.does(name, "Signed Up")
    path = folder / "welcome.yaml"
    path.write_text(CHANGED)
    assert sorted(run("plan", folder)) == sorted([
        f"{path}: changed, live is version 1",
        "  + rest",
        "  - pause: 2 customers stand here → hello",
        "  ~ hello",
    ])  # fmt: skip
    assert "--confirm" in str(refused("apply", folder))
    assert "→ rest" in "".join(run("plan", folder, "--move", "pause=rest"))
    assert run("apply", folder, "--confirm", "--move", "welcome:pause=rest") == [
        f"{path}: published as version 2"
    ]
    assert world.walk("alice", "welcome").step == "rest"


@pytest.mark.long
def test_the_shell_sees_how_tests_went(folder: Path) -> None:
    (folder / "welcome.test.yaml").write_text(TESTS % "1d")
    done = shell("test", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed."
    (folder / "welcome.test.yaml").write_text(TESTS % "2h")
    (folder / "broken.test.yaml").write_text((TESTS % "1d").replace("hello", "helo"))
    done = shell("test", folder)
    assert done.returncode == 1
    broken, failed, why, *story, last = done.stdout.splitlines()
    assert broken.endswith("The journey has no step “helo”. Did you mean “hello”?")
    assert failed == f"FAIL  {folder}/welcome.test.yaml:3: said after a day"
    assert why.startswith(f"  {folder}/welcome.test.yaml:6: ann should be sent “hello” after exact")
    assert story[0] == "  What happened to ann:"
    assert "hello: Planned a message" in "".join(story)
    assert last == "0 passed, 1 failed."
    assert shell("test").returncode == 2


def shell(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "journeys", *map(str, arguments)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        command, cwd=root, env=dict(os.environ), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TESTS.replace("welcome.yaml", "gone"), "1: journey: There is no file"),
        (f"{TESTS}with: gone\n", "7: with: There is no file gone"),
        (f"{TESTS}with: bad\n", "7: with: bad cannot be published"),
        ("journey: [", "2: Line 2: "),
        (TESTS.replace("ann: {", "ann: {ghost: 5, "), "4: tests[0].customers"),
    ],
)
def test_tests_that_cannot_be_played_are_told(folder: Path, text: str, sentence: str) -> None:
    (folder / "bad.yaml").write_text(OTHER.replace("wait: 1d", "wait: soon"))
    (folder / "welcome.test.yaml").write_text(text.replace("%s", "1d"))
    out = StringIO()
    with pytest.raises(CommandError, match="1 files of tests cannot be read"):
        call_command("journeys", "test", str(folder), stdout=out)
    assert out.getvalue().startswith(f"{folder / 'welcome.test.yaml'}:{sentence}")


def test_what_is_no_text_is_told(folder: Path) -> None:
    (folder / "welcome.yaml").write_bytes(b"\xff\xfe")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("journeys", "check", str(folder), stdout=out)
    assert out.getvalue().endswith("yaml:1: This is not text in UTF-8; save it as UTF-8.\n")
