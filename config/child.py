"""One long-lived child process: own session, own log, watched, restarted when it dies, stopped.

A thread owns the child from start to end, because Linux ties the parent-death signal to the
thread that forked. The child never outlives its parent (Linux) and never inherits its locks.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
CALM_SECONDS = 10.0
"""A child that lived this long starts again after the shortest pause."""
KILLED_SECONDS = 1.0
"""The longest pause before a child that a signal killed starts again, however often it was."""
TRANSIENT_SECONDS = 15.0


class ChildError(RuntimeError):
    """A child could not be started; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The system user under whom a child runs."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What to run and how to end it: `stops` in order, each with its patience in seconds."""

    name: str
    command: Sequence[str]
    log: Path
    stops: Sequence[tuple[signal.Signals, float]]
    death_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    cwd: Path = Path("/")
    env: dict[str, str] | None = None
    backoff: float = 0.05
    longest_backoff: float = 5.0


def launched(
    command: Sequence[str], *, death_signal: signal.Signals, account: Account | None
) -> list[str]:
    """The command line that turns into `command` under the account, bound to this process."""
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    numbers = (int(death_signal), os.getpid(), uid, gid)
    return [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, numbers), *command]


def complain(line: str) -> None:
    """Say it, if there is anywhere to: a full disk under the log stops nobody's work."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _nothing() -> None:
    """The hook of a child that needs none."""


def _never(_tail: str) -> bool:
    return False


@dataclass(kw_only=True)
class Child:
    """A supervised process.

    `ready` asks whether it serves; `prepare` runs before the first start, `sweep` after each
    unexpected end; `transient` tells from the log's tail whether a failed start may pass.
    """

    spec: Spec
    ready: Callable[[], bool]
    prepare: Callable[[], None] = _nothing
    sweep: Callable[[], None] = _nothing
    transient: Callable[[str], bool] = _never
    report: Callable[[str], None] = complain
    error: Exception | None = None
    falls: int = 0
    last_words: str = ""
    _offset: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _settled: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def settled(self) -> bool:
        """Whether the first start is over, well or badly."""
        return self._settled.is_set()

    def start(self) -> None:
        """Begin; `wait_ready` tells how it went."""
        self._thread = threading.Thread(
            target=self._live, name=f"watch-{self.spec.name}", daemon=True
        )
        self._thread.start()

    def wait_ready(self, *, seconds: float) -> None:
        """Return when the child serves; raise ChildError when it cannot."""
        if not self._settled.wait(seconds):
            raise ChildError(
                f"{self.spec.name} did not answer within {seconds:.0f} s; see {self.spec.log}"
            )
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """End the child and everything in its process group; safe to call twice."""
        self.ask_to_stop()
        if self._thread is not None:
            self._thread.join()

    def kill(self) -> None:
        """End this life of the child at once; the next one begins as after any unexpected end."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def ask_to_stop(self) -> None:
        """As `stop`, without waiting for the end."""
        self._stopping.set()

    def _live(self) -> None:
        try:
            self.prepare()
            self._first_start()
            self._settled.set()
            self._keep_alive()
        except OSError as error:
            self.error = ChildError(f"{self.spec.name} cannot run: {error}")
        except Exception as error:  # handed to whoever waits in wait_ready
            self.error = error
        finally:
            self._settled.set()
            self._end()

    def _first_start(self) -> None:
        patience = time.monotonic() + TRANSIENT_SECONDS
        while not self._stopping.is_set():
            self._spawn()
            if self._became_ready() or self._stopping.is_set():
                return
            tail = self._tail()
            if not self.transient(tail) or time.monotonic() > patience:
                raise ChildError(
                    f"{self.spec.name} did not start: {last_words(tail)} (log: {self.spec.log})"
                )
            self._stopping.wait(self.spec.backoff)

    def _became_ready(self) -> bool:
        """Our own process must be alive after the answer: another one might have given it."""
        while not self._stopping.is_set() and self._alive():
            if self.ready() and self._alive():
                return True
            self._stopping.wait(0.02)
        return False

    def _keep_alive(self) -> None:
        delay = 0.0
        while not self._stopping.is_set():
            born = time.monotonic()
            while self._alive() and not self._stopping.wait(0.1):
                pass
            if self._stopping.is_set():
                return
            lived = time.monotonic() - born
            delay = self.spec.backoff if lived > CALM_SECONDS or not delay else delay * 2
            self._mourn()
            if not self._stopping.wait(min(delay, self._longest())):
                self._spawn_again()

    def _longest(self) -> float:
        """Who ends by itself would do so again; who was killed from outside need not wait long."""
        killed = self._process is not None and self._process.returncode < 0
        return (
            min(KILLED_SECONDS, self.spec.longest_backoff) if killed else self.spec.longest_backoff
        )

    def _mourn(self) -> None:
        """Say that the child has died, and clear away what it left running."""
        self.falls += 1
        code = self._process.returncode if self._process else 0
        self.last_words = last_words(self._tail())
        why = f"killed by signal {-code}" if code < 0 else f"exit status {code}: {self.last_words}"
        self.report(f"{self.spec.name} ended unexpectedly ({why}); starting it again")
        self._kill_group()
        self.sweep()

    def _spawn_again(self) -> None:
        """Whatever keeps a process from being started (no room, no memory) may pass."""
        try:
            self._spawn()
        except OSError as error:
            self.report(f"{self.spec.name} cannot be started yet: {error}")

    def _spawn(self) -> None:
        spec = self.spec
        with spec.log.open("ab") as log:
            self._offset = log.tell()
            self._process = subprocess.Popen(
                launched(spec.command, death_signal=spec.death_signal, account=spec.account),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=spec.cwd,
                env=spec.env,
                start_new_session=True,
            )

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _tail(self) -> str:
        """The end of what this life of the child wrote."""
        with self.spec.log.open("rb") as log:
            log.seek(max(self._offset, log.seek(0, os.SEEK_END) - 4000))
            return log.read().decode(errors="replace")

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        for number, patience in self.spec.stops:
            if process.poll() is not None:
                break
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        self._kill_group()
        process.wait()

    def _kill_group(self) -> None:
        """Grandchildren share the child's group, unless they left it on purpose."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def last_words(tail: str) -> str:
    """The line of a log that explains the end best."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    grave = [line for line in lines if "FATAL" in line or "rror" in line]
    return (grave or lines or ["it wrote nothing"])[-1]
