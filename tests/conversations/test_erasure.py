"""Forgetting a customer (P5): who asks and approves, what stands in the way, what stays, and that nothing is left."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import uuid
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import contact_data, identity, invoices, ledger
from bot.billing.identity import factors, refusals
from bot.billing.importing import import_files
from bot.billing.importing.import_file import Took
from bot.billing.trial_balance import trial_balance
from bot.conversations import consents, handoff, transcript
from bot.conversations.dialogue import Answer, Turn
from bot.conversations.rights import erasure, told
from bot.conversations.rights.erased import without_person
from bot.db import Base, Database, lock, new_id
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotVerified, OutsideService
from bot.models import (
    Adjustment,
    AdjustmentKind,
    Agent,
    Attachment,
    AttachmentStatus,
    Author,
    Callback,
    CallbackEvent,
    CallbackEventKind,
    Case,
    CaseEvent,
    CaseEventKind,
    Channel,
    ConsentSource,
    ContactChange,
    ContactEdit,
    ContactField,
    ContactKind,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    DeliveryStatus,
    Document,
    DocumentKind,
    EditStatus,
    Erasure,
    ErasureScope,
    ErasureStatus,
    ExternalEvent,
    FactorKind,
    Feedback,
    FollowUp,
    GateDecision,
    HandoffEvent,
    Hold,
    Holder,
    HoldEvent,
    HoldEventKind,
    HoldKind,
    HoldStatus,
    Invoice,
    Mandate,
    MandateStatus,
    Medium,
    Message,
    Mismatch,
    MismatchKind,
    OutreachPause,
    Payment,
    PaymentStatus,
    Plan,
    PlanStatus,
    Preference,
    PreferenceKind,
    Proposal,
    ProposalOutcome,
    Provider,
    Purpose,
    Refund,
    RefundStatus,
    Reminder,
    ReminderKind,
    Review,
    ReviewKind,
    Role,
    SentFile,
    Source,
    ToneWish,
    VerificationChallenge,
    VerificationUnlock,
)
from bot.money import Money
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock

NAME, EMAIL, PHONE, OLD_PHONE, WORD = "Zora Quill", "zora@example.com", "+12125550177", "+12125550166", "xylophone"
NEEDLES = ("zora", "quill", "2125550177", "2125550166", WORD)
WHY = "They asked for it by letter"

# Tables in which nothing is written about a person: codes, amounts, dates, ids, our own words, agents' own data.
NOTHING_PERSONAL = {
    "abilities", "agent_sessions", "agents", "audit_log", "canned_answers", "cursors", "customer_factors",
    "documents", "gate_decisions", "handoff_targets", "heartbeats", "notices", "offers", "payment_shares", "payments",
    "plan_events", "plans", "postings", "presences", "promises", "recovery_codes", "reminders", "reversals",
    "sign_in_throttles", "stored_contents", "verification_challenges", "verification_locks", "wrap_ups",
}  # fmt: skip


class Deaf:
    """An assistant that remembers what it was told to forget, or is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.forgot: list[uuid.UUID] = []

    async def converse(self, turn: Turn) -> Answer:
        """Never asked."""
        raise AssertionError(turn)

    async def reset(self, conversation_id: uuid.UUID, locale: str) -> None:
        """Forget."""
        if self.away:
            raise OutsideService("away", service="rasa", retryable=True)
        self.forgot.append(conversation_id)

    async def ready(self) -> bool:
        """Always."""
        return True

    async def aclose(self) -> None:
        """Nothing is held."""


def zora(session: Session) -> Customer:
    """A customer who has settled everything."""
    made = factories.customer(session, name=NAME, email=EMAIL, phone=PHONE, account_number="GT-77")
    billed = factories.invoice(session, made, "50.00", description=f"Piano for {NAME}")
    ledger.post(
        session,
        source=ledger.invoice_account(billed.id),
        destination="imported",
        amount=Money.of("50.00", "USD"),
        reference=f"paid:{billed.id}",
    )
    return made


def people(session: Session) -> tuple[Agent, Agent, Agent]:
    """An agent and two supervisors."""
    sol, sam = (factories.agent(session, name=name, role=Role.SUPERVISOR) for name in ("Sol", "Sam"))
    return factories.agent(session), sol, sam


