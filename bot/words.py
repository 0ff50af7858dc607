"""Sentences of the front door, from `policies/messages.yml`: words are data (design section 1, 6)."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from bot.errors import GoodTermsError
from bot.settings import ROOT

Sentences = dict[str, dict[str, str]]

# What the code fills into each sentence, all of which the sentence has to use.
FIELDS: dict[str, set[str]] = {
    "greeting": {"brand"},
    "greeting_signed_in": {"brand", "name"},
    "button_account": set(),
    "button_person": set(),
    "button_assistant": set(),
    "button_call": set(),
    "unavailable": set(),
    "failed": set(),
    "failed_to_person": set(),
    "crisis": {"lines", "emergency"},
    "crisis_with_person": {"lines", "emergency", "agent"},
    "crisis_closed": {"when"},
    "refused_on_phones": set(),
    "refused_passed_on": set(),
    "waiting": {"place"},
    "waiting_program": {"place"},
    "waiting_first": set(),
    "waiting_place": {"place"},
    "waiting_usual": {"minutes"},
    "waiting_closed": {"when"},
    "day_at_time": {"day", "time"},
    "weekday_day": {"weekday", "day"},
    "claimed": {"agent"},
    "handed_to": {"agent"},
    "returned": {"agent"},
    "back_to_assistant": set(),
    "requeued": {"agent"},
    "closed": {"agent"},
    "stands": {"lines"},
    "stands_plan": {"amount", "day"},
    "stands_promise": {"amount", "day"},
    "stands_offer": {"total"},
    "stands_dispute": set(),
    "stands_hardship": set(),
    "ask_rating": set(),
    "rating_1": set(),
    "rating_2": set(),
    "rating_3": set(),
    "rating_4": set(),
    "rating_5": set(),
    "closed_bot": set(),
    "receipt": {"amount", "standing"},
    "receipt_guest": {"amount"},
    "receipt_clear": set(),
    "receipt_rest": {"balance"},
    "receipt_plan": {"paid", "total", "next", "day"},
    "receipt_beside": {"balance"},
    "receipt_review": set(),
    "receipt_credit": {"credit"},
    "payment_processing": {"amount"},
    "payment_failed": {"amount"},
    "too_long": {"limit", "length"},
    "too_fast": set(),
    "choice_gone": set(),
    "empty": set(),
    "card_removed": set(),
    "greeting_phone": {"brand"},
    "media_image": set(),
    "media_audio": set(),
    "media_video": set(),
    "media_document": set(),
    "media_sticker": set(),
    "media_location": set(),
    "media_contacts": set(),
    "media_order": set(),
    "media_unsupported": set(),
    "media_received": set(),
    "media_with_words": set(),
    "audio_received": set(),
    "sticker_received": set(),
    "location_received": set(),
    "contacts_received": set(),
    "order_received": set(),
    "unsupported_received": set(),
    "missed_one": {"amount", "day"},
    "missed_some": {"amount", "day"},
    "missed_private": set(),
    "promise_passed": {"amount", "day"},
    "promise_passed_part": {"paid", "amount", "day"},
    "promise_kept": {"day"},
    "button_another_day": set(),
    "button_spread": set(),
    "button_change_plan": set(),
    "button_pay": set(),
    "plan_allowed": set(),
    "plan_not_allowed": set(),
    "plan_news": set(),
    "button_see_plan": set(),
    "desk_pay_link": {"amount", "url"},
    "desk_plan_offer": {"total", "lines"},
    "desk_plan_agreed": {"total", "lines"},
    "desk_plan_changed": {"lines"},
    "desk_plan_ended": {"left"},
    "desk_promise": {"amount", "day"},
    "desk_file": {"name", "day"},
    "button_agree_plan": set(),
    "autopay_again": {"amount", "day"},
    "autopay_link": {"amount", "url"},
    "autopay_card_ends": {"last4", "month", "amount", "url"},
    "autopay_card_ends_no_link": {"last4", "month"},
    "refunded": {"amount"},
    "refund_failed": {"amount"},
    "charged_back": {"amount"},
    "given_back": {"amount"},
    "open_again": {"balance"},
    "payment_news": set(),
    "call_missed": set(),
    "call_no_answer": set(),
    "way_out": set(),
    # what a phone is told in lines, of a card and of choices that it cannot show as buttons
    "card_reply": set(),
    "card_rate": {"first", "last"},
    "card_more_choices": {"count"},
    "card_choose": set(),
    "card_what": set(),
    "card_option": {"number", "title", "terms"},
    "card_once": {"amount", "day"},
    "card_first": {"first", "terms"},
    "card_last": {"terms", "amount"},
    "card_parts_weekly": {"count", "amount", "first"},
    "card_parts_fortnightly": {"count", "amount", "first"},
    "card_parts_monthly": {"count", "amount", "first"},
    "card_parts_dates": {"count", "amount", "first", "last"},
    "card_parts_vary": {"count", "low", "high", "first", "last"},
    "card_invoice_due": {"name", "amount", "day"},
    "card_invoice_was_due": {"name", "amount", "day"},
    "card_invoice_held": {"name", "amount"},
    "card_more": {"count"},
    "card_more_between": {"count"},
    "card_overdue": {"amount"},
    "card_total": {"amount"},
    "card_pay": {"amount", "url"},
    "card_document": set(),
    "card_link": {"title", "url"},
    "card_instalment": {"amount", "day"},
    "card_instalment_paid": {"amount", "day"},
    "card_paid": {"amount", "day"},
    "card_left": {"amount"},
    "opted_out": {"brand"},
    "opted_in": {"brand"},
    "opted_in_asked": {"brand"},
    "help_phone": {"brand"},
}


class WordsInvalid(GoodTermsError):
    """Names the file, the language, the key and what is expected."""

    code = "words_invalid"


def check() -> None:
    """Read the sentences now, so that a fault in the file shows at start, not where money arrives. Raises
    `WordsInvalid`."""
    read("messages.yml", FIELDS)


def say(key: str, locale: str, **values: object) -> str:
    """The sentence `key` in the language of `locale` (BCP 47), its placeholders filled.

    Raises `KeyError` for a key that English lacks.
    """
    messages = _messages()
    language = messages.get(locale.replace("_", "-").split("-")[0].lower(), {})
    return (language.get(key) or messages["en"][key]).strip().format(**values)


def languages(key: str) -> list[str]:
    """The languages (ISO 639-1) that have the sentence `key`."""
    return [language for language, sentences in _messages().items() if key in sentences]


def read(name: str, fields: Mapping[str, set[str]], optional: frozenset[str] = frozenset()) -> Sentences:
    """The sentences in `policies/<name>` by language and key. Each key of `fields` stands in English, and each sentence
    uses its fields in braces and no other than the `optional`. Raises `WordsInvalid`."""
    try:
        loaded = yaml.safe_load((ROOT / "policies" / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WordsInvalid(f"policies/{name} cannot be read: {error}") from error
    if faults := list(_faults(loaded, fields, optional)):
        raise WordsInvalid(f"policies/{name} needs attention:\n" + "\n".join(f"  {fault}" for fault in faults))
    sentences: Sentences = loaded
    return sentences


@lru_cache(maxsize=1)
def _messages() -> Sentences:
    return read("messages.yml", FIELDS)


def _faults(loaded: Any, fields: Mapping[str, set[str]], optional: frozenset[str]) -> Iterator[str]:
    if not isinstance(loaded, dict) or not all(isinstance(language, dict) for language in loaded.values()):
        yield "sentences by language are expected"
        return
    yield from (f"en.{key}: a sentence is expected" for key in fields if key not in loaded.get("en", {}))
    for language, sentences in loaded.items():
        for key, sentence in sentences.items():
            wanted = fields.get(key)
            if wanted is None:
                yield f"{language}.{key}: nothing is said by this name"
            elif not isinstance(sentence, str) or not sentence.strip():
                yield f"{language}.{key}: a sentence is expected"
            elif (used := _used(sentence)) is None or not wanted <= used <= wanted | optional:
                yield f"{language}.{key}: has to use {', '.join(sorted(wanted)) or 'nothing'} in braces, each plainly"


def _used(sentence: str) -> set[str] | None:
    """The plain `{fields}` of `sentence`, or None when its braces do not close."""
    try:
        return {
            name if not spec and not conversion else f"{name}:{spec}!{conversion}"
            for _, name, spec, conversion in string.Formatter().parse(sentence)
            if name is not None
        }
    except ValueError:
        return None
