"""Tells how much a text looks like an attempt to give the model orders that are not its sender's to give."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum, auto

from glmbot.safety.injection.decode import joined_quotes, payloads
from glmbot.safety.injection.fold import fold, spelled_out
from glmbot.safety.injection.grammar import GRAMMAR, Form
from glmbot.safety.injection.vocabulary import END, letters_of, read, read_run_together

THRESHOLD = 0.5
"""From this value on, a text counts as an injection."""
REACH = 40
"""Expressions between two findings that still support each other."""
CLOSE = 10
MAX_FINDINGS = 200
"""Findings of one form that are looked at."""


class Channel(StrEnum):
    """Where a text comes from."""

    USER = auto()
    DOCUMENT = auto()


@dataclass(frozen=True, slots=True)
class Injection:
    """What was found: 0 for nothing, 1 for a certain attempt."""

    value: float
    reasons: tuple[str, ...]
    """The intents that were found, in the order of the grammar."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A form that occurs, and where in the string of meanings."""

    form: int
    place: int
    weight: float


def _any(*names: str) -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(letters_of, names))}]")


ABOUT = {
    Channel.USER: _any("ASK", "TOPIC", "FIELD", "REPORTED"),
    Channel.DOCUMENT: _any("ASK", "TOPIC", "REPORTED"),
}
"""What a sentence has that speaks about the matter rather than order it."""
ORDERED = _any("SHOW", "INSTEAD", "MUST")
"""What begins an order of its own behind a finding."""
EDITED = _any("TASK")
TOLD = _any("TASK", "NARRATE", "ASK", "TOPIC", "FIELD")
QUOTE = letters_of("QUOTE")
JOINS = _any("COMBINE")

EXCUSE = 0.4
"""What is left of a finding in a question about the matter, or in a text that is quoted for a task."""


def score(text: str, channel: Channel) -> Injection:
    """Judge a text; its time grows with the length of the text and no faster."""
    folded = fold(text)
    said = read(folded)
    views = [said]
    if spelled := spelled_out(folded):
        views += [read(spelled), END + read_run_together(spelled) + END]
    found = [_judge(view, channel) for view in views]
    plain = max(injection.value for injection in found)
    for payload in payloads(text):
        hidden = _judge(read(fold(payload)), channel)
        if hidden.value > plain:  # what is said in the open is found again where only a part is in a code
            found.append(_disguised(hidden))
    if JOINS.search(said) and (joined := joined_quotes(text)):
        found.append(_disguised(_judge(read(fold(joined)), channel), "in pieces"))
    return max(found, key=lambda injection: injection.value)


def _disguised(injection: Injection, reason: str = "encoded") -> Injection:
    """What is disguised and says anything of the kind weighs more than the same in the open."""
    if injection.value < EXCUSE:
        return Injection(injection.value, ())
    return Injection(max(injection.value, 0.8), (reason, *injection.reasons))


@dataclass(frozen=True, slots=True)
class Reading:
    """A string of meanings, and where in it quotation marks stand."""

    said: str
    channel: Channel
    quotes: list[int]

    def is_quoted(self, place: int) -> bool:
        """Tell whether a place is between two quotation marks."""
        num_before = bisect_left(self.quotes, place)
        return num_before % 2 == 1 and place - self.quotes[num_before - 1] < REACH


def _judge(said: str, channel: Channel) -> Injection:
    reading = Reading(said, channel, [place for place, letter in enumerate(said) if letter == QUOTE])
    findings = sorted(_findings(reading), key=lambda finding: finding.place)
    best, best_group = 0.0, list[Finding]()
    start = 0
    for end, finding in enumerate(findings, start=1):
        while findings[start].place < finding.place - REACH:
            start += 1
        value = _together(findings[start:end])
        if value > best:
            best, best_group = value, findings[start:end]
    intents = sorted({finding.form for finding in best_group})
    return Injection(round(best, 3), tuple(dict.fromkeys(GRAMMAR[form].intent for form in intents)))


def _together(findings: list[Finding]) -> float:
    """Return the weight of findings that support each other; of each intent the strongest counts."""
    strongest: dict[str, float] = {}
    for finding in findings:
        intent = GRAMMAR[finding.form].intent
        strongest[intent] = max(finding.weight, strongest.get(intent, 0.0))
    doubt = 1.0
    for weight in strongest.values():
        doubt *= 1 - weight
    return 1 - doubt


def _findings(reading: Reading) -> list[Finding]:
    findings: list[Finding] = []
    present = frozenset(reading.said)
    for number, form in enumerate(GRAMMAR):
        if not any(map(present.isdisjoint, form.needs)):
            findings += _findings_of(reading, number, form)
    return findings


def _findings_of(reading: Reading, number: int, form: Form) -> list[Finding]:
    """Return the findings of one form; of those that stand close together, the strongest."""
    weight = form.weight if reading.channel is Channel.USER else form.in_document
    findings: list[Finding] = []
    for match in form.pattern.finditer(reading.said):
        finding = Finding(number, match.start(), weight * _excuse(reading, match, form))
        if not findings or finding.place > findings[-1].place + CLOSE:
            findings.append(finding)
        elif finding.weight > findings[-1].weight:
            findings[-1] = finding
        if len(findings) == MAX_FINDINGS:
            break
    return findings


def _excuse(reading: Reading, match: re.Match[str], form: Form) -> float:
    """Return what the sentence around a finding leaves of it."""
    said, first = reading.said, max(0, match.start() - REACH)
    start = said.rfind(END, first, match.start() + 1) + 1 or first
    end = said.find(END, match.end(), match.end() + REACH)
    behind = said[match.end() : end if end >= 0 else match.end() + REACH]
    if reading.channel is Channel.DOCUMENT and EDITED.search(said, start, match.start()):
        return EXCUSE
    around = said[max(0, start - 6) : match.end()] + behind + said[end : end + 4]
    is_told = reading.is_quoted(match.start()) and TOLD.search(around) is not None
    about = said[start : match.end()] + ORDERED.split(behind, maxsplit=1)[0]
    is_doubtful = ABOUT[reading.channel].search(about) is not None and not form.is_plain_when_asked
    return float(EXCUSE ** (is_doubtful + is_told))
