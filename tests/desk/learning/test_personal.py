"""Nothing about a person is learned: what is found in a sentence, what is not, and what the agent is told (P3, P7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.billing.identity import factors
from bot.db import Database
from bot.desk.learning import personal
from bot.desk.learning.on_file import OnFile, of_conversations
from bot.desk.learning.personal import Kind
from bot.errors import InvalidInput
from bot.models import Channel, CustomerFactor, FactorKind
from tests import factories

NOBODY = OnFile()


@pytest.fixture
def maya(sqlite_db: Database) -> OnFile:
    """GT-1001 of the demo, in a conversation that she has proven."""
    with sqlite_db.transaction() as session:
        customer = factories.maya(session)
        digest = factors.digest(customer.id, FactorKind.POSTCODE, "78006")
        session.add(CustomerFactor(customer_id=customer.id, kind=FactorKind.POSTCODE, digest=digest))
        here = factories.conversation(session, customer_id=customer.id)
        factories.agent(session, name="Ana")
        return of_conversations(session, [here.id])[here.id]


def kinds(text: str, on_file: OnFile = NOBODY) -> set[Kind]:
    """What is found."""
    return {piece.kind for piece in personal.pieces(text, on_file) if piece.kind}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to robin@example.com please", Kind.EMAIL),
        ("the link https://pay.example/x is dead", Kind.LINK),
        ("it says on www.shop.example", Kind.LINK),
        ("call me on +1 (212) 555-0101", Kind.PHONE),
        ("ring 07700 900004 tonight", Kind.PHONE),
        ("my card is 4242 4242 4242 4242", Kind.CARD),
        ("it is [card number removed]", Kind.CARD),
        ("born 12/04/1988", Kind.BIRTH_DATE),
        ("born 1988-04-12", Kind.BIRTH_DATE),
        ("born on 12th of April 1988", Kind.BIRTH_DATE),
        ("born April 12, 1988", Kind.BIRTH_DATE),
        ("nací el 12 de abril de 1988", Kind.BIRTH_DATE),
        ("I moved to SW1A 1AA", Kind.POSTCODE),
        ("I moved to 78006", Kind.POSTCODE),
        ("moro no 01310-100", Kind.POSTCODE),
        ("it is gt 1001", Kind.REFERENCE),
        ("invoice number 12 is wrong", None),
        ("my account number is 9981", Kind.REFERENCE),
        ("reference AB12345", Kind.REFERENCE),
        ("I can do $50 now", Kind.AMOUNT),
        ("I can do 50 dollars now", Kind.AMOUNT),
        ("two hundred and fifty dollars is a lot", Kind.AMOUNT),
        ("it says 80.50", Kind.AMOUNT),
        ("it says 1.200,50", Kind.AMOUNT),
        ("my name is Robin", Kind.NAME),
        ("ask my wife Anna", Kind.NAME),
        ("ask for Mr Park", Kind.NAME),
    ],
)
def test_what_tells_of_a_person_is_found_and_refused_by_its_name(text: str, kind: Kind | None) -> None:
    if kind is None:
        assert kinds(text) == set()
        return
    assert kind in kinds(text)
    with pytest.raises(InvalidInput, match=kind):
        personal.require_none(text, NOBODY)
    assert kind not in kinds(" ".join(personal.left(text, NOBODY).split()))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("maya here", Kind.NAME),
        ("TORRES speaking", Kind.NAME),
        ("Máya's bill", Kind.NAME),
        ("can ana call me", Kind.NAME),
        ("it is G T - 1 0 0 1", None),
        ("it is gt.1001", Kind.REFERENCE),
        ("the one inv 1003", Kind.REFERENCE),
        ("make it 60", Kind.AMOUNT),
        ("make it 80,5", Kind.AMOUNT),
    ],
)
def test_what_is_on_file_is_found_however_it_is_typed(maya: OnFile, text: str, kind: Kind | None) -> None:
    if kind is not None:
        assert kind in kinds(text, maya)


def test_the_postcode_on_file_is_found_by_its_digest(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session)
        digest = factors.digest(customer.id, FactorKind.POSTCODE, "D04X4C7")
        session.add(CustomerFactor(customer_id=customer.id, kind=FactorKind.POSTCODE, digest=digest))
        here = factories.conversation(session, customer_id=customer.id)
        on_file = of_conversations(session, [here.id])[here.id]
    assert kinds("it is d04 x4c7 now", on_file) >= {Kind.POSTCODE}


def test_whose_phone_it_is_counts_before_anything_is_proven(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        customer = factories.customer(session, name="Robin Park", phone="+12125550177")
        here = factories.conversation(session, channel=Channel.SMS, address=customer.phone)
        on_file = of_conversations(session, [here.id])[here.id]
    assert kinds("robin again", on_file) == {Kind.NAME}


@pytest.mark.parametrize(
    "text",
    [
        "I lost my job and can't pay this month",
        "can I pay on the 15th of May",
        "next Friday, not Monday",
        "I will pay in 30 days",
        "is there a real person",
        "how many instalments are there",
        "my account is wrong",
        "why did my invoice go up",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert kinds(text) == set()
    personal.require_none(text, NOBODY)


def test_a_name_that_is_a_word_is_a_name_only_in_capitals_amid_the_sentence() -> None:
    will = OnFile(names=frozenset({"will"}))
    assert kinds("Will you wait, I will pay", will) == set()
    assert kinds("it's Will again", will) == {Kind.NAME}


@given(text=st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9 @.,$+()/-]{0,60}", fullmatch=True))
def test_the_pieces_are_the_sentence(text: str) -> None:
    on_file = OnFile(names=frozenset({"maya", "sol"}), references=frozenset({"GT1001"}), amounts=frozenset({"60"}))
    assert "".join(piece.text for piece in personal.pieces(text, on_file)) == text
