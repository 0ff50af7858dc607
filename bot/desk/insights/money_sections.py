"""Promises, instalments and money: what was said, what was kept, what came in. No two currencies are added up."""

from __future__ import annotations

from collections.abc import Sequence

from bot.desk.insights import addresses, charts, numbers
from bot.desk.insights.filters import Filters
from bot.desk.insights.instalments import Kept
from bot.desk.insights.look import Look, of, over
from bot.desk.insights.recovered import Moved
from bot.desk.insights.tables import Cell, Chart, Figure, Section, Table, words
from bot.desk.insights.topics import TOPICS
from bot.models import PromiseStatus
from bot.money import Money


def promises(look: Look) -> Section:
    """How many of the promises whose day is over were kept."""
    parts = (PromiseStatus.KEPT, PromiseStatus.BROKEN, PromiseStatus.OPEN)
    lead = "Promises whose day is over where the customer lives. One that was corrected is not counted."
    return _kept(look, "promises", "Promises kept", lead, parts)


def instalments(look: Look) -> Section:
    """How many of the instalments whose day is over were paid in time."""
    lead = (
        "Instalments of agreed plans whose day is over where the customer lives. Paid in time means by the end of that "
        "day, by the ledger; plans that were cancelled or replaced are not counted."
    )
    return _kept(look, "instalments", "Instalments kept", lead, tuple(Kept))


def recovered(look: Look) -> Section:
    """What came in less what went back, for each currency by itself."""
    sums = look.sums("recovered", "week", "kind", "part")
    by_part, by_week, before = over(sums, 1, 2), over(sums, 1, 0), look.sums_before("recovered", "kind")
    weeks = look.filters.period.weeks
    labels = [numbers.day(week.first, year=False) for week in weeks]
    table, by_weeks, charts_, figures = [], [], [], []
    for currency in sorted({currency for currency, _ in by_part}):
        moved = [_amount(look.filters, by_part[currency, part], currency, part) for part in Moved]
        net = _amount(look.filters, sum(by_part[currency, part] for part in Moved), currency)
        was = _amount(look.filters.before, before[currency,], currency)
        table.append([words(currency), *moved, net, was])
        figures.append(
            Figure(f"Recovered, {currency}", net.text, "came in less what went back", was.text, net.href or "")
        )
        for number, week in enumerate(weeks):
            amount = _amount(look.filters.within(week), by_week[currency, number], currency)
            by_weeks.append([words(numbers.day(week.first)), words(currency), amount])
        title = f"Recovered by week, {currency}"
        major = [float(Money(by_week[currency, number], currency).major) for number in range(len(weeks))]
        charts_.append(Chart(title, charts.columns(title, labels, {currency: major}, numbers.count)))
    columns = ["Currency", *(TOPICS["recovered"].parts[part] for part in Moved), "Recovered", "Before"]
    return Section(
        "recovered",
        "Recovered",
        "What Stripe collected, less refunds and chargebacks, by the ledger and by the day on which it moved.",
        figures,
        [
            Table("recovered", "Recovered by currency", columns, table),
            Table("recovered-by-week", "Recovered by week", ["Week from", "Currency", "Recovered"], by_weeks),
        ],
        charts_,
    )


def _kept(look: Look, topic: str, title: str, lead: str, parts: Sequence[str]) -> Section:
    """The first of `parts` is what was kept."""
    counts, sums = look.counts(topic, "kind", "part"), look.sums(topic, "kind", "part")
    all_, before = over(counts, 1), look.counts_before(topic, "part")
    figure = Figure(
        title,
        numbers.share(of(all_, parts[:1]), all_.total()),
        f"{numbers.count(of(all_, parts[:1]))} of {numbers.count(all_.total())} whose day is over",
        numbers.share(of(before, parts[:1]), before.total()),
        addresses.rows(topic, look.filters, parts[0]),
    )
    rows = []
    for currency in sorted({kind for kind, _ in counts}):
        due, amount = (sum(found[currency, part] for part in parts) for found in (counts, sums))
        numbers_of = [look.rows(topic, counts[currency, part], part, kind=currency) for part in parts]
        amounts = [
            Cell(numbers.money(minor, currency), numbers.decimal(minor, currency))
            for minor in (amount, sums[currency, parts[0]])
        ]
        rows.append([words(currency), look.rows(topic, due, kind=currency), *numbers_of, *amounts])
    names = TOPICS[topic].parts
    columns = [
        "Currency",
        "Due",
        *(names[part] for part in parts),
        "Amount due",
        f"Amount of {names[parts[0]].lower()}",
    ]
    return Section(topic, title, lead, [figure], [Table(topic, f"{TOPICS[topic].title} by currency", columns, rows)])


def _amount(filters: Filters, minor: int, currency: str, *parts: str) -> Cell:
    href = addresses.rows("recovered", filters, *parts, kind=currency)
    return Cell(numbers.money(minor, currency), numbers.decimal(minor, currency), href)
