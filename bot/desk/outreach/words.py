"""What we begin in the desk's own words: what a message is, in which state it is, and the rule that decided."""

from __future__ import annotations

from bot.models import ReminderKind

KINDS: dict[str, str] = {
    ReminderKind.INVOICE: "Invoices",
    ReminderKind.INSTALMENT: "Instalments",
    ReminderKind.PROMISE: "Promises",
    ReminderKind.PLAN_BEHIND: "Plans that ended",
    ReminderKind.PLAN_COMPLETED: "Plans completed",
    ReminderKind.ANNIVERSARY: "Anniversaries",
}
STATES: dict[str, str] = {
    "sent": "Went out",
    "along": "In the same message",
    "waiting": "Waiting",
    "skipped": "Skipped",
}
RULES: dict[str, str] = {
    "may_go": "nothing stood in the way",
    "together": "it is in the same message as another invoice",
    "paused": "it is paused",
    "no_address": "there is no address on file",
    "held": "a hold stops it (C8, P4)",
    "refused": "they refused messages there (C4, C5)",
    "no_opt_in": "they have not said yes to messages there (C14)",
    "unwanted": "they do not want to be reached this way (C7)",
    "no_template": "WhatsApp's window is closed and no template carries it (T4)",
    "live": "a conversation is under way",
    "preference": "they asked for other times (C7)",
    "cap": "enough was sent of late (C2)",
    "hours": "it is outside the hours there (C1)",
    "one_a_day": "another message goes that day",
    "no_medium": "no medium is switched on",
    "not_taken": "no provider took it that day",
    "disputed": "it is disputed (C9)",
    "in_plan": "it is in a plan",
    "autopay": "autopay takes it",
    "nothing_due": "nothing is due any more",
    "answered": "they wrote of late",
    "paid": "they paid of late",
    "person": "they asked for a person",
    "plan_talk": "a plan is being talked about",
    "promised": "they promised a day that is to come",
    "case": "a case of theirs is open",
}
WORDINGS: dict[str, str] = {"a": "A, as it stands", "b": "B, tried", "holdout": "A, in no experiment", "": "–"}

# Each with the thing that it is about, and how that is called where it has no name.
_BEFORE = {
    ReminderKind.INVOICE: ("Reminder of {}", "an invoice"),
    ReminderKind.INSTALMENT: ("Reminder of {}", "an instalment"),
    ReminderKind.PROMISE: ("Reminder of {}", "a promise"),
    ReminderKind.PLAN_BEHIND: ("Kind question about {}", "a plan that ended"),
    ReminderKind.PLAN_COMPLETED: ("Congratulation on {}", "a completed plan"),
    ReminderKind.ANNIVERSARY: ("Thank-you for {}", "years in good standing"),
}
_AFTER = {
    ReminderKind.INVOICE: ("Gentle follow-up on {}", "an invoice"),
    ReminderKind.INSTALMENT: ("Kind question about {}", "an instalment"),
    ReminderKind.PROMISE: ("Kind question about {}", "a promise"),
}


def rule(name: str | None) -> str:
    """Why, to be read after a colon: "it is outside the hours there (C1)"; one without words as it is."""
    return RULES.get(name or "", (name or "").replace("_", " "))


def what(kind: str, step: int, named: str | None = None) -> str:
    """What kind of message a step of the cadence is: "Gentle follow-up on an invoice", or on what is `named`."""
    known = ReminderKind(kind)
    words, plain = (_AFTER.get(known) if step > 0 else None) or _BEFORE[known]
    return words.format(named or plain)


def when(step: int) -> str:
    """The step beside the day that it is about: "3 days before", "on the day"."""
    if step == 0:
        return "on the day"
    days = f"{abs(step)} day{'s' if abs(step) > 1 else ''}"
    return f"{days} {'after' if step > 0 else 'before'}"


def sentence(text: str) -> str:
    """With a capital, to begin with."""
    return text[:1].upper() + text[1:]
