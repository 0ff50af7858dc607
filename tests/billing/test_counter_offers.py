"""Counter-offers: what is within policy is taken as it is, anything else met with what is nearest (K4, K7)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.billing.plans.counter_offers import Limit, Wish, answer_to
from bot.billing.plans.coverage import Coverage, Covered
from bot.billing.plans.schedules import Rhythm, months_later
from bot.errors import InvalidInput
from bot.models import Frequency
from bot.money import Money

WEEKLY, FORTNIGHTLY, MONTHLY = Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY
TODAY = dt.date(2026, 3, 2)  # a Monday
USD = "USD"


def owed(minor: int, currency: str = USD) -> Coverage:
    return Coverage(currency, (Covered(uuid.UUID(int=1), minor, 0, False),))


def usd(minor: int) -> Money:
    return Money(minor, USD)


@pytest.mark.parametrize(
    ("wish", "amounts", "first"),
    [
        # 60 every second Friday
        (Wish(each=usd(6000), frequency=FORTNIGHTLY, pay_day=4), [6000, 6000, 6000, 2050], "2026-03-13"),
        (Wish(each=usd(5000)), [5000, 5000, 5000, 5050], "2026-03-09"),
        (Wish(each=usd(5010)), [5010, 5010, 5010, 5020], "2026-03-09"),  # ten cents cannot be charged by themselves
        (Wish(each=usd(10025), first=dt.date(2026, 3, 2)), [10025, 10025], "2026-03-02"),
        (Wish(each=usd(30000)), [20050], "2026-03-09"),
        (Wish(each=usd(20050)), [20050], "2026-03-09"),
        (Wish(count=2), [10025, 10025], "2026-03-09"),
        (Wish(months=2, frequency=FORTNIGHTLY), [5012, 5012, 5012, 5014], "2026-03-09"),
        (Wish(months=12, pay_day=31), [1670] * 11 + [1680], "2026-03-31"),
        (Wish(count=3, down=usd(5000)), [5000, 5016, 5016, 5018], "2026-03-02"),
        (Wish(each=usd(7525), down=usd(5000)), [5000, 7525, 7525], "2026-03-02"),
    ],
)
def test_k4_a_wish_within_policy_is_met_exactly(wish: Wish, amounts: list[int], first: str) -> None:
    answer = answer_to(wish, owed(20050), TODAY)
    (terms,) = answer.terms
    assert not answer.limits
    assert [minor for _, minor in terms.parts] == amounts
    assert terms.parts[0][0].isoformat() == first
    assert answer.lasts is None


@pytest.mark.parametrize(
    ("wish", "limits", "amounts"),
    [
        # 200.50 in 12 months is 16.71 a month at least
        (Wish(each=usd(1000)), {Limit.LENGTH}, [1671] * 11 + [1669]),
        (Wish(each=usd(300), frequency=WEEKLY), {Limit.LENGTH}, [386] * 51 + [364]),
        (Wish(months=18), {Limit.LENGTH}, [1670] * 11 + [1680]),
        (Wish(count=40), {Limit.LENGTH}, [1670] * 11 + [1680]),
        (Wish(each=usd(10025), first=dt.date(2026, 5, 20)), {Limit.FIRST}, [10025, 10025]),
        (Wish(each=usd(10025), first=dt.date(2026, 2, 20)), {Limit.FIRST}, [10025, 10025]),
        (Wish(count=2, down=usd(20050)), {Limit.DOWN}, [10025, 10025]),
        (Wish(count=2, down=usd(30)), {Limit.DOWN}, [10025, 10025]),
    ],
)
def test_any_other_wish_is_met_with_what_is_nearest(wish: Wish, limits: set[Limit], amounts: list[int]) -> None:
    answer = answer_to(wish, owed(20050), TODAY)
    assert answer.limits == limits
    assert [minor for _, minor in answer.terms[0].parts] == amounts
    assert answer.fits.minor == amounts[0]


def test_k7_an_amount_that_takes_too_long_is_answered_with_how_long_and_what_would_fit() -> None:
    answer = answer_to(Wish(each=usd(1000)), owed(20050), TODAY)
    assert (answer.lasts, answer.fits) == (21, usd(1671))
    assert answer_to(Wish(each=usd(300), frequency=WEEKLY), owed(20050), TODAY).lasts == 16
    # What would fit is taken when the customer then asks for it.
    again = answer_to(Wish(each=answer.fits), owed(20050), TODAY)
    assert not again.limits
    assert again.terms == answer.terms


def test_a_first_day_too_far_ahead_is_met_with_the_same_day_sooner() -> None:
    monthly = answer_to(Wish(count=2, first=dt.date(2026, 5, 20)), owed(20050), TODAY)
    assert [day.isoformat() for day, _ in monthly.terms[0].parts] == ["2026-03-20", "2026-04-20"]
    friday = answer_to(Wish(count=2, frequency=WEEKLY, first=dt.date(2026, 4, 10)), owed(20050), TODAY)
    assert [day.isoformat() for day, _ in friday.terms[0].parts] == ["2026-03-27", "2026-04-03"]


def test_after_a_part_paid_now_no_instalment_is_due_on_the_same_day() -> None:
    answer = answer_to(Wish(count=2, down=usd(50), first=TODAY), owed(20050), TODAY)
    assert answer.limits == {Limit.FIRST}
    # The next 2nd is 31 days away, which is too far for a first day.
    assert [day.isoformat() for day, _ in answer.terms[0].parts] == ["2026-03-02", "2026-04-01", "2026-05-02"]


def test_a_frequency_that_the_policy_has_not_becomes_monthly(monkeypatch: pytest.MonkeyPatch) -> None:
    only_monthly = policies.plans().model_copy(update={"frequencies": [MONTHLY]})
    monkeypatch.setattr(policies, "plans", lambda: only_monthly)
    answer = answer_to(Wish(each=usd(6000), frequency=WEEKLY, pay_day=4), owed(20050), TODAY)
    assert answer.limits == {Limit.FREQUENCY}
    assert answer.terms[0].rhythm.frequency == MONTHLY
    assert answer.fits == usd(6000)


def test_a_length_left_open_is_answered_with_the_usual_ones() -> None:
    answer = answer_to(Wish(frequency=FORTNIGHTLY, pay_day=4), owed(20050), TODAY)
    assert not answer.limits
    assert [len(terms.parts) for terms in answer.terms] == [6, 8, 10, 13]


def test_the_rhythm_of_the_plan_in_force_is_kept() -> None:
    answer = answer_to(Wish(each=usd(5000)), owed(10000), TODAY, before=Rhythm(FORTNIGHTLY, 4))
    assert [day.isoformat() for day, _ in answer.terms[0].parts] == ["2026-03-13", "2026-03-27"]


def test_s4_parts_too_small_to_charge_become_fewer() -> None:
    answer = answer_to(Wish(count=6), owed(200), TODAY)
    assert answer.limits == {Limit.AMOUNT}
    assert [minor for _, minor in answer.terms[0].parts] == [50] * 4
    assert answer_to(Wish(each=usd(10)), owed(200), TODAY).fits == usd(50)
    assert [len(terms.parts) for terms in answer_to(Wish(), owed(120), TODAY).terms] == [2]
    with pytest.raises(InvalidInput):
        answer_to(Wish(count=2), owed(40), TODAY)


def test_s4_dinars_are_met_in_sums_that_a_card_can_pay() -> None:
    answer = answer_to(Wish(each=Money(33333, "KWD")), owed(100_000, "KWD"), TODAY)
    assert answer.limits == {Limit.AMOUNT}
    assert [minor for _, minor in answer.terms[0].parts] == [33330, 33330, 33340]


@pytest.mark.parametrize("given", [{"each": Money(0, USD)}, {"down": Money(-1, USD)}, {"count": 0}, {"months": -1}])
def test_a_wish_for_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Wish(**given)


def test_what_was_asked_is_kept_as_it_was_named() -> None:
    wish = Wish(each=usd(6000), frequency=FORTNIGHTLY, first=dt.date(2026, 3, 13), pay_day=4, down=usd(100))
    assert wish.asked() == {
        "each": 6000,
        "frequency": "fortnightly",
        "first": "2026-03-13",
        "pay_day": 4,
        "down": 100,
    }
    assert Wish(months=3, count=2).asked() == {"months": 3, "count": 2}


@given(
    minor=st.integers(100, 10**7),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    each=st.integers(1, 10**7),
    frequency=st.sampled_from(Frequency),
    share=st.integers(0, 120),
    first=st.none() | st.integers(-40, 80).map(lambda days: TODAY + dt.timedelta(days=days)),
)
def test_s7_whatever_is_wished_the_answer_sums_up_fits_the_policy_and_is_taken_when_asked_for(
    minor: int, currency: str, each: int, frequency: Frequency, share: int, first: dt.date | None
) -> None:
    over = owed(minor - minor % 10, currency)
    down = Money(max(minor * share // 100, 1), currency) if share else None
    wish = Wish(each=Money(each, currency), frequency=frequency, down=down, first=first)
    try:
        answer = answer_to(wish, over, TODAY)
    except InvalidInput:
        return
    (terms,) = answer.terms
    assert terms.total == over.total
    assert terms.can_be_charged()
    dates = [day for day, _ in terms.parts]
    assert dates == sorted(set(dates))
    rest = dates[1:] if terms.has_down else dates
    assert rest[-1] < months_later(rest[0], policies.plans().longest_months)
    if not answer.limits:
        parts = [amount for _, amount in terms.parts][1 if terms.has_down else 0 :]
        assert set(parts[:-1]) <= {each}
        assert down is None or terms.parts[0] == (TODAY, down.minor)
        assert first is None or first in dates
        assert rest[0] == first or first is None
    else:
        paid_now = Money(terms.parts[0][1], currency) if terms.has_down else None
        again = Wish(each=answer.fits, frequency=terms.rhythm.frequency, down=paid_now, first=rest[0])
        assert not answer_to(again, over, TODAY).limits
