"""For any world: the parts of a number add up to it, and the rows behind it count to it, on every page of them."""

from __future__ import annotations

import datetime as dt
import random
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy.orm import Session

from bot.billing import ledger
from bot.db import Database
from bot.desk.insights import listing, overview
from bot.desk.insights.filters import Filters
from bot.desk.insights.listing import Cut
from bot.desk.insights.talks import BY_ITSELF, ENDED
from bot.desk.insights.topics import TOPICS
from bot.models import Author, Channel, Consent, ConsentSource, Feedback, Promise, PromiseStatus
from bot.money import Money
from tests import factories
from tests.conftest import SetClock
from tests.desk.insights.world import at, conversation, filters, handoff, payment, phone, plan, says

SPAN = filters("2026-02-26", "2026-03-18")
INTENTS = ("make_payment", "nlu_fallback", "thank", "check_balance")


def anything(session: Session, dice: random.Random, clock: SetClock) -> None:
    """Sixty conversations and what may happen in them, some of it outside of the period."""
    for number in range(60):
        began = at("2026-02-20 00:00") + dt.timedelta(minutes=dice.randrange(35 * 24 * 60))
        currency = dice.choice(("USD", "GBP", "JPY"))
        customer = factories.customer(session, currency=currency, time_zone=dice.choice(("UTC", "America/New_York")))
        locale = dice.choice(("en-US", "es-MX", "pt-BR"))
        here = conversation(session, locale=locale) if number % 2 else phone(session, Channel.SMS, locale=locale)
        when = began
        for _ in range(dice.randrange(1, 6)):
            when += dt.timedelta(minutes=dice.choice((1, 5, 719, 721, 2_000)))
            says(session, here, when, dice.choice(INTENTS), confidence=dice.random())
        happening = dice.randrange(8)
        if happening == 0:
            paid = payment(session, customer, here, when)
            clock.set(when)
            invoice = factories.invoice(session, customer, "100")
            came = ledger.post(
                session,
                source=ledger.invoice_account(invoice.id),
                destination=ledger.STRIPE,
                amount=Money(dice.randrange(1, 100), currency),
                reference=f"payment:{paid.id}:pi:0",
            )
            if dice.random() < 0.5:
                ledger.reverse(session, came, f"reversal:{paid.id}:1:0")
        elif happening == 1:
            plan(session, customer, here, when)
        elif happening == 2:
            skill, claimed, closed = dice.choice(("care", "plans")), dice.randrange(900), dice.randrange(900, 9_000)
            handoff(session, here, when, skill, claimed=claimed, closed=closed)
            says(session, here, when + dt.timedelta(seconds=950), author=Author.AGENT)
        elif happening == 3:
            session.add(Feedback(conversation_id=here.id, rating=dice.randrange(1, 6), given_at=when))
        elif happening == 4:
            source = dice.choice(list(ConsentSource))
            refused = {"address": here.address or "-", "granted": False, "source": source, "created_at": when}
            session.add(Consent(channel=Channel.SMS, **refused))
        elif happening == 5:
            status = dice.choice(list(PromiseStatus))
            day = when.date()
            session.add(Promise(customer_id=customer.id, amount=100, currency=currency, due_on=day, status=status))


@pytest.mark.parametrize("seed", [1])
def test_every_number_is_what_its_rows_count_to(db: Database, clock: SetClock, seed: int) -> None:
    with db.transaction() as session:
        anything(session, random.Random(seed), clock)
    clock.set(at("2026-04-30 12:00"))
    led = 0
    with db.reading() as session:
        for section in overview.overview(session, SPAN):
            for table in section.tables:
                for row in table.rows:
                    for cell in row:
                        if cell.href:
                            led += 1
                            assert _behind(session, cell.href, cell.text) == cell.value, (table.name, cell)
    assert led > 100


def _behind(session: Session, href: str, text: str) -> object:
    """What the rows at an address come to: their number, or for money their exact sum."""
    split = urlsplit(href)
    name, query = split.path.rpartition("/")[2], dict(parse_qsl(split.query, keep_blank_values=True))
    cut = Cut.read(name, query)
    facts = list(cut.facts(session).all(session))
    if name != "recovered":
        return len(facts)
    assert re.search(r"\d", text)
    return format(Money(sum(fact.value for fact in facts), query["kind"]).major, "f")


@pytest.mark.parametrize("seed", range(2))
def test_parts_weeks_channels_and_languages_add_up(db: Database, clock: SetClock, seed: int) -> None:
    with db.transaction() as session:
        anything(session, random.Random(100 + seed), clock)
    clock.set(at("2026-04-30 12:00"))
    with db.reading() as session:
        for name, topic in TOPICS.items():
            facts = topic.facts(session, SPAN)
            count = facts.count(session)
            for by in ("part", "kind", "channel", "language", "week"):
                if by == "week" and name in ("promises", "instalments"):  # of days, not of instants
                    continue
                found = facts.cells(session, by)
                assert sum(cell.count for cell in found) == count, (name, by)
            channels = [topic.facts(session, SPAN.of(channel=channel)).count(session) for channel in ("", *Channel)]
            assert sum(channels[1:]) + _nowhere(session, name, SPAN) == count == channels[0]
        talks = {cell.key[0]: cell.count for cell in TOPICS["talks"].facts(session, SPAN).cells(session, "part")}
        assert set(talks) <= set(ENDED)
        assert sum(talks.get(part, 0) for part in BY_ITSELF) < sum(talks.values())


def _nowhere(session: Session, name: str, chosen: Filters) -> int:
    """Rows that belong to no conversation, and so to no channel."""
    found = TOPICS[name].facts(session, chosen).cells(session, "channel")
    return sum(cell.count for cell in found if cell.key == ("",))


def test_pages_share_out_the_rows_in_their_order(db: Database, clock: SetClock) -> None:
    clock.set(at("2026-04-30 12:00"))
    with db.transaction() as session:
        here = conversation(session)
        for _ in range(2 * listing.PER_PAGE + 7):
            says(session, here, at("2026-03-03 12:00"), "nlu_fallback")  # all at one instant
    cut = Cut.read("understanding", SPAN.query() | {"part": "not"})
    with db.reading() as session:
        pages = [listing.page(session, cut, number) for number in (1, 2, 3, 4)]
        everything = list(cut.facts(session).all(session))
    assert [len(each.facts) for each in pages] == [50, 50, 7, 0]
    assert [fact for each in pages for fact in each.facts] == everything
    assert len({fact.id for fact in everything}) == 107
    assert [each.is_last for each in pages] == [False, False, True, True]
    assert {each.count for each in pages} == {107}