def ask(session: Session, agent: Agent | None, customer: Customer, scope: str = "everything", **given: Any) -> Erasure:
    """Ask for it."""
    client_id = given.get("client_id") or uuid.uuid4()
    return erasure.ask(session, agent, customer.id, ErasureScope(scope), WHY, client_id=client_id)


def approved(session: Session, customer: Customer, scope: str = "everything") -> Erasure:
    """Asked for by one, approved by another."""
    _, sol, sam = people(session)
    return erasure.decide(session, ask(session, sol, customer, scope).id, sam, approve=True)


def fill(session: Session, who: Customer) -> Conversation:
    """A word of theirs, their name or their number in everything that may hold one."""
    ana = factories.agent(session)
    session.add(
        CustomerFactor(
            customer_id=who.id, kind=FactorKind.POSTCODE, digest=factors.digest(who.id, FactorKind.POSTCODE, "1")
        )
    )
    talk = factories.conversation(
        session, channel=Channel.SMS, address=PHONE, provider=Provider.TWILIO, customer_id=who.id,
        verified_until=clock.now() + dt.timedelta(hours=1),
    )  # fmt: skip
    said = transcript.append(
        session, talk, author=Author.CUSTOMER, text=f"I play the {WORD}", client_id=f"SM-{WORD}", payload=WORD
    )
    answer = transcript.append(
        session, talk, author=Author.BOT, text=f"Hello {NAME}", buttons=[{"title": WORD}], card={"kind": WORD}
    )
    session.flush()
    [delivery] = session.scalars(sa.select(Delivery).where(Delivery.message_id == answer.id))
    delivery.status = DeliveryStatus.SENT
    delivery.body, delivery.content, delivery.provider_id = NAME, {"x": WORD}, f"SM{WORD}"
    by_mail = factories.conversation(session, channel=Channel.EMAIL, address=EMAIL, provider=Provider.SMTP)
    transcript.append(session, by_mail, author=Author.CUSTOMER, text=f"The {WORD} again")
    request = handoff.request(
        session, talk.id, reason="request_human", skill="general", summary={"wish": WORD, "name": NAME}
    )
    session.add(HandoffEvent(handoff_id=request.id, kind="claimed", actor="agent", note=WORD))
    talk.holder, talk.waiting_since = Holder.BOT, None
    here: dict[str, Any] = {"conversation_id": talk.id, "customer_id": who.id}
    case = Case(**here, kind="contact", summary=f"New e-mail: {EMAIL}")
    hold = Hold(**here, kind=HoldKind.HARDSHIP, address=PHONE, reason=WORD)
    call = Callback(**here, phone=OLD_PHONE)
    payment = Payment(
        **here,
        amount=100,
        currency="USD",
        token="t",
        status=PaymentStatus.SUCCEEDED,
        input_hash="h",
        checkout_session_id="cs_1",
        payment_intent_id="pi_1",
        checkout_url=f"https://pay.example/?{WORD}",
    )
    plan = Plan(customer_id=who.id, status=PlanStatus.COMPLETED, total=100, currency="USD")
    session.add_all([case, hold, call, payment, plan])
    session.flush()
    change = ContactChange(**here, case_id=case.id, kind=ContactKind.EMAIL, value=EMAIL)
    session.add(change)
    session.flush()
    invoice_id = session.scalars(sa.select(Invoice.id).where(Invoice.customer_id == who.id)).one()
    at = clock.now()
    session.add_all(
        [
            Attachment(
                message_id=said.id,
                provider="twilio",
                reference=WORD,
                file_name=f"{WORD}.jpg",
                body=WORD.encode(),
                status="kept",
            ),
            ToneWish(customer_id=who.id, tone=WORD),
            SentFile(
                token="f",
                conversation_id=talk.id,
                agent_id=factories.agent(session).id,
                file_name=f"{WORD}.pdf",
                content_type="application/pdf",
                size=len(WORD),
                body=WORD.encode(),
                expires_at=at,
            ),
            Review(
                key="k",
                kind=ReviewKind.ANSWER,
                message_id=said.id,
                text=WORD,
                answer=WORD,
                note=WORD,
                proposed_by=ana.id,
            ),
            CaseEvent(case_id=case.id, kind=CaseEventKind.OPENED, actor="system", note=WORD),
            HoldEvent(hold_id=hold.id, kind=HoldEventKind.PLACED, actor="system", reason=WORD),
            CallbackEvent(callback_id=call.id, kind=CallbackEventKind.DONE, note=WORD),
            ContactEdit(
                customer_id=who.id,
                field=ContactField.PHONE,
                before=OLD_PHONE,
                after=PHONE,
                reason=WORD,
                status=EditStatus.MADE,
                proposed_by=ana.id,
            ),
            ContactEdit(
                customer_id=who.id,
                field=ContactField.NAME,
                before=NAME,
                after=WORD,
                reason=WORD,
                status=EditStatus.PROPOSED,
                proposed_by=ana.id,
            ),
            VerificationUnlock(**here, reason=WORD, agent_id=ana.id),
            VerificationChallenge(**here, code_digest="-", expires_at=at),
            Preference(**here, kind=PreferenceKind.REFUSED, medium=Medium.CALL, value={"said": WORD}),
            Feedback(**here, rating=1, comment=WORD, given_at=at),
            Proposal(**here, asked={"words": WORD}, outcome=ProposalOutcome.COUNTERED),
            Adjustment(
                customer_id=who.id,
                invoice_id=invoice_id,
                kind=AdjustmentKind.REDUCTION,
                amount=1,
                currency="USD",
                reason=WORD,
                reversed_for=WORD,
                status="reversed",
                proposed_by=ana.id,
            ),
            Refund(
                client_id=uuid.uuid4(),
                payment_id=payment.id,
                payment_intent="pi_1",
                amount=1,
                currency="USD",
                reason=WORD,
                status=RefundStatus.REFUSED,
                asked_by=ana.id,
            ),
            Mismatch(kind=MismatchKind.AMOUNT, subject="pi_1", payment_id=payment.id, note=WORD),
            Mandate(
                customer_id=who.id,
                plan_id=plan.id,
                status=MandateStatus.WITHDRAWN,
                wording=WORD,
                locale="en",
                stripe_customer=WORD,
                payment_method="pm",
                card_brand=WORD,
                forgotten_at=at,
            ),
            Document(token="d", kind=DocumentKind.STATEMENT, customer_id=who.id, as_of=at, locale="en", expires_at=at),
            Delivery(channel="sms", address=PHONE, body=WORD, status="queued"),
            Delivery(channel="sms", address=OLD_PHONE, body=WORD, status="sent"),
            ExternalEvent(
                source=Source.TWILIO,
                external_id="SM1",
                kind="message",
                object_id=PHONE,
                body=f"From=%2B{PHONE[1:]}&Body={WORD}".encode(),
                processed_at=at,
            ),
            Delivery(channel="email", address=EMAIL, body=WORD, status="queued"),
            ExternalEvent(
                source=Source.SMTP,
                external_id="mail",
                kind="message",
                object_id=EMAIL,
                body=f"From: Zora <{EMAIL}>\r\n\r\n{WORD}".encode(),
                processed_at=at,
            ),
            ExternalEvent(
                source=Source.STRIPE,
                external_id="evt_1",
                kind="checkout",
                object_id="cs_1",
                body=f'{{"who": "{WORD}"}}'.encode(),
                processed_at=at,
            ),
            ExternalEvent(
                source=Source.META,
                external_id="wamid",
                kind="status",
                object_id="x",
                body=f'{{"recipient_id": "{PHONE[1:]}", "text": "{NAME}"}}'.encode(),
                processed_at=at,
            ),
            *_follow_up(talk, ana),
            *_reminded(who),
        ]
    )
    for number in (PHONE, OLD_PHONE):
        consents.record(
            session, channel=Channel.SMS, address=number, granted=False, source=ConsentSource.KEYWORD, detail=WORD,
            conversation=talk,
        )  # fmt: skip
    session.flush()
    return talk


