"""Opening the chat and talking in it: who speaks, whose chat it is, what it says of itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import CONTRAST, box, bubbles, echo, field, log, open_chat, token_of, write
from tests.browser.fake_front_door import GREETING, FakeFrontDoor

pytestmark = pytest.mark.slow


def test_the_open_chat_says_that_it_is_an_assistant_and_that_a_person_is_near_P6(chat: Page) -> None:
    panel = chat.get_by_role("dialog", name="Account help")
    expect(panel).to_contain_text("I’m an automated assistant, not a person.")
    expect(panel).to_contain_text("A person from our team is a message away")
    expect(panel.get_by_text("Automated assistant", exact=True)).to_be_visible()


def test_nothing_implies_a_debt_before_the_customer_has_spoken_P1(chat: Page) -> None:
    text = chat.get_by_role("dialog").inner_text().lower()
    assert not [word for word in ("owe", "debt", "overdue", "due", "pay", "balance", "collect") if word in text]


def test_a_visitor_who_does_not_open_the_chat_costs_no_request(page: Page, door: FakeFrontDoor) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{door.url}/shop", wait_until="networkidle")
    expect(page.get_by_role("button", name="Open chat: Account help")).to_be_visible()
    assert not [url for url in asked if "/api/" in url]
    assert door.sessions == []


def test_one_script_tag_is_the_whole_installation(page: Page, door: FakeFrontDoor) -> None:
    page.goto(f"{door.url}/shop")
    tags = page.locator("script[src]")
    expect(tags).to_have_count(1)
    assert tags.evaluate("tag => tag.outerHTML") == '<script src="/widget.js" data-goodterms="" async=""></script>'


def test_it_works_from_another_origin_and_no_style_of_the_page_reaches_it(page: Page, door: FakeFrontDoor) -> None:
    page.goto(door.host_page())
    open_chat(page)
    bubble = bubbles(page, GREETING)
    assert bubble.evaluate("node => [getComputedStyle(node).fontSize, getComputedStyle(node).display]") == [
        "16px",
        "block",
    ]
    write(page, "Hello from elsewhere")
    door.wait_until(lambda: len(door.posts) == 1)


def test_the_pages_attributes_set_title_language_side_and_whether_it_is_open(page: Page, door: FakeFrontDoor) -> None:
    looks = 'data-title="Juniper help" data-position="start" data-accent="#ffd400"'
    attributes = f'data-goodterms {looks} data-locale="pt-BR" data-open'
    page.goto(door.host_page(attributes=attributes))
    panel = page.get_by_role("dialog", name="Juniper help")
    expect(panel).to_contain_text("Sou um assistente automático, não uma pessoa.")
    assert box(panel)["x"] < 100
    assert door.sessions[0]["locale"] == "pt-BR"
    write_here = panel.get_by_role("textbox", name="Escreva uma mensagem")
    write_here.fill("olá")
    assert min(one["ratio"] for one in panel.evaluate(CONTRAST)) >= 4.5


def test_a_page_written_from_right_to_left_has_it_on_the_left(page: Page, door: FakeFrontDoor) -> None:
    page.goto(door.host_page(dir="rtl", lang="ar"))
    open_chat(page)
    assert box(page.get_by_role("dialog"))["x"] < 100
    assert box(page.get_by_role("button", name="Send"))["x"] < box(field(page))["x"]


def test_spanish_pages_get_spanish_words(page: Page, door: FakeFrontDoor) -> None:
    page.goto(door.host_page(lang="es-MX"))
    page.get_by_role("button", name="Abrir el chat: Ayuda con su cuenta").click()
    expect(page.get_by_role("dialog")).to_contain_text("Soy un asistente automático, no una persona.")


def test_a_message_is_ticked_as_sent_and_answered(chat: Page, door: FakeFrontDoor) -> None:
    door.replies = echo
    write(chat, "Hello there")
    expect(log(chat).locator("li.me")).to_contain_text("Sent")
    expect(bubbles(chat, "You said: Hello there")).to_be_visible()
    expect(field(chat)).to_have_value("")
    expect(field(chat)).to_be_focused()
    assert [post["text"] for post in door.posts] == ["Hello there"]


def test_the_assistant_is_seen_writing_until_it_answers(chat: Page, door: FakeFrontDoor) -> None:
    write(chat, "Are you there?")
    expect(chat.get_by_text("The assistant is writing")).to_be_attached()
    door.say("I am.")
    expect(bubbles(chat, "I am.")).to_be_visible()
    expect(chat.get_by_text("The assistant is writing")).not_to_be_attached()


def test_a_button_sends_its_payload_once_and_only_the_newest_buttons_are_live(chat: Page, door: FakeFrontDoor) -> None:
    door.replies = lambda _: [{"text": "And now?", "buttons": [{"title": "Again", "payload": "/again"}]}]
    door.say(
        "What shall we do?",
        buttons=[{"title": "See it all", "payload": "/all"}, {"title": "Later", "payload": "/later"}],
    )
    chat.get_by_role("button", name="See it all").dblclick()
    expect(chat.get_by_role("button", name="Again")).to_be_enabled()
    expect(chat.get_by_role("button", name="Later")).to_be_disabled()
    expect(bubbles(chat, "See it all")).to_have_count(1)
    assert [(post["payload"], post["title"]) for post in door.posts] == [("/all", "See it all")]


def test_a_text_that_is_too_long_gets_a_hint_and_stays_in_the_field(chat: Page, door: FakeFrontDoor) -> None:
    field(chat).fill("ä" * 8_012)
    expect(chat.get_by_text("One message holds 8,000 characters, and this is 12 more.")).to_be_visible()
    field(chat).press("Enter")
    expect(field(chat)).to_have_value("ä" * 8_012)
    field(chat).fill("ä" * 8_000)
    field(chat).press("Enter")
    door.wait_until(lambda: len(door.posts) == 1)
    assert len(door.posts[0]["text"]) == 8_000


def test_a_card_number_gets_a_soft_hint_and_is_never_kept_in_the_browser_P3(chat: Page, door: FakeFrontDoor) -> None:
    door.fail("/messages", 503, 2)
    field(chat).fill("it is 4242-4242 4242 4242")
    expect(chat.get_by_text("You never need to type a card number here.")).to_be_visible()
    field(chat).press("Enter")
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert "4242" not in chat.evaluate(kept)
    door.wait_until(lambda: len(door.posts) == 1)
    field(chat).fill("my account is GT-1001, phone +1 210 555 0101")
    expect(chat.get_by_text("You never need to type a card number here.")).not_to_be_visible()


def test_what_the_server_redacted_replaces_what_was_typed_P3(chat: Page, door: FakeFrontDoor) -> None:
    door.names_client_ids = True
    door.fail("/messages", 503)
    write(chat, "4242 4242 4242 4242")
    door.wait_until(lambda: len(door.posts) == 1)
    message = next(one for one in door.conversation().messages if one["author"] == "customer")
    message["text"] = "[card number removed]"
    chat.reload()
    expect(bubbles(chat, "[card number removed]")).to_be_visible()
    expect(bubbles(chat, "4242 4242 4242 4242")).to_have_count(0)


def test_waiting_shows_the_place_and_keeps_the_way_back_until_a_person_comes(chat: Page, door: FakeFrontDoor) -> None:
    write(chat, "a person please")
    door.set_state("queue", position=3)
    door.say("I've passed it on.", buttons=[{"title": "Back to the assistant", "payload": "/back"}])
    expect(chat.get_by_role("status").filter(has_text="You’re number 3 in line.")).to_be_visible()
    write(chat, "Still here")
    expect(chat.get_by_role("button", name="Back to the assistant")).to_be_enabled()
    door.set_state("queue", position=1)
    expect(chat.get_by_role("status").filter(has_text="You’re next.")).to_be_visible()
    door.set_state("agent", agent="Ana Souza")
    door.say("Hi, Ana here.", author="agent")
    expect(chat.get_by_role("dialog")).to_contain_text("Ana Souza is with you")
    expect(log(chat).get_by_role("listitem").filter(has_text="Hi, Ana here.")).to_contain_text("Ana Souza")
    expect(chat.get_by_role("button", name="Back to the assistant")).to_be_disabled()
    expect(chat.get_by_text("in line")).not_to_be_visible()


def test_a_closed_chat_shows_how_much_is_new(page: Page, door: FakeFrontDoor) -> None:
    page.clock.install()
    page.goto(f"{door.url}/shop")
    open_chat(page)
    page.get_by_role("dialog").get_by_role("button", name="Close chat").click()
    door.say("One more thing")
    bubble = page.get_by_role("button", name="Open chat: Account help, 1 new")
    for _ in range(200):  # the timer starts a moment after the click
        if bubble.is_visible():
            break
        page.clock.fast_forward(21_000)
    expect(bubble).to_be_visible()
    page.reload()
    bubble.click()
    expect(bubbles(page, "One more thing")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close chat").click()
    expect(page.get_by_role("button", name="Open chat: Account help", exact=True)).to_be_visible()


def test_the_pages_signed_identity_begins_the_session(page: Page, door: FakeFrontDoor) -> None:
    page.goto(door.host_page(before=f"window.goodtermsIdentity = () => Promise.resolve('{token_of('GT-1001')}')"))
    open_chat(page)
    assert door.sessions[0]["identity_token"] == token_of("GT-1001")


def test_an_identity_that_the_server_refuses_still_gets_a_chat(page: Page, door: FakeFrontDoor) -> None:
    door.fail("/sessions", 401)
    page.goto(door.host_page(attributes=f'data-goodterms data-identity-token="{token_of("GT-1001")}"'))
    open_chat(page)
    assert ["identity_token" in session for session in door.sessions] == [True, False]


@pytest.mark.parametrize("next_visitor", ["", "GT-1002"], ids=["signed out", "somebody else"])
def test_the_next_person_at_this_browser_does_not_see_the_last_ones_chat_P1(
    page: Page, door: FakeFrontDoor, next_visitor: str
) -> None:
    page.goto(door.host_page(attributes=f'data-goodterms data-identity-token="{token_of("GT-1001")}"'))
    open_chat(page)
    door.say("For the first one only")
    expect(bubbles(page, "For the first one only")).to_be_visible()
    page.goto(
        door.host_page(
            attributes=f'data-goodterms data-identity-token="{token_of(next_visitor) if next_visitor else ""}"'
        )
    )
    expect(bubbles(page, GREETING)).to_be_visible()
    expect(bubbles(page, "For the first one only")).to_have_count(0)
    assert len(door.sessions) == 2


def test_the_chat_can_be_cleared_from_a_shared_device_in_every_tab(
    chat: Page, context: BrowserContext, door: FakeFrontDoor
) -> None:
    write(chat, "Something private")
    other = context.new_page()
    other.goto(f"{door.url}/shop")
    other.get_by_role("button", name="Open chat").click()
    expect(bubbles(other, "Something private")).to_be_visible()
    chat.get_by_role("button", name="Clear this chat from this device").click()
    chat.get_by_role("button", name="Clear", exact=True).click()
    expect(chat.get_by_role("dialog")).not_to_be_visible()
    expect(other.get_by_role("dialog")).not_to_be_visible()
    assert "session" not in chat.evaluate("Object.keys(localStorage).join()")
    open_chat(chat)
    expect(bubbles(chat, "Something private")).to_have_count(0)
    assert len(door.sessions) == 2
