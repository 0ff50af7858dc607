"""How it was for customers: waiting for people, ratings, being understood, and not wanting to hear from us."""

from __future__ import annotations

from bot.desk.insights import addresses, charts, numbers
from bot.desk.insights.facts import Spread
from bot.desk.insights.first_answers import Target
from bot.desk.insights.look import Look, of, over
from bot.desk.insights.people import Reached
from bot.desk.insights.tables import Cell, Chart, Figure, Section, Table, plain, words
from bot.desk.insights.topics import TOPICS
from bot.desk.insights.understanding import Understood
from bot.models import Channel

MEASURES = {"claims": "Until a person had them", "answers": "Until the first answer", "handling": "From claim to end"}
INTENTS_DRAWN = 10


def people(look: Look) -> Section:
    """First-answer and handling times."""
    figures = [_in_time(look), _time(look, "answers", "First answer"), _time(look, "handling", "Handling")]
    all_, by_skill = [], []
    for topic, name in MEASURES.items():
        counts, spreads = look.counts(topic, "kind", "part"), look.spreads(topic, "kind")
        parts = over(counts, 1)
        waits = [look.rows(topic, parts[part,], part) for part in Reached]
        all_.append([words(name), *waits, *_spread(look.spreads(topic).get(()))])
        for skill in sorted({kind for kind, _ in counts}):
            reached = look.rows(topic, counts[skill, Reached.YES], Reached.YES, kind=skill)
            by_skill.append([words(numbers.words(skill)), words(name), reached, *_spread(spreads.get((skill,)))])
    return Section(
        "people",
        "People",
        "Hand-overs by when they were asked for, around the clock. The 90th percentile: nine of ten took no longer.",
        figures,
        [
            Table(
                "people", "How long people took", ["What", "Yes", "Not yet", "No", "Median", "90th percentile"], all_
            ),
            Table(
                "people-by-skill", "By skill", ["Skill", "What", "Hand-overs", "Median", "90th percentile"], by_skill
            ),
        ],
    )


def satisfaction(look: Look) -> Section:
    """Ratings: how many, their mean, how many content."""
    counts, before = look.counts("satisfaction", "part"), look.counts_before("satisfaction", "part")
    content, answers = of(counts, ("4", "5")), counts.total()
    total, was = (sum(int(rating) * number for (rating,), number in found.items()) for found in (counts, before))
    answered = f"of {numbers.count(answers)} {'answer' if answers == 1 else 'answers'}"
    figures = [
        Figure(
            "Mean rating",
            numbers.mean(total, answers),
            answered,
            numbers.mean(was, before.total()),
            addresses.rows("satisfaction", look.filters),
        ),
        Figure(
            "Rated 4 or 5",
            numbers.share(content, answers),
            answered,
            numbers.share(of(before, ("4", "5")), before.total()),
            addresses.rows("satisfaction", look.filters, "4", "5"),
        ),
    ]
    ratings = [str(rating) for rating in range(5, 0, -1)]
    names = TOPICS["satisfaction"].parts
    rows = []
    for rating in ratings:
        share = numbers.share(counts[rating,], answers)
        was_so = look.rows("satisfaction", before[rating,], rating, filters=look.filters.before)
        rows.append(
            [words(names[rating]), look.rows("satisfaction", counts[rating,], rating), plain(share, share), was_so]
        )
    title = "Answers by rating"
    series = {"Answers": [counts[rating,] for rating in ratings]}
    drawn = charts.rows(title, [names[rating] for rating in ratings], series, numbers.count)
    columns = ["Rating", "Answers", "Share", "Before"]
    lead = "Ratings from 1 to 5 by when they were given; a thumb up is 5, a thumb down 1."
    return Section(
        "satisfaction",
        "Satisfaction",
        lead,
        figures,
        [Table("satisfaction", title, columns, rows)],
        [Chart(title, drawn)] if answers else [],
    )