def _follow_up(talk: Conversation, agent: Agent) -> list[Base]:
    return [FollowUp(conversation_id=talk.id, agent_id=agent.id, due_at=clock.now(), note=WORD)]


def _reminded(who: Customer) -> list[Base]:
    kind, at = ReminderKind.INVOICE, clock.now()
    return [
        Reminder(customer_id=who.id, kind=kind, subject_id=new_id(), step=3, due_on=at.date()),
        GateDecision(customer_id=who.id, medium="sms", about=f"{kind}:3", rule="hours"),
        OutreachPause(customer_id=who.id, reason=WORD),
    ]


def found(session: Session) -> dict[str, set[str]]:
    """The tables and columns in which a needle stands, whatever their type."""
    places: dict[str, set[str]] = {}
    for table in Base.metadata.sorted_tables:
        for row in session.execute(sa.select(table)).mappings():
            for column, value in row.items():
                text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                if any(needle in text.lower() for needle in NEEDLES):
                    places.setdefault(table.name, set()).add(column)
    return places


def written() -> set[str]:
    """Tables with a column that could hold words."""
    kinds = (sa.String, sa.JSON, sa.LargeBinary)
    return {
        table.name
        for table in Base.metadata.sorted_tables
        if any(isinstance(column.type, kinds) for column in table.columns)
    }


