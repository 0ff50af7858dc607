"""What there was to write about, and when (K10): each message needs an occasion of its own, and an occasion that
nothing of the customer's own overtook needs a message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from benchmarks.outreach_year import law
from benchmarks.outreach_year.story import Agreed, Arrival, Bill, Person, Promised, Span, Year
from benchmarks.outreach_year.world import BEGIN, DAY

# A question after a missed day is asked once, whenever it first may be.
ASKED_FOR = 14
HOUR = dt.timedelta(hours=1)
UNDISTURBED = max(law.ANSWERED, law.PAID, law.TALKED)
MEDIA = ("sms", "whatsapp", "email")
Judged = tuple[str, int, dt.datetime, str]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A step about a thing: the first and the last day on which a message about it may come, where the person lives."""

    kind: str
    thing: Bill | Agreed | Promised | None
    part: int
    step: int
    first: dt.date
    last: dt.date

    @property
    def key(self) -> tuple[str, int, int, int]:
        """What is its own."""
        return self.kind, id(self.thing), self.part, self.step


def judged(person: Person, begun: Sequence[Arrival], got: Sequence[Arrival], year: Year) -> Iterator[Judged]:
    """Messages without an occasion of their own, and occasions without a message: the rule, whom, when, and how.
    `got` is all that came, what answered them among it."""
    all_ = list(_occasions(person))
    options = [_options(person, all_, one.at) for one in begun]
    for index in _unexplained(options):
        how = "twice, or about what was paid, promised, planned or disputed"
        yield "K10", person.number, begun[index].at, f"{how}: {begun[index].text[:60]!r}"
    for one in all_:
        if (at := _lost(person, one, begun, got, year)) is not None:
            yield "lost", person.number, at, f"{one.kind} {one.step:+d}, {one.first}"


def _occasions(person: Person) -> Iterator[Occasion]:
    for bill in person.bills:
        for step in law.STEPS["invoice"]:
            yield _of("invoice", bill, 0, step, bill.due_on)
    for plan in person.plans:
        for part, day in enumerate(plan.days):
            for step in law.STEPS["instalment"]:
                yield _of("instalment", plan, part, step, day, asked=step > 0)
        if plan.ended_at is not None:
            kind = "plan_behind" if plan.broken_at else "plan_completed"
            yield _of(kind, plan, 0, 0, _day(person, plan.ended_at))
    for promise in person.promises:
        for step in law.STEPS["promise"]:
            yield _of("promise", promise, 0, step, promise.day, asked=step > 0)
    for year in (BEGIN.year - 1, BEGIN.year):
        if person.since is not None and year > person.since.year:
            yield _of("anniversary", None, year, 0, _anniversary(person.since, year))


def _anniversary(since: dt.date, year: int) -> dt.date:
    is_leap_day = (since.month, since.day) == (2, 29)
    return dt.date(year, 2, 28) if is_leap_day else since.replace(year=year)


def _of(
    kind: str, thing: Bill | Agreed | Promised | None, part: int, step: int, day: dt.date, *, asked: bool = False
) -> Occasion:
    last = step + ASKED_FOR if asked else law.last_day(kind, step)
    return Occasion(kind, thing, part, step, day + step * DAY, day + last * DAY)


def _options(person: Person, all_: list[Occasion], at: dt.datetime) -> list[list[Occasion]]:
    """What one message at `at` may have been about: one thing, or all bills together."""
    there = [one for one in all_ if one.first <= _day(person, at) <= one.last and _stands(person, one, at)]
    bills = [one for one in there if one.kind == "invoice"]
    return [[one] for one in there if one.kind != "invoice"] + ([bills] if bills else [])


def _stands(person: Person, one: Occasion, at: dt.datetime) -> bool:
    """Whether the occasion is there at `at`: nothing paid, disputed or planned, and no pause of the customer's own."""
    if one.kind != "plan_completed" and _since(person.talked, at, law.TALKED):
        return False
    if one.kind in ("invoice", "instalment", "anniversary") and _since(_wrote(person), at, law.ANSWERED):
        return False
    if one.kind in ("invoice", "instalment", "anniversary", "plan_behind") and _is_promised(person, at):
        return False
    thing = one.thing
    if isinstance(thing, Bill):
        is_open = thing.paid_at is None or at < thing.paid_at
        is_free = not any(_within(span, at) for span in (*thing.disputed, *thing.planned))
        return is_open and is_free and not _since(person.paid, at, law.PAID)
    if isinstance(thing, Agreed) and one.kind == "instalment":
        is_paid = len([paid for paid in thing.paid_at if paid <= at]) > one.part
        return thing.agreed_at <= at and not is_paid and not (thing.broken_at and thing.broken_at <= at)
    if isinstance(thing, Promised):
        return thing.made_at <= at
    return one.kind != "anniversary" or not _is_late(person, at)


def _unexplained(options: list[list[list[Occasion]]]) -> list[int]:
    """Of all ways to give each message an occasion of its own, one that leaves the fewest without."""

    def fewest(index: int, used: frozenset[tuple[str, int, int, int]]) -> list[int]:
        if index == len(options):
            return []
        best: list[int] | None = None
        for group in options[index]:
            free = {one.key for one in group} - used
            if free:
                found = fewest(index + 1, used | free)
                if not found:
                    return found
                best = found if best is None or len(found) < len(best) else best
        return best if best is not None else [index, *fewest(index + 1, used)]

    return fewest(0, frozenset())


