"""Dialogues as readable files, `tests/conversations/dialogues/<theme>/<title>.yml`: what is said, what is expected.

A file has a title, the rules that it shows, who writes, the talk step by step, and what stands in the database at the
end. `docs/glossary.md` has the words; `tests/conversations/dialogues/README.md` explains the form.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.settings import ROOT

FOLDER = ROOT / "tests" / "conversations" / "dialogues"


class Part(BaseModel):
    """A part of a file; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Step(Part):
    """One thing that is done, and what comes of it.

    Exactly one of: `say` a message (`times` repeats its text within the one message), `press` a button of the latest
    answer by its title, `choose` a plan of the latest card by its place, `code` the one-time code that came to a phone,
    `pay` the latest link at Stripe's page, `wait` an ISO 8601 duration, `agent` what somebody at the desk does.

    `expect` are parts of the answer in any case, each with alternatives separated by " | "; `never` must not be in it;
    `card` is part of a card; `buttons` are titles that are there; `proves`: on a
    phone, they have proven by this who they are; `silence`: nothing is answered; `refused`: it is not
    taken. `news` are parts of a message that comes by itself after this step.
    """

    say: str | None = None
    times: int = Field(1, ge=1)
    press: str | None = None
    choose: int | None = Field(None, ge=1)
    code: str | None = None
    pay: Literal["complete", "decline", "expire"] | None = None
    wait: str | None = None
    agent: dict[Literal["claims", "says", "returns", "closes"], Any] | None = None
    expect: list[str] = []
    never: list[str] = []
    card: dict[str, Any] | None = None
    buttons: list[str] = []
    news: list[str] = []
    proves: bool = False
    silence: bool = False
    refused: bool = False

    @model_validator(mode="after")
    def _one_deed(self) -> Step:
        deeds = ("say", "press", "choose", "code", "pay", "wait", "agent")
        if sum(getattr(self, name) is not None for name in deeds) != 1:
            raise ValueError(f"a step does exactly one of {', '.join(deeds)}")
        return self


class State(BaseModel):
    """What stands in the database at the end about this conversation and its customer.

    `owed` is the customer's balance in minor units, `holder` who answers, `verified` whether the proof holds. Every
    other key is a table: its rows in the order in which they were made, each with the columns that matter (`invoice`
    stands for the invoice's number); `[]` means none. What is left out is not looked at.
    """

    model_config = ConfigDict(extra="allow")

    holder: Literal["bot", "queue", "agent"] | None = None
    verified: bool | None = None
    owed: int | None = None

    @property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The expected rows by the name of their table."""
        return self.model_extra or {}


class Dialogue(Part):
    """One file. `writes` is an account number that the host page has signed in, or `nobody`; by SMS or WhatsApp it is
    the account whose phone is written from, which has proven nothing yet."""

    title: str
    rules: list[str] = Field(min_length=1)
    writes: str
    by: Literal["web", "sms", "whatsapp"] = "web"
    locale: str = "en-US"
    shown: bool = False  # in docs/conversations.md
    talk: list[Step] = Field(min_length=1)
    state: State


def names() -> list[str]:
    """Every file, as `theme/title`, in order."""
    return sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.glob("*/*.yml"))


@cache
def dialogue(name: str) -> Dialogue:
    """The dialogue of a file. Raises pydantic's `ValidationError`."""
    return Dialogue.model_validate(yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8")))


def path_of(name: str) -> Path:
    """Where it stands."""
    return FOLDER / f"{name}.yml"
