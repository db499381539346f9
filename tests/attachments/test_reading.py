"""Files are read for their text; hostile ones neither hang nor bloat the bot."""

import asyncio
import gzip
import io
import os
import resource
import tarfile
import time
from pathlib import Path

import pytest

from glmbot.attachments.extracted import MAX_BYTES, MAX_CHARS, ExtractedText, Problem, Unreadable
from glmbot.attachments.kinds import refusal_by_name
from glmbot.attachments.parsing import Limits
from glmbot.attachments.reading import read_text
from tests.attachments.files import (
    billion_laughs,
    deflated,
    docx_of,
    encrypted,
    paragraphs,
    pdf_of,
    pdf_with,
    zipped,
)

CHINESE = "今天天气很好，我们去公园散步吧。" * 20
MAX_GROWTH_KB = 60 * 1024


async def problem_of(name: str, data: bytes, limits: Limits | None = None) -> Problem:
    with pytest.raises(Unreadable) as unreadable:
        await read_text(name, data, limits)
    return unreadable.value.problem


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", b"hello\r\nworld\r\n", "hello\nworld"),
        ("a.md", "# Titel\n\n- café ☕\n".encode(), "# Titel\n\n- café ☕"),
        ("a.py", b"def f(x):\n\treturn x\n", "def f(x):\n\treturn x"),
        ("no ending", "你好".encode(), "你好"),
        ("bom.txt", b"\xef\xbb\xbfhello", "hello"),
        ("a.csv", CHINESE.encode("gb18030"), CHINESE),
        ("a.txt", CHINESE.encode("gbk"), CHINESE),
        ("a.txt", "𠀀㐀".encode("gb18030"), "𠀀㐀"),
        ("a.txt", "\ufeffhello 你好".encode("utf-16-le"), "hello 你好"),
        ("a.txt", "\ufeffhello 你好".encode("utf-16-be"), "hello 你好"),
        ("a.txt", "\ufeffhello 你好".encode("utf-32-le"), "hello 你好"),
        ("a.log", b"\x1b[31mred\x1b[0m\x07" + b"." * 100, "[31mred[0m" + "." * 100),
        ("a.txt", b"MZ is also a word.", "MZ is also a word."),
        ("a.md", b"A PDF begins with %PDF-1.7.", "A PDF begins with %PDF-1.7."),
        ("picture.png", b"no picture at all", "no picture at all"),
        ("ids.txt", b"ID3 tags are explained here", "ID3 tags are explained here"),
        ("archive.docx", b"just text", "just text"),
        ("x.svg", b"<svg><text>hi</text></svg>", "<svg><text>hi</text></svg>"),
    ],
)
async def test_texts_are_read_in_every_encoding(name: str, data: bytes, text: str) -> None:
    assert await read_text(name, data) == ExtractedText(text)


async def test_a_long_text_is_cut() -> None:
    whole, cut = await read_text("a.txt", b"x" * MAX_CHARS), await read_text("a.txt", "好".encode() * 3_000_000)
    assert (len(whole.text), whole.is_cut) == (MAX_CHARS, False)
    assert (len(cut.text), cut.is_cut) == (MAX_CHARS, True)
    assert await read_text("a.txt", ("y" * 319_999 + "好好").encode()) == ExtractedText("y" * MAX_CHARS, True)


def tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"hello"))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.zip", zipped({"a.txt": "hello"}), Problem.ARCHIVE),
        ("a.txt", zipped({"a.txt": "hello"}), Problem.ARCHIVE),
        ("a.pdf", zipped({"a.txt": "hello"}), Problem.ARCHIVE),
        ("a.docx", zipped({"a.txt": "hello"}), Problem.ARCHIVE),
        ("a.jar", zipped({"META-INF/MANIFEST.MF": "x"}), Problem.ARCHIVE),
        ("a.zip", docx_of(paragraphs("hi")), Problem.ARCHIVE),
        ("a.xlsx", zipped({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}), Problem.UNKNOWN_KIND),
        ("a.pptx", zipped({"[Content_Types].xml": "x", "ppt/presentation.xml": "x"}), Problem.UNKNOWN_KIND),
        ("a.txt", gzip.compress(b"hello", mtime=0), Problem.ARCHIVE),
        ("a.txt", b"7z\xbc\xaf\x27\x1c\x00\x04", Problem.ARCHIVE),
        ("a.txt", b"Rar!\x1a\x07\x01\x00", Problem.ARCHIVE),
        ("a.txt", tarred(), Problem.ARCHIVE),
        ("report.pdf", b"MZ\x90\x00\x03\x00\x00\x00" + bytes(500), Problem.PROGRAM),
        ("notes.txt", b"\x7fELF\x02\x01\x01" + bytes(100), Problem.PROGRAM),
        ("notes.txt", b"\xca\xfe\xba\xbe\x00\x00\x00\x34", Problem.PROGRAM),
        ("notes.md", b"\xcf\xfa\xed\xfe\x07\x00\x00\x01", Problem.PROGRAM),
        ("notes.txt", b"\x89PNG\r\n\x1a\n\x00", Problem.UNKNOWN_KIND),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), Problem.UNKNOWN_KIND),
        ("a.rtf", rb"{\rtf1\ansi hello}", Problem.UNKNOWN_KIND),
        ("binary.txt", bytes(range(256)) * 40, Problem.UNKNOWN_KIND),
        ("binary.txt", b"\x01\x02\x03\x04" * 1000, Problem.UNKNOWN_KIND),
        ("binary.txt", b"hello\x00world", Problem.UNKNOWN_KIND),
        ("latin.txt", "café".encode("latin-1") + b"\n", Problem.UNKNOWN_KIND),
        ("bom.txt", b"\xff\xfe\x00\xd8", Problem.UNKNOWN_KIND),
        ("empty.txt", b"", Problem.NO_TEXT),
        ("blank.txt", b" \n\t\r\n", Problem.NO_TEXT),
        ("big.txt", b"x" * (MAX_BYTES + 1), Problem.TOO_LARGE),
    ],
)
async def test_what_is_no_text_is_refused_by_its_content(name: str, data: bytes, problem: Problem) -> None:
    assert await problem_of(name, data) == problem