def _lost(
    person: Person, one: Occasion, begun: Sequence[Arrival], got: Sequence[Arrival], year: Year
) -> dt.datetime | None:
    """When a message about `one` could have come and none came within its days; None where one came, or the customer's
    own doing was in the way."""
    if one.step > 0 and one.kind in ("promise", "instalment"):  # a question: the rest of the plan decides about it
        return None
    zone = ZoneInfo(person.zones[-1][1])
    start = dt.datetime.combine(one.first, dt.time(), zone).astimezone(dt.UTC)
    end = dt.datetime.combine(one.last + DAY, dt.time(), zone).astimezone(dt.UTC)
    if end > year.swept[-1] or any(start <= arrival.at < end for arrival in begun):
        return None
    if _is_overtaken(person, one, start, end, begun):
        return None
    for at in year.swept:
        if start <= at < end and law.is_open(person, at) and _has_room(got, at) and _is_up(year, at):
            return at
    return None


def _is_overtaken(
    person: Person, one: Occasion, start: dt.datetime, end: dt.datetime, begun: Sequence[Arrival]
) -> bool:
    """Whether the customer did anything, in its days or so shortly before that a pause reaches into them, that may be
    the reason why no message came."""
    before = start - UNDISTURBED
    acts = [*_wrote(person), *person.paid, *person.talked, *(at for at, _ in person.blocked)]
    acts += [at for at, _ in person.zones[1:]] + [at for at, _, _ in person.yes if at > BEGIN]
    acts += [bill.paid_at for bill in person.bills if bill.paid_at and one.kind in ("anniversary", "plan_completed")]
    spans: list[Span] = [*person.holds, *(span for bill in person.bills for span in bill.disputed)]
    if one.kind != "promise":
        spans += [(made.made_at, _midnight(person, made.day + 3 * DAY)) for made in person.promises]
    if one.kind in ("invoice", "promise"):
        spans += [span for bill in person.bills for span in bill.planned]
    if any(before <= at < end for at in acts) or any(_overlap(span, before, end) for span in spans):
        return True
    if not all(_stands(person, one, at) for at in (start, end)):
        return True
    return not any(_is_reached(person, one, medium, start, begun) for medium in MEDIA)


def _is_reached(person: Person, about: Occasion, medium: str, at: dt.datetime, begun: Sequence[Arrival]) -> bool:
    """Whether they may be written to by `medium`. On WhatsApp one notice waits for its answer (T4); before the day of a
    promise only who asked for notes hears of it (design section 10, 4)."""
    if medium == "whatsapp":
        wrote = max((since for since, of, _ in person.wrote if of == medium and since <= at), default=BEGIN)
        if any(one.medium == medium and wrote <= one.at <= at for one in begun):
            return False
    address = person.email if medium == "email" else person.phone
    said = [yes for since, of, yes in person.yes if of == medium and since <= at]
    is_blocked = any(since <= at and of == medium for since, of in person.blocked)
    is_free = about.kind != "promise" and not law.needs_yes(person, medium)
    return bool(address) and not is_blocked and (said[-1] if said else is_free)


def _has_room(got: Sequence[Arrival], at: dt.datetime) -> bool:
    """Whether one more message keeps every cap, and has for an hour, whatever counts as begun: what waited on WhatsApp
    for an answer comes with it."""
    return all(
        len([one for one in got if at - stretch - HOUR < one.at <= at]) < messages for messages, stretch in law.CAPS
    )


def _is_up(year: Year, at: dt.datetime) -> bool:
    """Whether providers answered then, and for an hour after it."""
    return not any(start < at + HOUR and at < end for start, end in year.outages)


def _is_promised(person: Person, at: dt.datetime) -> bool:
    """Whether a promise is open: not kept yet, and its day and the day of its own question not over."""
    paid = [*person.paid, *(bill.paid_at for bill in person.bills if bill.paid_at)]
    return any(
        made.made_at <= at < _midnight(person, made.day + 2 * DAY) and not any(made.made_at < one <= at for one in paid)
        for made in person.promises
    )


def _is_late(person: Person, at: dt.datetime) -> bool:
    day = _day(person, at)
    return any(bill.due_on < day and (bill.paid_at is None or bill.paid_at > at) for bill in person.bills)


def _wrote(person: Person) -> list[dt.datetime]:
    return [at for at, _, _ in person.wrote]


def _since(acts: Sequence[dt.datetime], at: dt.datetime, span: dt.timedelta) -> bool:
    return any(one <= at < one + span for one in acts)


def _within(span: Span, at: dt.datetime) -> bool:
    return span[0] <= at and (span[1] is None or at < span[1])


def _overlap(span: Span, start: dt.datetime, end: dt.datetime) -> bool:
    return span[0] < end and (span[1] is None or span[1] > start)


def _day(person: Person, at: dt.datetime) -> dt.date:
    return at.astimezone(ZoneInfo(person.zone(at))).date()


def _midnight(person: Person, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(person.zones[-1][1])).astimezone(dt.UTC)
