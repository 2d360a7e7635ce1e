"""python -m benchmarks [NAME…] [--json FILE] [--smoke] [--runs N] [--write-docs]

Runs the benchmarks (all of them, or those named) on servers of its own and prints what came out.
"""

import argparse
import datetime as dt
import importlib
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks import results
from benchmarks.ground import Ground, serving
from benchmarks.results import Machine, Result

CATALOG = {
    "p1": "benchmarks.ingest",
    "p2": "benchmarks.singles",
    "p3": "benchmarks.latency",
    "p4a": "benchmarks.scan",
    "p4b": "benchmarks.tick",
    "p5": "benchmarks.advance",
    "p6": "benchmarks.mail",
    "p7": "benchmarks.pushes",
    "p8": "benchmarks.receipts",
    "p9": "benchmarks.growth",
    "p11": "benchmarks.dryrun",
    "p12": "benchmarks.page",
    "p13": "benchmarks.canvas",
}
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    options = _options()
    machine, found = _measured(options)
    _write(options, machine, [results.dated(each, machine) for each in found])


def _measured(options: argparse.Namespace) -> tuple[Machine, list[Result]]:
    console = Console(width=None if sys.stdout.isatty() else 200)
    with serving() as ground:
        machine = _machine(ground)
        found = []
        for name in options.names:
            module = importlib.import_module(CATALOG[name])
            result = module.run(
                ground, runs=1 if options.smoke else options.runs, smoke=options.smoke
            )
            results.show(console, result)
            found.append(result)
    return machine, found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CATALOG)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run's figures there")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run (%(default)s)")
    parser.add_argument("--smoke", action="store_true", help="a few rows, for correctness only")
    parser.add_argument("--write-docs", action="store_true", help="write their parts of the page")
    options = parser.parse_args()
    options.names = [name.lower() for name in options.names] or list(CATALOG)
    if unknown := sorted(set(options.names) - set(CATALOG)):
        parser.error(f"there is no {', '.join(unknown)}: choose from {', '.join(CATALOG)}")
    return options


def _write(options: argparse.Namespace, machine: Machine, found: list[Result]) -> None:
    if options.json:
        options.json.write_bytes(results.as_json(machine, found))
    if options.write_docs:
        kept = results.parts(PAGE.read_text(encoding="utf-8") if PAGE.exists() else "")
        order = [name.upper() for name in CATALOG]
        page = results.markdown(machine, found, kept=kept, order=order)
        PAGE.write_text(page, encoding="utf-8")


def _machine(ground: Ground) -> Machine:
    from django.db import connection

    ground.restore("empty")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone()[0] == "on"
        cursor.execute("CREATE TABLE commits (n int)")
        began = time.perf_counter()
        for number in range(50):
            cursor.execute("INSERT INTO commits VALUES (%s)", [number])
        took = (time.perf_counter() - began) / 50 * 1000
    return results.machine(
        postgres=version.split()[0], commit_ms=took, date=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    )


main()
