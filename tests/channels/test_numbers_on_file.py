"""A number that WhatsApp writes otherwise than it is on file is the same number: for proof, for marks, for refusals."""

from __future__ import annotations

import pytest

from bot.billing import identity
from bot.billing.identity import addresses, factors
from bot.billing.identity.proofs import Outcome
from bot.conversations import consents
from bot.db import Database
from bot.models import (
    Channel,
    ConsentSource,
    Conversation,
    CustomerFactor,
    FactorKind,
    Hold,
    HoldKind,
    HoldStatus,
    Provider,
)
from tests import factories

PAIRS = [("+5531999990007", "+553199990007"), ("+525512345678", "+5215512345678")]
both_ways = pytest.mark.parametrize(("on_file", "written"), [*PAIRS, *(pair[::-1] for pair in PAIRS)])
POSTCODE = frozenset({(FactorKind.POSTCODE, "01310100")})


@both_ways
def test_its_customer_can_prove_who_they_are(db: Database, on_file: str, written: str) -> None:
    with db.transaction() as session:
        customer = factories.customer(session, phone=on_file)
        digest = factors.digest(customer.id, FactorKind.POSTCODE, "01310100")
        session.add(CustomerFactor(customer_id=customer.id, kind=FactorKind.POSTCODE, digest=digest))
        conversation = Conversation(channel=Channel.WHATSAPP, address=written, provider=Provider.META)
        session.add(conversation)
        session.flush()
        assert identity.prove(session, conversation, POSTCODE) == Outcome.VERIFIED
        assert conversation.customer_id == customer.id


@both_ways
def test_p4_a_wrong_person_there_is_a_wrong_person_here(db: Database, on_file: str, written: str) -> None:
    with db.transaction() as session:
        session.add(Hold(kind=HoldKind.WRONG_PERSON, status=HoldStatus.REPORTED, address=written))
        session.flush()
        assert addresses.is_marked(session, on_file)
        assert not addresses.is_marked(session, "+5521950100007")


@both_ways
def test_c5_a_stop_there_is_a_stop_here(db: Database, on_file: str, written: str) -> None:
    with db.transaction() as session:
        consents.record(session, channel=Channel.WHATSAPP, address=written, granted=False, source=ConsentSource.KEYWORD)
        session.flush()
        assert consents.is_refused(session, Channel.WHATSAPP, on_file)
        assert not consents.is_refused(session, Channel.SMS, on_file)


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_p1_the_landline_that_lacks_the_9_proves_nothing_of_the_mobile(db: Database, channel: Channel) -> None:
    mobile, landline = "+5511950100007", "+551150100007"
    with db.transaction() as session:
        customer = factories.customer(session, phone=mobile)
        digest = factors.digest(customer.id, FactorKind.POSTCODE, "01310100")
        session.add(CustomerFactor(customer_id=customer.id, kind=FactorKind.POSTCODE, digest=digest))
        conversation = Conversation(channel=channel, address=landline, provider=Provider.TWILIO)
        session.add(conversation)
        session.add(Hold(kind=HoldKind.WRONG_PERSON, status=HoldStatus.REPORTED, address=landline))
        consents.record(session, channel=channel, address=landline, granted=False, source=ConsentSource.KEYWORD)
        session.flush()
        assert identity.prove(session, conversation, POSTCODE) == Outcome.WRONG
        assert not addresses.is_marked(session, mobile)
        assert not consents.is_refused(session, channel, mobile)


def test_on_sms_a_number_is_what_it_is(db: Database) -> None:
    with_nine, without = PAIRS[0]
    with db.transaction() as session:
        consents.record(session, channel=Channel.SMS, address=without, granted=False, source=ConsentSource.KEYWORD)
        session.flush()
        assert consents.is_refused(session, Channel.SMS, without)
        assert not consents.is_refused(session, Channel.SMS, with_nine)
