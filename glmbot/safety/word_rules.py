"""The rules about words: all their terms in one filter."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from glmbot.safety.filter import Match, WordFilter
from glmbot.safety.found import Found
from glmbot.safety.rule import STRICTNESS, Rule


class WordRules:
    """Looks for the terms of all rules at once; which rules count is said by the caller."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Raise ConfigError for a term that cannot be compared."""
        self._owners: dict[str, tuple[Rule, ...]] = {}
        self._allowed: dict[str, set[str]] = defaultdict(set)
        """Allowed phrases, with the ids of the rules that they are exceptions of."""
        for rule in rules:
            own = (rule,)
            for term in rule.terms:
                # A long list shares one tuple.
                self._owners[term] = self._owners[term] + own if term in self._owners else own
            for phrase in rule.allowed:
                self._allowed[phrase].add(rule.id)
        self.filter = WordFilter([*self._owners, *self._allowed])

    def found(self, text: str, rules: Collection[str]) -> Iterator[Found]:
        """Yield the places where a rule of these ids holds, of rules for the same place the strictest."""
        matches = set(self.filter.matches(text))
        for match, rule in self.judged(matches, rules):
            yield Found(rule, match.start, match.end)

    def judged(self, matches: Collection[Match], rules: Collection[str]) -> Iterator[tuple[Match, Rule]]:
        """Yield the matches that count, with the rule that counts for each; what stands in allowed phrases does not."""
        phrases = [match for match in matches if match.term in self._allowed]
        for match in matches:
            around = [one for one in phrases if one.start <= match.start and match.end <= one.end]
            excused = {rule for one in around for rule in self._allowed[one.term]}
            owners = [rule for rule in self._owners.get(match.term, ()) if rule.id in rules and rule.id not in excused]
            if owners:
                yield match, max(owners, key=lambda rule: STRICTNESS[rule.action])
