"""A process that is held up too long is ended by the kernel, even while it is stopped."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from channels.operations.lifetime import ended_after

TIMERS = Path("/proc/self/timers")
HELD = """
import os, signal, sys
from channels.operations.lifetime import ended_after
print("ready", flush=True)
with ended_after({seconds}):
    {deed}
print("outside", flush=True)
sys.stdin.readline()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's timers are Linux's")


STOPS = "os.kill(os.getpid(), signal.SIGSTOP)"
WAITS = "sys.stdin.readline()"


def held(deed: str, *, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HELD.format(deed=deed, seconds=seconds)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("deed", [STOPS, WAITS])
def test_who_is_held_up_inside_never_comes_out(deed: str) -> None:
    with held(deed, seconds=0.2) as process:
        assert process.stdout
        assert process.wait(timeout=120) == -signal.SIGKILL
        assert process.stdout.read() == "ready\n"


def test_who_is_out_in_time_lives_on() -> None:
    with held(WAITS, seconds=3600) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "outside\n"
        process.stdin.close()
        assert process.wait(timeout=120) == 0


def test_no_timer_is_left_behind() -> None:
    for _ in range(2000):  # the kernel gives a user only so many
        with ended_after(3600):
            pass
    with pytest.raises(ZeroDivisionError), ended_after(3600):
        _ = 1 / 0
    if TIMERS.exists():  # a kernel may be built without it
        assert "ID:" not in TIMERS.read_text("ascii")
