"""The outbox: order, claims, uncertain outcomes, refusals, and what an address or a window means for what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from bot.channels import outbox
from bot.channels.outbox import queue
from bot.channels.outbox.outcomes import BAD_ADDRESS
from bot.channels.twilio import TwilioSms
from bot.conversations import consents
from bot.db import Database
from bot.models import Author, Channel, ConsentSource, DeliveryStatus, Holder, Provider
from tests.channels.phones import NUMBER, Phone, code, reread
from tests.channels.provider import ACCOUNT, TOKEN, Fate, provider
from tests.channels.provider import Provider as Stub
from tests.conftest import SetClock

S = DeliveryStatus


@pytest.fixture
def stub() -> Iterator[Stub]:
    with provider() as found:
        yield found


@pytest.fixture
def sms(stub: Stub) -> Iterator[TwilioSms]:
    with closing(TwilioSms(ACCOUNT, TOKEN, "+15005550006", stub.url)) as sender:
        yield sender


@pytest.fixture
def phone(db: Database, clock: SetClock) -> Phone:
    made = Phone(db)
    made.says("hello")
    clock.advance(seconds=1)
    return made


def only(*fates: Fate) -> Iterator[Fate]:
    yield from fates
    while True:
        yield Fate.TAKEN


def refuse(db: Database, number: str = NUMBER) -> None:
    with db.transaction() as session:
        consents.record(
            session, channel=Channel.SMS, address=number, granted=False, source=ConsentSource.KEYWORD, detail="stop"
        )


class TestOrder:
    def test_what_was_said_goes_out_in_its_order_with_our_reference_and_where_to_report(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        for text in ("One.", "Two.", "Three."):
            phone.hears(text)
        assert outbox.send_due(db, sender=sms) == 3
        assert stub.bodies() == ["One.", "Two.", "Three."]
        assert phone.statuses() == [S.SENT] * 3
        for row, taken in zip(phone.deliveries(), stub.messages, strict=True):
            assert (row.provider_id, row.provider, row.segments) == (taken.id, Provider.TWILIO, 1)
            assert taken.request["StatusCallback"] == f"https://pay.example/webhooks/twilio/status?delivery={row.id}"

    def test_a_message_too_long_for_one_text_goes_out_in_parts_before_the_next_one_t2(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        phone.hears("This is one sentence of many. " * 80)
        phone.hears("The end.")
        assert outbox.send_due(db, sender=sms) == 3
        assert [(row.seq, row.part) for row in phone.deliveries()] == [(2, 0), (2, 1), (3, 0)]
        assert stub.bodies()[-1] == "The end."
        assert all(len(body) <= 1600 for body in stub.bodies())

    def test_one_that_has_to_wait_keeps_those_behind_it_waiting_and_nobody_elses(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        other = Phone(db, number="+13125550102")
        other.says("hello")
        phone.hears("One.")
        phone.hears("Two.")
        other.hears("Elsewhere.")
        stub.refuse = lambda form: (20503, 503) if form["To"] == NUMBER else None
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["Elsewhere."]
        stub.refuse = lambda _: None
        clock.advance(minutes=10)
        outbox.send_due(db, sender=sms)
        assert stub.bodies(NUMBER) == ["One.", "Two."]

    def test_one_that_failed_for_good_lets_the_next_one_go(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        phone.hears("One.")
        phone.hears("Two.")
        stub.refuse = lambda form: (21408, 400) if form["Body"] == "One." else None
        outbox.send_due(db, sender=sms)
        assert phone.statuses() == [S.FAILED, S.SENT]
        assert phone.deliveries()[0].error == "refused:21408"

    def test_any_number_of_threads_send_each_piece_once_and_in_order(
        self, db: Database, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phones = [Phone(db, number=f"+1212555{number:04d}") for number in range(6)]
        for one in phones:
            one.says("hello")
            for number in range(4):
                one.hears(f"{one.number} {number}")
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: outbox.send_due(db, sender=sms), range(4)))
        outbox.send_due(db, sender=sms)
        for one in phones:
            assert stub.bodies(one.number) == [f"{one.number} {number}" for number in range(4)]

    def test_a_note_between_agents_never_goes_out(self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms) -> None:
        phone.hears("Call her back.", author=Author.SYSTEM, hidden=True)
        assert outbox.send_due(db, sender=sms) == 0
        assert stub.messages == []


class TestFailures:
    @pytest.mark.parametrize(("fate", "least_s", "most_s"), [(Fate.ERROR, 1, 3), (Fate.LIMITED, 7, 7)])
    def test_what_may_pass_is_tried_again_after_a_pause(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock,
        fate: Fate, least_s: float, most_s: float,
    ) -> None:  # fmt: skip
        phone.hears("One.")
        stub.fate = only(fate).__next__
        outbox.send_due(db, sender=sms)
        (row,) = phone.deliveries()
        assert row.status == S.QUEUED
        assert least_s <= (row.next_at - clock.now()).total_seconds() <= most_s
        assert outbox.send_due(db, sender=sms) == 0
        clock.advance(seconds=most_s)
        assert outbox.send_due(db, sender=sms) == 1

    def test_ten_minutes_without_a_provider_lose_nothing_and_keep_the_order(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        stub.is_down = True
        for minute in range(10):
            phone.hears(f"Minute {minute}.")
            for _ in range(6):
                outbox.send_due(db, sender=sms)
                clock.advance(seconds=10)
        assert len(stub.sent()) < 20  # it is left alone for longer each time
        stub.is_down = False
        clock.advance(minutes=7)
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == [f"Minute {minute}." for minute in range(10)]
        assert phone.statuses() == [S.SENT] * 10

    def test_what_an_outage_kept_back_for_a_day_answers_nothing_any_more(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.hears("Old.")
        stub.is_down = True
        outbox.send_due(db, sender=sms)
        clock.advance(hours=24)
        stub.is_down = False
        phone.hears("New.")
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["New."]
        assert [(row.status, row.error) for row in phone.deliveries()] == [(S.FAILED, "expired"), (S.SENT, None)]

    def test_a_number_that_blocked_us_at_the_provider_has_opted_out_t2(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        phone.hears("One.")
        phone.hears("A receipt.", unasked=True)
        stub.refuse = lambda _: (21610, 400)
        outbox.send_due(db, sender=sms)
        assert [(row.status, row.error) for row in phone.deliveries()] == [
            (S.WITHHELD, "blocked:21610"),
            (S.WITHHELD, "opted_out"),
        ]
        assert len(stub.sent()) == 1
        with db.reading() as session:
            (consent,) = consents.history(session, [NUMBER])
            assert (consent.granted, consent.source, consent.detail) == (False, ConsentSource.PROVIDER, "21610")
            assert consents.is_refused(session, Channel.SMS, NUMBER)

    @pytest.mark.parametrize("number", [21211, 21614, 21217])
    def test_a_number_that_takes_no_texts_is_told_to_agents_once(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, number: int
    ) -> None:
        phone.hears("One.")
        phone.hears("Two.")
        stub.refuse = lambda _: (number, 400)
        outbox.send_due(db, sender=sms)
        assert phone.statuses() == [S.FAILED, S.FAILED]
        assert phone.notes() == [BAD_ADDRESS]

    def test_a_channel_that_is_not_set_up_fails_what_waits_and_stops_nothing(
        self, db: Database, clock: SetClock
    ) -> None:
        phone = Phone(db, channel=Channel.WHATSAPP, provider=Provider.META)
        phone.says("hello")
        phone.hears("One.")
        assert outbox.send_due(db) == 0
        assert [(row.status, row.error) for row in phone.deliveries()] == [(S.FAILED, "refused")]


class TestUncertain:
    @pytest.mark.parametrize("fate", [Fate.LOST, Fate.GATEWAY])
    def test_what_was_taken_without_an_answer_is_found_and_not_sent_again_c2(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock, fate: Fate
    ) -> None:
        phone.hears("One.")
        phone.hears("Two.")
        stub.fate = only(fate).__next__
        outbox.send_due(db, sender=sms)
        assert phone.statuses() == [S.UNCERTAIN, S.QUEUED]
        clock.advance(seconds=5)
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["One.", "Two."]
        assert [row.provider_id for row in phone.deliveries()] == [taken.id for taken in stub.messages]

    def test_what_was_not_taken_goes_out_again_once_it_cannot_have_been(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.hears("One.")
        stub.fate = only(Fate.BROKEN).__next__
        outbox.send_due(db, sender=sms)
        for _ in range(11):
            clock.advance(seconds=5)
            outbox.send_due(db, sender=sms)
            assert stub.messages == []
        clock.advance(seconds=5)
        outbox.send_due(db, sender=sms)
        assert (stub.bodies(), phone.statuses()) == (["One."], [S.SENT])

    def test_the_same_words_said_before_are_not_taken_for_it(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.hears("Thank you.")
        outbox.send_due(db, sender=sms)
        phone.hears("Thank you.")
        stub.fate = only(Fate.BROKEN).__next__
        outbox.send_due(db, sender=sms)
        for _ in range(13):
            clock.advance(seconds=5)
            outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["Thank you."] * 2
        assert len({row.provider_id for row in phone.deliveries()}) == 2

    def test_a_process_that_died_while_sending_leaves_it_to_be_looked_for(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.hears("One.")
        (line,) = outbox.due(db)
        with db.transaction() as session:
            taken = queue.take_up(session, line, lambda _channel, _provider: sms)
        assert isinstance(taken, queue.Taken)
        sms.send(taken.outgoing)  # and the process dies here
        clock.advance(seconds=59)
        assert outbox.send_due(db, sender=sms) == 0
        clock.advance(seconds=1)
        outbox.send_due(db, sender=sms)
        assert (stub.bodies(), phone.statuses()) == (["One."], [S.SENT])

    def test_while_the_provider_is_away_nothing_is_decided(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.hears("One.")
        stub.fate = only(Fate.LOST).__next__
        outbox.send_due(db, sender=sms)
        stub.is_down = True
        for _ in range(60):
            clock.advance(seconds=10)
            outbox.send_due(db, sender=sms)
        assert phone.statuses() == [S.UNCERTAIN]
        stub.is_down = False
        clock.advance(minutes=7)
        outbox.send_due(db, sender=sms)
        assert (stub.bodies(), phone.statuses()) == (["One."], [S.SENT])

    def test_a_one_time_code_is_found_by_its_words_and_forgotten_then(
        self, db: Database, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        sent = code(db, expires_at=clock.now() + dt.timedelta(minutes=10))
        stub.fate = only(Fate.LOST).__next__
        outbox.send_due(db, sender=sms)
        assert reread(db, sent).body == "Your code is 123456."
        clock.advance(seconds=5)
        outbox.send_due(db, sender=sms)
        found = reread(db, sent)
        assert (found.status, found.body, len(stub.messages)) == (S.SENT, "", 1)

    def test_a_code_whose_time_is_over_is_not_sent_and_forgotten(
        self, db: Database, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        late = code(db, expires_at=clock.now())
        outbox.send_due(db, sender=sms)
        assert (reread(db, late).error, reread(db, late).body, stub.messages) == ("expired", "", [])


class TestConsent:
    def test_c5_with_a_refusal_only_the_confirmation_goes_and_nothing_that_we_begin(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.says("STOP")
        refuse(db)
        phone.hears("You won't hear from us here.", author=Author.SYSTEM)
        phone.hears("And another thing.", author=Author.SYSTEM)
        phone.hears("A receipt.", unasked=True)
        phone.hears("Dear customer, ...", author=Author.AGENT)
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["You won't hear from us here."]
        assert phone.statuses() == [S.SENT, S.WITHHELD, S.WITHHELD, S.WITHHELD]

    def test_c5_a_greeting_before_it_does_not_count_as_the_confirmation(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        phone.says("Please stop texting me")
        phone.hears("This is a program.", client_id="greeting")
        refuse(db)
        phone.hears("You won't hear from us here.")
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["You won't hear from us here."]
        assert phone.statuses() == [S.WITHHELD, S.SENT]

    def test_c5_a_later_question_gets_all_of_the_assistants_answer_and_one_message_of_an_agents(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        phone.says("STOP")
        refuse(db)
        phone.says("How much is it?")
        phone.hears("It is this much.")
        phone.hears("And that is how it goes on.")
        phone.hears("A receipt.", unasked=True)
        phone.hears("I am Ana.", author=Author.AGENT)
        phone.hears("Are you there?", author=Author.AGENT)
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["It is this much.", "And that is how it goes on.", "I am Ana."]
        with db.reading() as session:
            assert outbox.may_write(session, phone.conversation()) == outbox.Barrier.ANSWERED
        phone.says("Yes, what now?")
        phone.hears("This.", author=Author.AGENT)
        outbox.send_due(db, sender=sms)
        assert stub.bodies()[-1] == "This."

    def test_an_agent_is_told_beforehand_that_it_would_not_arrive(self, db: Database, phone: Phone) -> None:
        with db.reading() as session:
            assert outbox.may_write(session, phone.conversation()) is None
        phone.says("STOP")
        refuse(db)
        with db.reading() as session:
            assert outbox.may_write(session, phone.conversation()) == outbox.Barrier.OPTED_OUT
        phone.says("Wait, one question")
        with db.reading() as session:
            assert outbox.may_write(session, phone.conversation()) is None

    def test_c5_a_second_stop_asks_nothing(self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms) -> None:
        phone.says("STOP")
        refuse(db)
        phone.hears("You won't hear from us here.", author=Author.SYSTEM)
        outbox.send_due(db, sender=sms)
        phone.says("STOP")
        phone.hears("Dear customer, ...", author=Author.AGENT)
        outbox.send_due(db, sender=sms)
        assert phone.statuses() == [S.SENT, S.WITHHELD]

    def test_a_code_for_a_number_that_opted_out_stays_here(
        self, db: Database, stub: Stub, sms: TwilioSms, clock: SetClock
    ) -> None:
        waiting = code(db)
        refuse(db)
        outbox.send_due(db, sender=sms)
        assert (reread(db, waiting).status, reread(db, waiting).body, stub.messages) == (S.WITHHELD, "", [])

    def test_what_we_begin_says_how_to_hear_no_more_and_answers_do_not_c3(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        phone.hears("An answer.")
        phone.hears("A receipt.", unasked=True)
        outbox.send_due(db, sender=sms)
        answer, receipt = stub.bodies()
        assert answer == "An answer."
        assert receipt == "A receipt.\n\nReply STOP to get no more messages here."

    def test_while_a_person_is_talking_with_them_it_is_not_repeated(
        self, db: Database, phone: Phone, stub: Stub, sms: TwilioSms
    ) -> None:
        with db.transaction() as session:
            session.merge(phone.conversation()).holder = Holder.AGENT
        phone.hears("Ana has joined.", author=Author.SYSTEM, unasked=True)
        outbox.send_due(db, sender=sms)
        assert stub.bodies() == ["Ana has joined."]
