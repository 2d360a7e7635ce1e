"""One supervised process: restarted when it dies, stopped with all it started."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.child import Child, ChildError, Spec, last_words
from tests.config.processes import REPOSITORY, alive, descendants, until

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print('up', flush=True)\n"
    "time.sleep(600)\n",
]


class Bench:
    """Makes children, keeps what they reported, stops them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: list[str] = []
        self.children: list[Child] = []

    def child(self, command: list[str], **options: Any) -> Child:
        log = self.folder / "child.log"
        spec = Spec(
            name="part",
            command=command,
            log=log,
            stops=((signal.SIGTERM, 0.5), (signal.SIGKILL, 5.0)),
            backoff=0.01,
        )
        ready = options.pop("ready", lambda: log.exists() and "up" in log.read_text())
        child = Child(spec=spec, ready=ready, report=self.reports.append, **options)
        self.children.append(child)
        return child


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for child in bench.children:
        child.stop()


def test_a_child_that_serves_is_ready_and_stops_for_good(bench: Bench) -> None:
    child = bench.child(SLEEPER)
    child.start()
    child.wait_ready(seconds=120)
    pid = child.pid
    assert pid is not None
    assert alive(pid)
    child.stop()
    child.stop()
    assert not alive(pid)
    assert bench.reports == []


def test_a_child_that_dies_is_started_again_and_that_is_said(bench: Bench) -> None:
    child = bench.child(SLEEPER)
    child.start()
    child.wait_ready(seconds=120)
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: child.pid != first and child.pid is not None and alive(child.pid))
    assert bench.reports == ["part ended unexpectedly (killed by signal 9); starting it again"]


def test_a_child_that_was_killed_does_not_wait_as_one_that_fails_by_itself(bench: Bench) -> None:
    child = bench.child(SLEEPER)
    child.spec = dataclasses.replace(child.spec, backoff=600, longest_backoff=600)
    child.start()
    child.wait_ready(seconds=120)
    first = child.pid
    child.kill()
    until(lambda: child.pid != first and alive(child.pid or 0))
    assert child.falls == 1


def test_a_child_that_keeps_dying_is_tried_again_with_its_last_words(bench: Bench) -> None:
    child = bench.child(
        [sys.executable, "-c", "raise SystemExit('no more tea')"], ready=lambda: True
    )
    child.start()
    until(lambda: child.falls >= 3)
    assert "exit status 1: no more tea" in bench.reports[0]
    assert child.last_words == "no more tea"


def test_a_child_that_cannot_be_started_for_a_while_is_tried_again(
    bench: Bench, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    child = bench.child(SLEEPER)
    child.spec = dataclasses.replace(child.spec, cwd=place)
    child.start()
    child.wait_ready(seconds=120)
    first = child.pid
    place.rmdir()
    child.kill()
    until(lambda: any("cannot be started yet" in line for line in bench.reports))
    place.mkdir()
    until(lambda: child.pid not in (None, first))
    assert alive(child.pid or 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_complaint_that_finds_no_room_stops_nobody() -> None:
    code = "import os; from config.child import complain; complain('no room'); os._exit(7)"
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-c", code]
        assert subprocess.run(command, cwd=REPOSITORY, stderr=full, check=False).returncode == 7


def test_a_stubborn_child_ends_with_everything_it_started(bench: Bench) -> None:
    child = bench.child(STUBBORN)
    child.start()
    child.wait_ready(seconds=120)
    assert child.pid is not None
    family = {child.pid, *descendants(child.pid)}
    assert len(family) == 2
    child.stop()
    until(lambda: not any(alive(pid) for pid in family))


def test_what_a_dead_child_left_running_ends_before_the_next_one_starts(bench: Bench) -> None:
    child = bench.child(STUBBORN)
    child.start()
    child.wait_ready(seconds=120)
    assert child.pid is not None
    left = descendants(child.pid)
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: child.falls == 1 and not any(alive(pid) for pid in left))


def test_a_child_that_never_comes_up_says_why(bench: Bench) -> None:
    child = bench.child([sys.executable, "-c", "raise ValueError('bad flag')"])
    child.start()
    with pytest.raises(
        ChildError, match=r"part did not start: ValueError: bad flag \(log: .*log\)"
    ):
        child.wait_ready(seconds=120)


def test_a_program_that_cannot_be_run_is_named(bench: Bench) -> None:
    child = bench.child(["/nowhere/program"])
    child.start()
    with pytest.raises(ChildError, match=r"/nowhere/program cannot be run: No such file"):
        child.wait_ready(seconds=120)


def test_a_child_that_does_not_answer_in_time_is_said(bench: Bench) -> None:
    child = bench.child(SLEEPER, ready=lambda: False)
    child.start()
    with pytest.raises(ChildError, match=r"part did not answer within 1 s; see"):
        child.wait_ready(seconds=1)


def test_a_start_hindered_for_a_moment_is_repeated(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.child.TRANSIENT_SECONDS", 120.0)
    key = tmp_path / "key"
    program = (
        "import pathlib, sys, time\n"
        "if not pathlib.Path(sys.argv[1]).exists(): raise SystemExit('locked')\n"
        "print('up', flush=True); time.sleep(600)\n"
    )
    seen: list[str] = []

    def locked(tail: str) -> bool:
        seen.append(tail)
        key.touch()
        return "locked" in tail

    child = bench.child([sys.executable, "-c", program, str(key)], transient=locked)
    child.start()
    child.wait_ready(seconds=120)
    assert seen == ["locked\n"]


def test_a_preparation_that_fails_is_handed_to_whoever_waits(bench: Bench) -> None:
    def prepare() -> None:
        raise PermissionError(13, "Permission denied", "/data")

    child = bench.child(SLEEPER, prepare=prepare)
    child.start()
    with pytest.raises(ChildError, match=r"part cannot run: .*Permission denied: '/data'"):
        child.wait_ready(seconds=120)


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("", "it wrote nothing"),
        ("one\ntwo\n", "two"),
        ("Traceback\nValueError: x\nbye\n", "ValueError: x"),
        ("FATAL:  no room\nLOG:  shut down\n", "FATAL:  no room"),
    ],
)
def test_the_line_that_explains_most_is_quoted(tail: str, words: str) -> None:
    assert last_words(tail) == words
