"""Charts in a browser: drawn in every scheme and size, read by keyboard, true to their table."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_admin_looks import CUT, SIZES, UNNAMED
from tests.world import World

VALUE = "/admin/reports/value/"
JOURNEY = "/admin/journeys/journey/abandoned-cart/report/?days=all"
PAGES = (VALUE, "/admin/reports/stages/", "/admin/reports/overlap/", JOURNEY, "/admin/")
FILLS = """plot => [...new Set([...plot.querySelectorAll('svg path, svg rect, svg circle')].map(
    shape => shape.getAttribute('fill')))].join()"""


def plots(page: Page) -> list[Locator]:
    """Every chart, drawn: each comes when it is looked at."""
    found = page.locator("[data-chart]").all()
    for plot in found:
        plot.scroll_into_view_if_needed()
        expect(plot).to_have_attribute("data-drawn", "yes")
        expect(plot.locator("svg")).to_be_visible()
    return found


@pytest.mark.parametrize("size", SIZES)
def test_charts_are_drawn_in_both_schemes(
    chromium: Browser, site: World, session: Any, size: str, subtests: pytest.Subtests
) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-US")
    context.add_cookies([session])
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda told: noise.append(told.text) if told.type != "log" else None)
    page.on("pageerror", lambda error: noise.append(str(error)))
    for url in PAGES:
        with subtests.test(url):
            page.goto(site.url + url)
            drawn = plots(page)
            assert drawn
            before = [plot.evaluate(FILLS) for plot in drawn]
            page.evaluate("document.documentElement.classList.toggle('dark')")
            for plot, fills in zip(drawn, before, strict=True):
                page.wait_for_function(
                    f"([plot, before]) => ({FILLS})(plot) !== before",
                    arg=[plot.element_handle(), fills],
                )
            beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(beyond) <= 0
            assert page.evaluate(CUT) == []
            assert page.evaluate(UNNAMED) == []
            assert noise == []
    context.close()


def test_the_picture_and_the_table_say_the_same(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.goto(site.url + VALUE)
    plots(page)
    for name in ("rfm", "segments"):
        figure = page.locator(f"figure#{name}")
        figure.get_by_text("Show as table").click()
        numbers = figure.locator("tbody td:nth-child(3)").all_inner_texts()
        drawn = figure.locator("[data-chart] svg text").all_text_contents()
        assert sorted(number for number in numbers if number != "0") == sorted(
            text for text in drawn if text.isdigit() and text != "0"
        )


def test_a_chart_is_read_by_keyboard_and_leads_to_its_customers(
    site: World, desk: BrowserContext
) -> None:
    page = desk.new_page()
    page.goto(site.url + VALUE)
    plots(page)
    page.locator("figure#segments [data-chart]").focus()
    page.keyboard.press("ArrowRight")
    voice = page.locator("figure#segments [aria-live]")
    expect(voice).to_contain_text("customer")
    first = voice.inner_text()
    page.keyboard.press("ArrowRight")
    expect(voice).not_to_have_text(first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/profiles/customer/?stage=*")


def test_what_is_written_in_a_journey_is_shown_as_text(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.goto(site.url + JOURNEY)
    plots(page)
    page.evaluate("window.caught = false")
    place = page.locator("#arms [data-chart]")
    option = page.locator("#arms-option")
    hostile = '<img src=x onerror="window.caught = true">'
    option.evaluate(
        "(script, told) => { const option = JSON.parse(script.textContent);"
        " option.series[0].data.forEach(item => item.told = told);"
        " script.textContent = JSON.stringify(option); }",
        hostile,
    )
    page.evaluate(
        """async () => {
            const { Plot } = await import('/static/charts/plot.js');
            const place = document.querySelector('#arms [data-chart]');
            new Plot(place, JSON.parse(document.getElementById('arms-option').textContent));
        }"""
    )
    place.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#arms").get_by_text(hostile).first).to_be_attached()
    assert page.evaluate("window.caught") is False


def test_where_the_drawing_does_not_come_the_table_does(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.route("**/charts/plot.js", lambda route: route.abort())
    page.goto(site.url + VALUE)
    figure = page.locator("figure#rfm")
    expect(figure.get_by_text("The chart could not be drawn here")).to_be_visible()
    expect(figure.locator("tbody tr").first).to_be_visible()


def test_the_drawing_is_fetched_only_when_a_chart_comes_near(
    site: World, desk: BrowserContext
) -> None:
    page = desk.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}/admin/profiles/customer/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/charts/" in url]
    page.goto(site.url + VALUE)
    plots(page)
    assert len([url for url in asked if url.endswith("/charts/plot.js")]) == 1


def test_a_prediction_is_made_at_a_press(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.goto(f"{site.url}/admin/reports/overlap/?days=7")
    section = page.get_by_role("region", name="What is to come")
    section.get_by_label("Days ahead").select_option("7")
    section.get_by_role("button", name="Predict", exact=True).click()
    expect(section.get_by_role("button", name="Predict again")).to_be_visible()
    expect(section).to_contain_text("happens again in the next 7")
    expect(page).to_have_url(f"{site.url}/admin/reports/overlap/?days=7#ahead")
    for plot in plots(page):
        expect(plot).to_be_visible()
    page.route("**/predict/", lambda route: route.abort())
    section.get_by_role("button", name="Predict again").click()
    expect(section.get_by_role("alert")).to_have_text("The prediction was interrupted: try again.")
    expect(section.get_by_role("button", name="Predict again")).to_be_enabled()
