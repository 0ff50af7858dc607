"""What may have come of a hand-over."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel, model_validator

from bot.policies.file import Policy


class WrapUpCode(Policy):
    """`title` is what agents choose; `note` is whether it needs a word beside it; `rated` whether a close with it may
    ask how it was: not where nothing was settled, or in hard times (K14)."""

    title: str = Field(min_length=1, max_length=60)
    note: bool = False
    rated: bool = False


class WrapUpPolicy(RootModel[dict[Annotated[str, Field(pattern="^[a-z][a-z_]*$", max_length=40)], WrapUpCode]]):
    """`policies/wrap_up.yml`: by code, in the order in which they are offered."""

    @model_validator(mode="after")
    def _some(self) -> WrapUpPolicy:
        if not self.root:
            raise ValueError("at least one code is needed")
        return self
