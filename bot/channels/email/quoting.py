"""What somebody wrote in their answer, without the e-mail that they answered and their signature. Pure.

Line by line, in time that grows with the text alone: whoever writes to us decides what is in it. Of the libraries for
this none reads Spanish and Portuguese mailboxes, and a hostile text keeps them busy for minutes.
"""

from __future__ import annotations

import re

# So much of an e-mail is looked at: a message of ours has 8,000 characters at most, and what follows is quoted mostly.
LOOKED_AT = 20_000
_LONGEST_LINE = 400
_WRAPPED = 3  # lines over which a mailbox spreads who wrote when

_BEGINS = re.compile(r"(?:On|El|Em|No dia)\s", re.I)
_WROTE = re.compile(r".*\b(?:wrote|escribi[óo]|escreveu)\s?:$", re.I)
_WHEN_OR_WHO = re.compile(r"[@<]|\d{1,2}[:h.]\d{2}|\b\d{4}\b")
_ORIGINAL = re.compile(
    r"--+\s?(?:(?:original|forwarded) message|mensaje (?:original|reenviado)|mensagem (?:original|encaminhada))\s?-+$",
    re.I,
)
_FROM = re.compile(r"\*?(?:From|De)\s?:\*?\s?\S", re.I)
_SENT = re.compile(r"\*?(?:Sent|Date|Enviad[oa](?: el| em)?|Fecha|Data)\s?:\*?\s?\S", re.I)
_RULE = re.compile(r"[_*-]{10,}$")
_SIGNED = re.compile(
    r"--$|(?:Sent from|Get Outlook|Enviado (?:desde|do|pelo|a partir)|Obtener Outlook|Obter (?:o )?Outlook)\b.{0,60}$",
    re.I,
)


def answer_in(text: str) -> str:
    """The newest words of `text`; all of it where nothing is left otherwise, so that no answer is lost."""
    lines = text[:LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    above = lines[: next((place for place in range(len(lines)) if _is_end(lines, place)), len(lines))]
    return _own(above) or _own(lines) or "\n".join(lines).strip()


def _is_end(lines: list[str], place: int) -> bool:
    """Whether what follows from the line at `place` on is a signature, or somebody else's."""
    line = lines[place].strip()
    if not line or len(line) > _LONGEST_LINE:
        return False
    if _SIGNED.match(line) or _ORIGINAL.match(line):
        return True
    if _RULE.match(line):
        return any(_FROM.match(after.strip()) for after in lines[place + 1 : place + 3])
    if _FROM.match(line):
        return any(_SENT.match(after.strip()) for after in lines[place + 1 : place + 1 + _WRAPPED])
    return _BEGINS.match(line) is not None and _says_who_wrote(lines[place : place + _WRAPPED])


def _says_who_wrote(lines: list[str]) -> bool:
    said = ""
    for line in lines:
        said = f"{said} {line.strip()}"[:_LONGEST_LINE].strip()
        if _WROTE.match(said) and _WHEN_OR_WHO.search(said):
            return True
    return False


def _own(lines: list[str]) -> str:
    """The lines that are not marked as another's: somebody answers between, or below, what they quote."""
    return "\n".join(line for line in lines if not line.lstrip().startswith(">")).strip()
