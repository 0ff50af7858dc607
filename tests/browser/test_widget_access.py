"""The chat is for everybody: keyboard, screen reader, phone, zoom, contrast, stillness."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.chat import CARDS, CONTRAST, PLAN, box, bubbles, field, log, open_chat, write
from tests.browser.fake_front_door import GREETING, FakeFrontDoor

pytestmark = pytest.mark.slow


def test_everything_can_be_done_with_the_keyboard_alone(page: Page, door: FakeFrontDoor) -> None:
    page.goto(f"{door.url}/shop")
    launcher = page.get_by_role("button", name="Open chat")
    launcher.focus()
    page.keyboard.press("Enter")
    expect(field(page)).to_be_focused()
    expect(bubbles(page, GREETING)).to_be_visible()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("in two lines")
    page.keyboard.press("Enter")
    door.wait_until(lambda: len(door.posts) == 1)
    assert door.posts[0]["text"] == "By keyboard\nin two lines"
    door.say("Choose", card={"kind": "plan_options", "currency": "USD", "total": 12001, "options": [PLAN]})
    choose = page.get_by_role("button", name="Choose this plan")
    expect(choose).to_be_enabled()
    page.keyboard.press("Shift+Tab")
    expect(choose).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_text("All dates and amounts")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    door.wait_until(lambda: len(door.posts) == 2)
    expect(field(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    expect(launcher).to_be_focused()


def test_a_screen_reader_finds_names_roles_and_a_polite_log(chat: Page, door: FakeFrontDoor) -> None:
    write(chat, "Hello")
    expect(chat.get_by_role("dialog", name="Account help")).to_have_accessible_description("Automated assistant")
    expect(log(chat)).to_have_attribute("aria-live", "polite")
    expect(chat.get_by_role("dialog").get_by_role("button", name="Close chat")).to_be_visible()
    expect(chat.get_by_role("button", name="Close chat").last).to_have_attribute("aria-expanded", "true")
    expect(log(chat)).to_match_aria_snapshot("""
      - log "Conversation":
        - list:
          - listitem: Today
          - listitem:
            - text: /Assistant Hello! I'm the assistant/
            - time
          - listitem:
            - text: You Hello
            - time
            - text: Sent
    """)


def test_history_is_not_read_aloud_and_news_are(chat: Page, door: FakeFrontDoor) -> None:
    chat.add_init_script("""const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function (how) {
        const root = attach.call(this, how);
        window.heard = [];
        new MutationObserver(records => records.forEach(record => record.addedNodes.forEach(node => {
          const read = !root.querySelector('.log').hasAttribute('aria-busy');
          if (read && node.className?.startsWith?.('msg')) heard.push(node.textContent);
        }))).observe(root, { childList: true, subtree: true });
        return root;
      }""")
    chat.reload()
    expect(bubbles(chat, GREETING)).to_be_visible()
    expect(log(chat)).not_to_have_attribute("aria-busy", "true")
    door.say("News")
    expect(bubbles(chat, "News")).to_be_visible()
    heard = chat.evaluate("heard")
    assert len(heard) == 1
    assert "News" in heard[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_AA_contrast(browser: Browser, door: FakeFrontDoor, scheme: Any) -> None:
    context = browser.new_context(
        color_scheme=scheme, locale="en-US", viewport={"width": 1280, "height": 860}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{door.url}/shop")
    open_chat(page)
    for card, _ in CARDS:
        door.say("See https://example.com/x", card=card, buttons=[{"title": "A choice", "payload": "/x"}])
    door.say("A note", author="system")
    door.set_state("queue", position=2)
    write(page, "Hello")
    context.set_offline(True)
    write(page, "Later")
    expect(page.get_by_text("Waiting to send").first).to_be_visible()
    expect(page.get_by_text("number 2 in line")).to_be_visible()
    field(page).fill("4242 4242 4242 4242")
    found = page.get_by_role("dialog").evaluate(CONTRAST)
    context.close()
    assert len(found) > 50
    assert [one for one in found if one["ratio"] < 4.5] == []


def test_who_asks_for_less_motion_gets_none(browser: Browser, door: FakeFrontDoor) -> None:
    context = browser.new_context(reduced_motion="reduce", locale="en-US")
    page = context.new_page()
    page.goto(f"{door.url}/shop")
    open_chat(page)
    write(page, "Hello")
    expect(page.locator(".typing i")).to_have_count(3)
    moving = "node => getComputedStyle(node).animationName"
    names = {at: page.locator(at).first.evaluate(moving) for at in (".panel", ".msg", ".typing i")}
    context.close()
    assert names == {".panel": "none", ".msg": "none", ".typing i": "none"}


def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus_with_large_targets(
    browser: Browser, door: FakeFrontDoor
) -> None:
    size: ViewportSize = {"width": 360, "height": 640}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True, locale="en-US")
    page = context.new_page()
    page.goto(f"{door.url}/shop")
    page.get_by_role("button", name="Open chat").tap()
    expect(bubbles(page, GREETING)).to_be_visible()
    panel = page.get_by_role("dialog", name="Account help")
    panel.evaluate("panel => Promise.all(panel.getAnimations({ subtree: true }).map(({ finished }) => finished))")
    shape = box(panel)
    assert [round(shape[side]) for side in ("x", "y", "width", "height")] == [0, 0, 360, 640]
    expect(panel).to_have_attribute("aria-modal", "true")
    expect(field(page)).not_to_be_focused()
    for card, _ in CARDS:
        door.say("Here", card=card, buttons=[{"title": "Ok", "payload": "/x"}])
    expect(log(page).locator(".card")).to_have_count(len(CARDS))
    targets = panel.locator("button:visible, .card a:visible, summary:visible, textarea").all()
    sizes = {target.inner_text(): min(box(target)["height"], box(target)["width"]) for target in targets}
    assert {name: size for name, size in sizes.items() if size < 43.99} == {}
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert log(page).evaluate("node => node.parentElement.scrollWidth <= node.parentElement.clientWidth")
    for _ in range(len(targets) + 4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.localName") == "good-terms-chat"
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()
    assert page.evaluate("document.documentElement.style.overflow") == ""
    context.close()


def test_at_200_percent_zoom_everything_is_still_reachable(browser: Browser, door: FakeFrontDoor) -> None:
    context = browser.new_context(viewport={"width": 640, "height": 360}, device_scale_factor=2, locale="en-US")
    page = context.new_page()
    page.goto(f"{door.url}/shop")
    open_chat(page)
    expect(page.get_by_role("button", name="Close chat").first).to_be_in_viewport(ratio=1)
    expect(field(page)).to_be_in_viewport(ratio=1)
    assert box(log(page).locator(".."))["height"] > 150
    context.close()
