"""People made up from a seed: where they live, what they owe, what they will do and when."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.outreach_year.places import MOVES, PLACES
from benchmarks.outreach_year.story import Bill, Doing, Person

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
DAYS = 365
NAMES = ("Quincey Harker", "Thandiwe Ferro", "Isolde Brandao", "Ottoline Pereira", "Caspian Wilde")
HOLDS = ("attorney", "bankruptcy", "breathing_space", "cease", "hardship", "deceased")


@dataclass(frozen=True, slots=True, order=True)
class Plan:
    """That the person with this number will do something, and with what."""

    at: dt.datetime
    number: int
    doing: Doing
    what: Any = None


def people(count: int, seed: int) -> tuple[list[Person], list[Plan]]:
    """So many people, and what they will do in the order in which they will."""
    chance = random.Random(seed)
    made = [_person(number, chance) for number in range(count)]
    plans = [plan for person in made for plan in _life(person, chance)]
    return made, sorted((one for one in plans if one.at < BEGIN + DAYS * DAY), key=lambda one: (one.at, one.number))


def outages(seed: int) -> list[tuple[dt.datetime, dt.datetime]]:
    """When no provider answers: some minutes or hours at a time, a day at the worst."""
    chance = random.Random(seed + 1)
    starts = sorted(BEGIN + DAY * chance.uniform(0, DAYS) for _ in range(16))
    lengths = [dt.timedelta(minutes=chance.choice((5, 20, 60, 180, 300))) for _ in starts]
    return [(start, start + length) for start, length in zip(starts, lengths, strict=True)]


def _person(number: int, chance: random.Random) -> Person:
    place = chance.choices(PLACES, [one.weight for one in PLACES])[0]
    phone = place.phone(number) if chance.random() < 0.9 else None
    email = f"p{number}@example.com" if phone is None or chance.random() < 0.6 else None
    since = (BEGIN - DAY * chance.randrange(30, 4_000)).date() if chance.random() < 0.3 else None
    zone = place.zone
    if chance.random() < 0.06:  # they live elsewhere than where their number is from
        zone = chance.choice(MOVES[place.country])
    bills = [_bill(number, index, chance) for index in range(chance.choices((1, 2, 3), (65, 25, 10))[0])]
    made = Person(
        _id(chance), number, place, NAMES[number % len(NAMES)], phone, email,
        chance.choice(place.languages), since, [(BEGIN - DAY * 400, zone)], bills,
    )  # fmt: skip
    for medium in ("sms", "whatsapp"):
        if phone and chance.random() < (0.85 if medium == "sms" else 0.4):
            made.yes.append((BEGIN - DAY, medium, True))
    return made


def _bill(number: int, index: int, chance: random.Random) -> Bill:
    due_on = (BEGIN + DAY * chance.randrange(8, DAYS - 5)).date()
    return Bill(_id(chance), due_on, chance.randrange(2_000, 60_000))


def _id(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def _life(person: Person, chance: random.Random) -> list[Plan]:
    found = [plan for bill in person.bills for plan in _of_bill(person, bill, chance)]
    some_day = BEGIN + DAY * chance.uniform(5, DAYS - 10)
    luck = chance.random()
    if luck < 0.05:
        medium = chance.choice(_media(person))
        found.append(Plan(some_day, person.number, Doing.STOP, medium))
        if chance.random() < 0.5:
            found.append(Plan(some_day + DAY * chance.uniform(2, 60), person.number, Doing.START, medium))
    elif luck < 0.07:
        found.append(Plan(some_day, person.number, Doing.REFUSE))
    elif luck < 0.11:
        found.append(Plan(some_day, person.number, Doing.HOLD, (chance.choice(HOLDS), chance.choice((3, 20, 60, 300)))))
    elif luck < 0.15:
        found.append(Plan(some_day, person.number, Doing.MOVE, chance.choice(MOVES[person.place.country])))
    elif luck < 0.16 and person.phone:
        found.append(Plan(some_day, person.number, Doing.BLOCK, "sms"))
    return found


def _of_bill(person: Person, bill: Bill, chance: random.Random) -> list[Plan]:
    """Most pay in time; others late, by a link or in parts, promise, agree a plan, dispute, or are not heard of."""
    luck = chance.random()
    days = {0.52: (-25, -4), 0.70: (-3, 3), 0.82: (3, 40)}
    for bound, (first, last) in days.items():
        if luck < bound:
            doing = chance.choices((Doing.BANK, Doing.LINK, Doing.PART), (80, 12, 8))[0]
            found = [Plan(_moment(person, bill, chance.uniform(first, last), chance), person.number, doing, bill)]
            if doing is Doing.PART:
                later = _moment(person, bill, chance.uniform(last + 1, last + 30), chance)
                found.append(Plan(later, person.number, Doing.BANK, bill))
            return found
    late = chance.uniform(0.5, 35)
    at = _moment(person, bill, late, chance)
    if luck < 0.86:
        later = _moment(person, bill, late + chance.uniform(5, 30), chance)
        return [
            Plan(at, person.number, Doing.PROMISE, chance.randrange(2, 15)),
            Plan(later, person.number, chance.choice((Doing.LINK, Doing.BANK)), bill),
        ]
    if luck < 0.89:
        return [Plan(at, person.number, Doing.PLAN, chance.choice((1.0, 0.9, 0.5)))]
    if luck < 0.92:
        return [Plan(at, person.number, Doing.DISPUTE, (bill, chance.choice((5, 30, 400))))]
    if luck < 0.95:
        doing = chance.choice((Doing.WRITE, Doing.PROVE))
        return [Plan(at, person.number, doing, chance.choice(_media(person)))]
    return []


def _media(person: Person) -> list[str]:
    return [*(("sms", "whatsapp") if person.phone else ()), *(("email",) if person.email else ())]


def _moment(person: Person, bill: Bill, days: float, chance: random.Random) -> dt.datetime:
    """So many days after the bill is due, where they live, at an hour at which people do things."""
    day = bill.due_on + dt.timedelta(days=int(days // 1))
    time = dt.time(chance.randrange(6, 24), chance.randrange(60), chance.randrange(60))
    return max(dt.datetime.combine(day, time, ZoneInfo(person.zones[0][1])).astimezone(dt.UTC), BEGIN)
