"""Finds the place where a model, its answer given, goes on by asking itself in the user's name."""

import re

from glmbot.safety.quality.fault import Fault

SPEAKERS = ("问", "用户", "提问", "User", "USER", "Human", "HUMAN", "Instruction")
LABELS = tuple(before + speaker for before in ("", "### ", "**") for speaker in SPEAKERS)
TURN = re.compile(
    rf" {{0,4}}(?:### |\*\*)?(?:{'|'.join(SPEAKERS)})(?:\*\*)?\s?[:：](?:\*\*)?\s*(?P<said>.*)", re.DOTALL
)
ROUND = re.compile(r" {0,4}\[Round (?P<number>\d{1,3})\]\s*")
LABELLED = re.compile(r"[^\s:：][^:：]{0,24}[:：].{0,60}")
"""A line of a list of fields, or somebody's words in a script."""
ASKED_FOR = re.compile(
    r"dialog|conversation|script|interview|faq|q\s?&\s?a|transcript|chat ?log|screenplay|\bscene\b|\bplay\b|role-?play"
    r"|template|questions and answers|对话|剧本|问答|访谈|采访|聊天记录|台词|小品|相声|常见问题|情景|模板|一问一答",
    re.IGNORECASE,
)
MAX_LINE = 40
"""Characters of a line after which it is decided whether somebody speaks in it."""


class SelfDialogue:
    """Finds the user's label at the beginning of a line, behind an answer that is no dialogue itself."""

    kind = Fault.SELF_DIALOGUE

    def __init__(self, question: str) -> None:
        self.fault_at: int | None = None
        self.unsure_from: int | None = None
        self._is_over = ASKED_FOR.search(question) is not None
        """Whether the answer is known to be a dialogue, so that nothing is looked for any more."""
        self._has_rounds = False
        """Whether the answer itself counts rounds, from the first."""
        self._line = ""
        self._line_start = 0
        self._previous = ""
        """The last line that was not empty."""
        self._is_next_line = False
        """Whether no empty line stands between that and this one."""

    def feed(self, character: str, place: int, in_code: bool) -> None:
        """Take in the next character."""
        if self._is_over:
            return
        if character == "\n":
            self._end_line(in_code)
            self._line_start = place + 1
            return
        if len(self._line) < MAX_LINE + 20:
            self._line += character
        self.unsure_from = self._line_start if not in_code and _may_be_turn(self._line) else None
        if len(self._line) == MAX_LINE and not in_code:
            self._decide()

    def end(self) -> None:
        """Decide about the last line."""
        if not self._is_over:
            self._end_line(in_code=False)

    def _end_line(self, in_code: bool) -> None:
        if not in_code:
            self._decide()
        self._is_next_line = bool(self._line.strip())
        self._previous = self._line.strip() or self._previous
        self._line, self.unsure_from = "", None

    def _decide(self) -> None:
        """Tell whether somebody begins to speak in this line, and whether that is the answer's own form."""
        number = _round_of(self._line)
        self._has_rounds = self._has_rounds or number == 1
        if not _is_utterance(self._line) and (number == 0 or self._has_rounds):
            return
        if self._may_speak():
            self._is_over = True
            self.unsure_from = None
        else:
            self.fault_at = self._line_start

    def _may_speak(self) -> bool:
        """A label is in place at the very beginning, below a heading or an announcement, and among fields."""
        previous = self._previous
        if not previous:
            return True
        is_heading = previous.startswith("#") or (previous.startswith("**") and previous.endswith("**"))
        return previous.endswith((":", "：")) or is_heading or (self._is_next_line and _is_field(previous))


def _is_field(line: str) -> bool:
    return LABELLED.fullmatch(line) is not None and not line.startswith(("答", "Assistant", "AI", "助手", "http"))


def _may_be_turn(line: str) -> bool:
    start = line.lstrip(" ")
    if len(line) > MAX_LINE:
        return False
    return (
        not start
        or TURN.match(line) is not None
        or any(label.startswith(start) or start.startswith(label) for label in (*LABELS, "[Round "))
    )


def _is_utterance(line: str) -> bool:
    """Tell whether the label is followed by words: one alone is a field of a form."""
    match = TURN.match(line)
    if not match:
        return False
    said = match["said"].strip()
    return len(said.split()) > 1 or (len(said) > 1 and not said.isascii()) or not said


def _round_of(line: str) -> int:
    """Return the number of the round that the line announces in the manner of ChatGLM's prompts, else 0."""
    match = ROUND.match(line)
    return int(match["number"]) if match else 0
