"""Makes files of all kinds, friendly and hostile ones."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from pypdf import PdfReader, PdfWriter

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml'
    '.document.main+xml"/></Types>'
)
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def zipped(entries: Mapping[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def docx_of(body: str | bytes, before: str = "") -> bytes:
    """Return a document of this WordprocessingML."""
    if isinstance(body, str):
        body = f'<?xml version="1.0"?>{before}<w:document {WORD} {COMPATIBLE}><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": body})


def paragraphs(*texts: str) -> str:
    return "".join(f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>' for text in texts)


def pdf_of(pages: Sequence[str]) -> bytes:
    """Return a PDF with a line on each page; an empty one is a page without text."""
    streams = [f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET" if text else "" for text in pages]
    return pdf_with([stream.encode("latin-1") for stream in streams])


def pdf_with(streams: Sequence[bytes], kids: str = "", count: int | None = None, packed: bool = False) -> bytes:
    """Return a PDF with these page contents, which may lie about its pages."""
    first = 4
    numbers = [first + 2 * index for index in range(len(streams))]
    kids = kids or " ".join(f"{number} 0 R" for number in numbers)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(streams) if count is None else count} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    for number, stream in zip(numbers, streams, strict=True):
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {number + 1} 0 R >>".encode()
        )
        coded = b" /Filter /FlateDecode" if packed else b""
        objects[number + 1] = b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(stream), coded, stream)
    return assembled(objects)


def assembled(objects: Mapping[int, bytes]) -> bytes:
    data = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in offsets.items():
        data += b"%d 1\n%010d 00000 n \n" % (number, offset)
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, start)
    return bytes(data)


def encrypted(pdf: bytes, password: str) -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(pdf)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def deflated(num_bytes: int, unit: bytes = b" ") -> bytes:
    """Return a stream that grows to so many bytes."""
    packer = zlib.compressobj(9)
    block = unit * (1_000_000 // len(unit))
    return b"".join(packer.compress(block) for _ in range(num_bytes // len(block))) + packer.flush()


def billion_laughs() -> str:
    entities = ['<!ENTITY a "ha">']
    entities += [f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)]
    return f"<!DOCTYPE w:document [{''.join(entities)}]>"
