"""Reports of what became of a message: repeated, out of order, late, strange (T1)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import delivery_news
from bot.channels.delivery_news import DeliveryNews, status_of
from bot.channels.outbox.outcomes import BAD_ADDRESS
from bot.conversations import consents
from bot.db import Database
from bot.models import Channel, ConsentSource, Delivery, DeliveryStatus, Provider
from bot.models.delivery import RANK
from tests.channels.phones import NUMBER, Phone, code, reread
from tests.conftest import SetClock

S = DeliveryStatus
SID = "SM" + "1" * 32


@pytest.fixture
def phone(db: Database, clock: SetClock) -> Phone:
    made = Phone(db)
    made.says("hello")
    return made


def on_its_way(
    phone: Phone, status: DeliveryStatus = S.SENT, provider_id: str | None = SID, **given: object
) -> Delivery:
    """The phone's newest delivery, after one attempt."""
    phone.hears("One.")
    with phone.db.transaction() as session:
        row = session.merge(phone.deliveries()[-1])
        row.status, row.provider_id, row.attempts, row.rendered = status, provider_id, 1, True
        row.provider = Provider.TWILIO
        for name, value in given.items():
            setattr(row, name, value)
        return row


def report(phone: Phone, status: DeliveryStatus, **given: object) -> Delivery | None:
    values = {"provider": Provider.TWILIO, "provider_id": SID, "reference": None, "code": None} | given
    with phone.db.transaction() as session:
        return delivery_news.take(session, DeliveryNews(status=status, **values))  # type: ignore[arg-type]


@pytest.mark.parametrize("order", list(itertools.permutations((S.SENT, S.DELIVERED, S.READ))))
def test_t1_in_any_order_and_repeated_it_ends_at_the_furthest(phone: Phone, order: Sequence[DeliveryStatus]) -> None:
    row = on_its_way(phone)
    reached = [row.status]
    for status in (*order, *order):
        report(phone, status)
        reached.append(reread(phone.db, row).status)
    assert reached[-1] == S.READ
    assert [RANK[S(one)] for one in reached] == sorted(RANK[S(one)] for one in reached)


@given(words=st.lists(st.sampled_from(sorted(delivery_news.TWILIO)), max_size=6))
def test_t1_no_sequence_of_reports_moves_it_backwards(sqlite_db: Database, words: list[str]) -> None:
    phone = Phone(sqlite_db, number=f"+1{uuid.uuid4().int % 10**12:012d}")
    row = on_its_way(phone, provider_id=f"SM{phone.id.hex}")
    before = RANK[S(row.status)]
    for word in words:
        status = status_of(Provider.TWILIO, word)
        assert status is not None
        report(phone, status, provider_id=row.provider_id)
        after = RANK[S(reread(sqlite_db, row).status)]
        assert after >= before
        before = after


def test_a_delivered_message_cannot_fail_any_more_and_a_failed_one_may_arrive(phone: Phone) -> None:
    row = on_its_way(phone)
    report(phone, S.FAILED, code=30008)
    assert (reread(phone.db, row).status, reread(phone.db, row).error) == (S.FAILED, "refused:30008")
    report(phone, S.DELIVERED)
    assert (reread(phone.db, row).status, reread(phone.db, row).error) == (S.DELIVERED, None)
    assert report(phone, S.FAILED, code=30008) is None
    assert reread(phone.db, row).status == S.DELIVERED


@pytest.mark.parametrize("status", [S.SENT, S.DELIVERED, S.READ])
def test_a_report_with_our_reference_settles_what_was_uncertain(phone: Phone, status: DeliveryStatus) -> None:
    row = on_its_way(phone, S.UNCERTAIN, None)
    report(phone, status, reference=row.id)
    settled = reread(phone.db, row)
    assert (settled.status, settled.provider_id) == (status, SID)
    assert settled.sent_at is not None


def test_a_report_of_an_attempt_that_counted_as_lost_keeps_it_from_going_out_again(phone: Phone) -> None:
    row = on_its_way(phone, S.QUEUED, None)
    report(phone, S.DELIVERED, reference=str(row.id))
    assert reread(phone.db, row).status == S.DELIVERED


