"""P13: the canvas of a journey of many steps in a browser."""

import datetime as dt
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.ground import Ground
from benchmarks.results import Goal, Line, Result

STEPS, OPENINGS, FRAMES = 200, 5, 90
FEW = (24, 1, 10)
OPEN, FIRST, FRAME, LATE = "ms to open", "ms the first time", "ms a frame", "ms a late frame"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
DRAWN = """steps => document.querySelectorAll('.sje-node').length > steps
    && document.querySelectorAll('.sje-line').length > steps"""
ZOOMED = """async frames => {
    const pane = document.querySelector('.react-flow__pane');
    const box = pane.getBoundingClientRect(), times = [];
    const at = {clientX: box.x + box.width / 2, clientY: box.y + box.height / 2};
    const next = () => new Promise(requestAnimationFrame);
    let last = await next();
    for (let frame = 0; frame < frames; frame++) {
        const turn = {deltaY: frame % 30 < 15 ? 40 : -40, bubbles: true, cancelable: true};
        pane.dispatchEvent(new WheelEvent('wheel', {...at, ...turn}));
        const now = await next();
        times.push(now - last);
        last = now;
    }
    return times;
}"""


def run(ground: Ground, *, runs: int, smoke: bool) -> Result:
    steps, openings, frames = FEW if smoke else (STEPS, OPENINGS, FRAMES)
    ground.prepare(f"canvas_{steps}", lambda: _fill(steps))
    line = Line("Sojourn, opened and zoomed", [])
    for _ in range(runs):
        ground.restore(f"canvas_{steps}")
        line.runs.append(_seen(steps, openings, frames))
    return Result(
        name="P13",
        title=f"the canvas of a journey of {steps:,} steps",
        what=WHAT.format(steps=steps, openings=openings, frames=frames),
        lines=[line],
        goals=[] if smoke else [
            Goal("opened, ms", line.median(OPEN), 2000, at_most=True),
            Goal("a frame while zooming, ms", line.median(FRAME), 50, at_most=True),
        ],
    )  # fmt: skip


WHAT = """A journey of {steps:,} waits and branches is opened in Chromium, without a graphics card,
until every step and every line is drawn: once with nothing in the browser's memory, then {openings}
times, told by the median. Then the wheel zooms for {frames} frames; a late frame is the slowest of
twenty."""


def document(steps: int) -> str:
    """The journey `many`: every eighth step is a branch, the others wait."""
    text = "".join(
        f"  - id: s{at}\n    branch: [{{if: {{attribute: a, eq: {at}}}, then: s{at + 7}}}]\n"
        if at % 8 == 0 and at < steps - 8
        else f"  - id: s{at}\n    wait: {at + 1}h\n"
        for at in range(steps)
    )
    return f"journey: many\nenter: {{on: [{{event: Signed Up}}]}}\nsteps:\n{text}"


def _fill(steps: int) -> None:
    from django.contrib.auth.models import User

    from journeys.operations import draft

    at = dt.datetime.now(dt.UTC)
    draft.save("many", document(steps), revision=None, by="bench", now=at)
    User.objects.create_superuser("bench")


def _seen(steps: int, openings: int, frames: int) -> dict[str, float]:
    with _served() as url, _page(url) as page:
        times = [_opened(page, url, steps) for _ in range(openings + 1)]
        zoomed = sorted(page.evaluate(ZOOMED, frames))
    return {
        OPEN: statistics.median(times[1:]), FIRST: times[0],
        FRAME: statistics.median(zoomed), LATE: zoomed[int(len(zoomed) * 0.95)],
    }  # fmt: skip


def _opened(page: Any, url: str, steps: int) -> float:
    began = time.perf_counter()
    page.goto(f"{url}/admin/journeys/journey/many/canvas/", wait_until="commit")
    page.wait_for_function(DRAWN, arg=steps)
    return (time.perf_counter() - began) * 1000


@contextmanager
def _served() -> Iterator[str]:
    """The admin with its static files, on a free port."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()
        server.join()


@contextmanager
def _page(url: str) -> Iterator[Any]:
    """A window of a fresh browser, signed in."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client
    from playwright.sync_api import sync_playwright

    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("P13 needs Chromium: apt-get install chromium.")
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    name = settings.SESSION_COOKIE_NAME
    cookie: Any = {"name": name, "value": client.cookies[name].value, "url": url}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([cookie])
        yield context.new_page()
        browser.close()
