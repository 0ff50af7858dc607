"""The one gate for what we begin: whether it may go out now, which rule says so, and when it may (C1 to C8, C14, T4).

Pure: all that it knows is handed in, so that a decision can be made again and explained. Answers do not pass here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversations import preferences
from bot.conversations.preferences import Standing
from bot.models import HoldKind, Medium
from bot.outreach import caps, local_hours
from bot.policies import Jurisdiction
from bot.policies.jurisdiction import Cap

MOMENTS_TRIED = 400
NO_WISHES = Standing()


class Rule(StrEnum):
    """What decided. In this order: what never passes first, then what only has to wait."""

    PAUSED = "paused"
    NO_ADDRESS = "no_address"
    HELD = "held"
    REFUSED = "refused"
    NO_OPT_IN = "no_opt_in"
    UNWANTED = "unwanted"
    NO_TEMPLATE = "no_template"
    LIVE = "live"
    PREFERENCE = "preference"
    CAP = "cap"
    HOURS = "hours"
    MAY_GO = "may_go"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that counts for one message to one customer by one medium.

    `zones` are all where they may be; wishes about times mean `zone`, their own. `holds` are those that stop outreach.
    `begun` is when we began something before, on any medium. `live_until` is when the quiet of a conversation ends,
    `window_until` when WhatsApp's window closes; `has_template`: an approved one can carry this message.
    """

    medium: Medium
    country: str
    zone: str
    zones: frozenset[str]
    law: Jurisdiction
    own_caps: tuple[Cap, ...] = ()
    paused: bool = False
    has_address: bool = True
    holds: frozenset[HoldKind] = frozenset()
    refused: bool = False
    opted_in: bool = False
    wishes: Standing = NO_WISHES
    begun: tuple[dt.datetime, ...] = ()
    with_person: bool = False
    live_until: dt.datetime | None = None
    window_until: dt.datetime | None = None
    has_template: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` decided about `at`. `again_at` is when to ask again; None where waiting does not help."""

    at: dt.datetime
    rule: Rule
    again_at: dt.datetime | None = None

    @property
    def may_go(self) -> bool:
        """Whether the message may go out."""
        return self.rule is Rule.MAY_GO


def decide(situation: Situation, at: dt.datetime) -> Decision:
    """Whether the message may go out at `at` (aware); the first rule of `Rule` that stops it, otherwise."""
    if (rule := _for_good(situation, at)) is not None:
        return Decision(at, rule)
    if situation.with_person:
        return Decision(at, Rule.LIVE)
    if situation.live_until is not None and at < situation.live_until:
        return Decision(at, Rule.LIVE, situation.live_until)
    if not preferences.allows(situation.wishes, situation.medium, at, situation.zone):
        return Decision(at, Rule.PREFERENCE, _next_moment(situation, at))
    free = caps.free_at(at, situation.begun, (*situation.law.caps, *situation.own_caps))
    if free > at:
        return Decision(at, Rule.CAP, free)
    if not local_hours.is_open(at, situation.zones, situation.country, situation.law):
        again = local_hours.next_open(at, situation.zones, situation.country, situation.law)
        return Decision(at, Rule.HOURS, again)
    return Decision(at, Rule.MAY_GO)


def next_at(situation: Situation, at: dt.datetime) -> dt.datetime | None:
    """The first instant from `at` on at which the message may go out, as things stand; None where waiting does not
    help, or nothing is in sight."""
    for _ in range(MOMENTS_TRIED):
        decision = decide(situation, at)
        if decision.may_go:
            return at
        if decision.again_at is None:
            return None
        at = decision.again_at
    return None


def _for_good(situation: Situation, at: dt.datetime) -> Rule | None:
    """What no waiting changes."""
    needs_yes = situation.medium in situation.law.needs_opt_in
    is_closed = situation.window_until is None or at >= situation.window_until
    stopped = {
        Rule.PAUSED: situation.paused,
        Rule.NO_ADDRESS: not situation.has_address,
        Rule.HELD: bool(situation.holds),
        Rule.REFUSED: situation.refused,
        Rule.NO_OPT_IN: needs_yes and not situation.opted_in,
        Rule.UNWANTED: situation.medium in situation.wishes.refused,
        Rule.NO_TEMPLATE: situation.medium is Medium.WHATSAPP and is_closed and not situation.has_template,
    }
    return next((rule for rule, stops in stopped.items() if stops), None)


def _next_moment(situation: Situation, at: dt.datetime) -> dt.datetime:
    """The next instant at which a wish about times may be met: midnight there, or when their hours begin; the end of a
    quiet time."""
    zone, wishes = ZoneInfo(situation.zone), situation.wishes
    today = at.astimezone(zone).date()
    days = {today, today + dt.timedelta(days=1)}
    if wishes.quiet_until is not None and wishes.quiet_until > today:
        days = {wishes.quiet_until}
    times = {dt.time(), dt.time(*divmod(wishes.hours[0], 60))} if wishes.hours else {dt.time()}
    moments = (dt.datetime.combine(day, time, zone).astimezone(dt.UTC) for day in days for time in times)
    return min(moment for moment in moments if moment > at)
