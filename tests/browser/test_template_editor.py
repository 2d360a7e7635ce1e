"""The template editor in a real browser: as code, as blocks, by keyboard, and as a plain form."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Locator, Page, expect

from channels.models import Template
from channels.operations import templates
from journeys.core import source
from tests.config.processes import until
from tests.world import World

pytestmark = pytest.mark.long
MAIL = """\
# Spring, from the first of March
subject: "Hello" # warm
mjml: |
  <mjml>
    <mj-body>
      <mj-section>
        <mj-column>
          <mj-text color="#333333">Hello {{ customer.firstName|default('you') }}</mj-text>
          {% if customer.country == "DE" %}
          <mj-button href="https://shop.example/de">Zum Laden</mj-button>
          {% endif %}
          <mj-hero><!-- left as it is --></mj-hero>
        </mj-column>
      </mj-section>
    </mj-body>
  </mjml>
"""


class Desk:
    """Whoever writes: finds things by what they are called."""

    def __init__(self, page: Page, template: Template) -> None:
        self.page, self.template = page, template
        self.source = page.locator("#source")

    def field(self, label: str) -> Locator:
        return self.page.get_by_role("textbox", name=label, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def block(self, kind: str, number: int = 0) -> Locator:
        return self.page.locator(f".ste-is-{kind} > .ste-row > .ste-head").nth(number)

    def mjml(self) -> str:
        return str(source.read(self.source.input_value()).value["mjml"])

    def shows(self, mjml: str) -> None:
        """Until the document holds this page."""
        until(lambda: self.mjml() == mjml)

    def frame(self) -> Any:
        return self.page.frame_locator("iframe")

    def save(self) -> dict[str, Any]:
        self.button("Save").click()
        expect(self.page.get_by_text("Saved as version 2")).to_be_visible()
        self.template.refresh_from_db()
        return self.template.body


@pytest.fixture
def template(site: World) -> Template:
    return templates.save(
        "spring-sale", title="", content=source.read(MAIL).value, source=MAIL, revision=None,
        by="ann", now=site.now,
    )  # fmt: skip


def _url(site: World, template: Template) -> str:
    return f"{site.url}{reverse('admin:channels_template_change', args=[template.pk])}"


@pytest.fixture
def hand(site: World, desk: BrowserContext, template: Template) -> Desk:
    page = desk.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(_url(site, template))
    found = Desk(page, template)
    expect(found.field("Subject")).to_be_visible()
    expect(page.get_by_label("with the event").locator("option")).not_to_have_count(1)  # all known
    return found


def test_what_is_written_as_code_is_shown_and_saved_in_its_place(hand: Desk) -> None:
    subject = hand.field("Subject")
    subject.click()
    hand.page.keyboard.press("End")
    hand.page.keyboard.type(", {{ customer.first")
    option = hand.page.get_by_role("option", name="firstName")
    expect(option).to_contain_text("% filled")
    option.click()
    expect(hand.page.locator(".ste-inbox b")).to_have_text("Hello, Name0")
    assert 'subject: "Hello, {{ customer.firstName}}" # warm' in hand.source.input_value()
    body = hand.save()
    assert body["subject"] == "Hello, {{ customer.firstName}}"
    assert hand.template.source.startswith("# Spring, from the first of March")


def test_what_is_wrong_is_told_where_it_stands_and_mended_there(hand: Desk) -> None:
    hand.field("Subject").fill("{{ customer.nickname }}, {{ a|pprint }}")
    told = hand.page.locator(".ste-problems")
    expect(told).to_contain_text("The filter `pprint` cannot be used")
    expect(hand.page.locator(".ste-code-line .cm-lintRange-error")).to_have_text("pprint")
    expect(told).to_contain_text("There is no attribute “nickname”")
    hand.field("Subject").fill("Hello")
    expect(told).to_contain_text("Nothing is wrong with it.")


def test_escape_and_tab_leave_the_code(hand: Desk) -> None:
    page = hand.field("MJML")
    page.click()
    hand.page.keyboard.press("Tab")
    expect(page).to_be_focused()
    for _ in range(5):  # the Tab has to come within two seconds
        hand.page.keyboard.press("Escape")
        hand.page.keyboard.press("Tab")
        if not page.evaluate("field => field.contains(document.activeElement)"):
            break
    expect(page).not_to_be_focused()
    expect(hand.field("Plain text")).to_be_focused()


def test_blocks_change_their_own_element_alone(hand: Desk) -> None:
    before = hand.mjml()
    hand.button("Blocks").click()
    hand.block("text").click()
    hand.field("Words").fill("Good morning")
    expect(hand.frame().get_by_text("Good morning")).to_be_visible()
    edited = before.replace("Hello {{ customer.firstName|default('you') }}", "Good morning")
    hand.shows(edited)
    hand.field("Words").fill("a</mj-text><p>")
    expect(hand.page.get_by_role("alert")).to_contain_text("it is not taken")
    assert hand.mjml() == edited
    hand.block("branch").click()
    hand.field("Only if").fill('customer.country == "FR"')
    hand.shows(edited.replace('"DE"', '"FR"'))
    assert hand.save()["mjml"] == edited.replace('"DE"', '"FR"').rstrip()


def test_blocks_are_put_in_moved_copied_and_taken_out_by_keyboard(hand: Desk) -> None:
    before = hand.mjml()
    hand.button("Blocks").click()
    press = hand.page.keyboard.press
    hand.block("text").focus()
    press("Alt+ArrowDown")
    expect(hand.page.locator(".ste-is-branch .ste-is-text")).to_have_count(1)
    expect(hand.block("text")).to_be_focused()
    press("Control+d")
    expect(hand.page.locator(".ste-is-text")).to_have_count(2)
    expect(hand.block("text", 1)).to_be_focused()
    press("Delete")
    expect(hand.page.locator(".ste-is-text")).to_have_count(1)
    hand.block("text").focus()
    for _ in range(2):
        press("Control+z")
    expect(hand.page.locator(".ste-is-branch .ste-is-text")).to_have_count(1)
    press("Control+z")
    expect(hand.page.locator(".ste-is-branch .ste-is-text")).to_have_count(0)
    hand.shows(before)


def test_a_block_is_dragged_and_what_is_not_understood_stays(hand: Desk) -> None:
    hand.button("Blocks").click()
    hand.page.locator(".ste-is-button > .ste-row").drag_to(
        hand.page.locator(".ste-is-column > .ste-row + .ste-list > .ste-is-text > .ste-row"),
        target_position={"x": 40, "y": 2},
    )
    expect(hand.page.locator(".ste-is-branch .ste-is-button")).to_have_count(0)
    text = hand.mjml()
    assert text.index("<mj-button") < text.index("<mj-text")
    assert "<mj-hero><!-- left as it is --></mj-hero>" in text
    hand.page.locator(".ste-blocks > .ste-list > .ste-add").get_by_role("button").click()
    hand.button("Product loop").click()
    assert "{% for product in entry.products[:4] %}" in hand.mjml()


def test_the_preview_is_of_whom_one_asks_for(hand: Desk) -> None:
    expect(hand.frame().get_by_text("Hello Name0")).to_be_visible()
    hand.page.get_by_role("searchbox", name="Search for a customer").fill("Name3")
    hand.page.get_by_label("Customers found").get_by_role("button").first.click()
    expect(hand.frame().get_by_text("Hello Name3")).to_be_visible()
    hand.button("Phone").click()
    expect(hand.page.locator("iframe")).to_have_css("width", "375px")
    hand.button("Dark").click()
    expect(hand.frame().locator("html")).to_have_css("filter", "invert(1) hue-rotate(180deg)")
    hand.button("Plain text").click()
    expect(hand.page.locator(".ste-plain")).to_contain_text("Hello Name3")
    assert hand.page.locator("iframe").count() == 0


def test_texts_are_counted_for_many_and_a_test_goes_out(hand: Desk) -> None:
    hand.button("SMS").click()
    hand.field("Text").fill("Привет, {{ customer.firstName }}")
    expect(hand.page.get_by_text("beyond the Latin alphabet: 70 characters a part")).to_be_visible()
    hand.button("Count for 200 customers").click()
    expect(hand.page.locator(".ste-sample")).to_contain_text("Of 17 customers")
    hand.page.get_by_role("textbox", name="Addresses").fill("+12025550101")
    hand.button("Send").click()
    expect(hand.page.get_by_text("rendered; the sandbox sends nothing")).to_be_visible()
    assert Template.objects.get(slug="spring-sale").version == 1


def test_the_preview_runs_no_script_and_fetches_nothing_of_ours(hand: Desk, site: World) -> None:
    asked: list[str] = []
    hand.page.on("request", lambda request: asked.append(request.url))
    hand.button("Document").click()
    evil = "<script>top.document.title='x'</script><img src=x onerror=\"top.document.title='x'\">"
    hand.source.fill(f"subject: x\nhtml: |\n  {evil}\n  <p>Read me</p>\n")
    hand.button("E-mail").click()
    expect(hand.frame().get_by_text("Read me")).to_be_visible()
    assert hand.page.locator("iframe").get_attribute("sandbox") == ""
    assert hand.page.title() != "x"
    assert not [url for url in asked if "/o/" in url]


def test_without_its_script_the_page_is_a_form(
    site: World, desk: BrowserContext, template: Template
) -> None:
    desk.route("**/editor/editor*.js", lambda route: route.abort())
    page = desk.new_page()
    page.goto(_url(site, template))
    expect(page.locator("#template-plain iframe")).to_be_visible()
    page.locator("#source").fill(MAIL.replace('"Hello"', '"Bonjour"'))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as version 2")).to_be_visible()
    template.refresh_from_db()
    assert template.body["subject"] == "Bonjour"