def understanding(look: Look) -> Section:
    """What was not understood, or doubtful, by what it was taken for."""
    counts, before = look.counts("understanding", "kind", "part"), look.counts_before("understanding", "part")
    parts, missed = over(counts, 1), (Understood.NOT, Understood.UNSURE)
    figure = Figure(
        "Not understood or doubtful",
        numbers.share(of(parts, missed), parts.total()),
        f"{numbers.count(of(parts, missed))} of {numbers.count(parts.total())} messages",
        numbers.share(of(before, missed), before.total()),
        addresses.rows("understanding", look.filters, *missed),
    )

    def amiss(intent: str) -> int:
        return sum(counts[intent, part] for part in missed)

    intents = sorted({kind for kind, _ in counts if amiss(kind)}, key=lambda intent: (-amiss(intent), intent))
    rows = []
    for intent in intents:
        all_ = sum(counts[intent, part] for part in Understood)
        share = numbers.share(amiss(intent), all_)
        cells = [look.rows("understanding", counts[intent, part], part, kind=intent) for part in missed]
        name = words(TOPICS["understanding"].kind(intent))
        rows.append([name, *cells, look.rows("understanding", all_, kind=intent), plain(share, share)])
    title, drawn = "Misunderstandings by what they were taken for", intents[:INTENTS_DRAWN]
    series = {TOPICS["understanding"].parts[part]: [counts[intent, part] for intent in drawn] for part in missed}
    labels = [TOPICS["understanding"].kind(intent) for intent in drawn]
    chart = Chart(title, charts.rows(title, labels, series, numbers.count), list(series))
    columns = ["Taken for", "Not understood", "Doubtful", "All messages", "Share"]
    lead = "Messages that the assistant read. Doubtful: what it was taken for is more likely wrong than right."
    tables = [Table("understanding", title, columns, rows)]
    return Section("understanding", "Misunderstandings", lead, [figure], tables, [chart] if drawn else [])


def opt_outs(look: Look) -> Section:
    """Refusals, by the refused channel and how we know."""
    counts, before = look.counts("opt-outs", "channel", "part"), look.counts_before("opt-outs", "part")
    figure = Figure(
        "Opt-outs",
        numbers.count(counts.total()),
        "refusals to hear from us",
        numbers.count(before.total()),
        addresses.rows("opt-outs", look.filters),
    )
    sources = sorted({source for _, source in counts})
    rows: list[list[Cell]] = []
    for channel in sorted({channel for channel, _ in counts}):
        cells = [look.rows("opt-outs", counts[channel, each], each, channel=Channel(channel)) for each in sources]
        all_ = look.rows("opt-outs", sum(counts[channel, each] for each in sources), channel=Channel(channel))
        rows.append([words(numbers.channel(channel)), *cells, all_])
    columns = ["Channel", *(numbers.words(source) for source in sources), "All"]
    lead = "Refusals by the channel that was refused and by how we know: a keyword, other words, the carrier, an agent."
    return Section(
        "opt-outs", "Opt-outs", lead, [figure], [Table("opt-outs", "Opt-outs by channel and source", columns, rows)]
    )


def _in_time(look: Look) -> Figure:
    counts, before = look.counts("targets", "part"), look.counts_before("targets", "part")
    decided = (Target.MET, Target.MISSED)
    met, all_ = counts[Target.MET,], of(counts, decided)
    return Figure(
        "First answers in time",
        numbers.share(met, all_),
        f"{numbers.count(met)} of {numbers.count(all_)} with a target",
        numbers.share(before[Target.MET,], of(before, decided)),
        addresses.rows("targets", look.filters, *decided),
    )


def _time(look: Look, topic: str, label: str) -> Figure:
    spread, before = look.spreads(topic).get(()), look.spreads_before(topic).get(())
    count, p90 = (spread.count, spread.p90) if spread else (0, None)
    return Figure(
        f"{label}, median",
        numbers.duration(spread.median if spread else None),
        f"90th percentile {numbers.duration(p90)}, {numbers.count(count)} hand-overs",
        numbers.duration(before.median if before else None),
        addresses.rows(topic, look.filters, Reached.YES),
    )


def _spread(spread: Spread | None) -> list[Cell]:
    values: list[int | None] = [spread.median, spread.p90] if spread else [None, None]
    return [Cell(numbers.duration(value), value) for value in values]
