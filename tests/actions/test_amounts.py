"""Amounts in free text: read as said, or not at all."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading.amounts import Said, Share, parse, read, several
from actions.reading.dates import without_dates
from bot.money import Money

NUMBERS = ("INV-1001", "INV-1002", "INV-1003")
WRITTEN = (
    ("USD", "en-US"), ("GBP", "en-GB"), ("BRL", "pt-BR"), ("USD", "es-MX"), ("MXN", "es-MX"), ("EUR", "de-DE"),
    ("EUR", "fr-FR"), ("CHF", "de-CH"), ("JPY", "en-US"), ("INR", "en-IN"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("80.50", 8050),
        ("$80.50", 8050),
        ("80,50", 8050),
        ("80.5", 8050),
        ("eighty", 8000),
        ("fifty now", 5000),
        ("maybe 40", 4000),
        ("I decided 50", 5000),
        ("a hundred", 10000),
        ("one hundred and twenty", 12000),
        ("eighty dollars and fifty cents", 8050),
        ("50 bucks", 5000),
        ("80usd", 8050 - 50),
        ("USD 80", 8000),
        ("£20 now", 2000),
        ("R$ 480", 48000),
        ("1,200", 120000),
        ("1.200", 120000),
        ("1,200.50", 120050),
        ("1.200,50", 120050),
        ("$ 1 200.50", 120050),
        ("$1k", 100000),
        ("no, make it 60", 6000),
        ("make it 60 instead of 80", 6000),
        ("not 80, 60", 6000),
        ("pay 30 on friday", 3000),
        ("50 on the 15th", 5000),
        ("$5 on 3 dec", 500),
        ("about 60", 6000),
        ("0", 0),
        ("a tenner", 1000),
        ("two tenners", 2000),
        ("a fiver", 500),
        ("fifty quid", 5000),
        ("£75.25 pls", 7525),
        ("a hundred and fifty", 15000),
        ("2 hundred", 20000),
        ("2 hundred and 20", 22000),
        ("twelve hundred", 120000),
        ("1.5k", 150000),
        ("５０", 5000),
        ("٥٠", 5000),
        ("50p", 50),
        ("£5 50p", 550),
        ("80 dollars 50", 8050),
        ("a quid", 100),
        ("40ish", 4000),
        ("fifty-ish", 5000),
        ("up to 50", 5000),
        ("not more than 50", 5000),
        ("50,-", 5000),
        ("CHF 1’234.56", 123456),
        ("50 on the 15", 5000),
        ("99999999999999", 9999999999999900),
    ],
)
def test_an_amount_is_read_as_it_was_said(text: str, minor: int) -> None:
    text = without_dates(text)
    assert read(text, "USD", "en-US", NUMBERS) == Said(amount=Money(minor, "USD"))


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("60 not 50", 6000),
        ("not 50 but 60", 6000),
        ("no 60", 6000),
        ("50, no wait, 60", 6000),
        ("50 actually 40", 4000),
        ("change it from 50 to 60", 6000),
        ("50, sorry, I mean 30", 3000),
    ],
)
def test_a_correction_counts_and_not_what_it_corrects(text: str, minor: int) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(amount=Money(minor, "USD"))


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("I owe $200.50 but can pay 50", 5000),
        ("200 is too much, 50?", 5000),
        ("can't do 80 but can do 40", 4000),
        ("can't pay it all but i can do 50", 5000),
        ("my balance is 200, can I pay 50", 5000),
        ("I have 2 jobs and can pay $50", 5000),
        ("I have 2 kids, can do 30", 3000),
        ("I get 900 a month and can spare 40", 4000),
    ],
)
def test_k7_what_they_can_pay_counts_and_not_what_they_owe_or_cannot(text: str, minor: int) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(amount=Money(minor, "USD"))


@pytest.mark.parametrize(
    "text", ["I can't pay 200", "I don't have 80", "i cant pay the full amount right now", "not able to pay it in full"]
)
def test_k7_what_they_cannot_pay_is_no_amount(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) is None


@pytest.mark.parametrize(
    ("text", "amounts"),
    [("40 or 50", [40, 50]), ("40–50", [40, 50]), ("between 40 and 50", [40, 50]), ("I can pay 40 or 50", [40, 50]),
     ("ten or twenty", [10, 20]), ("50", []), ("two fifty", []), ("half", [])],
)  # fmt: skip
def test_of_several_amounts_none_is_taken_and_all_are_known(text: str, amounts: list[int]) -> None:
    if amounts:
        assert read(text, "USD", "en-US", NUMBERS) is None
    assert several(text, "USD", "en-US") == [Money(amount * 100, "USD") for amount in amounts]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("half of INV-1001", Said(fraction=Fraction(1, 2), invoices=("INV-1001",))),
        ("50 towards INV-1002", Said(amount=Money(5000, "USD"), invoices=("INV-1002",))),
        ("1002", Said(invoices=("INV-1002",))),
        ("invoices 1001 and 1002", Said(invoices=("INV-1001", "INV-1002"))),
        ("not INV-1001, INV-1002", Said(invoices=("INV-1002",))),
        ("all except INV-1002", Said(invoices=("INV-1001", "INV-1003"), by_rest=True)),
        ("everything but the last one", Said(invoices=("INV-1001", "INV-1002"), by_rest=True)),
        ("all but the oldest", Said(invoices=("INV-1002", "INV-1003"), by_rest=True)),
        ("all but the disputed one", Said(share=Share.ALL)),
        ("the first one", Said(place=1)),
        ("the second invoice", Said(place=2)),
        ("option 2", Said(place=2)),
        ("the last one please", Said(place=-1)),
    ],
)
def test_what_an_amount_is_meant_for_is_read_with_it(text: str, said: Said) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == said


@pytest.mark.parametrize(
    ("text", "minor"), [("half of it", None), ("1/2", None), ("50/50", None), ("half on 1/2", None)]
)
def test_a_fraction_is_no_date(text: str, minor: int | None) -> None:
    said = read(without_dates(text), "USD", "en-US", NUMBERS)
    assert said is not None
    assert (said.fraction, said.amount) == (Fraction(1, 2), minor)


@pytest.mark.parametrize(
    ("text", "minor"),
    [("make it 60 please", 6000), ("please only 60", 6000)],
)
def test_courtesy_takes_nothing_away(text: str, minor: int) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(amount=Money(minor, "USD"))


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("all", Share.ALL),
        ("everything", Share.ALL),
        ("I'll pay it all off", Share.ALL),
        ("in full please", Share.ALL),
        ("everything overdue", Share.OVERDUE),
        ("just the late part", Share.OVERDUE),
        ("what's past due", Share.OVERDUE),
        ("the oldest one", Share.OLDEST),
        ("the smallest", Share.SMALLEST),
        ("the biggest invoice", Share.LARGEST),
        ("the most recent one", Share.NEWEST),
        ("everything that's late", Share.OVERDUE),
        ("what's due now", Share.OVERDUE),
        ("the older one", Share.OLDEST),
        ("the bigger one", Share.LARGEST),
        ("the smaller one pls", Share.SMALLEST),
        ("not the oldest, the newest", Share.NEWEST),
        ("both", Share.BOTH),
        ("the other one", Share.OTHER),
        ("all three of them", Share.ALL),
        ("i'll pay the rest", Share.ALL),
        ("what i owe", Share.ALL),
    ],
)
def test_a_share_is_read_without_a_number(text: str, share: Share) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(share=share)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("half", Fraction(1, 2)),
        ("50%", Fraction(1, 2)),
        ("25 percent", Fraction(1, 4)),
        ("a third of it", Fraction(1, 3)),
        ("three quarters", Fraction(3, 4)),
        ("½", Fraction(1, 2)),
        ("2/3", Fraction(2, 3)),
        ("12.5%", Fraction(1, 8)),
        ("a fifth", Fraction(1, 5)),
    ],
)
def test_a_fraction_is_read(text: str, fraction: Fraction) -> None:
    said = read(text, "USD", "en-US", NUMBERS)
    assert said is not None
    assert said.fraction == fraction


@pytest.mark.parametrize("text", ["INV-1002", "inv 1002", "invoice 1002", "number 1002", "pay inv-1002 please"])
def test_an_invoice_is_read_by_its_number(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == Said(invoices=("INV-1002",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "GT-1001",
        "over 4 months",
        "the 15th",
        "in two weeks",
        "12/15",
        "2026-12-01",
        "at 7:30",
        "100, then 40 a month",
        "two fifty",
        "-5",
        "can't pay it all",
        "all right",
        "pay 2 invoices",
        "pay two of them",
        "a couple hundred",
        "what's the lowest I can pay",
        "smallest amount possible",
        "my card ending 4242",
        "110%",
        "not overdue",
        "the other day",
        "tonight at eight",
        "could you allow me ten more days?",
        "my brother owes me 100",
        "next week at the latest",
        "my card is in my other jacket",
    ],
)
def test_what_is_no_amount_or_not_one_amount_is_not_guessed(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) is None


@given(minor=st.integers(1, 99_999_999))
def test_every_amount_is_read_back_as_the_customers_locale_writes_it(minor: int) -> None:
    for currency, locale in WRITTEN:
        amount = Money(minor, currency)
        assert read(f"I can pay {amount.format(locale)} now", currency, locale) == Said(amount=amount)


@given(minor=st.integers(1, 99_999_999))
def test_plain_decimals_are_read_with_point_or_comma(minor: int) -> None:
    plain = f"{minor // 100}.{minor % 100:02d}"
    assert parse(plain, "USD", "en-US") == Money(minor, "USD")
    assert parse(plain.replace(".", ","), "USD", "en-US") == Money(minor, "USD")


@given(minor=st.integers(1, 99_999_999))
def test_every_amount_is_read_back_from_among_dates_and_words(minor: int) -> None:
    said = f"ok, {Money(minor, 'USD').format('en-US')} on the 15th of march please"
    assert read(without_dates(said), "USD", "en-US") == Said(amount=Money(minor, "USD"))


@given(text=st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    read(text, "USD", "en-US", NUMBERS)
    several(text, "USD", "en-US")
    without_dates(text)


@pytest.mark.parametrize(
    "text", ["all except the small one", "the two oldest", "oldest two", "all but one", "everything but half"]
)
def test_what_is_left_out_or_counted_is_asked_about_and_never_guessed(text: str) -> None:
    assert read(text, "USD", "en-US", NUMBERS) is None


def test_cents_alone_are_cents() -> None:
    assert read("50 cents", "USD", "en-US") == Said(amount=Money(50, "USD"))


@pytest.mark.parametrize(
    ("text", "invoices"),
    [
        ("pay 1001 and 1003", ("INV-1001", "INV-1003")),
        ("1001,1002", ("INV-1001", "INV-1002")),
        ("INV-1001 and 1003", ("INV-1001", "INV-1003")),
        ("$1001 and 1003", ()),
        ("1001 or 1003", ()),
        ("pay 1001.50 and 1003", ()),
    ],
)
def test_several_bare_numbers_are_the_invoices_that_end_in_them(text: str, invoices: tuple[str, ...]) -> None:
    said = read(text, "USD", "en-US", NUMBERS)
    assert (said.invoices if said else ()) == invoices


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("all of it bar the throw", None),
        ("everything less the rug", None),
        ("everything save the oldest one", Said(invoices=NUMBERS[1:], by_rest=True)),
        ("the whole lot bar INV-1002", Said(invoices=("INV-1001", "INV-1003"), by_rest=True)),
        ("all minus the newest one", Said(invoices=NUMBERS[:2], by_rest=True)),
        ("show all customers", None),
        ("list all the other accounts", None),
        ("all of it", Said(share=Share.ALL)),
        ("send me a new one", None),
        ("the new one", Said(share=Share.NEWEST)),
        ("400 is a bit steep", None),
        ("66 is a bit much for me", None),
    ],
)
def test_what_is_left_out_or_of_others_is_not_all(text: str, said: Said | None) -> None:
    assert read(text, "USD", "en-US", NUMBERS) == said


def test_a_point_keeps_an_amount_an_amount() -> None:
    said = read("1.5", "USD", "en-US", NUMBERS)
    assert said is not None
    assert (said.amount, said.place) == (Money(150, "USD"), None)


def test_figures_of_markup_and_code_are_no_amounts() -> None:
    for text in ("<script>alert(1)</script>", "<b style='top:5'>", "{{7*7}}", "' OR 1=1 --", "[20]", "alert(1)"):
        assert read(text, "USD", "en-US") is None, text
        assert several(text, "USD", "en-US") == [], text
    for text in ("<b>50</b>", "fifty ($50)", "50 <3"):
        assert read(text, "USD", "en-US") == Said(amount=Money(5000, "USD")), text
