"""The list of numbers that have sent STOP, which Twilio keeps for itself (21610), and what it may answer to them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.store import Store

STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
START = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}
ANSWERS = {
    "STOP": "You are unsubscribed and will get no more messages from this number. Reply START to get them again.",
    "START": "You are subscribed again to messages from this number. Reply HELP for help, STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Message and data rates may apply.",
}


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Kept in the store, by number."""

    store: Store

    def heard(self, number: str, text: str) -> str | None:
        """Act on a word; gives what Twilio calls it ("STOP", "START", "HELP"), or None for anything else."""
        word = text.strip().upper()
        if word in STOP:
            self.store.save({"id": self._id(number), "object": "opt_out"})
            return "STOP"
        if word in START:
            self.store.remove(self._id(number))
            return "START"
        return "HELP" if word in HELP else None

    def holds(self, number: str) -> bool:
        """Whether nothing may be sent to this number."""
        return self.store.find(self._id(number), "opt_out") is not None

    def _id(self, number: str) -> str:
        return f"opt_out:{number}"
