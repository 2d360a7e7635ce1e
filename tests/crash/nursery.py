"""python -m tests.crash.nursery: web and worker as forks of one process; the dead are replaced.

As `manage.py up`, but within milliseconds: it serves tests that let a process die at a fault point.
It reads `begin POINT:N` and `end` from stdin and answers each with a line. Nothing but the web's
server and the worker's loop is its own; between them there is no broker, only Beat's sweeps.
"""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.db import connections

django.setup()

from channels.operations.accounts import seed_accounts  # noqa: E402
from channels.tasks import dispatch  # noqa: E402
from channels.tasks import tick as sweep_messages  # noqa: E402
from config.wsgi import application  # noqa: E402
from journeys.tasks import sweep as sweep_journeys  # noqa: E402
from profiles.operations.access import seed_keys  # noqa: E402
from profiles.queries import clock, faultpoint  # noqa: E402

TIME_PASSES = "UPDATE channels_message SET lease_until = clock_timestamp() WHERE status = 'sending'"


class Server(ThreadingMixIn, WSGIServer):
    """On a socket that is there before the first fork and stays after the last."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Keeps requests to itself."""

    def log_message(self, *_: object) -> None:
        pass


def serve(listening: socket.socket) -> None:
    server = Server(listening.getsockname(), Quiet, bind_and_activate=False)
    server.socket = listening
    server.server_name, server.server_port = listening.getsockname()
    server.setup_environ()
    server.set_app(application)
    server.serve_forever(poll_interval=0.01)


def work() -> None:
    while True:
        sweep_journeys()
        sweep_messages()
        dispatch()
        time.sleep(0.01)


def seed() -> None:
    seed_keys(now=clock.now())
    seed_accounts(now=clock.now())


def time_passes() -> None:
    """The only worker is dead: its leases are, a minute later."""
    with connections["default"].cursor() as cursor:
        cursor.execute(TIME_PASSES)


def fork(deed: Callable[[], None]) -> int:
    """The child does it, and ends."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        failed = 1
        try:
            deed()
            failed = 0
        finally:
            os._exit(failed)
    return pid


def done(deed: Callable[[], None]) -> None:
    _, status = os.waitpid(fork(deed), 0)
    if status:
        raise RuntimeError(f"{deed.__name__} failed: {status}")


def commands(family: dict[int, Callable[[], None]]) -> Iterator[list[str]]:
    """Lines of stdin; whoever of the family dies meanwhile is raised again."""
    while True:
        if select.select([sys.stdin], [], [], 0.005)[0]:
            line = sys.stdin.readline()
            if not line:
                return
            yield line.split()
        for pid in [pid for pid in family if os.waitpid(pid, os.WNOHANG)[0]]:
            raise_again(family, family.pop(pid))


def raise_again(family: dict[int, Callable[[], None]], deed: Callable[[], None]) -> None:
    if deed is work:
        done(time_passes)
    family[fork(deed)] = deed


def end(family: dict[int, Callable[[], None]]) -> None:
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    family.clear()


def main() -> None:
    family: dict[int, Callable[[], None]] = {}
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        print(f"ready http://127.0.0.1:{listening.getsockname()[1]}", flush=True)

        def web() -> None:
            serve(listening)

        for command, *points in commands(family):
            end(family)
            if command == "begin":
                faultpoint._armed = faultpoint.parsed(",".join(points))
                done(seed)
                family |= {fork(deed): deed for deed in (web, work)}
            print(command, flush=True)
    end(family)


main()
