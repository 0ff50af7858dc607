"""The desk on a real server, for a real browser."""

from __future__ import annotations

import uuid

from playwright.sync_api import Page, expect

from bot.conversations import transcript
from bot.db import lock
from bot.models import Author, Conversation
from tests.desk.desks import PASSWORD, Desk


class Live:
    """A desk and its address."""

    def __init__(self, desk: Desk, url: str) -> None:
        self.desk, self.url = desk, url

    def sign_in(self, page: Page, name: str = "ana") -> None:
        """By the form, as a person does, until the desk is there."""
        self.knock(page, name)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()

    def knock(self, page: Page, name: str, password: str = PASSWORD) -> None:
        """By the form, whatever comes of it."""
        page.goto(f"{self.url}/desk")
        page.get_by_label("E-mail").fill(f"{name}@example.com")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    def customer_says(self, conversation_id: uuid.UUID, text: str) -> None:
        """A message that another process took in."""
        with self.desk.db.transaction() as session:
            row = lock(session, Conversation, conversation_id)
            assert row is not None
            transcript.append(session, row, author=Author.CUSTOMER, text=text)

    def said_by_agents(self, conversation_id: uuid.UUID) -> list[str]:
        """What agents said to the customer."""
        with self.desk.db.reading() as session:
            return [m.text for m in transcript.after(session, conversation_id) if m.author == Author.AGENT]
