"""The policies of a folder, compiled: what is found in a text, and what is to be done about it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from glmbot.safety.collection import without_collection
from glmbot.safety.found import Found, changed, findings_of
from glmbot.safety.injection.score import Channel, Injection, score
from glmbot.safety.pii.finding import find
from glmbot.safety.rule import ANYWHERE, STRICTNESS, Kind, Rule, Scope
from glmbot.safety.rule_files import DEFAULT_FOLDER, read_rules
from glmbot.safety.word_rules import WordRules
from glmbot.verdicts import Direction, Place, Verdict


def load(folder: Path | None = None, more: Sequence[Rule] = (), key: bytes = b"") -> "Policies":
    """Return the policies of a folder, or those that ship with glmbot; `key` is that of the digests.

    It takes up to two seconds for 100,000 terms. Raises ConfigError, which names file, rule and remedy.
    """
    with without_collection():
        return Policies([*read_rules(folder or DEFAULT_FOLDER), *more], key)


class Policies:
    """Rules that hold together. They do not change: new ones are put in their place as a whole."""

    def __init__(self, rules: Sequence[Rule] = (), key: bytes = b"") -> None:
        """Raise ConfigError for a term that cannot be compared."""
        self.rules = tuple(rules)
        self.key = key
        self.words = WordRules([rule for rule in rules if rule.kind is Kind.WORDS])

    def check(
        self,
        text: str,
        direction: Direction,
        place: Place = Place.TEXT,
        scope: Scope = ANYWHERE,
        kinds: Collection[Kind] = tuple(Kind),
    ) -> Verdict:
        """Judge a text by rules of these kinds: pure, in linear time. What is blocked comes back as it was."""
        found = list(self._found(text, direction, place, scope, kinds))
        if not found:
            return Verdict(text)
        findings = findings_of(found, text, place, self.key)
        strictest = max(found, key=lambda one: STRICTNESS[one.rule.action]).rule
        if strictest.action.blocks:
            return Verdict(text, is_blocked=True, rule=strictest.id, findings=findings)
        return Verdict(changed(text, found), findings=findings)

    def asks_for_injection(self, place: Place, scope: Scope) -> bool:
        """Tell whether a rule looks for injections in such a text."""
        return bool(self._injection_rules(_channel_of(place), scope))

    def classified(self, verdict: Verdict, probability: float, place: Place, scope: Scope) -> Verdict:
        """Return what the rules for injection make of a text that came in, by what a classifier says of it."""
        rules = self._injection_rules(_channel_of(place), scope)
        found = list(_reached(verdict.text, rules, Injection(probability, ("classifier",))))
        if not found:
            return verdict
        findings = (*verdict.findings, *findings_of(found, verdict.text, place, self.key))
        (one,) = found
        return replace(
            verdict,
            is_blocked=one.rule.action.blocks,
            rule=one.rule.id if one.rule.action.blocks else None,
            findings=findings,
        )

    def _injection_rules(self, channel: Channel, scope: Scope) -> list[Rule]:
        return [one for one in self.holding(Kind.INJECTION, Direction.IN, scope) if one.channel is channel]

    def holding(self, kind: Kind, direction: Direction, scope: Scope) -> list[Rule]:
        """Return the rules of a kind that hold."""
        return [rule for rule in self.rules if rule.kind is kind and rule.holds(direction, scope)]

    def changing(self, direction: Direction, scope: Scope) -> frozenset[Kind]:
        """Return the kinds of the rules that put something else in the place of what they find."""
        return frozenset(rule.kind for rule in self.rules if rule.action.changes and rule.holds(direction, scope))

    def _found(
        self, text: str, direction: Direction, place: Place, scope: Scope, kinds: Collection[Kind]
    ) -> Iterator[Found]:
        if Kind.WORDS in kinds and (words := self.holding(Kind.WORDS, direction, scope)):
            yield from self.words.found(text, {rule.id for rule in words})
        if Kind.PII in kinds and (pii := self.holding(Kind.PII, direction, scope)):
            yield from pii_found(text, pii)
        if Kind.INJECTION in kinds and direction is Direction.IN:
            channel = _channel_of(place)
            if injection := self._injection_rules(channel, scope):
                yield from _reached(text, injection, score(text, channel))


def _channel_of(place: Place) -> Channel:
    return Channel.DOCUMENT if place is Place.FILE_TEXT else Channel.USER


def pii_found(text: str, rules: Sequence[Rule]) -> Iterator[Found]:
    """Yield the personal data that rules look for."""
    for span in find(text):
        wanted = [rule for rule in rules if span.kind in rule.pii]
        if wanted:
            rule = max(wanted, key=lambda one: STRICTNESS[one.action])
            yield Found(rule, span.start, span.end, span.kind.placeholder)


def _reached(text: str, rules: Sequence[Rule], injection: Injection) -> Iterator[Found]:
    """Yield the strictest rule that an injection reaches; its place is all of the text."""
    if reached := [rule for rule in rules if injection.value >= rule.threshold]:
        strictest = max(reached, key=lambda rule: STRICTNESS[rule.action])
        yield Found(strictest, 0, len(text), f"{injection.value:.2f}: {', '.join(injection.reasons)}")