def run(db: Database, dialogue: Deaf | None = None) -> int:
    """As the worker does it."""
    return asyncio.run(erasure.sweep(db, dialogue or Deaf()))


def test_after_an_erasure_no_column_of_any_table_knows_them_and_the_books_stand_p5_s7(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "BATCH", 2)
    with db.transaction() as session:
        who = zora(session)
        talk = fill(session, who)
        stranger = factories.conversation(session, channel=Channel.WHATSAPP, address=PHONE)
        transcript.append(session, stranger, author=Author.CUSTOMER, text=WORD)
        before = found(session)
        untried = written() - NOTHING_PERSONAL - before.keys() - {"erasures"}
        assert not untried, f"say what becomes of {sorted(untried)} (erased.py), or that nothing personal is in there"
        books = [str(sums) for sums in trial_balance(session).sums.items()]
        done = approved(session, who)
        done.reason = WORD
    deaf = Deaf()
    assert run(db, deaf) == 1
    with db.reading() as session:
        assert found(session) == {}
        kept = session.get_one(Erasure, done.id)
        assert (kept.status, kept.done_at is not None) == (ErasureStatus.DONE, True)
        every = session.scalars(sa.select(Conversation.id)).all()
        assert {talk.id, stranger.id} < set(every)  # and the one by e-mail
        assert sorted(deaf.forgot) == sorted(every)
        assert [str(sums) for sums in trial_balance(session).sums.items()] == books
        [invoice] = session.scalars(sa.select(Invoice))
        assert (invoice.amount, invoice.description) == (5_000, "Piano for …")
        assert session.scalars(sa.select(Payment)).one().amount == 100
        assert {row.text for row in session.scalars(sa.select(Message))} == {"[removed]"}
        file = session.scalars(sa.select(Attachment)).one()
        assert (file.status, file.body) == (AttachmentStatus.LOST, None)
        waiting = session.scalars(sa.select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED)).all()
        assert waiting == []
        assert session.get_one(Customer, who.id).name == "Erased"


def test_a_refusal_outlives_its_address_c5(db: Database) -> None:
    with db.transaction() as session:
        who = zora(session)
        fill(session, who)
        approved(session, who)
    run(db)
    with db.transaction() as session:
        for number in (PHONE, OLD_PHONE):
            assert refusals.is_refused(session, Channel.SMS, number)
        assert not refusals.is_refused(session, Channel.SMS, "+12125550100")
        consents.record(session, channel=Channel.SMS, address=PHONE, granted=True, source=ConsentSource.KEYWORD)
        assert not refusals.is_refused(session, Channel.SMS, PHONE, Purpose.EVERYTHING)


