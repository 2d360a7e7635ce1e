"""What needs a browser to be believed: dialogs, the editor, the mail's frame."""

from playwright.sync_api import BrowserContext, expect

from channels.models import Message, MessageBody
from journeys.models import Journey
from tests.world import World

SELECTED = """() => {
    const editor = document.activeElement;
    return editor.value.slice(editor.selectionStart, editor.selectionEnd);
}"""
JOURNEY = "/admin/journeys/journey/abandoned-cart"
MAIL = """<a href="{base}/c/token">Go</a><img src="{base}/o/token" width="1" height="1">
<script>document.body.innerHTML = 'run'</script>
<form action="{base}/u/token"><button>Send</button></form>"""


def test_a_journey_is_paused_by_keyboard_through_its_dialog(
    site: World, desk: BrowserContext
) -> None:
    page = desk.new_page()
    page.goto(f"{site.url}{JOURNEY}/change/")
    page.get_by_role("button", name="Pause", exact=True).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Pause this journey?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert Journey.objects.get(slug="abandoned-cart").state == "live"
    page.keyboard.press("Enter")
    dialog.get_by_label("run on").check()
    dialog.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("The journey is paused: nobody enters or moves on.")).to_be_visible()
    journey = Journey.objects.get(slug="abandoned-cart")
    assert (journey.state, journey.pause_clock) == ("paused", "run")


def test_a_problem_leads_to_its_step_in_the_editor(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.goto(f"{site.url}{JOURNEY}/document/")
    editor = page.get_by_label("Document", exact=True)
    editor.fill(editor.input_value().replace("mail_b}", "nowhere}"))
    editor.press("Control+s")
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    page.locator(".sj-problems .sj-danger button").first.click()
    assert "nowhere" in page.evaluate(SELECTED) or "id: test" in page.evaluate(SELECTED)


def test_a_new_line_keeps_its_indent(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.goto(f"{site.url}/admin/journeys/journey/add/")
    editor = page.get_by_label("Document", exact=True)
    editor.fill("steps:\n  - id: hello")
    editor.press("End")
    editor.press("Enter")
    assert editor.input_value() == "steps:\n  - id: hello\n  "


def test_looking_at_a_mail_reaches_nothing(site: World, desk: BrowserContext) -> None:
    message = Message.objects.filter(sent_at__isnull=False).latest("id")
    MessageBody.objects.filter(pk=message.pk).update(html=MAIL.format(base=site.url))
    page = desk.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}/admin/channels/message/{message.pk}/change/")
    frame = page.frame_locator("iframe.sj-mail")
    frame.get_by_text("Go").click()
    frame.get_by_role("button", name="Send").click(force=True)
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/token" in url]
    expect(frame.get_by_text("Go")).to_be_visible()
    assert page.url.endswith("/change/")


def test_the_command_search_opens_by_keyboard_and_finds(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.goto(f"{site.url}/admin/")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("customer-004")
    found = page.locator("#command-results a", has_text="Name4")
    expect(found).to_be_visible()


def test_the_navigation_opens_on_a_phone(site: World, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/admin/")
    expect(page.get_by_role("link", name="Enrollments")).to_be_hidden()
    page.get_by_role("button", name="Open or close the navigation").click()
    expect(page.get_by_role("link", name="Enrollments")).to_be_visible()
