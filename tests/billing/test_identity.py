"""Identity: proven, for a while, and never a word about whether an account exists (P1, P2)."""

from __future__ import annotations

import re
import threading
from typing import Any

import jwt
import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import identity
from bot.billing.identity import Outcome
from bot.billing.identity import verification_locks as locks
from bot.db import Database
from bot.errors import NotVerified, TooMany
from bot.models import Channel, Conversation, Delivery, VerificationChallenge, VerificationLock
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock

SECRET = "the-shop-and-we-know-it-only-for-tests-and-nobody-else-knows-it-at-all"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Codes and locks are counted from a known instant."""


def sent(session: sa.orm.Session) -> list[Delivery]:
    return list(session.scalars(sa.select(Delivery).order_by(Delivery.created_at, Delivery.id)))


def code_in(delivery: Delivery) -> str:
    found = re.search(r"\b\d{6}\b", delivery.body)
    assert found
    return found[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def verified(session: sa.orm.Session, conversation: Conversation, reference: str = "GT-1001") -> Outcome:
    identity.begin(session, conversation, reference)
    return identity.check(session, conversation, code_in(sent(session)[-1]))


@pytest.mark.parametrize(
    "reference",
    [
        "GT-1001", "gt-1001", "gt 1001", " GT1001 ", "ＧＴ－１００１", "maya@example.com", " Maya@Example.COM",
        "+12105550101",
        "+1 (210) 555-0101", "210 555 0101", "0012105550101"[2:],
    ],
)  # fmt: skip
def test_an_account_is_found_as_people_write_it(db: Database, reference: str) -> None:
    with db.transaction() as session:
        maya, conversation = factories.maya(session), factories.conversation(session)
        assert verified(session, conversation, reference) is Outcome.VERIFIED
        assert identity.customer_of(session, conversation) is maya


def test_the_code_goes_to_the_phone_on_file_and_says_nothing_of_an_account_p1(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        challenge = identity.begin(session, factories.conversation(session), "maya@example.com")
        (delivery,) = sent(session)
        kept = session.scalars(sa.select(VerificationChallenge)).one()
    assert (delivery.channel, delivery.address, delivery.secret) == (Channel.SMS, "+12105550101", True)
    assert delivery.expires_at == challenge.expires_at
    assert not re.search(r"debt|owe|overdue|balance|account|Maya|invoice|pay", delivery.body, re.IGNORECASE)
    assert code_in(delivery) not in kept.code_digest


@pytest.mark.parametrize(("language", "word"), [("es-MX", "código"), ("pt-BR", "Vale"), ("de-DE", "verification")])
def test_the_code_comes_in_the_customers_language_k12(db: Database, language: str, word: str) -> None:
    with db.transaction() as session:
        factories.customer(session, account_number="X-1", language=language)
        identity.begin(session, factories.conversation(session), "X-1")
        assert word in sent(session)[0].body


@pytest.mark.parametrize(
    "reference",
    ["GT-9999", "", "nobody@example.com", "+12125550000", "🙂", "'; DROP TABLE", "x" * 9000],
)
def test_an_unknown_reference_gets_the_same_answer_p2(db: Database, reference: str) -> None:
    with db.transaction() as session:
        factories.maya(session)
        known, unknown = factories.conversation(session), factories.conversation(session)
        assert identity.begin(session, known, "GT-1001") == identity.begin(session, unknown, reference)
        assert len(sent(session)) == 1
        code = code_in(sent(session)[0])
        answers = [[identity.check(session, it, other_than(code)) for _ in range(6)] for it in (known, unknown)]
        assert answers[0] == answers[1] == [Outcome.WRONG] * 4 + [Outcome.LOCKED] * 2
        for conversation in (known, unknown):
            with pytest.raises(TooMany) as caught:
                identity.begin(session, conversation, "GT-1001")
            assert caught.value.retry_after == 30 * 60


def test_an_unknown_reference_takes_the_same_statements_but_for_the_delivery_p2(sqlite_db: Database) -> None:
    taken: dict[str, list[str]] = {}
    for reference in ("GT-1001", "GT-9999"):
        with sqlite_db.transaction() as session:
            if reference == "GT-1001":
                factories.maya(session)
            conversation = factories.conversation(session)
            heard: list[str] = []

            def hear(*args: Any, heard: list[str] = heard) -> None:
                heard.append(" ".join(args[2].split()[:3]))

            sa.event.listen(sqlite_db.engine, "before_cursor_execute", hear)
            identity.begin(session, conversation, reference)
            sa.event.remove(sqlite_db.engine, "before_cursor_execute", hear)
            taken[reference] = heard
    assert [it for it in taken["GT-1001"] if it != "INSERT INTO deliveries"] == taken["GT-9999"]


def test_a_contact_that_two_accounts_share_names_neither(db: Database) -> None:
    with db.transaction() as session:
        for _ in range(2):
            factories.customer(session, email="family@example.com")
        identity.begin(session, factories.conversation(session), "family@example.com")
        assert sent(session) == []


@pytest.mark.parametrize("form", ["{}", " {} ", "{0:.3} {0:.0}", "my code is {}"])
def test_a_code_is_read_with_what_people_put_around_it(db: Database, form: str) -> None:
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        identity.begin(session, conversation, "GT-1001")
        code = code_in(sent(session)[0])
        typed = f"{code[:3]} {code[3:]}" if ":.3" in form else form.format(code)
        assert identity.check(session, conversation, typed) is Outcome.VERIFIED


@pytest.mark.parametrize("code", ["", "12345", "hello", "1" * 9000, "١٢٣٤٥٦"])
def test_what_is_no_code_is_wrong(db: Database, code: str) -> None:
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        identity.begin(session, conversation, "GT-1001")
        assert identity.check(session, conversation, code) is Outcome.WRONG
        with pytest.raises(NotVerified):
            identity.customer_of(session, conversation)


def test_a_code_works_once_for_ten_minutes_and_only_the_newest(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        assert identity.check(session, conversation, "123456") is Outcome.EXPIRED
        identity.begin(session, conversation, "GT-1001")
        identity.begin(session, conversation, "GT-1001")
        first, second = (code_in(delivery) for delivery in sent(session))
        if first != second:
            assert identity.check(session, conversation, first) is Outcome.WRONG
        clock.advance(minutes=9, seconds=59)
        assert identity.check(session, conversation, second) is Outcome.VERIFIED
        assert identity.check(session, conversation, second) is Outcome.EXPIRED
        identity.begin(session, conversation, "GT-1001")
        clock.advance(minutes=10)
        assert identity.check(session, conversation, code_in(sent(session)[-1])) is Outcome.EXPIRED


def test_a_code_is_good_in_its_own_conversation_only(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        mine, theirs = factories.conversation(session), factories.conversation(session)
        identity.begin(session, mine, "GT-1001")
        identity.begin(session, theirs, "GT-9999")
        assert identity.check(session, theirs, code_in(sent(session)[0])) is Outcome.WRONG


def test_five_wrong_tries_lock_the_account_for_thirty_minutes_from_any_address(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        attacker, owner = factories.conversation(session), factories.conversation(session)
        identity.begin(session, owner, "GT-1001")
        own_code = code_in(sent(session)[0])
        identity.begin(session, attacker, "GT-1001")
        stolen = code_in(sent(session)[1])
        for _ in range(5):
            identity.check(session, attacker, other_than(stolen))
        assert locks.locked_for(session, locks.account(maya.id)) == 30 * 60
        assert identity.check(session, owner, own_code) is Outcome.LOCKED
        # Another code is not sent to a locked account, and nothing says so (P2).
        assert identity.begin(session, factories.conversation(session), "GT-1001").expires_at
        assert len(sent(session)) == 2
        clock.advance(minutes=30)
        assert verified(session, owner) is Outcome.VERIFIED


def test_an_address_is_locked_twice_as_long_each_time_up_to_a_day(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        conversation = factories.conversation(session)
        subject = locks.address(conversation)
        lengths = []
        for _ in range(8):
            for _ in range(5):
                locks.count_failure(session, subject)
            lengths.append(locks.locked_for(session, subject) // 60)
            clock.advance(seconds=locks.locked_for(session, subject))
    assert lengths == [30, 60, 120, 240, 480, 960, 1440, 1440]


def test_a_new_conversation_from_the_same_address_is_locked_too(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        first = factories.conversation(session, address="198.51.100.7")
        identity.begin(session, first, "GT-9999")
        for _ in range(5):
            identity.check(session, first, "000000")
        with pytest.raises(TooMany):
            identity.begin(session, factories.conversation(session, address="198.51.100.7"), "GT-1001")
        identity.begin(session, factories.conversation(session, address="198.51.100.8"), "GT-1001")


def test_wrong_tries_are_counted_over_codes_and_forgotten_after_a_day_or_a_success(
    db: Database, clock: SetClock
) -> None:
    with db.transaction() as session:
        subject = "customer:x"
        assert [locks.count_failure(session, subject) for _ in range(4)] == [False] * 4
        clock.advance(hours=25)
        assert [locks.count_failure(session, subject) for _ in range(4)] == [False] * 4
        locks.forget(session, subject)
        assert [locks.count_failure(session, subject) for _ in range(5)] == [False] * 4 + [True]
        locks.unlock(session, subject)
        assert locks.locked_for(session, subject) == 0


def test_wrong_tries_at_once_all_count(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        id_ = factories.conversation(session).id
        identity.begin(session, session.get_one(Conversation, id_), "GT-1001")
        wrong = other_than(code_in(sent(session)[0]))
    results: list[Outcome] = []
    ready = threading.Barrier(8)

    def attempt() -> None:
        ready.wait()
        with db.transaction() as session:
            results.append(identity.check(session, session.get_one(Conversation, id_), wrong))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [Outcome.LOCKED] * 4 + [Outcome.WRONG] * 4


def test_codes_cannot_be_asked_for_without_end(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        for _ in range(policies.identity().codes_per_conversation):
            identity.begin(session, conversation, "GT-1001")
            clock.advance(minutes=1)
        with pytest.raises(TooMany) as caught:
            identity.begin(session, conversation, "GT-1001")
        clock.advance(seconds=caught.value.retry_after)
        identity.begin(session, conversation, "GT-1001")


def test_an_account_is_sent_so_many_codes_an_hour_whoever_asks_and_nothing_says_so_p2(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        answers = [identity.begin(session, factories.conversation(session), "GT-1001") for _ in range(8)]
        assert len(set(answers)) == 1
        assert len(sent(session)) == policies.identity().codes_per_account_hour


def test_on_the_web_a_proof_holds_thirty_minutes_and_use_extends_it(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, conversation = factories.maya(session), factories.conversation(session)
        verified(session, conversation)
        for _ in range(3):
            clock.advance(minutes=29)
            assert identity.customer_of(session, conversation) is maya
        clock.advance(minutes=29)
        identity.customer_of(session, conversation, touch=False)
        clock.advance(minutes=1)
        with pytest.raises(NotVerified):
            identity.customer_of(session, conversation)


def test_on_a_phone_a_proof_holds_a_day_and_use_does_not_extend_it(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya = factories.maya(session)
        conversation = factories.conversation(session, channel=Channel.SMS, address="+12105550101")
        verified(session, conversation)
        clock.advance(hours=23, minutes=59)
        assert identity.customer_of(session, conversation) is maya
        clock.advance(minutes=1)
        with pytest.raises(NotVerified):
            identity.customer_of(session, conversation)


def test_nobody_is_verified_to_begin_with_or_after_the_end_p1(db: Database) -> None:
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        with pytest.raises(NotVerified):
            identity.customer_of(session, conversation)
        verified(session, conversation)
        identity.begin(session, conversation, "GT-1001")
        identity.end(session, conversation)
        with pytest.raises(NotVerified):
            identity.customer_of(session, conversation)
        assert identity.check(session, conversation, code_in(sent(session)[-1])) is Outcome.EXPIRED


def token(clock: SetClock, key: str = SECRET, algorithm: str = "HS256", **given: Any) -> str:
    claims = {"sub": "GT-1001", "exp": int(clock.now().timestamp()) + 600} | given
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm)


def test_the_page_can_say_who_is_signed_in(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        maya, conversation = factories.maya(session), factories.conversation(session)
        assert identity.sign_in(session, conversation, token(clock)) is maya
        assert identity.customer_of(session, conversation) is maya


@pytest.mark.parametrize(
    "given",
    [
        {"key": "another-secret-of-at-least-32-characters"},
        {"algorithm": "HS512"},
        {"key": "", "algorithm": "none"},
        {"exp": None},
        {"sub": None},
        {"sub": "GT-9999"},
        {"sub": "gt1001"},
        {"exp": 0},
        {"exp": "soon"},
        {"exp": 2**33},
        {"nbf": 2**33},
        {"iat": 2**33},
        {"iat": 0},
    ],
)
def test_a_token_that_does_not_hold_is_refused_in_the_same_words_p2(
    db: Database, clock: SetClock, given: dict[str, Any]
) -> None:
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        with pytest.raises(NotVerified, match="does not hold"):
            identity.sign_in(session, conversation, token(clock, **given))
        with pytest.raises(NotVerified):
            identity.customer_of(session, conversation)


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 100_000, "é"])
def test_what_is_no_token_is_refused(sqlite_db: Database, text: str) -> None:
    with sqlite_db.transaction() as session, pytest.raises(NotVerified):
        identity.sign_in(session, factories.conversation(session), text)


def test_no_token_holds_where_no_secret_is_shared(
    sqlite_db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GT_IDENTITY_SECRET")
    settings.cache_clear()
    with sqlite_db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        with pytest.raises(NotVerified):
            identity.sign_in(session, conversation, token(clock))


def test_a_token_ends_within_the_hour(db: Database, clock: SetClock) -> None:
    now = int(clock.now().timestamp())
    with db.transaction() as session:
        factories.maya(session)
        conversation = factories.conversation(session)
        identity.sign_in(session, conversation, token(clock, exp=now + 3600, iat=now))
        with pytest.raises(NotVerified):
            identity.sign_in(session, conversation, token(clock, exp=now + 3601))
        kept = token(clock, exp=now + 600)
        clock.advance(minutes=10)
        with pytest.raises(NotVerified):
            identity.sign_in(session, conversation, kept)


def test_no_lock_row_names_an_address_p7(db: Database) -> None:
    with db.transaction() as session:
        conversation = factories.conversation(session, address="198.51.100.7")
        identity.begin(session, conversation, "GT-9999")
        identity.check(session, conversation, "000000")
        subjects = session.scalars(sa.select(VerificationLock.subject)).all()
    assert subjects == [locks.address(conversation)]
    assert "198.51.100.7" not in subjects[0]


def test_account_numbers_that_differ_in_punctuation_only_cannot_both_be(db: Database) -> None:
    with db.transaction() as session:
        factories.customer(session, account_number="GT-1")
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as session:
        factories.customer(session, account_number="gt 1")
