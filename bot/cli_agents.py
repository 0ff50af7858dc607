"""`goodterms agents`: the people at the desk. No password is ever part of a command: it is asked for, or made here."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import policies
from bot.console import console, plainly
from bot.conversations.assignment import colleagues
from bot.db import database
from bot.desk import agents as people
from bot.desk import audit
from bot.desk.door import sessions
from bot.errors import InvalidInput
from bot.models import Agent, Role
from bot.settings import settings

agents = typer.Typer(help="The people at the desk.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="what they sign in with")]


@agents.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="what customers see")],
    role: Annotated[Role, typer.Option()] = Role.AGENT,
    temporary: Annotated[bool, typer.Option(help="print a password for the first sign-in, rather than ask")] = False,
) -> None:
    """Add an agent. The password is asked for, or read from a pipe."""
    with plainly():
        password = people.temporary_password() if temporary else _password()
        with database().transaction() as session:
            people.add_agent(session, email=email, name=name, role=role, password=password, temporary=temporary)
    _say(f"{email} may sign in at {settings().public_url}/desk")
    if temporary:
        _show_once(password)


@agents.command("reset")
def reset(
    email: Email,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="remove the second factor; the password stays")
    ] = False,
) -> None:
    """Print a password for one sign-in, at which the agent chooses another; they are signed out everywhere.

    With --second-factor the password stays, and the authenticator app and recovery codes are forgotten.
    """
    with plainly(), database().transaction() as session:
        if second_factor:
            people.remove_second_factor(session, email)
            password = None
        else:
            password = people.temporary_password()
            people.set_password(session, email=email, password=password, temporary=True)
    if password is None:
        _say(f"{email} signs in with the password alone now, and has been signed out everywhere.")
    else:
        _say(f"{email} has been signed out everywhere.")
        _show_once(password)


@agents.command("disable")
def disable(email: Email) -> None:
    """Sign an agent out everywhere, at once and for good. What they did stays on record."""
    with plainly(), database().transaction() as session:
        people.disable(session, email)
    _say(f"{email} can't sign in any more, and has been signed out everywhere.")


@agents.command("enable")
def enable(email: Email) -> None:
    """Let a disabled agent sign in again, with the password that they had."""
    with plainly(), database().transaction() as session:
        people.enable(session, email)
    _say(f"{email} may sign in again.")


@agents.command("role")
def role(email: Email, role: Annotated[Role, typer.Argument()]) -> None:
    """Give an agent another role; they sign in anew."""
    with plainly(), database().transaction() as session:
        people.change_role(session, email, role)
    _say(f"{email} is {'an' if role[0] in 'aeiou' else 'a'} {role} now, and has been signed out everywhere.")


@agents.command("skills")
def skills(
    email: Email,
    skills: Annotated[str | None, typer.Option(help="teams, with commas between; or every")] = None,
    languages: Annotated[str | None, typer.Option(help="two letters each, with commas between; or every")] = None,
    capacity: Annotated[int | None, typer.Option(help="conversations at once; -1 for the policy's")] = None,
) -> None:
    """Say what an agent can take on, so that what fits is offered to them. What is left out stays as it is."""
    with plainly(), database().transaction() as session:
        agent = people.find(session, email)
        there = colleagues.ability(session, agent)
        colleagues.enable(
            session,
            agent,
            there.skills if skills is None else _listed(skills),
            there.languages if languages is None else _listed(languages),
            there.capacity if capacity is None else None if capacity == -1 else capacity,
        )
        now = colleagues.ability(session, agent)
        said = {"skills": now.skills, "languages": now.languages, "capacity": now.capacity}
        audit.record(session, None, "agent.ability_set", f"agent:{agent.id}", **said)
    most = policies.assignment().capacity if now.capacity is None else now.capacity
    what = f"{_every(now.skills, 'skill')} in {_every(now.languages, 'language')}"
    _say(f"{email} takes on {what}, up to {most} conversations at once.")


@agents.command("list")
def list_() -> None:
    """List everybody: role, second factor, open sessions."""
    with plainly(), database().reading() as session:
        everybody, opened = people.everybody(session), sessions.of_all(session)
    if not everybody:
        console.print("There is nobody yet: goodterms agents add <e-mail> --name <name>", markup=False)
        return
    table = Table("e-mail", "name", "role", "second factor", "signed in", "status", box=None)
    for agent in everybody:
        signed_in = str(len(opened.get(agent.id, [])) or "-")
        factor = "on" if agent.has_second_factor else "-"
        # What a person wrote is no markup.
        table.add_row(*map(escape, (agent.email, agent.name, agent.role, factor, signed_in, _status(agent))))
    console.print(table)


def _listed(text: str) -> list[str] | None:
    names = [name.strip() for name in text.split(",") if name.strip()]
    return None if names == ["every"] else names


def _every(names: list[str] | None, what: str) -> str:
    return f"every {what}" if names is None else ", ".join(names)


def _password() -> str:
    """Raises `InvalidInput` when the two that a person typed differ."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise InvalidInput("Those two are not the same. Nothing was changed.")
    return password


def _say(text: str) -> None:
    console.print(text, markup=False)


def _show_once(password: str) -> None:
    days = people.TEMPORARY.days
    _say(f"Their password for the first sign-in, within {days} days: {password}")
    _say("Tell it to them in person or by phone. They are asked to choose another at once.")


def _status(agent: Agent) -> str:
    if agent.disabled_at is not None:
        return "disabled"
    return "has a temporary password" if agent.temporary_until is not None else "active"
