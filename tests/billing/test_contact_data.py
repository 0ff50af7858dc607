"""Contact data: checked as an import is, careful with what proves identity, told to the contact that was there."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import contact_data
from bot.billing.identity import factors
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import (
    Agent,
    Case,
    CaseStatus,
    Channel,
    Consent,
    ConsentSource,
    ContactChange,
    ContactEdit,
    ContactField,
    ContactKind,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    EditStatus,
    FactorKind,
    Holder,
    HoldKind,
    HoldStatus,
    Role,
    VerificationChallenge,
)
from tests import factories
from tests.conftest import SetClock

WHY = "They moved house"


class Office:
    """Maya, who has just proven to Ana on the web who she is, two agents and a supervisor."""

    def __init__(self, session: Session, *, proven: bool = True) -> None:
        self.session = session
        self.maya = factories.maya(session)
        self.ana, self.ben = factories.agent(session), factories.agent(session, name="Ben")
        self.sol = factories.agent(session, name="Sol", role=Role.SUPERVISOR)
        if proven:
            self.prove()

    def prove(self) -> Conversation:
        """Now, on a page that she is signed in to, speaking with Ana."""
        until = clock.now() + dt.timedelta(hours=1)
        with_ana = {"holder": Holder.AGENT, "agent_id": self.ana.id}
        return factories.conversation(self.session, customer_id=self.maya.id, verified_until=until, **with_ana)

    def change(self, field: ContactField, text: str, *, by: Agent | None = None, **given: object) -> ContactEdit:
        """One change by Ana."""
        client_id = given.pop("client_id", None) or uuid.uuid4()
        assert isinstance(client_id, uuid.UUID)
        wish = given.pop("wish", None)
        assert wish is None or isinstance(wish, ContactChange)
        return contact_data.change(
            self.session, by or self.ana, self.maya.id, field, text, WHY, client_id=client_id, wish=wish
        )

    def texts(self) -> list[tuple[str, str]]:
        """Whom we told what by text message."""
        rows = self.session.scalars(sa.select(Delivery).order_by(Delivery.id))
        return [(row.address, row.body) for row in rows if row.unasked]


def test_a_new_phone_goes_on_file_and_the_old_one_proves_nothing_and_is_told_p1(db: Database) -> None:
    with db.transaction() as session:
        office = Office(session)
        until = clock.now() + dt.timedelta(hours=20)
        phone = factories.conversation(
            session, channel=Channel.SMS, address="+12105550101", customer_id=office.maya.id, verified_until=until
        )
        code = VerificationChallenge(
            conversation_id=phone.id, customer_id=office.maya.id, code_digest="-", expires_at=until
        )
        session.add(code)
        made = office.change(ContactField.PHONE, "(212) 555-0199")
        session.refresh(phone)
        session.refresh(code)
        assert (made.status, made.before, made.after) == (EditStatus.MADE, "+12105550101", "+12125550199")
        assert (office.maya.phone, phone.verified_until) == ("+12125550199", None)
        assert code.used_at is not None
        [(address, body)] = office.texts()
    assert address == "+12105550101"
    assert "contact details" in body
    assert "STOP" in body
    assert not {"Maya", "account", "balance", "owe", "12125550199"} & set(body.replace(".", " ").split())


def test_a_new_postcode_is_kept_as_its_keyed_hash_alone(db: Database) -> None:
    with db.transaction() as session:
        office = Office(session)
        made = office.change(ContactField.POSTCODE, "60614-1234")
        kept = session.get_one(CustomerFactor, (office.maya.id, FactorKind.POSTCODE))
        assert factors.is_same(kept.digest, office.maya.id, FactorKind.POSTCODE, "60614")
        assert (made.before, made.after) == (None, kept.digest)
        office.change(ContactField.POSTCODE, "10001")
        assert factors.is_same(kept.digest, office.maya.id, FactorKind.POSTCODE, "10001")
        assert [address for address, _ in office.texts()] == ["+12105550101"] * 2


def test_name_language_and_zone_are_no_keys_and_change_by_one_agent(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session, proven=False)
        for field, text in (("name", "Maya  Torres-Lee"), ("language", "es_MX"), ("time_zone", "America/New_York")):
            assert office.change(ContactField(field), text).status == EditStatus.MADE
        assert (office.maya.language, office.maya.time_zone) == ("es-MX", "America/New_York")
        assert office.texts() == []


def test_what_cannot_be_is_refused_with_what_is_expected(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        wrong = {"phone": "12", "email": "maya at home", "postcode": "!!", "language": "xx-yy-zz-q", "name": " "}
        for field, text in (*wrong.items(), ("time_zone", "Mars/Base"), ("name", "x" * 201)):
            with pytest.raises(InvalidInput, match=field.replace("_", " ").capitalize()):
                office.change(ContactField(field), text)
        with pytest.raises(Conflict, match="already"):
            office.change(ContactField.EMAIL, "MAYA@example.com")
        with pytest.raises(InvalidInput, match="reason"):
            contact_data.change(
                session, office.ana, office.maya.id, ContactField.EMAIL, "", "no", client_id=uuid.uuid4()
            )
        with pytest.raises(NotFound):
            contact_data.change(session, office.ana, uuid.uuid4(), ContactField.EMAIL, "", WHY, client_id=uuid.uuid4())
        assert office.change(ContactField.EMAIL, "").after is None
        assert office.maya.email is None


def test_a_second_key_within_a_day_takes_a_second_person(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        office = Office(session)
        assert office.change(ContactField.EMAIL, "m@example.org").status == EditStatus.MADE
        assert office.change(ContactField.EMAIL, "maya@example.org").status == EditStatus.MADE  # a typing error, mended
        waits = office.change(ContactField.PHONE, "+12125550199", by=office.ben)
        assert (waits.status, office.maya.phone) == (EditStatus.PROPOSED, "+12105550101")
        with pytest.raises(Conflict, match="waits"):
            office.change(ContactField.PHONE, "+12125550198")
        for agent in (office.ben, office.ana):
            with pytest.raises(NotAllowed):
                contact_data.decide(session, waits.id, agent, approve=True)
        for _ in range(2):
            assert contact_data.decide(session, waits.id, office.sol, approve=True).status == EditStatus.MADE
        assert office.maya.phone == "+12125550199"
        with pytest.raises(Conflict, match="already"):
            contact_data.decide(session, waits.id, office.sol, approve=False)
        clock.advance(hours=25)
        office.prove()
        assert office.change(ContactField.POSTCODE, "60614").status == EditStatus.MADE


def test_without_a_proof_a_key_takes_a_second_person_who_may_refuse(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session, proven=False)
        waits = office.change(ContactField.PHONE, "+12125550199", by=office.sol)
        assert waits.status == EditStatus.PROPOSED
        with pytest.raises(NotAllowed, match="Somebody else"):
            contact_data.decide(session, waits.id, office.sol, approve=True)
        other = factories.agent(session, role=Role.SUPERVISOR)
        assert contact_data.decide(session, waits.id, other, approve=False).status == EditStatus.REFUSED
        assert (office.maya.phone, office.texts()) == ("+12105550101", [])


def test_a_number_that_is_said_to_be_somebody_elses_goes_on_no_file_and_hears_nothing_p4(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        for number in ("+12125550199", "+12105550101"):
            factories.hold_customer(session, office.maya, HoldKind.WRONG_PERSON, customer_id=None, address=number)
        with pytest.raises(Conflict, match="somebody else"):
            office.change(ContactField.PHONE, "+12125550199")
        waits = office.change(ContactField.PHONE, "+12125550188")
        contact_data.decide(session, waits.id, office.sol, approve=True)
        assert (office.maya.phone, office.texts()) == ("+12125550188", [])


def test_a_key_whose_warning_reaches_nobody_takes_a_second_person_c5_c8(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        email = {"field": ContactField.EMAIL, "text": "m@example.org"}
        maya = office.maya
        refusal = Consent(channel=Channel.SMS, address=maya.phone, granted=False, source=ConsentSource.KEYWORD)
        ceased = factories.hold_customer(session, maya, HoldKind.CEASE, customer_id=None, address=maya.phone)
        represented = factories.hold_customer(session, maya, HoldKind.ATTORNEY)
        for barrier in (ceased, represented):
            barrier.status = HoldStatus.LIFTED
        session.flush()
        assert contact_data.second_person(session, maya, ContactField.EMAIL) is None
        for barrier in (ceased, represented):
            barrier.status = HoldStatus.CONFIRMED
            session.flush()
            assert "Nobody can be told" in str(contact_data.second_person(session, maya, ContactField.EMAIL))
            barrier.status = HoldStatus.LIFTED
        maya.phone, phone = None, maya.phone
        session.flush()
        assert "Nobody can be told" in str(contact_data.second_person(session, maya, ContactField.PHONE))
        maya.phone = phone
        session.add(refusal)
        session.flush()
        waits = office.change(email["field"], email["text"])
        assert (waits.status, maya.email) == (EditStatus.PROPOSED, "maya@example.com")
        contact_data.decide(session, waits.id, office.sol, approve=True)
        assert (maya.email, office.texts()) == ("m@example.org", [])


def test_a_key_soon_after_a_consent_or_another_language_written_at_the_desk_takes_a_second_person(
    sqlite_db: Database, clock: SetClock
) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        for agent_id, needs in ((None, False), (office.ana.id, True)):
            session.add(
                Consent(
                    channel=Channel.WHATSAPP,
                    address=office.maya.phone,
                    granted=True,
                    source=ConsentSource.AGENT,
                    agent_id=agent_id,
                )
            )
            session.flush()
            why = contact_data.second_person(session, office.maya, ContactField.PHONE)
            assert ("we may write" in str(why)) is needs
        clock.advance(hours=25)
        office.prove()
        assert contact_data.second_person(session, office.maya, ContactField.PHONE) is None
        office.change(ContactField.LANGUAGE, "pt-BR")
        assert office.change(ContactField.PHONE, "+12125550199").status == EditStatus.PROPOSED


def test_a_number_or_address_of_another_customer_takes_a_second_person(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        factories.customer(session, phone="+12125550199", email="robin@example.org")
        for field, text in ((ContactField.PHONE, "+12125550199"), (ContactField.EMAIL, "Robin@Example.org")):
            waits = office.change(field, text)
            assert waits.status == EditStatus.PROPOSED
            assert "Another customer" in str(contact_data.shared(session, office.maya.id, field, waits.after))
            assert contact_data.shared(session, office.maya.id, field, waits.before) is None


def test_a_changed_key_ends_every_proof_but_of_the_talk_in_which_it_is_changed_p1(db: Database) -> None:
    with db.transaction() as session:
        office = Office(session)
        until = clock.now() + dt.timedelta(hours=1)
        with_ana = {"holder": Holder.AGENT, "agent_id": office.ana.id}

        def talk(*, code: bool = False, **given: Any) -> Conversation:
            proof = {"customer_id": office.maya.id, "verified_until": until}
            here = factories.conversation(session, **(proof | given))
            if code:
                used = {"expires_at": until, "used_at": clock.now()}
                session.add(
                    VerificationChallenge(conversation_id=here.id, customer_id=office.maya.id, code_digest="-", **used)
                )
            return here

        by_code, signed_in, elsewhere = talk(code=True, **with_ana), talk(**with_ana), talk()
        texting = talk(channel=Channel.SMS, address="+12105550177", **with_ana)
        stranger = talk(customer_id=factories.customer(session).id)
        every = (by_code, signed_in, elsewhere, texting, stranger)
        kept = {
            ContactField.EMAIL: {by_code, signed_in, texting, stranger},
            ContactField.POSTCODE: {by_code, signed_in, stranger},
            ContactField.PHONE: {signed_in, stranger},
        }
        values = {
            ContactField.EMAIL: "m@example.org",
            ContactField.POSTCODE: "60614",
            ContactField.PHONE: "+12125550199",
        }
        for field, stays in kept.items():
            for here in every:
                here.verified_until = until
            session.flush()
            made = office.change(field, values[field])
            if made.status == EditStatus.PROPOSED:
                contact_data.decide(session, made.id, office.sol, approve=True)
            for here in every:
                session.refresh(here)
            assert {here for here in every if here.verified_until} == stays, field


def test_who_proposed_a_change_never_decides_it_not_even_once_it_is_made(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session, proven=False)
        waits = office.change(ContactField.PHONE, "+12125550199", by=office.sol)
        contact_data.decide(session, waits.id, factories.agent(session, role=Role.SUPERVISOR), approve=True)
        for agent in (office.sol, office.ben):
            with pytest.raises(NotAllowed):
                contact_data.decide(session, waits.id, agent, approve=True)


def test_the_same_click_twice_is_one_change(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        once = uuid.uuid4()
        first = office.change(ContactField.EMAIL, "m@example.org", client_id=once)
        assert office.change(ContactField.EMAIL, "m@example.org", client_id=once) is first
        with pytest.raises(InvalidInput, match="client_id"):
            office.change(ContactField.NAME, "Maya", client_id=once)
        assert len(contact_data.edits(session, office.maya.id, 10)) == 1


def test_a_wish_from_the_chat_is_followed_or_declined_and_its_case_is_done_with_the_last(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        office = Office(session)
        talk = office.prove()
        case = Case(conversation_id=talk.id, customer_id=office.maya.id, kind="contact", summary="New contact")
        session.add(case)
        session.flush()
        values = {ContactKind.EMAIL: "m@example.org", ContactKind.ADDRESS: "14 Oak Street, 60614"}
        email, address = [
            ContactChange(customer_id=office.maya.id, conversation_id=talk.id, case_id=case.id, kind=kind, value=value)
            for kind, value in values.items()
        ]
        session.add_all([email, address])
        session.flush()
        assert [each.id for each in contact_data.wishes(session, office.maya.id)] == [email.id, address.id]
        office.change(ContactField.EMAIL, email.value, wish=email)
        assert case.status == CaseStatus.OPEN
        contact_data.decline(session, address)
        assert (case.status, contact_data.wishes(session, office.maya.id)) == (CaseStatus.DONE, [])
        assert session.get_one(Customer, office.maya.id).email == "m@example.org"
