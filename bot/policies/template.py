"""The messages that we begin, by language, kind and step (K3, K9, K10, K12), and what each may fill in."""

from __future__ import annotations

import string
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from bot.policies.file import Policy
from bot.policies.tone import Tone

T = TypeVar("T")
Text = Annotated[str, Field(min_length=5, max_length=400)]
ByTone = dict[Tone, Text]

# The steps of each kind, in days from the day that it is about.
STEPS: Final[dict[str, tuple[int, ...]]] = {
    "invoice": (-3, -1, 0, 3, 7, 14, 30, 60),
    "instalment": (-3, -1, 0, 1),
    "promise": (-1, 1),
    "plan_behind": (0,),
    "plan_completed": (0,),
    "anniversary": (0,),
}
# What the words of each kind fill in, in every tone and language alike.
FIELDS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("invoice", "instalment", "promise", "plan_behind"), frozenset({"amount", "day"})),
    "plan_completed": frozenset({"amount"}),
    "anniversary": frozenset({"years"}),
}
# Nothing is open there, so there is no way to name.
NOTHING_OPEN: Final = frozenset({"plan_completed", "anniversary"})
BUTTONS_MOST, TITLE_LONGEST = 3, 20


class Private(Policy):
    """The private register on phones: `b` is tried against `a`, which stands."""

    a: Text
    b: Text


class Frame(Policy):
    """What stands around a message in one tone. `hello` is for phones; `greeting` and `close` are for e-mail, and for
    `private_mail`, which has no greeting."""

    hello: Text
    greeting: Annotated[str, Field(min_length=3, max_length=80)]
    close: Text
    private: Private
    private_mail: Annotated[str, Field(min_length=20, max_length=600)]

    @model_validator(mode="after")
    def _fields(self) -> Frame:
        _uses(self.hello, "hello", {"name", "brand"})
        if not {*_fields(self.greeting)} <= {"name", "full_name"}:
            raise ValueError("greeting may use name or full_name in braces only")
        _uses(self.close, "close", {"brand"})
        _uses(self.private.a, "private.a", {"brand"})
        _uses(self.private.b, "private.b", {"brand"})
        _uses(self.private_mail, "private_mail", set())
        return self


class FrameFile(Policy):
    """`policies/templates/<language>/frame.yml`."""

    frames: dict[Tone, Frame]

    @field_validator("frames")
    @classmethod
    def _every_tone(cls, frames: dict[Tone, Frame]) -> dict[Tone, Frame]:
        return _with_every_tone(frames, "frames")


class Way(Policy):
    """A way forward (K3): `a` and `b` for phones, where b is tried against a; `long` where there is room."""

    a: Text
    b: Text
    long: Text

    @model_validator(mode="after")
    def _plain(self) -> Way:
        for key, text in (("a", self.a), ("b", self.b), ("long", self.long)):
            _uses(text, key, set())
        return self


class Ways(Policy):
    """The ways `before` the day, and on it; and `after` it."""

    before: dict[Tone, Way]
    after: dict[Tone, Way]

    @field_validator("before", "after")
    @classmethod
    def _every_tone(cls, ways: dict[Tone, Way], info: ValidationInfo) -> dict[Tone, Way]:
        return _with_every_tone(ways, f"ways.{info.field_name}")


class Button(Policy):
    """What can be tapped: a title that fits WhatsApp (T4), and what the dialogue is told."""

    title: Annotated[str, Field(min_length=1, max_length=TITLE_LONGEST)]
    payload: Annotated[str, Field(pattern=r"^/[a-z_]+$")]


class KindFile(Policy):
    """`policies/templates/<language>/<kind>.yml`: what each step says in each tone, and the ways forward."""

    kind: str
    steps: dict[int, ByTone]
    ways: Ways | None = None
    buttons: list[Button] = Field(default_factory=list, max_length=BUTTONS_MOST)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, loaded: Any) -> Any:
        if isinstance(loaded, dict) and loaded.get("kind") not in STEPS:
            raise ValueError(f"no such kind; there are {', '.join(STEPS)}")
        return loaded

    @model_validator(mode="after")
    def _whole(self) -> KindFile:
        if set(self.steps) != set(STEPS[self.kind]):
            raise ValueError(f"steps has to have {', '.join(map(str, STEPS[self.kind]))}, and no other")
        for step, texts in self.steps.items():
            for tone, text in _with_every_tone(texts, f"steps.{step}").items():
                _uses(text, f"steps.{step}.{tone}", FIELDS[self.kind])
        if (self.ways is None) != (self.kind in NOTHING_OPEN):
            raise ValueError("ways are needed wherever something is open, and only there (K3)")
        return self

    def way(self, step: int, tone: Tone) -> Way | None:
        """The way forward that `step` names; None where nothing is open."""
        if self.ways is None:
            return None
        return (self.ways.after if step > 0 else self.ways.before)[tone]


def _with_every_tone(by_tone: dict[Tone, T], key: str) -> dict[Tone, T]:
    if missing := set(Tone) - set(by_tone):
        raise ValueError(f"{key} lacks {', '.join(sorted(missing))}")
    return by_tone


def _uses(text: str, key: str, fields: set[str] | frozenset[str]) -> None:
    if set(_fields(text)) != set(fields):
        wanted = ", ".join(sorted(fields)) or "nothing"
        raise ValueError(f"{key} has to use {wanted} in braces, each plainly, and no other")


def _fields(text: str) -> list[str]:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{text!r}: its braces do not close") from error
    return [f"{name}{spec}{conversion or ''}" for _, name, spec, conversion in parts if name is not None]
