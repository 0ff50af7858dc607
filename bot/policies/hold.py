"""What each kind of hold stops, and who lifts it. When it ends by itself is the law's (`Jurisdiction.last_day`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from bot.models import HoldKind, Role
from bot.policies.file import Policy


class Stop(StrEnum):
    """What a hold can stop; `policies/holds.yml` says what each means."""

    OUTREACH = "outreach"
    NEWS = "news"
    PLAN_REMINDERS = "plan_reminders"
    AUTOPAY = "autopay"
    OFFERS = "offers"
    ALLOCATION = "allocation"


class HoldsPolicy(Policy):
    """`policies/holds.yml`: for each kind of hold, what it stops (C8, C9); the least role that may lift it, and
    what agents read of what is stopped."""

    dispute: frozenset[Stop]
    hardship: frozenset[Stop]
    breathing_space: frozenset[Stop]
    bankruptcy: frozenset[Stop]
    attorney: frozenset[Stop]
    deceased: frozenset[Stop]
    cease: frozenset[Stop]
    wrong_person: frozenset[Stop]
    lifted_by: dict[HoldKind, Role]
    says: dict[Stop, Annotated[str, Field(min_length=1, max_length=160)]]

    @model_validator(mode="after")
    def _disputes(self) -> HoldsPolicy:
        if not {Stop.PLAN_REMINDERS, Stop.AUTOPAY, Stop.ALLOCATION} <= self.dispute:
            raise ValueError("dispute must stop plan_reminders, autopay and allocation: a dispute always does (C9)")
        if others := [kind for kind in HoldKind if kind is not HoldKind.DISPUTE and Stop.ALLOCATION in self._of(kind)]:
            raise ValueError(f"{others[0]} cannot stop allocation, which is about an invoice")
        return self

    @model_validator(mode="after")
    def _whole(self) -> HoldsPolicy:
        if missing := [kind for kind in HoldKind if kind not in self.lifted_by]:
            raise ValueError(f"lifted_by needs {missing[0]}")
        if unsaid := [stop for stop in Stop if stop not in self.says]:
            raise ValueError(f"says needs {unsaid[0]}")
        return self

    def stopping(self, stop: Stop) -> frozenset[HoldKind]:
        """The kinds that stop `stop` for a person or an address; disputes are on invoices."""
        return frozenset(kind for kind in HoldKind if kind is not HoldKind.DISPUTE and stop in self._of(kind))

    def stopped_by(self, kind: HoldKind) -> list[str]:
        """What a hold of `kind` stops, a sentence each, in the policy's order."""
        return [self.says[stop] for stop in Stop if stop in self._of(kind)]

    def _of(self, kind: HoldKind) -> frozenset[Stop]:
        stops: frozenset[Stop] = getattr(self, kind)
        return stops