def test_what_is_another_customers_stays(db: Database) -> None:
    with db.transaction() as session:
        who = zora(session)
        fill(session, who)
        partner = factories.customer(session, name="Tom Park", phone=PHONE)
        for number, words in enumerate((f"Give my best to {NAME}", f"I am at ma{EMAIL}", f"Order 9{PHONE[1:]}")):
            session.add(
                ExternalEvent(source=Source.TWILIO, external_id=f"SM-{number}", kind="message", body=words.encode(),
                              object_id="+12125550100", processed_at=clock.now())
            )  # fmt: skip
        theirs = factories.conversation(session, customer_id=partner.id)
        transcript.append(session, theirs, author=Author.CUSTOMER, text="Good morning")
        consents.record(session, channel=Channel.WHATSAPP, address=PHONE, granted=True, source=ConsentSource.AGENT)
        approved(session, who)
    run(db)
    with db.reading() as session:
        assert session.get_one(Customer, partner.id).phone == PHONE
        others = session.scalars(sa.select(ExternalEvent).where(ExternalEvent.object_id == "+12125550100")).all()
        assert [each.body != b"" for each in others] == [True] * 3
        assert [each.text for each in transcript.after(session, theirs.id)] == ["Good morning"]
        assert [each.granted for each in consents.history(session, [PHONE]) if each.channel == "whatsapp"] == [True]


def test_a_crash_between_two_parts_loses_nothing_and_done_twice_is_done_once(db: Database) -> None:
    with db.transaction() as session:
        who = zora(session)
        fill(session, who)
        done = approved(session, who)
    for _ in range(4):  # a process that dies after each part
        with db.transaction() as session:
            assert erasure._one_part(session, done.id)
    with db.transaction() as session:
        row = session.get_one(Erasure, done.id)
        assert row.parts == 4
        row.parts = 2  # and one that died before it was written down: what is done is done again
    assert run(db, Deaf(away=True)) == 0
    with db.reading() as session:
        assert session.get_one(Erasure, done.id).status == ErasureStatus.APPROVED
        assert found(session).keys() <= {"erasures"}
    assert (run(db), run(db)) == (1, 0)
    with db.transaction() as session:
        _, sol, _ = people(session)
        assert ask(session, sol, session.get_one(Customer, who.id)).id == done.id


