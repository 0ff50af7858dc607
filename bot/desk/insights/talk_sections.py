"""What talks came to, and how many there were: by week, channel and language."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bot.desk.insights import addresses, charts, numbers
from bot.desk.insights.look import Key, Look, of, over
from bot.desk.insights.tables import Cell, Chart, Figure, Section, Table, plain, words
from bot.desk.insights.talks import BY_ITSELF, ENDED, Outcome, silence
from bot.desk.insights.topics import TOPICS
from bot.models import Channel

BY = ("week", "channel", "language", "part")
WEEK, CHANNEL, LANGUAGE, PART = range(4)

_NAMES = TOPICS["talks"].parts
_LEAD = (
    "A talk is what a customer writes until a silence of {hours} hours. Settled without a person are talks that ended "
    "in a payment, an agreed plan or a confirmed answer, and in which nobody had to step in."
)


def self_service(look: Look) -> Section:
    """How many talks were settled without a person, of those that ended."""
    counts = look.counts("talks", *BY)
    outcomes, before = over(counts, PART), look.counts_before("talks", "part")
    figure = Figure(
        "Settled without a person",
        numbers.share(of(outcomes, BY_ITSELF), of(outcomes, ENDED)),
        f"{numbers.count(of(outcomes, BY_ITSELF))} of {numbers.count(of(outcomes, ENDED))} talks that ended",
        numbers.share(of(before, BY_ITSELF), of(before, ENDED)),
        addresses.rows("talks", look.filters, *BY_ITSELF),
    )
    return Section(
        "self-service",
        "Self-service",
        _LEAD.format(hours=silence() // 3600),
        [figure],
        [_outcomes(look, outcomes, before), *_by_place(look, counts)],
        [_chart(look, over(counts, WEEK, PART))] if of(outcomes, ENDED) else [],
    )


def volume(look: Look) -> Section:
    """How many talks began: by week on each channel, and by language."""
    counts = look.counts("talks", *BY)
    before = look.counts_before("talks", "part").total()
    figure = Figure(
        "Talks",
        numbers.count(counts.total()),
        "that customers began",
        numbers.count(before),
        addresses.rows("talks", look.filters),
    )
    by_week, by_language = over(counts, WEEK, CHANNEL), over(counts, LANGUAGE, CHANNEL)
    weeks = list(enumerate(look.filters.period.weeks))
    headings = [numbers.channel(channel) for channel in Channel]
    rows: list[list[Cell]] = []
    for number, week in weeks:
        within = look.filters.within(week)
        cells = [look.rows("talks", by_week[number, each], filters=within, channel=each) for each in Channel]
        all_ = look.rows("talks", sum(by_week[number, each] for each in Channel), filters=within)
        rows.append([words(numbers.day(week.first)), *cells, all_])
    languages: list[list[Cell]] = []
    for language in sorted({key[0] for key in by_language}):
        cells = [look.rows("talks", by_language[language, each], language=language, channel=each) for each in Channel]
        all_ = look.rows("talks", sum(by_language[language, each] for each in Channel), language=language)
        languages.append([words(numbers.tongue(language)), *cells, all_])
    series = {numbers.channel(each): [by_week[number, each] for number, _ in weeks] for each in Channel}
    title = "Talks by week and channel"
    drawn = charts.columns(title, [numbers.day(week.first, year=False) for _, week in weeks], series, numbers.count)
    return Section(
        "volume",
        "Volume",
        "Talks by the moment at which they began. A week begins on Monday, in the time zone above.",
        [figure],
        [
            Table("volume-by-week", title, ["Week from", *headings, "All"], rows),
            Table("volume-by-language", "Talks by language and channel", ["Language", *headings, "All"], languages),
        ],
        [Chart(title, drawn, headings)] if counts else [],
    )


def _outcomes(look: Look, counts: Counter[Key], before: Counter[Key]) -> Table:
    rows = []
    for outcome in (*ENDED, Outcome.OPEN):
        number, ended = counts[outcome,], outcome in ENDED
        share = numbers.share(number, of(counts, ENDED)) if ended else numbers.NONE
        was = look.rows("talks", before[outcome,], outcome, filters=look.filters.before)
        rows.append([words(_NAMES[outcome]), look.rows("talks", number, outcome), plain(share, share), was])
    all_ = look.rows("talks", counts.total())
    was_all = look.rows("talks", before.total(), filters=look.filters.before)
    rows.append([words("All"), all_, words(""), was_all])
    return Table("talks-by-outcome", "Talks by outcome", ["Outcome", "Talks", "Of those that ended", "Before"], rows)


def _by_place(look: Look, counts: Counter[Key]) -> list[Table]:
    columns = [*(_NAMES[outcome] for outcome in (*ENDED, Outcome.OPEN)), "All", "Without a person"]
    by_week, weeks = over(counts, WEEK, PART), []
    for number, week in enumerate(look.filters.period.weeks):
        of_week = Counter({(part,): count for (at, part), count in by_week.items() if at == number})
        weeks.append([words(numbers.day(week.first)), *_line(look, of_week, filters=look.filters.within(week))])
    channels, languages = [], []
    for channel in sorted({key[CHANNEL] for key in counts}):
        of_channel = over(Counter({key: count for key, count in counts.items() if key[CHANNEL] == channel}), PART)
        channels.append([words(numbers.channel(channel)), *_line(look, of_channel, channel=Channel(channel))])
    for language in sorted({key[LANGUAGE] for key in counts}):
        of_language = over(Counter({key: count for key, count in counts.items() if key[LANGUAGE] == language}), PART)
        languages.append([words(numbers.tongue(language)), *_line(look, of_language, language=language)])
    return [
        Table("talks-by-week", "Outcomes by week", ["Week from", *columns], weeks),
        Table("talks-by-channel", "Outcomes by channel", ["Channel", *columns], channels),
        Table("talks-by-language", "Outcomes by language", ["Language", *columns], languages),
    ]


def _line(look: Look, counts: Counter[Key], **chosen: Any) -> list[Cell]:
    parts = [look.rows("talks", counts[part,], part, **chosen) for part in (*ENDED, Outcome.OPEN)]
    share = numbers.share(of(counts, BY_ITSELF), of(counts, ENDED))
    return [*parts, look.rows("talks", counts.total(), **chosen), plain(share, share)]


def _chart(look: Look, counts: Counter[Key]) -> Chart:
    weeks = look.filters.period.weeks
    series = {_NAMES[part]: [counts[number, part] for number in range(len(weeks))] for part in ENDED}
    title = "Talks that ended, by week and outcome"
    labels = [numbers.day(week.first, year=False) for week in weeks]
    return Chart(title, charts.columns(title, labels, series, numbers.count), list(series))
