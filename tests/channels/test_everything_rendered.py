"""Everything that the product can say, on every channel and in every locale: within limits, nothing raw (T4, C14)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest

from actions import cards
from actions.phrases import Phrases
from bot.billing import invoices, plans
from bot.channels.base import Capabilities, Style
from bot.channels.rendering import Part, render
from bot.channels.segments import count, utf16
from bot.conversations.choice_words import plain
from bot.db import Database
from bot.help_lines import help_lines
from bot.models import Message
from bot.money import Money
from bot.settings import settings
from bot.words import FIELDS, say
from tests import factories, texts
from tests.channels.rendered import ALL, META, SMS, message, shown
from tests.channels.test_marks import FORMATS

LOCALES = {"en-US": "USD", "en-GB": "GBP", "es-MX": "USD", "pt-BR": "BRL"}
IN_EACH_LOCALE = pytest.mark.parametrize("locale", LOCALES)
SHORTENERS = re.compile(r"\b(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly)\b")
RAW = re.compile(r"[{}]|</?\w+>|&\w+;|(?m:^|\s)/[a-z]+_[a-z_]+")


def link() -> str:
    return f"{settings().public_url}/pay/AbC-dEf_gHi"


def said() -> Iterator[tuple[str, Message]]:
    """Each variation of each response with its buttons, and each sentence of the front door."""
    for text in texts.of_responses():
        buttons = [
            {"title": button["title"], "payload": button["payload"].replace("{{", "{").replace("}}", "}")}
            for button in text.buttons
        ]
        made = message(texts.filled(text.words.replace("{url}", link())))
        made.buttons = buttons or None
        yield text.where, made
    for key, fields in FIELDS.items():
        for locale in LOCALES:
            values = {field: link() if field == "url" else texts.FILLED.get(field, "$80.00") for field in fields}
            yield f"{key} {locale}", message(say(key, locale, **values))


def check(where: str, made: Message, parts: list[Part], channel: Capabilities) -> None:
    """What holds of everything rendered."""
    ids = [choice.id for part in parts for choice in part.choices]
    assert len(set(ids)) == len(ids), where
    assert all(len(id_) <= 200 for id_ in ids), where
    assert parts or not made.text, where
    for part in parts:
        longest = channel.choice_body if part.choices else channel.max_length
        assert 0 < utf16(part.body) <= longest, where
        assert len(part.choices) <= (channel.buttons if part.style == Style.BUTTONS else channel.list_rows), where
        titles = [choice.title for choice in part.choices]
        assert all(utf16(title) <= (20 if part.style == Style.BUTTONS else 24) for title in titles), where
        assert len({title.casefold() for title in titles}) == len(titles), where
        assert len(part.list_button) <= 20, where
        for text in (part.body, part.plain or "", *titles):
            assert not RAW.search(text), (where, text)
            assert not SHORTENERS.search(text), (where, text)
            assert set(re.findall(r"https?://\S+", text)) <= {link(), link() + ".", *known_links()}, (where, text)
        if channel.marks:
            assert not FORMATS.search(part.body), (where, part.body)


def known_links() -> set[str]:
    """Where help is, as the help lines have it."""
    return {word.strip(".,;") for word in re.findall(r"https?://[^\s'\",)]+", repr(help_lines()))}


@ALL
@IN_EACH_LOCALE
def test_everything_that_is_said_can_be_shown(channel: Capabilities, locale: str) -> None:
    for where, made in said():
        parts = render(made, channel, locale=locale, first_number=1)
        check(where, made, parts, channel)
        words = re.sub(r"\W+", "", made.text)
        if channel is META:
            assert words in re.sub(r"\W+", "", "".join(part.body for part in parts)), where


@ALL
def test_every_choice_can_be_taken(channel: Capabilities) -> None:
    for where, made in said():
        titles = [button["title"] for button in made.buttons or []]
        *_, last = shown(made, channel) or [Part("")]
        # A text message may go without its accents (T2); it is chosen by the same letters.
        body = plain(last.body)
        offered = [choice.title for choice in last.choices] or [title for title in titles if plain(title) in body]
        assert offered == titles, where


def test_a_text_message_is_seldom_long_t2() -> None:
    short = [count(shown(made, SMS)[0].body) <= 2 for _, made in said() if made.text]
    assert sum(short) > 0.9 * len(short)


# --- cards, as actions/ make them


class Account:
    """A customer of the demo's kind in one locale, with texts as actions/ put them together."""

    def __init__(self, db: Database, locale: str) -> None:
        self.phrases = Phrases(locale)
        currency = LOCALES[locale]
        with db.transaction() as session:
            customer = factories.customer(session, language=locale, currency=currency)
            for number in range(3):
                factories.invoice(
                    session, customer, f"{120 + number}.37", late=10 * number + 5, number=f"INV-{number + 1:04}"
                )
            self.standing = invoices.standing(session, customer)
            self.plans = plans.quote(session, customer, conversation_id=None)
        titles = [self.phrases.title(plan) for plan in self.plans]
        self.buttons = [
            {"title": title, "payload": cards.choose(plan)} for title, plan in zip(titles, self.plans, strict=True)
        ]
        self.options = cards.plan_options(self.plans, titles)
        self.invoices = cards.invoices(self.standing, self.standing.overdue, ())
        self.schedule = cards.plan_schedule(self.plans[-1], 2)
        self.link = cards.pay_link(link(), Money(12037, currency))
        self.document = cards.document(link(), self.phrases.say("open_statement"))
        self.receipt = {"kind": "receipt", "amount": 12037, "currency": currency, "balance": 24474,
                        "paid_at": "2026-03-02T10:00:00+00:00"}  # fmt: skip

    def told(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Each card with the lines that stand in the text beside it."""
        today = dt.date(2026, 3, 2)
        items = self.standing.items
        yield self.invoices, "\n".join(self.phrases.invoice(item, today, planned=False) for item in items)
        ahead = self.plans[-1].instalments[2:]
        yield self.schedule, self.phrases.instalments([(part, part.amount) for part in ahead], self.plans[-1].currency)
        yield self.link, link()
        yield self.document, link()
        yield (
            self.receipt,
            f"{self.phrases.money(Money(12037, self.link['currency']))} {self.phrases.money(self.left)}.",
        )

    @property
    def left(self) -> Money:
        return Money(24474, self.link["currency"])


@ALL
@IN_EACH_LOCALE
def test_a_text_of_ours_and_its_card_say_things_once(
    sqlite_db: Database, clock: object, channel: Capabilities, locale: str
) -> None:
    account = Account(sqlite_db, locale)
    for card, lines in account.told():
        text = f"So that you have it:\n{lines}\n\nAny part is fine."
        assert shown(message(text, card=card), channel, locale=locale) == shown(message(text), channel, locale=locale)


@ALL
@IN_EACH_LOCALE
def test_a_card_alone_is_shown_whole(sqlite_db: Database, clock: object, channel: Capabilities, locale: str) -> None:
    account = Account(sqlite_db, locale)
    for card, _ in account.told():
        made = message("", card=card)
        parts = shown(made, channel, locale=locale)
        check(card["kind"], made, parts, channel)
        assert len(parts) == 1


@ALL
@IN_EACH_LOCALE
def test_plans_are_numbered_as_they_are_chosen(
    sqlite_db: Database, clock: object, channel: Capabilities, locale: str
) -> None:
    account = Account(sqlite_db, locale)
    lines = "\n".join(account.phrases.option(place, plan) for place, plan in enumerate(account.plans, start=1))
    for text in (f"Which one?\n{lines}\n\nOr name your own.", "Which one?"):
        made = message(text, card=account.options)
        made.buttons = account.buttons
        (part,) = shown(made, channel, locale=locale, first=3)
        check("plan_options", made, [part], channel)
        assert re.findall(r"(?m)^(\d+)\. (\d) ", part.body) == [("3", "3"), ("4", "4"), ("5", "5"), ("6", "6")]
