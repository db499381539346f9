"""Tells what a file is: by its content first, by its name only where that says nothing."""

from enum import StrEnum

from glmbot.attachments.extracted import Problem, Unreadable


class FileKind(StrEnum):
    """The kinds of files that are read."""

    TEXT = "text"
    PDF = "pdf"
    DOCX = "docx"


ARCHIVES = (
    b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"LZIP",
    b"\x04\x22\x4d\x18", b"MSCF", b"!<arch>\n", b"xar!", b"\x1f\x9d", b"\x1f\xa0", b"SIT!", b"hsqs", b"\x5d\x00\x00",
)  # fmt: skip
"""How archives and compressed files begin, but for ZIP and tar: 7z, RAR, gzip, bzip2, xz, zstd and the like."""
PROGRAMS = (
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"dex\n", b"\x00asm", b"L\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
"""How programs begin: of Windows, Linux, macOS, Java, Android, WebAssembly; a Windows shortcut, too."""
OTHERS = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"OggS", b"ID3", b"fLaC",
    b"SQLite format 3\x00", b"II*\x00", b"MM\x00*", b"\x00\x00\x01\x00", b"wOFF", b"wOF2",
)  # fmt: skip
"""How others begin that are no text: Office before 2007 (and any with a password), pictures, music, fonts."""
MARKED_UP = (b"{\\rtf", b"%!PS")
"""How texts begin of which hardly anything is meant to be read."""
ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
TAR_MAGIC, TAR_AT = b"ustar", 257
PDF_WITHIN = 1024
"""Bytes within which a PDF says that it is one."""
OFFICE_NAMES = frozenset({"xlsx", "xlsm", "pptx", "odt", "ods", "odp", "epub", "pages", "numbers", "key"})
ARCHIVE_NAMES = frozenset(
    {
        "zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "jar", "war", "apk", "ipa", "cab", "iso", "dmg",
        "deb", "rpm",
    }
)  # fmt: skip
PROGRAM_NAMES = frozenset({"exe", "dll", "msi", "scr", "com", "so", "dylib", "class", "sys", "lnk"})


def refusal_by_name(name: str) -> Problem | None:
    """Return why a file need not even be fetched."""
    ending = _ending(name)
    if ending in ARCHIVE_NAMES:
        return Problem.ARCHIVE
    return Problem.PROGRAM if ending in PROGRAM_NAMES else None


def kind_of(name: str, data: bytes) -> FileKind:
    """Return what a file is. Raises Unreadable for what is not read."""
    if data.startswith(PROGRAMS) and not _is_plain(data):
        raise Unreadable(Problem.PROGRAM)
    if data.startswith(ZIPS):
        return _kind_of_zip(name, data)
    if data[TAR_AT:].startswith(TAR_MAGIC) or (data.startswith(ARCHIVES) and not _is_plain(data)):
        raise Unreadable(Problem.ARCHIVE)
    if data.lstrip().startswith(b"%PDF-") or (_ending(name) == "pdf" and b"%PDF-" in data[:PDF_WITHIN]):
        return FileKind.PDF
    if data.startswith(MARKED_UP) or (data.startswith(OTHERS) and not _is_plain(data)):
        raise Unreadable(Problem.UNKNOWN_KIND)
    return FileKind.TEXT


def _kind_of_zip(name: str, data: bytes) -> FileKind:
    is_office = b"[Content_Types].xml" in data
    if is_office and b"word/document" in data and _ending(name) not in ARCHIVE_NAMES:
        return FileKind.DOCX
    raise Unreadable(Problem.UNKNOWN_KIND if _ending(name) in OFFICE_NAMES else Problem.ARCHIVE)


def _is_plain(data: bytes) -> bool:
    """Tell whether what begins like something else is a text after all: "MZ" is also a word."""
    return data[:PDF_WITHIN].isascii() and b"\x00" not in data[:PDF_WITHIN]


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
