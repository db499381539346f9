"""Judges a whole text: the policies, then the plugins."""

import asyncio
from collections.abc import Sequence

from glmbot.hooks import CheckText
from glmbot.safety.policies import Policies
from glmbot.safety.rule import Scope
from glmbot.verdicts import Direction, Place, Verdict

LONG = 2000
"""A longer text is judged in a thread: it may take more than the event loop should be held."""


async def judge(
    policies: Policies, checks: Sequence[CheckText], text: str, direction: Direction, place: Place, scope: Scope
) -> Verdict:
    """Return what the policies and the plugins make of a text; the strictest wins."""
    if len(text) > LONG:
        verdict = await asyncio.to_thread(policies.check, text, direction, place, scope)
    else:
        verdict = policies.check(text, direction, place, scope)
    return verdict if verdict.is_blocked else await ask_plugins(checks, verdict, direction)


async def ask_plugins(checks: Sequence[CheckText], verdict: Verdict, direction: Direction) -> Verdict:
    """Return what the plugins make of a verdict; none of them can lift what another found."""
    for check in checks:
        theirs = await check(verdict.text, direction)
        findings = (*verdict.findings, *theirs.findings)
        verdict = Verdict(theirs.text, theirs.is_blocked, theirs.rule, findings)
        if verdict.is_blocked:
            break
    return verdict
