"""Lets a model's answer through as long as it is one: no loop, no talk with itself, no leaked prompt or token."""

from glmbot.safety.quality.code_blocks import CodeBlocks
from glmbot.safety.quality.fault import MAX_HELD, Detector, Fault
from glmbot.safety.quality.prompt_leak import PromptLeak
from glmbot.safety.quality.repetition import Repetition
from glmbot.safety.quality.self_dialogue import SelfDialogue
from glmbot.safety.quality.special_tokens import SpecialTokens


class QualityGuard:
    """Passes on what a model writes, without the special tokens it leaks, until it goes wrong.

    Holds back up to 64 characters that may be the beginning of what is not to be shown. Where the pieces
    are cut makes no difference to the text that is shown.
    """

    def __init__(self, question: str = "", system: str | None = None) -> None:
        self.fault: Fault | None = None
        """What ended the answer."""
        self._code = CodeBlocks()
        self._tokens = SpecialTokens()
        self._detectors: list[Detector] = [self._tokens, SelfDialogue(question), Repetition(question)]
        if system:
            self._detectors.append(PromptLeak(system))
        self._held: list[str] = []
        self._num_shown = 0

    def add(self, piece: str) -> str:
        """Take in the next piece; return the text that may be shown now."""
        for character in piece:
            if self.fault:
                break
            place = self._num_shown + len(self._held)
            self._held.append(character)
            in_code = self._code.feed(character)
            for detector in self._detectors:
                detector.feed(character, place, in_code)
            self._look()
        return "" if self.fault and not self._held else self._release()

    def finish(self) -> str:
        """Return what was held back, now that the text is complete."""
        if not self.fault:
            for detector in self._detectors:
                detector.end()
            self._look()
        shown = "".join(self._held)
        self._held.clear()
        return shown

    def _look(self) -> None:
        """Take out a leaked token; end the answer where a detector found a fault."""
        if self._tokens.found:
            start, end = self._tokens.found
            self._held[start - self._num_shown : end - self._num_shown] = [""] * (end - start)
            self._tokens.found = None
        for detector in self._detectors:
            if detector.fault_at is not None:
                self.fault = detector.kind
                num_kept = max(detector.fault_at - self._num_shown, len(self._held) - MAX_HELD, 0)
                del self._held[num_kept:]
                break

    def _release(self) -> str:
        num_safe = len(self._held)
        if not self.fault:
            for detector in self._detectors:
                if detector.unsure_from is not None:
                    num_safe = min(num_safe, detector.unsure_from - self._num_shown)
            num_safe = max(num_safe, len(self._held) - MAX_HELD, 0)
        shown = "".join(self._held[:num_safe])
        del self._held[:num_safe]
        self._num_shown += num_safe
        return shown
