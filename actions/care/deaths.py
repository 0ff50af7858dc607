"""A death. Of the account's holder: condolences, nothing asked, a specialist (C8). Of somebody close to a customer:
bereavement, which is vulnerability (design section 10, 7)."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from actions.care import concern
from actions.deed import Deed
from actions.turn import Events, Turn, leave_all, put
from bot.billing import identity
from bot.models import Customer, HoldKind

_DEATH = re.compile(
    r"\b(?:died|dead|death|deceased|passed (?:away|on|over|last)|passing|has passed|"
    r"lost (?:his|her|their) (?:life|battle)|"
    r"late (?:husband|wife|mother|mum|mom|father|dad|partner|son|daughter|brother|sister)|"
    r"no longer (?:with us|alive)|estate of|dyed|dide|pas+e?d? aw\w+|dec?ea[sc]\w+|fun\w?ral|widow\w*|probate|"
    r"execut(?:or|rix)|lost (?:my|our) (?:wife|husband|mother|mum|mom|father|dad|partner|son|daughter|brother|sister)|"
    r"r\.?i\.?p|gone|buri(?:al|ed)|bury|bereave\w*|cremat\w*|inherit\w*|in heaven|lost (?:him|her|them)|"
    r"didn'?t make it|heart attack|killed|not alive|dies?|dying)\b"
)
_QUESTION = re.compile(r"\?|^\W*(?:what'?s?|who'?s?|whose|whom|which|does|do|did|is|are|can|could|has|have)\b")
_FOR_ANOTHER = re.compile(
    r"\bon behalf\b|\b(?:writing|calling|asking|speaking|here) for\b|\bpower of attorney\b|"
    r"\bcare(?:r|giver)\b|\bcare home\b"
)
# Words by which somebody tells that it was the holder's account, or that they look after what is left.
_HOLDER = re.compile(
    r"\b(?:his|her|their|the deceased'?s?|my (?:late )?\w+'s) (?!funeral|hospital|medical|care)(?:\w+ )?"
    r"(?:account|bill|invoice|order|balance|purchase|estate|affairs)\b"
    r"|\bin (?:his|her|their) name\b|\b(?:account|invoice|bill|order) (?:was|is) (?:his|hers|theirs)\b"
    r"|\baccount ?holder\b|\b(?:the|your) customer\b|\bnext of kin\b|\bprobate\b|\bexecut(?:or|rix)\b"
    r"|\b(?:he|she|they) (?:ordered|bought|owed|owes)\b"
    r"|\b(?:he|she|they) (?:had|has|have|opened) (?:(?:an?|the|this|your|some) )?(?:\w+ )?(?:account|invoice|order)\b"
    r"|\badministrator of\b|\b(?:his|her|their|the) estate\b|\bestate of\b|\bwhose account\b"
    r"|\b(?:i'?m|i am|this is|it'?s) (?:his|her|their) \w+\b|\bon (?:his|her|their) behalf\b"
    r"|\b(?:you|stop|don'?t)\b[^.!?]{0,20}\b(?:writ|call|text|send|contact|messag|e-?mail|phon)\w*[^.!?]{0,12}"
    r"\b(?:him|her|them)\b"
    r"|\bthe (?:person|man|woman|lady|gentleman) (?:you|on|named|who)\b|\baccount (?:gt|no|number)\b"
)


class ReportDeceased(Deed):
    """The account holder has died."""

    title = "action_report_deceased"
    intent = "report_deceased"

    async def act(self, turn: Turn) -> Events:
        """Hold, bring a specialist in, and say that nothing has to be done. Whoever tells it is not the holder, so that
        a proof ends here (P1)."""
        if _QUESTION.search(turn.words.lower()) and not tells_of_death(turn.words):
            return await Deed.by_title["action_not_understood"].act(turn)  # "whose account is this": nobody has died
        customer = await turn.write(turn.customer_if_known)
        if customer is not None and not is_of_holder(turn.words, customer):
            return await Deed.by_intent["report_vulnerability"].act(turn)
        if _FOR_ANOTHER.search(turn.words.lower()) and not tells_of_death(turn.words):
            return await Deed.by_intent["third_party"].act(turn)  # nobody is mourned who is alive
        passed = await concern.pass_on(turn, "report_deceased", hold=HoldKind.DECEASED)
        await turn.write(lambda session: _end_proof(session, turn))
        turn.say("utter_deceased" if passed.bound else "utter_deceased_passed_on")
        await concern.say_who_is_next(turn, passed)
        return [*leave_all(), *put(topic="care")]


def tells_of_death(text: str) -> bool:
    """Whether `text` speaks of somebody who has died."""
    return bool(_DEATH.search(text.lower().replace("’", "'")))


def is_of_holder(text: str, customer: Customer | None) -> bool:
    """Whether the one who died is the account's holder: by name, or as somebody else's account is spoken of.

    Who has proven to be the holder and says "my husband died" is alive, and grieves.
    """
    said = text.lower().replace("’", "'")
    names = [re.escape(name.lower()) for name in customer.name.split() if len(name) > 2] if customer else []
    own = r"(?<!i'm )(?<!im )(?<!i am )(?<!name is )(?<!it's )"
    is_named = any(re.search(rf"\b{own}{name}\b|\b{name}'s\b", said) for name in names)
    return is_named or bool(_HOLDER.search(said))


def _end_proof(session: Session, turn: Turn) -> None:
    identity.end(session, turn.conversation(session))
