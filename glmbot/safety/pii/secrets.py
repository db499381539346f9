"""Finds API keys, tokens and private keys in a folded text."""

import json
import re
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from math import log2
from string import ascii_lowercase, ascii_uppercase

from glmbot.safety.pii.spans import PiiKind, Span

W = "[A-Za-z0-9]"
V = "(?:[A-Za-z0-9_]|-(?!----BEGIN))"
"""A key may have dashes, but not those that begin a private key."""
BODIES = {
    "sk-": rf"{V}{{20,}}",  # OpenAI, Anthropic, DeepSeek and many others
    "sk_": rf"(?:live|test)_{W}{{16,}}",  # Stripe
    "rk_": rf"(?:live|test)_{W}{{16,}}",
    "pk_": rf"(?:live|test)_{W}{{16,}}",
    "whsec_": rf"{W}{{24,}}",
    "xox": r"[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
    "xapp-": r"[A-Za-z0-9-]{20,}",
    "glpat-": rf"{V}{{20,}}",  # GitLab
    "glrt-": rf"{V}{{20,}}",
    "hf_": rf"{W}{{30,}}",  # Hugging Face
    "gsk_": rf"{W}{{32,}}",  # Groq
    "xai-": rf"{W}{{40,}}",
    "nvapi-": rf"{V}{{40,}}",
    "tvly-": r"[A-Za-z0-9-]{24,}",
    "r8_": rf"{W}{{37,}}",  # Replicate
    "pypi-": rf"AgE{V}{{50,}}",
    "ya29.": rf"{V}{{30,}}",  # Google
    "GOCSPX-": rf"{V}{{24,}}",
    "AIza": rf"{V}{{35}}",
    "dop_v1_": r"[0-9a-f]{64}",  # DigitalOcean
    "dckr_pat_": rf"{V}{{20,}}",
    "ntn_": rf"{W}{{40,}}",  # Notion
    "figd_": rf"{V}{{30,}}",
    "lin_api_": rf"{W}{{32,}}",
    "shp": r"(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",  # Shopify
    "dapi": r"[0-9a-f]{32}",  # Databricks
    "key-": r"[0-9a-f]{32}",  # Mailgun
    "SK": r"[0-9a-f]{32}",  # Twilio
    "sq0": rf"(?:atp|csp)-{V}{{22,}}",  # Square
    "gh": rf"[pousr]_{W}{{36}}",  # GitHub
    "github_pat_": rf"{W}{{22}}_{W}{{59}}",
    "AKIA": r"[A-Z0-9]{16}",  # AWS
    "ASIA": r"[A-Z0-9]{16}",
    "LTAI": rf"{W}{{12,26}}",  # Alibaba Cloud
    "AKID": rf"{W}{{32}}",  # Tencent Cloud
    "npm_": rf"{W}{{36}}",
    "SG.": rf"{V}{{22}}\.{V}{{43}}",  # SendGrid
}
"""What a key begins with, and what follows."""
PREFIXED = re.compile(
    r"(?<![A-Za-z0-9_])(?:{})(?![A-Za-z0-9_])".format("|".join(f"{re.escape(p)}({b})" for p, b in BODIES.items()))
)
SHAPED = re.compile(
    rf"[0-9a-fMNO](?<![A-Za-z0-9_.-].)"
    rf"(?:(?<=[0-9a-f])[0-9a-f]{{31}}\.{W}{{16}}|(?<=[0-9])[0-9]{{7,9}}:{V}{{35}}|(?<=[MNO]){V}{{23,25}}\.{V}{{6}}\.{V}{{27,38}})"
    r"(?![A-Za-z0-9_-])"
)
"""Keys of Zhipu, Telegram and Discord."""