def test_what_was_never_tried_is_not_settled_by_a_strangers_report(phone: Phone) -> None:
    row = on_its_way(phone, S.QUEUED, None, attempts=0)
    assert report(phone, S.DELIVERED, reference=row.id) is None
    assert reread(phone.db, row).status == S.QUEUED


@pytest.mark.parametrize("reference", [None, "", "no id", uuid.UUID(int=7), str(uuid.UUID(int=7))])
def test_a_report_of_what_we_do_not_know_is_passed_over(phone: Phone, reference: object) -> None:
    row = on_its_way(phone)
    assert report(phone, S.DELIVERED, provider_id="SM" + "9" * 32, reference=reference) is None
    assert reread(phone.db, row).status == S.SENT


def test_another_provider_cannot_speak_for_ours(phone: Phone) -> None:
    row = on_its_way(phone)
    assert report(phone, S.DELIVERED, provider=Provider.META, reference=row.id) is None
    assert report(phone, S.DELIVERED, provider=Provider.META) is None


def test_a_report_of_an_earlier_attempt_changes_nothing_about_the_later_one(phone: Phone) -> None:
    row = on_its_way(phone)
    assert report(phone, S.FAILED, provider_id="SM" + "2" * 32, reference=row.id, code=30008) is None
    assert reread(phone.db, row).status == S.SENT


def test_t2_a_block_that_is_reported_later_is_an_opt_out_too(phone: Phone) -> None:
    row = on_its_way(phone)
    report(phone, S.FAILED, code=21610)
    assert reread(phone.db, row).status == S.WITHHELD
    with phone.db.reading() as session:
        assert consents.is_refused(session, Channel.SMS, NUMBER)
        assert consents.history(session, [NUMBER])[0].source == ConsentSource.PROVIDER


@pytest.mark.parametrize("number", [30005, 30006])
def test_a_landline_is_told_to_agents(phone: Phone, number: int) -> None:
    row = on_its_way(phone)
    report(phone, S.FAILED, code=number)
    report(phone, S.FAILED, code=number)
    assert reread(phone.db, row).error == f"bad_address:{number}"
    assert phone.notes() == [BAD_ADDRESS]


def test_what_was_too_fast_goes_out_again_and_the_old_attempts_reports_do_not_count(
    phone: Phone, clock: SetClock
) -> None:
    row = on_its_way(phone)
    report(phone, S.FAILED, code=30001)
    waiting = reread(phone.db, row)
    assert (waiting.status, waiting.next_at > clock.now()) == (S.QUEUED, True)
    for status in (S.FAILED, S.SENT):
        assert report(phone, status, code=30001) is None


def test_a_codes_report_leaves_no_code_behind(db: Database, clock: SetClock) -> None:
    sent = code(db)
    with db.transaction() as session:
        row = session.merge(sent)
        row.status, row.attempts, row.provider = S.UNCERTAIN, 1, Provider.TWILIO
    with db.transaction() as session:
        delivery_news.take(session, DeliveryNews(Provider.TWILIO, SID, sent.id, S.DELIVERED))
    assert (reread(db, sent).status, reread(db, sent).body) == (S.DELIVERED, "")


def test_a_message_got_as_far_as_the_least_of_its_parts(phone: Phone) -> None:
    first, second = phone.hears("One."), phone.hears("Two.")
    with phone.db.transaction() as session:
        base, _ = rows = [session.merge(row) for row in phone.deliveries()]
        for row in rows:
            row.status = S.READ
        for part, status in enumerate((S.DELIVERED, S.SENT), 1):
            session.add(
                Delivery(
                    message_id=first.id,
                    conversation_id=phone.id,
                    seq=base.seq,
                    part=part,
                    channel=base.channel,
                    address=base.address,
                    status=status,
                )
            )
    with phone.db.reading() as session:
        marks = delivery_news.marks(session, [first.id, second.id, uuid.uuid4()])
    assert marks == {first.id: S.SENT, second.id: S.READ}


@pytest.mark.parametrize("provider", Provider)
def test_words_that_we_do_not_know_mean_nothing(provider: Provider) -> None:
    assert status_of(provider, "teleported") is None
    assert status_of(provider, "Delivered") == S.DELIVERED
