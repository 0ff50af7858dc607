"""Two wordings: who gets which stays so, and what is said of the difference is honest."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import clock, policies
from bot.conversations import transcript
from bot.db import Database
from bot.models import Author, Channel, Conversation, Medium, Provider, Reminder, ReminderKind, ReminderStatus
from bot.outreach import variant_figures, variants
from bot.outreach.variant_proportions import Share, adjusted, chance
from tests import factories


def test_a_customer_gets_the_same_words_every_time_and_the_shares_are_even() -> None:
    people = [uuid.UUID(int=number) for number in range(20_000)]
    got = [variants.of(one, "invoice") for one in people]
    assert got == [variants.of(one, "invoice") for one in people]
    counts = Counter(got)
    assert abs(counts["holdout"] / len(people) - policies.variants().holdout / 100) < 0.01
    assert abs(counts["a"] - counts["b"]) / len(people) < 0.02


def test_the_holdout_is_the_same_people_in_every_experiment() -> None:
    people = [uuid.UUID(int=number) for number in range(2_000)]
    held = {kind: {one for one in people if variants.of(one, kind) == "holdout"} for kind in ("invoice", "promise")}
    assert held["invoice"] == held["promise"]


def test_what_nothing_is_tried_with_has_the_words_that_stand() -> None:
    assert {variants.of(uuid.UUID(int=number), "anniversary") for number in range(200)} == {"a"}


def test_wilsons_interval_is_the_published_one_and_stays_within_bounds() -> None:
    # Newcombe, Stat. Med. 17 (1998), p. 857, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, of), (low, high) in published.items():
        assert Share(hits, of).interval == pytest.approx((low, high), abs=0.0001)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_fishers_test_gives_the_known_chances() -> None:
    # The lady who tasted tea: three of four right by chance in 34 of 70, of two sides; all four in 2 of 70.
    assert chance(Share(3, 4), Share(1, 4)) == pytest.approx(34 / 70)
    assert chance(Share(4, 4), Share(0, 4)) == pytest.approx(2 / 70)
    assert chance(Share(8, 10), Share(1, 6)) == pytest.approx(0.03496503)


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_a_chance_is_one_and_the_order_changes_nothing(of: int, other: int, data: st.DataObject) -> None:
    one, two = Share(data.draw(st.integers(0, of)), of), Share(data.draw(st.integers(0, other)), other)
    found = chance(one, two)
    assert 0 < found <= 1
    assert math.isclose(found, chance(two, one), rel_tol=1e-6)
    low, high = one.interval
    rounding = 1e-12
    assert 0 <= low <= one.rate + rounding
    assert one.rate - rounding <= high <= 1


def test_several_comparisons_are_looked_at_together() -> None:
    assert adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjusted([]) == []


def test_people_are_counted_once_and_only_when_their_days_are_over(sqlite_db: Database) -> None:
    now = clock.now()
    with sqlite_db.transaction() as session:
        for number in range(6):
            customer = factories.customer(session, account_number=f"T-{number}")
            talk = Conversation(channel=Channel.SMS, provider=Provider.TWILIO, address=f"+1210555010{number}")
            session.add(talk)
            session.flush()
            for step, days in ((3, 40), (7, 36)):
                at = now - dt.timedelta(days=days if number < 5 else 2)
                session.add(
                    Reminder(
                        customer_id=customer.id, kind=ReminderKind.INVOICE, subject_id=uuid.uuid4(), step=step,
                        due_on=at.date(), status=ReminderStatus.SENT, medium=Medium.SMS, variant="ab"[number % 2],
                        conversation_id=talk.id, settled_at=at,
                    )
                )  # fmt: skip
            if number in (0, 1, 2):
                said = transcript.append(session, talk, author=Author.CUSTOMER, text="Hello")
                said.created_at = now - dt.timedelta(days=39 if number < 2 else 20)
    with sqlite_db.reading() as session:
        a, b = variant_figures.of(session)
    assert (a.answered, b.answered) == (Share(1, 3), Share(1, 2))  # the third wrote too late, the last is too new
    assert (a.paid, b.paid) == (Share(0, 3), Share(0, 2))
    assert [one.chance for one in variant_figures.comparisons([a, b])] == [None, None]


def test_a_difference_is_said_only_where_there_is_enough_of_both() -> None:
    def figures(variant: str, answered: Share) -> variant_figures.Figures:
        return variant_figures.Figures("invoice", variant, answered, Share(10, 200))

    told = variant_figures.comparisons([figures("a", Share(20, 200)), figures("b", Share(60, 200))])
    assert {one.outcome: one.is_sure for one in told} == {"answered": True, "paid": False}
    few = variant_figures.comparisons([figures("a", Share(2, 99)), figures("b", Share(60, 200))])
    assert next(one for one in few if one.outcome == "answered").chance is None