def test_one_asks_and_another_supervisor_approves(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        who = zora(session)
        ana, sol, sam = people(session)
        once = uuid.uuid4()
        asked = ask(session, sol, who, client_id=once)
        assert ask(session, sol, who, client_id=once) is ask(session, sam, who) is asked
        for agent in (sol, ana):
            with pytest.raises(NotAllowed):
                erasure.decide(session, asked.id, agent, approve=True)
        assert erasure.decide(session, asked.id, sam, approve=False).status == ErasureStatus.REFUSED
        with pytest.raises(Conflict, match="refused already"):
            erasure.decide(session, asked.id, sam, approve=True)
        again = ask(session, sol, who)
        assert again.id != asked.id
        for _ in range(2):
            assert erasure.decide(session, again.id, sam, approve=True).status == ErasureStatus.APPROVED
        with pytest.raises(NotFound):
            erasure.decide(session, uuid.uuid4(), sam, approve=True)
        with pytest.raises(NotFound):
            erasure.ask(session, sol, uuid.uuid4(), ErasureScope.WORDS, WHY, client_id=uuid.uuid4())
        other = factories.customer(session)
        with pytest.raises(InvalidInput, match="reason"):
            erasure.ask(session, sol, other.id, ErasureScope.WORDS, "no", client_id=uuid.uuid4())


def test_a_wish_under_way_is_not_taken_for_another_and_an_id_is_used_once(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        who, other = zora(session), factories.customer(session)
        ana, sol, _ = people(session)
        once = uuid.uuid4()
        words = ask(session, sol, who, "words", client_id=once)
        for agent in (sol, None):
            with pytest.raises(Conflict, match="An erasure of what was said is under way"):
                ask(session, agent, who)
        for agent, customer, scope in ((sol, other, "words"), (ana, who, "words"), (sol, who, "everything")):
            with pytest.raises(InvalidInput, match="client_id"):
                ask(session, agent, customer, scope, client_id=once)
        assert ask(session, sol, who, "words", client_id=once) is words


def test_words_go_once_what_is_on_its_way_has_gone_out_and_was_answered(db: Database) -> None:
    with db.transaction() as session:
        who = zora(session)
        talk = factories.conversation(session, channel=Channel.SMS, address=PHONE, customer_id=who.id)
        asked = transcript.append(session, talk, author=Author.CUSTOMER, text=WORD, pending=True)
        answer, held = (transcript.append(session, talk, author=Author.BOT, text=WORD) for _ in range(2))
        session.flush()
        going, waits = (
            session.scalars(sa.select(Delivery).where(Delivery.message_id == each.id)).one() for each in (answer, held)
        )
        waits.status = DeliveryStatus.HELD
        done = approved(session, who, "words")
    assert run(db) == 0
    with db.transaction() as session:
        assert {each.text for each in transcript.after(session, talk.id)} == {WORD}
        assert session.get_one(Delivery, going.id).status == DeliveryStatus.QUEUED
        session.get_one(Message, asked.id).pending = False
    assert run(db) == 0
    with db.transaction() as session:
        session.get_one(Delivery, going.id).status = DeliveryStatus.SENT
    assert run(db) == 1
    with db.reading() as session:
        assert session.get_one(Erasure, done.id).status == ErasureStatus.DONE
        assert {each.text for each in transcript.after(session, talk.id)} == {"[removed]"}
        assert session.get_one(Delivery, waits.id).status == DeliveryStatus.WITHHELD


def test_what_is_said_while_it_is_done_goes_too(db: Database) -> None:
    with db.transaction() as session:
        who = zora(session)
        talk = fill(session, who)
        done = approved(session, who)
    for _ in range(8):
        with db.transaction() as session:
            assert erasure._one_part(session, done.id)
    with db.transaction() as session:
        here = lock(session, Conversation, talk.id)
        assert here is not None
        assert here.verified_until is None
        transcript.append(session, here, author=Author.CUSTOMER, text=WORD, payload=WORD)
    run(db)
    with db.reading() as session:
        assert found(session) == {}


def test_while_something_is_open_it_says_what_and_what_can_be_erased_meanwhile(db: Database) -> None:
    with db.transaction() as session:
        who = zora(session)
        _, sol, sam = people(session)
        asked = ask(session, sol, who)
        owing = factories.invoice(session, who, "20.00", disputed=True)
        session.add(Plan(customer_id=who.id, status=PlanStatus.ACTIVE, total=100, currency="USD"))
        talk = factories.conversation(session, customer_id=who.id)
        transcript.append(session, talk, author=Author.CUSTOMER, text=WORD)
        handoff.request(session, talk.id, reason="request_human", skill="general", summary={})
        session.flush()
        with pytest.raises(Conflict) as refused:
            erasure.decide(session, asked.id, sam, approve=True)
        assert refused.value.message == (
            "This can't be erased yet: there is an open balance, a plan that is in force, a dispute that is not settled"
            " and a conversation that is not closed. What was said, sent and rated can be erased meanwhile."
        )
        assert erasure.decide(session, asked.id, sam, approve=False).status == ErasureStatus.REFUSED
        approved(session, who, "words")
    run(db)
    with db.reading() as session:
        person = session.get_one(Customer, who.id)
        assert (person.name, person.phone) == (NAME, PHONE)
        assert invoices.standing(session, person).total == Money.of("20.00", "USD")
        assert transcript.after(session, talk.id)[0].text == "[removed]"
        assert session.scalars(sa.select(Hold).where(Hold.invoice_id == owing.id)).one().status == HoldStatus.CONFIRMED


def test_money_that_moves_stands_in_the_way(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        who = zora(session)
        _, sol, _ = people(session)
        plan = Plan(customer_id=who.id, status=PlanStatus.COMPLETED, total=100, currency="USD")
        payment = Payment(
            customer_id=who.id,
            amount=100,
            currency="USD",
            token="t",
            status=PaymentStatus.PROCESSING,
            input_hash="h",
        )
        session.add_all([plan, payment])
        session.flush()
        session.add_all(
            [
                Refund(client_id=uuid.uuid4(), payment_id=payment.id, payment_intent="pi", amount=1, currency="USD",
                       reason=WHY, status=RefundStatus.ASKED, asked_by=sol.id),
                Mandate(customer_id=who.id, plan_id=plan.id, status=MandateStatus.WITHDRAWN, wording="-", locale="en",
                        payment_method="pm"),
                ExternalEvent(source=Source.TWILIO, external_id="SM1", kind="message", object_id=PHONE, body=b"-"),
            ]
        )  # fmt: skip
        session.flush()
        talk = factories.conversation(session, customer_id=who.id)
        transcript.append(session, talk, author=Author.CUSTOMER, text=WORD, pending=True)
        session.flush()
        assert erasure.barriers(session, who, talks=True) == [
            "a payment that is under way",
            "money that is on its way back",
            "a saved card that is still being given up",
            "a message of theirs that is being taken in",
            "a message of theirs that is being answered",
        ]
        with pytest.raises(Conflict):
            ask(session, sol, who)


def test_nobody_can_be_them_or_give_them_a_contact_again(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GT_IDENTITY_SECRET", "s" * 32)
    settings.cache_clear()
    token = jwt.encode({"sub": "GT-77", "exp": int(clock.now().timestamp()) + 600}, "s" * 32, algorithm="HS256")
    with sqlite_db.transaction() as session:
        who = zora(session)
        here = factories.conversation(session)
        assert identity.sign_in(session, here, token).id == who.id
        identity.end(session, here)
        known = factors.digest(who.id, FactorKind.POSTCODE, "10001")
        session.add(CustomerFactor(customer_id=who.id, kind=FactorKind.POSTCODE, digest=known))
        proven = factories.conversation(session)
        identity.sign_in(session, proven, token)
        identity.begin(session, here, "GT-77")
        code = session.scalars(sa.select(Delivery.body).where(Delivery.secret.is_(True))).one()
        approved(session, who)
    with sqlite_db.transaction() as session:  # before a single part is done
        assert session.get_one(Conversation, proven.id).verified_until is None
        [digits] = re.findall(r"\d{6}", code)
        assert identity.check(session, lock(session, Conversation, here.id), digits) == identity.Outcome.WRONG
        phone = factories.conversation(session, channel=Channel.SMS, address=PHONE)
        said = frozenset({(FactorKind.POSTCODE, "10001")})
        assert identity.prove(session, phone, said) == identity.Outcome.WRONG
        identity.begin(session, factories.conversation(session), "GT-77")
        assert len(session.scalars(sa.select(Delivery).where(Delivery.secret.is_(True))).all()) == 1
    run(sqlite_db)
    with sqlite_db.transaction() as session:
        ana, _, _ = people(session)
        with pytest.raises(NotVerified):
            identity.sign_in(session, factories.conversation(session), token)
        with pytest.raises(Conflict, match="erased"):
            contact_data.change(session, ana, who.id, ContactField.NAME, NAME, WHY, client_id=uuid.uuid4())


def test_a_name_goes_where_it_stands_as_a_word() -> None:
    who = Customer(name="Bo Li", email="bo@example.com", phone=PHONE)
    for before, after in (
        ("ßßßßß Bo Li", "ßßßßß …"),
        ("Straße 3, BO LI", "Straße 3, …"),
        (f"Bo Lind, Bo Li's, {PHONE}", "Bo Lind, …'s, …"),
        ("to bo@example.com", "to …"),
    ):
        assert without_person(who, before) == after


def test_an_import_does_not_bring_them_back(sqlite_db: Database, tmp_path: Any, clock: SetClock) -> None:
    with sqlite_db.transaction() as session:
        approved(session, zora(session))
    run(sqlite_db)
    file = tmp_path / "customers.csv"
    file.write_text(
        "account_number,name,email,phone,postcode,birth_date,language,time_zone,country,currency,customer_since\n"
        f"GT-77,{NAME},{EMAIL},{PHONE},10001,1990-01-01,en-US,America/Chicago,US,USD,\n",
        encoding="utf-8",
    )
    [report] = import_files(sqlite_db, file, None)
    assert (report.counts[Took.UNCHANGED], report.bad) == (1, [])
    with sqlite_db.reading() as session:
        assert found(session) == {}
