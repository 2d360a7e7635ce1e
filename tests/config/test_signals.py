"""The signal that ends a command is heard whenever it comes, and whichever thread gets it."""

import subprocess
import sys
from pathlib import Path

import pytest

SLEEPER = """
import os, signal, threading
from config import processes

signal.signal(signal.SIGNAL, signal.SIG_DFL)  # whoever runs the tests may have it ignored

def fire():
    state = open(f"/proc/self/task/{os.getpid()}/wchan")
    asleep = ""
    while asleep in ("", "0") or "futex" in asleep:
        state.seek(0)
        asleep = state.read()
    signal.pthread_kill(threading.get_ident(), signal.SIGNAL)

with processes.stoppable():
    threading.Thread(target=fire).start()
    processes.wait_for_signal()
"""


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="asks Linux who sleeps")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_that_another_thread_gets_ends_the_sleep(name: str) -> None:
    """As one does that comes between the last look for signals and the sleep."""
    script = SLEEPER.replace("signal.SIGNAL", f"signal.{name}")
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
