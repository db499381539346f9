"""A question together with the files that came with it, as the model is given them: as data, behind fences."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glmbot.attachments.extracted import MAX_CHARS
from glmbot.events import Language
from glmbot.phrases import Phrase

MARGIN = 0.95
"""A text's tokens are not spread evenly: aim a little below what should fit."""
LEAST_CUT = 10
"""One in so many characters goes at least, so that no text, however strange, is tried often."""
BACKTICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file; `is_cut` tells whether the file has more of it."""

    name: str
    text: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a sender asks. `notices` are for the sender: of files that could not be read, for one."""

    text: str
    language: Language = Language.ENGLISH
    files: tuple[FileText, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def num_file_chars(self) -> int:
        """How many characters of its files are to be shown, where there is room."""
        return min(MAX_CHARS, sum(len(file.text) for file in self.files))

    def written(self, room: int) -> str:
        """Return what the model is given, with at most `room` characters of files."""
        if not self.files:
            return self.text
        shown = [self._file(file, share) for file, share in zip(self.files, self._shares(room), strict=True)]
        return "\n\n".join([*shown, self.text or Phrase.FILE_QUESTION.in_language(self.language)])

    def smaller(self, room: int, num_tokens: int, limit: int) -> int:
        """Return how many characters of files may fit where those of `room` made too many tokens."""
        num_chars = len(self.written(room))
        too_many = num_chars - int(num_chars * limit / num_tokens * MARGIN)
        return room - max(1, too_many, room // LEAST_CUT)

    def notices_for(self, room: int) -> list[str]:
        """Return what the sender is told of the files."""
        cut = [
            Phrase.FILE_CUT.in_language(self.language, name=file.name, shown=share)
            for file, share in zip(self.files, self._shares(room), strict=True)
            if file.is_cut or share < len(file.text)
        ]
        return [*self.notices, *cut]

    def _shares(self, room: int) -> Sequence[int]:
        """Share the room out: small files are shown whole, the others as far as the rest goes evenly."""
        shares = [0] * len(self.files)
        by_length = sorted(range(len(self.files)), key=lambda index: len(self.files[index].text))
        for num_before, index in enumerate(by_length):
            shares[index] = min(len(self.files[index].text), room // (len(self.files) - num_before))
            room -= shares[index]
        return shares

    def _file(self, file: FileText, share: int) -> str:
        is_cut = file.is_cut or share < len(file.text)
        title = Phrase.FILE_BEGINNING if is_cut else Phrase.FILE
        text = file.text[:share]
        fence = "`" * max(3, 1 + max((len(run) for run in BACKTICKS.findall(text)), default=0))
        return f"{title.in_language(self.language, name=file.name)}\n{fence}\n{text}\n{fence}"
