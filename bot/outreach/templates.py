"""The words of a message that we begin: a kind and step in one language, tone, register and medium (K3, K12, P1).

The private register is for whoever has not proven who they are: it names nobody, and nothing in it implies that money
is open. The open register may say what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot import policies
from bot.channels import segments
from bot.models import Medium
from bot.policies import Tone
from bot.policies.file import in_language
from bot.policies.template import FIELDS, NOTHING_OPEN, STEPS, Frame, KindFile
from bot.words import say

STANDING, TRIED = "a", "b"
LONGEST_SMS = 2  # segments, the way out included (T2)


class Register(StrEnum):
    """`private` while the customer's proof does not stand in the conversation of that address, else `open`."""

    PRIVATE = "private"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes into the transcript as a message. `subject` is an e-mail's, always neutral (P1). `buttons` are as in
    the transcript; SMS has none, words say the same there. `name` says which words these are, `variant` which of two.
    """

    text: str
    subject: str | None
    buttons: list[dict[str, Any]] | None
    name: str
    variant: str


def render(
    kind: str,
    step: int,
    medium: Medium,
    language: str,
    tone: str,
    register: str,
    values: Mapping[str, str],
    variant: str = STANDING,
) -> Rendered:
    """The message of `kind` (of `STEPS`) for `step`, in days.

    `language` is ISO 639-1 or BCP 47; one that has no templates gets English. `tone` is a `Tone`, `register` a
    `Register`. `values` are words in the customer's locale, by `template_values.of`: all of `fields(kind)` in the open
    register, none in the private one. A variant other than b (a holdout's, too) gets the words that stand.
    Raises `KeyError` for a kind, step or value that is not there, `ValueError` for a tone or register.
    """
    spoken = language_of(language)
    told = Tone(tone)
    is_open = Register(register) is Register.OPEN
    file = policies.template(spoken, kind)
    texts = file.steps[step]
    frame = policies.template_frame(spoken).frames[told]
    chosen = TRIED if variant == TRIED and _is_varied(kind, medium, is_open) else STANDING
    if is_open:
        text, name = _open(file, frame, step, medium, told, values, texts[told], chosen), f"{kind}/{step}"
    else:
        text, name = _private(frame, medium, chosen), "private"
    subject = None
    if medium is Medium.EMAIL:
        subject = in_language(policies.email().subject, spoken).format(brand=policies.brand_name())
    buttons = [{"title": one.title, "payload": one.payload} for one in file.buttons]
    has_buttons = is_open and medium is not Medium.SMS and medium is not Medium.EMAIL
    return Rendered(
        text, subject, buttons if buttons and has_buttons else None, f"{spoken}/{name}/{told}/{register}", variant
    )


def language_of(language: str) -> str:
    """The language of `language` (BCP 47 or ISO 639-1) if there are templates in it, else English."""
    own = language.replace("_", "-").split("-")[0].lower()
    return own if own in policies.tones().languages else "en"


def fields(kind: str) -> frozenset[str]:
    """What `render` has to be given for `kind` in the open register. Raises `KeyError`."""
    return FIELDS[kind] | {"name", "full_name"}


def sms_text(rendered: Rendered, language: str) -> str:
    """What a phone shows of a rendered SMS: with the way out that the outbox adds (C3), in its most economical
    letters."""
    return segments.economical(f"{rendered.text}\n\n{say('way_out', language)}")


def _open(
    file: KindFile,
    frame: Frame,
    step: int,
    medium: Medium,
    tone: Tone,
    values: Mapping[str, str],
    text: str,
    variant: str,
) -> str:
    known = {**values, "brand": policies.brand_name()}
    said = text.format_map(known)
    way = file.way(step, tone)
    match medium:
        case Medium.EMAIL:
            parts = [frame.greeting.format_map(known), said, way.long if way else "", frame.close.format_map(known)]
            return "\n\n".join(part for part in parts if part)
        case Medium.SMS:
            short = "" if way is None else way.b if variant == TRIED else way.a
            return " ".join(part for part in (frame.hello.format_map(known), said, short) if part)
        case _:
            opening = f"{frame.hello.format_map(known)} {said}"
            return f"{opening}\n\n{way.long}" if way else opening


def _private(frame: Frame, medium: Medium, variant: str) -> str:
    brand = policies.brand_name()
    if medium is Medium.EMAIL:
        return f"{frame.private_mail}\n\n{frame.close.format(brand=brand)}"
    return (frame.private.b if variant == TRIED else frame.private.a).format(brand=brand)


def _is_varied(kind: str, medium: Medium, is_open: bool) -> bool:
    """Whether there are two wordings: on phones of what is private, and by SMS of what names a way."""
    if not is_open:
        return medium is not Medium.EMAIL
    return medium is Medium.SMS and kind in STEPS and kind not in NOTHING_OPEN
