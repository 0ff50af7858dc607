"""What stands on every e-mail, and on the page that ends them (P1, C3)."""

from __future__ import annotations

from pydantic import model_validator

from bot.policies.file import Policy, Words, needs


class EmailPolicy(Policy):
    """`policies/email.yml`. `subject` is every e-mail's, `why` stands at its foot; `answer_first` stands in the answer
    to an e-mail that did not answer one of ours. `opted_…` answer STOP and START; the `chat_…` stand on the page of the
    chat, the `page_…` on the one to which List-Unsubscribe leads."""

    subject: Words
    open_chat: Words
    answer_here: Words
    answer_first: Words
    why: Words
    unsubscribe: Words
    opted_out: Words
    opted_in: Words
    chat_lead: Words
    chat_needs_script: Words
    page_title: Words
    page_ask: Words
    page_button: Words
    page_done: Words
    page_unknown: Words

    @model_validator(mode="after")
    def _fields(self) -> EmailPolicy:
        branded = {"subject", "why", "page_title", "opted_out", "opted_in"}
        for key in type(self).model_fields:
            needs(getattr(self, key), key, *(["brand"] if key in branded else []))
        return self