async def test_random_bytes_are_no_text() -> None:
    for _ in range(200):
        data = os.urandom(300).replace(b"\x00", b"\x01")
        assert await problem_of("a.txt", data) in (Problem.UNKNOWN_KIND, Problem.PROGRAM, Problem.ARCHIVE)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a.ZIP", Problem.ARCHIVE),
        ("a.tar.gz", Problem.ARCHIVE),
        ("setup.exe", Problem.PROGRAM),
        ("a.zip.txt", None),
        ("zip", None),
        ("a.docx", None),
    ],
)
def test_some_names_say_that_a_file_need_not_be_fetched(name: str, problem: Problem | None) -> None:
    assert refusal_by_name(name) == problem


async def test_a_pdf_is_read() -> None:
    assert await read_text("a.pdf", pdf_of(["First page", "Second page"])) == ExtractedText("First page\n\nSecond page")
    assert (await read_text("no name", b"\n" + pdf_of(["Hello"]))).text == "Hello"


async def test_of_a_long_pdf_fifty_pages_are_read() -> None:
    found = await read_text("a.pdf", pdf_of([f"page {number}" for number in range(1, 61)]))
    assert found.is_cut
    assert found.text.split("\n\n")[-1] == "page 50"


async def test_a_pdf_without_text_or_with_a_password_is_told() -> None:
    assert await problem_of("scan.pdf", pdf_of(["", ""])) == Problem.NO_TEXT
    assert await problem_of("a.pdf", encrypted(pdf_of(["secret"]), "password")) == Problem.ENCRYPTED
    assert (await read_text("a.pdf", encrypted(pdf_of(["for all to read"]), ""))).text == "for all to read"


async def test_a_word_document_is_read() -> None:
    body = paragraphs("你好 world", "", "&lt;second&gt; &amp; last") + (
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc>"
        "</w:tr></w:tbl><w:p><w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t></w:r>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        "<mc:AlternateContent><mc:Choice><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p><w:r>"
        "<w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>"
    )
    found = await read_text("a.docx", docx_of(body))
    assert found.text == "你好 world\n\n<second> & last\na\n\tb\n\t\none\ttwo\nthree\nbox"


async def test_a_long_word_document_is_cut() -> None:
    found = await read_text("a.docx", docx_of(paragraphs(*["word " * 100] * 200)))
    assert (len(found.text), found.is_cut) == (MAX_CHARS, True)


OUTSIDE = f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{Path(__file__).as_uri()}">]>'


@pytest.mark.parametrize(
    ("body", "before"),
    [("&j;", billion_laughs()), ("&x;", OUTSIDE), (paragraphs("hi"), "<!DOCTYPE w:document>")],
    ids=["billion laughs", "an entity outside", "a DTD"],
)
async def test_entities_in_a_word_document_are_never_looked_at(body: str, before: str) -> None:
    data = docx_of(f"<w:p><w:r><w:t>{body}</w:t></w:r></w:p>", before)
    began = time.monotonic()
    assert await problem_of("a.docx", data) == Problem.DAMAGED
    assert time.monotonic() - began < 5


MAX_CHILD_KB = 700_000
"""A child may take 512 MB of its own, and Python's libraries come on top."""


