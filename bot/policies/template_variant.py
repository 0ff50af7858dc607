"""Which messages are tried in two wordings, and on how many (`policies/variants.yml`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy
from bot.policies.template import NOTHING_OPEN, STEPS


class VariantsPolicy(Policy):
    """`policies/variants.yml`. `holdout` is in percent; `experiments` names the kinds of each, no kind twice. Days and
    `least` are how the figures are counted."""

    holdout: int = Field(ge=1, le=50)
    experiments: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], list[str]]
    answered_days: int = Field(ge=1, le=60)
    paid_days: int = Field(ge=1, le=60)
    least: int = Field(ge=20)

    @model_validator(mode="after")
    def _kinds(self) -> VariantsPolicy:
        kinds = [kind for named in self.experiments.values() for kind in named]
        if unknown := set(kinds) - (set(STEPS) - NOTHING_OPEN):
            raise ValueError(f"experiments: {sorted(unknown)[0]} has no two wordings")
        if len(kinds) != len(set(kinds)):
            raise ValueError("experiments: a kind is in one experiment at a time")
        return self

    def experiment_of(self, kind: str) -> str | None:
        """The experiment that `kind` is in."""
        return next((name for name, kinds in self.experiments.items() if kind in kinds), None)