VALUE_PART = "(?:[A-Za-z0-9+/_~]|-(?!----(?:BEGIN|begin)))"
"""Also looked for in lower case."""
VALUE = rf"({VALUE_PART}{{6,}}+(?:\.{VALUE_PART}++)*+={{0,2}}+)(?![A-Za-z0-9_@(])"
NAMED = re.compile(
    r"(?:key(?:[ _-]?(?:id|secret|base))?|token|secret|密钥|秘钥|令牌)['\"`]?"
    r"(?:\s{0,3}(?::=|=>|[:=：])\s{0,3}(?:bearer\s)?|\s(?:is|was)\s|\s?[是为]\s?|\s(?=[a-z0-9+/_-]{32}))['\"`]?"
    rf"(?={VALUE})|bearer\s(?={VALUE})"
)
"""A value with a secret's name; in lower case."""
KEY_OF_WHAT = re.compile(r"(?:api|access|secret|account|auth|app|private|encryption|signing)[ _-]?\Z")
MAX_KEY_OF_WHAT = len("encryption_")
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
MIN_VALUE = 16
MIN_ENTROPY = 3.0
"""Bits per character: below is a word or a filler, not chance."""
JUDGED = 64
"""So many characters tell whether it is a key, however long it goes on."""
PLACEHOLDER = re.compile(r"your|x{4}|\*{3}|placeholder|replace|insert|changeme|dummy|1234567890abcdef", re.IGNORECASE)
IDENTIFIER = re.compile(r"(?:[A-Za-z]+[0-9]{0,2}[_.\-/])+[A-Za-z]+[0-9]{0,2}")

JWT = re.compile(rf"(?<![A-Za-z0-9_])(eyJ{V}{{4,}}+)\.({V}{{2,}}+)\.{V}*+")

PEM_BEGIN = r"-----BEGIN (?:[A-Z0-9]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
PEM_HEADER = r"(?:Proc-Type|DEK-Info|Version|Comment|Hash):"
PEM_START = re.compile(
    rf"{PEM_BEGIN}(?:[ ]?(?:\r?\n|(?:\\r)?\\n)[\s>]{{0,6}}(?:{PEM_HEADER}|[A-Za-z0-9+/]{{8}})"
    r"|\s{0,3}[A-Za-z0-9+/]{20})"
)
PEM_END = re.compile(r"-----END (?:[A-Z0-9]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----")


def find_secrets(text: str) -> Iterator[Span]:
    """Yield private keys, tokens and API keys."""
    yield from _private_keys(text)
    if "eyJ" in text:
        for match in JWT.finditer(text):
            if is_json_object(match[1]) and is_json_object(match[2]):
                yield Span(match.start(), match.end(), PiiKind.JWT)
    if any(prefix in text for prefix in BODIES):
        for match in PREFIXED.finditer(text):
            if _is_random(match[match.lastindex or 0]):
                yield Span(match.start(), match.end(), PiiKind.API_KEY)
    for match in SHAPED.finditer(text):
        yield Span(match.start(), match.end(), PiiKind.API_KEY)
    yield from _named(text)


def is_json_object(encoded: str) -> bool:
    """Tell whether base64url holds a JSON object."""
    try:
        return isinstance(json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))), dict)
    except (ValueError, RecursionError):
        return False


def _private_keys(text: str) -> Iterator[Span]:
    """Yield PEM blocks; one without an end goes to the end of the text."""
    place = 0
    while begin := PEM_START.search(text, place):
        end = PEM_END.search(text, begin.end())
        place = end.end() if end else len(text)
        yield Span(begin.start(), place, PiiKind.PRIVATE_KEY)


def _is_random(key: str) -> bool:
    """Tell whether what follows a key's prefix was made by chance, rather than written by a person."""
    judged = key[:JUDGED]
    is_word = judged == judged.lower() and not any(map(str.isdigit, judged))
    return not is_word and len(set(judged)) >= 6 and not PLACEHOLDER.search(judged)


def _named(text: str) -> Iterator[Span]:
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text.translate(LOWER)
    for match in NAMED.finditer(lowered):
        start, end = match.span(match.lastindex or 0)
        what = lowered[max(0, match.start() - MAX_KEY_OF_WHAT) : match.start()]
        is_secret_name = not match[0].startswith("key") or KEY_OF_WHAT.search(what)
        if is_secret_name and _is_secret(text[start:end]):
            yield Span(start, end, PiiKind.API_KEY)


def _is_secret(value: str) -> bool:
    """Tell whether a value with a secret's name is one."""
    judged = value[:JUDGED]
    is_single_case = judged in (judged.lower(), judged.upper())
    if len(judged) < MIN_VALUE or (is_single_case and IDENTIFIER.fullmatch(judged)):
        return False
    has_both = any(map(str.isdigit, judged)) and any(map(str.isalpha, judged))
    return has_both and _entropy(judged) >= MIN_ENTROPY and not PLACEHOLDER.search(judged)


def _entropy(text: str) -> float:
    """Return the bits per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares)