def children_kb() -> int:
    """Return the most memory that any child process has taken so far, those of other tests included."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


EMPTY_PARTS: dict[str, bytes | str] = {"[Content_Types].xml": "", "word/document.xml": b"x"}


@pytest.mark.parametrize(
    "data",
    [
        docx_of(b"<" + b" " * 30_000_000),
        zipped(EMPTY_PARTS | {f"word/{n}.bin": bytes(900_000) for n in range(30)}),
        zipped(EMPTY_PARTS | {f"{n}": b"" for n in range(6000)}),
        docx_of(b"<w:p>" * 4_000_000),
    ],
    ids=["30 MB as 30 KB", "30 entries of 1 MB", "6000 entries", "4 million elements"],
)  # fmt: skip
async def test_a_zip_bomb_is_told(data: bytes) -> None:
    assert len(data) < 2_000_000
    began = time.monotonic()
    before = children_kb()
    assert await problem_of("bomb.docx", data) == Problem.TOO_COMPLEX
    assert time.monotonic() - began < 15
    assert children_kb() <= max(before, MAX_CHILD_KB)


async def test_a_word_document_that_lies_about_its_size_or_is_cut_off_is_damaged() -> None:
    data = docx_of(paragraphs("hello"))
    size = len(data)
    assert await problem_of("a.docx", data[: size // 2]) == Problem.DAMAGED
    assert await problem_of("a.docx", zipped({"[Content_Types].xml": "", "word/documents": ""})) == Problem.DAMAGED
    assert await problem_of("a.docx", docx_of("<w:p><w:r></w:p>")) == Problem.DAMAGED


QUICK = Limits(seconds=4.0)


async def outcome_of(data: bytes, limits: Limits) -> Problem | None:
    """Return why a PDF is not read, None where it is."""
    try:
        await read_text("a.pdf", data, limits)
        return None
    except Unreadable as error:
        return error.problem


@pytest.mark.parametrize(
    "data",
    [
        pdf_with([b""], kids="2 0 R"),
        pdf_with([b""], kids="4 0 R " * 200_000),
        pdf_with([b"BT (x) Tj ET"], count=1_000_000),
        pdf_with([deflated(300_000_000)], packed=True),
        pdf_with([b"[" * 1_000_000]),
        pdf_with([b"q " * 2_000_000]),
        b"%PDF-1.7\n" + b"1 0 obj\n" * 500_000,
        b"%PDF-1.7\n" + os.urandom(100_000),
        b"%PDF-1.7\nxref\n0 99999999\ntrailer << /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF",
        pdf_of(["hello"])[:300],
    ],
    ids=[
        "pages that are their own kids", "200,000 kids", "says it has a million pages", "300 MB as 300 KB", "nested",
        "2 million operators", "half a million objects", "noise", "a table of tables", "cut off",
    ],
)  # fmt: skip
async def test_a_hostile_pdf_ends_in_time_and_memory(data: bytes) -> None:
    before, children_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children_kb()
    began = time.monotonic()
    outcome = await outcome_of(data, QUICK)
    print(f"{time.monotonic() - began:.1f} s: {outcome}")
    assert outcome in (None, Problem.TOO_COMPLEX, Problem.DAMAGED, Problem.NO_TEXT)
    assert time.monotonic() - began < QUICK.seconds + 4
    assert children_kb() <= max(children_before, MAX_CHILD_KB)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_GROWTH_KB


CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")
HEAVY = pdf_with([b"BT /F1 12 Tf " + b"(x) Tj " * 1_000_000 + b"ET"])


def children() -> list[str]:
    return CHILDREN.read_text(encoding="ascii").split()


@pytest.mark.skipif(not CHILDREN.exists(), reason="processes are read from /proc")
async def test_a_file_that_hangs_the_reader_is_left_in_time_and_the_process_is_gone() -> None:
    before = children()
    assert await problem_of("a.pdf", HEAVY, Limits(seconds=1.0)) == Problem.TOO_COMPLEX
    assert children() == before


@pytest.mark.skipif(not CHILDREN.exists(), reason="processes are read from /proc")
async def test_a_reader_that_is_given_up_leaves_no_process() -> None:
    before = children()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await read_text("a.pdf", HEAVY)
    assert children() == before


async def test_the_process_that_reads_has_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its environment is empty, and what it imports is where the bot has it from."""
    monkeypatch.setenv("GLMBOT_SECRET", "do-not-pass-on")
    (tmp_path / "pypdf.py").write_text("import os\nraise ImportError(str(dict(os.environ)))", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert (await read_text("a.pdf", pdf_of(["Hello"]))).text == "Hello"


async def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for library in ("pypdf", "defusedxml"):
        (tmp_path / f"{library}.py").write_text("raise ImportError", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert await problem_of("a.pdf", pdf_of(["Hello"])) == Problem.NEEDS_EXTRA
    assert await problem_of("a.docx", docx_of(paragraphs("Hello"))) == Problem.NEEDS_EXTRA
    assert (await read_text("a.txt", b"Hello")).text == "Hello"
