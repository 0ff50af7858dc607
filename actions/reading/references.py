"""Finding, in free text, what an account may be called by and what a one-time code looks like. Pure functions.

Whether there is such an account is never looked up here, and nothing that is found is kept (P2, P7).
"""

from __future__ import annotations

import re

LONGEST = 1_000  # characters that are searched

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL = re.compile(
    r"\b([\w.+-]+) (?:at|arroba) ([\w-]+) (?:dot|punto|ponto) (\w{2,}(?: (?:dot|punto|ponto) \w{2,3})?)\b",
    re.IGNORECASE,
)
_DOT = re.compile(r" (?:dot|punto|ponto) ", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?<![\w-])(?!inv\b|inv[-\s\d]|usd|gbp|brl|eur)[A-Za-z]{2,4}-?\d{3,10}(?![\w-])", re.IGNORECASE)
_SPACED_ACCOUNT = re.compile(r"(?<![\w-])GT[\s#:_-]{1,3}(\d{3,10})(?![\w-])", re.IGNORECASE)
_NUMBERS = re.compile(f"{_SPACED_ACCOUNT.pattern}|{_ACCOUNT.pattern}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,])(?!\d{4}-\d\d-\d\d)(?:\+|00)?\(?\d[\d\s().-]{7,20}\d(?![\w])")
# What stands before a word by which somebody takes it back counts no more.
_CORRECTS = re.compile(
    r"\b(?:no|nope|wait|sorry|i mean|i meant|actually|oops|correction|rather|scratch that|not|"
    r"n[aã]o|perd[oó]n|perd[aã]o|disculp[ae]|desculp[ae]|digo|quise decir|quis dizer|mejor dicho|ou melhor)\b"
)
_DIGITS = re.compile(r"(?<![\w.,$£€])\d{3,10}(?![\w.,])")
_DIGIT_RUN = re.compile(r"(?<![\w.,$£€+(-])\d(?:[ -]?\d)*(?![\w-]|[.,]\d)")
_SPOKEN_DIGITS = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_NOT = r"(?:did ?n[o']?t|didnt|have ?n[o']?t|havent|never|not|no)"
_AGAIN = re.compile(
    r"\bre-?send\b|\bsend (?:it|me|the code|another|a new one|one|that)?\s*(?:again|once more)\b"
    r"|\b(?:new|another|different) (?:code|one|number)\b"
    rf"|\b{_NOT} (?:yet )?(?:get|got|gotten|receive|received|arrive|arrived|come|came|see|seen|had)\b"
    r"|\bno (?:code|text|sms|message)\b|\b(?:code|it) (?:has |is )?expired\b"
    r"|\b(?:one more time|once again)\b|\bnothing (?:has |is |'s )?(?:come|here|through|arrived)\b"
    r"|\bnothing (?:has )?(?:yet )?(?:come|arrived)\b"
    r"|\b(?:nothing|it has ?n[o']t|it did ?n[o']t) (?:came|come|arrived|yet)\b"
)
_OTHER_THINGS = re.compile(
    r"\b(?:orders?|ordered|parcels?|packages?|letters?|invoices?|bills?|deliver\w+|goods|refund|items?|money|paid|pay\w*|"
    r"stop|wrong|person|someone|human|no (?:text|sms|message)s? please|please no)\b"
)
_BRIEF = 10  # words
_WHY = re.compile(
    r"\bwhy\b|\bwhat(?:'?s| is| do you need)? (?:that|this|it)?\s*for\b|\bdo i (?:really )?(?:have|need) to\b"
    r"|\bis (?:this|that|it) (?:safe|secure|necessary|needed|really needed|legit|genuine|real|a scam|a fraud)\b"
    r"|\b(?:this|that|it)(?:'?s| is| looks like| seems like| sounds like) (?:a )?(?:scam|fraud|phishing|fake)\b"
    r"|\bscam\b"
    r"|\bwhat (?:will|do) you do with\b|\bwho(?:'s| is) asking\b"
)


def account_reference(text: str, *, asked: bool) -> str | None:
    """The account number, e-mail address or phone number in `text`, as written; None if there is none.

    When it was `asked` for, a bare number will do as well. Of two account numbers the last counts where a word takes
    the first one back; else none does.
    """
    text = text[:LONGEST].replace("–", "-").replace("‑", "-")
    numbers = list(_NUMBERS.finditer(text))
    if len({re.sub(r"\W", "", each[0]).lower() for each in numbers}) > 1 and not _EMAIL.search(text):
        between = text[numbers[0].end() : numbers[-1].start()].lower().replace("’", "'")
        if not _CORRECTS.search(between):
            return None
        text = text[numbers[-1].start() :]
    if found := _EMAIL.search(text):
        return found[0]
    if found := _SPOKEN_EMAIL.search(text):
        return f"{found[1]}@{found[2]}.{_DOT.sub('.', found[3])}"
    if found := _SPACED_ACCOUNT.search(text):
        return f"GT-{found[1]}"
    if found := _ACCOUNT.search(text):
        return found[0]
    if (found := _PHONE.search(text)) and 8 <= len(re.sub(r"\D", "", found[0])) <= 15:
        return found[0].strip()
    if asked and (found := _DIGITS.search(text)):
        return found[0]
    return None


def every_reference(text: str) -> list[str]:
    """Every e-mail address, account number and phone number in `text`, each once."""
    text = text[:LONGEST].replace("–", "-").replace("‑", "-")
    phones = [found for found in _PHONE.findall(text) if 8 <= len(re.sub(r"\D", "", found)) <= 15]
    spaced = [f"GT-{digits}" for digits in _SPACED_ACCOUNT.findall(text)]
    return list(dict.fromkeys([*_EMAIL.findall(text), *spaced, *_ACCOUNT.findall(text), *phones]))


def one_time_code(text: str) -> str | None:
    """The six digits in `text`, with or without spaces, or said one by one; None if there are none."""
    text = text[:LONGEST]
    for found in _DIGIT_RUN.findall(text):
        if len(digits := re.sub(r"\D", "", found)) == 6:
            return digits
    words = re.findall(r"[a-z]+", text.lower())
    spoken = "".join(_SPOKEN_DIGITS[word] for word in words if word in _SPOKEN_DIGITS)
    return spoken if len(spoken) == 6 else None


def wants_code_again(text: str) -> bool:
    """Whether `text` says that no code came, or asks for a new one."""
    return bool(_AGAIN.search(text[:LONGEST].lower().replace("’", "'")))


def says_no_code_came(text: str) -> bool:
    """Whether `text` says no more than that: however it was understood, a new code is what helps."""
    said = text[:LONGEST].lower().replace("’", "'")
    return len(said.split()) <= _BRIEF and wants_code_again(said) and _OTHER_THINGS.search(said) is None


def asks_why(text: str) -> bool:
    """Whether `text` asks why a proof of identity is needed, or doubts that it is safe."""
    return bool(_WHY.search(text[:LONGEST].lower().replace("’", "'")))
