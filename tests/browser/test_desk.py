"""The desk in a real browser: an agent signs in, sees who waits, answers and leaves; no words run or get lost."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from bot.conversations import handoff, transcript
from bot.models import Author, Conversation, Holder
from tests import factories
from tests.browser.live_desk import Live
from tests.desk.desks import PASSWORD, waiting

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script> & \"quotes\""


def claimed(live: Live, said: str = "Can I talk to somebody?") -> uuid.UUID:
    """A conversation that Ana has."""
    conversation_id = live.desk.waiting(said=said)
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ana)
    return conversation_id


def test_an_agent_takes_a_conversation_from_the_queue_to_its_end(live: Live, page: Page) -> None:
    live.sign_in(page)
    expect(page.get_by_text("Nobody is waiting. Everyone has been heard.")).to_be_visible()
    with live.desk.db.transaction() as session:
        conversation_id = waiting(session, factories.maya(session), "I lost some shifts")
    row = page.get_by_role("link", name="Maya Torres")
    expect(row).to_contain_text("$200.50 overdue")
    row.click()
    expect(page.get_by_text("Waiting, number 1")).to_be_visible()
    expect(page.locator("#about")).to_contain_text("$260.50")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("You are speaking", exact=True)).to_be_visible()
    expect(page.locator("#log")).to_contain_text("Ana has joined")
    page.get_by_label("Your reply").fill("Hello Maya, I'm Ana.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.agent .bubble")).to_have_text("Hello Maya, I'm Ana.")
    expect(page.locator("#sent")).to_contain_text("Sent at")
    live.customer_says(conversation_id, "Thank you, Ana")
    expect(page.locator(".said.customer .bubble").last).to_have_text("Thank you, Ana")
    page.get_by_role("button", name="Return", exact=True).click()
    page.get_by_label("A word for whoever comes next").fill("Wants twice a month")
    page.get_by_label("What came of it").select_option("Plan agreed")
    page.locator("#leave-do").click()
    expect(page.get_by_text("Returned to the assistant. The customer has been told.")).to_be_visible()
    expect(page.get_by_text("Nobody yet. Claim a conversation to begin.")).to_be_visible()
    assert live.desk.conversation(conversation_id).holder == Holder.BOT


def test_a_supervisor_takes_over_from_the_assistant(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        conversation_id = factories.conversation(session).id
    live.sign_in(page, "sol")
    page.goto(f"{live.url}/desk/conversations/{conversation_id}")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("You are speaking", exact=True)).to_be_visible()
    expect(page.locator("#log")).to_contain_text("Sol has joined")
    expect(page.locator("#about")).to_contain_text("Taken over from the assistant")


def test_what_customers_and_agents_wrote_is_text_and_never_runs(live: Live, page: Page) -> None:
    with live.desk.db.transaction() as session:
        customer = factories.customer(session, name=HOSTILE)
        factories.invoice(session, customer, description=HOSTILE)
        summary = {"said": HOSTILE, "<b>key</b>": [HOSTILE, {"deep": HOSTILE}]}
        conversation_id = waiting(session, customer, HOSTILE, reason=HOSTILE[:60], summary=summary)
        row = session.get_one(Conversation, conversation_id)
        card = {"kind": "pay_link", "url": "javascript:alert(1)", "amount": 5, "currency": "<b>"}
        transcript.append(
            session, row, author=Author.BOT, text="*", card=card, buttons=[{"title": HOSTILE, "payload": "/x"}]
        )
        transcript.append(session, row, author=Author.BOT, text="", card={"kind": HOSTILE, "note": HOSTILE})
        session.flush()
        handoff.claim(session, conversation_id, live.desk.ana)
        handoff.note(session, conversation_id, live.desk.ana, HOSTILE)
        handoff.reply(session, conversation_id, live.desk.ana, HOSTILE, str(uuid.uuid4()))
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator(".said.customer .bubble")).to_have_text(HOSTILE)
    expect(page.locator(".said.agent .bubble").last).to_have_text(HOSTILE)
    expect(page.locator("#thread-name")).to_have_text(HOSTILE)
    expect(page.locator("#about")).to_contain_text(HOSTILE)
    assert page.locator(".panes img, .panes script, .panes b:has-text('key'), a[href^='javascript']").count() == 0
    assert "broken" not in page.title()


def test_what_was_said_long_ago_is_shown_on_demand_and_where_a_search_leads(live: Live, page: Page) -> None:
    conversation_id = claimed(live)
    with live.desk.db.transaction() as session:
        row = session.get_one(Conversation, conversation_id, with_for_update=True)
        for number in range(700):
            transcript.append(session, row, author=Author.CUSTOMER, text=f"line {number}")
    live.sign_in(page)
    page.goto(f"{live.url}/desk/conversations/{conversation_id}")
    expect(page.locator("#log").get_by_text("line 699", exact=True)).to_be_in_viewport()
    expect(page.locator(".said")).to_have_count(300)
    page.get_by_role("button", name="Show earlier messages").click()
    expect(page.locator(".said")).to_have_count(600)
    page.goto("about:blank")
    page.goto(f"{live.url}/desk/conversations/{conversation_id}#m4")
    expect(page.locator(".sought")).to_be_in_viewport()
    expect(page.locator(".sought")).to_have_attribute("data-seq", "4")
    expect(page.get_by_role("button", name="Show earlier messages")).to_be_hidden()


def test_words_are_kept_when_sending_fails_and_are_said_once_when_tried_again(live: Live, page: Page) -> None:
    conversation_id = claimed(live)
    live.sign_in(page)
    page.locator(".item").click()

    def lose_the_answer(route: Route) -> None:
        route.fetch()  # the server takes it in
        route.abort()

    page.route("**/messages", lose_the_answer, times=1)
    words = page.get_by_label("Your reply")
    words.fill("A careful answer")
    page.locator("#send").click()
    expect(page.locator("#sent")).to_contain_text("Not sent. The desk can't be reached just now.")
    expect(words).to_have_value("A careful answer")
    page.locator("#send").click()
    expect(page.locator("#sent")).to_contain_text("Sent at")
    expect(words).to_have_value("")
    expect(page.locator(".said.agent .bubble")).to_have_count(1)
    assert live.said_by_agents(conversation_id) == ["A careful answer"]


def test_drafts_stay_with_their_conversation_through_reloads(live: Live, page: Page) -> None:
    first, second = claimed(live, "The first"), claimed(live, "The second")
    live.sign_in(page)
    page.locator(f"[data-id='{first}']").click()
    words = page.get_by_label("Your reply")
    words.fill("For the first")
    page.get_by_text("Note", exact=True).click()
    page.get_by_label("Your note").fill("A note on the first")
    page.locator(f"[data-id='{second}']").click()
    expect(page.locator(".said.customer")).to_contain_text("The second")
    expect(page.locator("#words")).to_have_value("")
    page.locator(f"[data-id='{first}']").click()
    expect(page.get_by_label("Your note")).to_have_value("A note on the first")
    page.reload()
    expect(words).to_have_value("For the first")


def test_the_keyboard_is_enough(live: Live, page: Page) -> None:
    urgent = live.desk.waiting(said="First of two", priority=1)
    live.desk.waiting(said="Second of two")
    live.sign_in(page)
    expect(page.locator(".item")).to_have_count(2)
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator(f"[data-id='{urgent}']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".said.customer")).to_contain_text("First of two")
    page.keyboard.press("c")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("c and j are letters here")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.agent .bubble")).to_have_text("c and j are letters here")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_label("Your note")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()


def test_who_comes_second_hears_who_was_first(live: Live, page: Page, context: BrowserContext) -> None:
    conversation_id = live.desk.waiting()
    live.sign_in(page)
    page.route("**/events*", lambda route: route.abort())  # Ana's page does not hear that Ben was faster
    page.locator(".item").click()
    expect(page.locator("#invite")).to_be_visible()
    with live.desk.db.transaction() as session:
        handoff.claim(session, conversation_id, live.desk.ben)
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#toasts")).to_have_text("Ben has this conversation.")


def test_news_keeps_the_focus_and_the_place_of_the_reader(live: Live, page: Page) -> None:
    conversation_id = claimed(live)
    for number in range(60):
        live.customer_says(conversation_id, f"line {number}")
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator(".bubble", has_text="line 59")).to_be_in_viewport()
    page.locator("#scroll").evaluate("box => { box.scrollTop = 0; }")
    page.locator(".item").focus()
    live.customer_says(conversation_id, "something new")
    expect(page.get_by_role("button", name="New messages")).to_be_visible()
    expect(page.locator(".item")).to_contain_text("something new")
    expect(page.locator(".item")).to_be_focused()
    assert page.locator("#scroll").evaluate("box => box.scrollTop") == 0
    page.get_by_role("button", name="New messages").click()
    expect(page.locator(".bubble", has_text="something new")).to_be_in_viewport()


def test_a_session_that_has_ended_leads_to_the_door_and_back_to_the_conversation(live: Live, page: Page) -> None:
    conversation_id = claimed(live)
    live.sign_in(page)
    page.locator(".item").click()
    page.get_by_label("Your reply").fill("Half a sentence")
    own = "**/api/desk/**"
    # What the page asks for by itself would find the end, too: here it is the click that does.
    page.route(own, lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    page.context.clear_cookies()
    page.locator("#send").click()
    expect(page.get_by_role("heading", name="Welcome to the desk")).to_be_visible()
    page.unroute(own)
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_label("Password").fill("not it at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That e-mail and password don't match.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live.url}/desk/conversations/{conversation_id}")
    expect(page.get_by_label("Your reply")).to_have_value("Half a sentence")


def test_signing_out_in_one_tab_ends_the_other(live: Live, page: Page, context: BrowserContext) -> None:
    live.sign_in(page)
    other = context.new_page()
    other.goto(f"{live.url}/desk")
    expect(other.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Welcome to the desk")).to_be_visible()
    expect(other.get_by_role("heading", name="Welcome to the desk")).to_be_visible()


def test_on_a_phone_list_thread_and_customer_are_pages_of_their_own(live: Live, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    claimed(live)
    live.sign_in(page)
    page.locator(".item").click()
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.get_by_label("Your reply")).to_be_in_viewport()
    page.get_by_role("button", name="About the customer").click()
    expect(page.locator("#about")).to_be_visible()
    page.get_by_role("button", name="Back to the conversation").click()
    page.get_by_role("button", name="Back to conversations").click()
    expect(page.locator(".item")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out sideways"


def test_an_address_that_leads_nowhere_says_so(live: Live, page: Page) -> None:
    live.sign_in(page)
    for address in (str(uuid.uuid4()), "not-an-id"):
        page.goto(f"{live.url}/desk/conversations/{address}")
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it_wcag_aa(live: Live, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    conversation_id = claimed(live)
    live.desk.waiting(verified=False)
    with live.desk.db.transaction() as session:
        handoff.note(session, conversation_id, live.desk.ana, "A note")
        handoff.reply(session, conversation_id, live.desk.ana, "A reply", str(uuid.uuid4()))
    live.sign_in(page)
    page.locator(".item").first.click()
    expect(page.locator(".said.note")).to_be_visible()
    faint = page.evaluate(CONTRAST)
    assert faint == []


# Every visible piece of text against the colours behind it; what is below 4.5:1 is named.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const over = (top, below) => [0, 1, 2].map((i) => (top[i] * top[3] + below[i] * (255 - top[3])) / 255).concat(255);
  const behind = (element) => {
    if (!element) return [255, 255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 255 ? own : over(own, behind(element.parentElement));
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!speaks || !element.checkVisibility() || element.closest('kbd, .skip')) continue;
    const back = behind(element);
    const [a, b] = [light(over(rgba(getComputedStyle(element).color), back)), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(`${element.className}: ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
