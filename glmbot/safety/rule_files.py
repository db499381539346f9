"""Reads policies: TOML files with rules, and word lists as text beside them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from glmbot.errors import ConfigError
from glmbot.safety.injection.score import THRESHOLD, Channel
from glmbot.safety.keywords import load_terms
from glmbot.safety.pii.spans import PiiKind
from glmbot.safety.rule import Kind, Level, Rule
from glmbot.safety.term import prepare
from glmbot.verdicts import Action, Direction

DEFAULT_FOLDER = Path(__file__).parent / "default_policies"
OWN_LISTS = "words.own"
"""The rule of the word lists that the settings name."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]


class RuleForm(BaseModel):
    """A rule as it is written."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    kind: Kind
    category: Id
    level: Level = Level.MEDIUM
    action: Action
    directions: Annotated[list[Direction], Field(min_length=1)] = [Direction.IN, Direction.OUT]
    adapters: list[str] = []
    chats: list[str] = []
    roles: list[str] = []
    terms: list[str] = []
    word_lists: list[str] = []
    allowed: list[str] = []
    allow_lists: list[str] = []
    pii: list[PiiKind] = []
    threshold: Annotated[float, Field(ge=0, le=1)] = THRESHOLD
    channel: Channel = Channel.USER
    replacement: str | None = None


class PolicyForm(BaseModel):
    """A file as it is written."""

    model_config = ConfigDict(extra="forbid")

    rules: list[RuleForm]


OF_KIND = {
    Kind.WORDS: {"terms", "word_lists", "allowed", "allow_lists", "replacement"},
    Kind.PII: {"pii", "replacement"},
    Kind.INJECTION: {"threshold", "channel"},
    Kind.QUALITY: set[str](),
}
"""The fields that only rules of a kind have."""
FIELDS_OF_KINDS = set[str]().union(*OF_KIND.values())


def read_rules(folder: Path) -> list[Rule]:
    """Return the rules of all `*.toml` files of a folder. Raises ConfigError, which names file, rule and remedy."""
    try:
        files = sorted(one for one in folder.iterdir() if one.suffix == ".toml")
    except OSError as error:
        raise ConfigError(
            f"policies {str(folder)!r} cannot be read: {error.strerror}; correct safety.policies, or make the folder"
        ) from error
    if not files:
        raise ConfigError(f"policies {str(folder)!r} has no file *.toml; copy those that ship with glmbot there")
    rules = [rule for file in files for rule in _read(file)]
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ConfigError(f"policies {str(folder)!r}: rule {rule.id!r} is there twice; give one another id")
        seen.add(rule.id)
    return rules


def own_list_rule(paths: list[Path]) -> Rule:
    """Return the rule of the word lists that the settings name: what they hold is blocked."""
    both = frozenset(Direction)
    return Rule(OWN_LISTS, Kind.WORDS, "own", Level.HIGH, Action.BLOCK, both, terms=tuple(load_terms(paths)))


def _read(file: Path) -> Iterator[Rule]:
    try:
        written = tomllib.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode())
    except OSError as error:
        raise ConfigError(
            f"policy {str(file)!r} cannot be read: {error.strerror}; correct the file's rights"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"policy {str(file)!r} is not UTF-8 text; save it in the encoding UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"policy {str(file)!r} is no valid TOML: {error}; correct it there") from error
    try:
        form = PolicyForm.model_validate(written)
    except ValidationError as error:
        raise ConfigError(f"policy {str(file)!r}: {_first_mistake(error, written)}") from error
    for rule in form.rules:
        yield _rule(rule, file)


def _first_mistake(error: ValidationError, written: dict[str, object]) -> str:
    mistake = error.errors(include_url=False, include_input=False)[0]
    where = list(mistake["loc"])
    rules = written.get("rules")
    name = ""
    if len(where) > 1 and isinstance(rules, list) and isinstance(where[1], int) and isinstance(rules[where[1]], dict):
        name = f"rule {rules[where[1]].get('id', where[1] + 1)!r}, "
        where = where[2:]
    return f"{name}{'.'.join(map(str, where))!r}: {mistake['msg']}; correct it there (docs/safety.md has all fields)"


def _rule(form: RuleForm, file: Path) -> Rule:
    at = f"policy {str(file)!r}, rule {form.id!r}"
    if foreign := (form.model_fields_set & FIELDS_OF_KINDS) - OF_KIND[form.kind]:
        raise ConfigError(f"{at}: {min(foreign)!r} is not for rules of kind {form.kind.value!r}; remove it")
    terms = [*form.terms, *_listed(form.word_lists, file, at)]
    allowed = [*form.allowed, *_listed(form.allow_lists, file, at)]
    if form.kind is Kind.WORDS and not terms:
        raise ConfigError(f"{at} has no terms; give it `terms` or `word_lists`")
    if form.kind is Kind.PII and not form.pii:
        raise ConfigError(f"{at} names no personal data; give it `pii`, of {', '.join(PiiKind)}")
    if form.action is Action.REPLACE and form.replacement is None:
        raise ConfigError(f"{at} replaces by nothing; give it a `replacement`")
    if form.kind in (Kind.INJECTION, Kind.QUALITY) and form.action in (Action.REDACT, Action.REPLACE):
        raise ConfigError(f"{at}: what is found has no place in the text; use log, warn, block or escalate")
    for term in (*form.terms, *form.allowed):
        _check(term, at)
    return Rule(
        id=form.id,
        kind=form.kind,
        category=form.category,
        level=form.level,
        action=form.action,
        directions=frozenset(form.directions),
        adapters=frozenset(form.adapters),
        chats=frozenset(form.chats),
        roles=frozenset(form.roles),
        terms=tuple(terms),
        allowed=tuple(allowed),
        pii=frozenset(form.pii),
        threshold=form.threshold,
        channel=form.channel,
        replacement=form.replacement,
    )


def _listed(names: list[str], file: Path, at: str) -> list[str]:
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ConfigError(f"{at}: word list {name!r} lies outside of the policies; put it beside {file.name!r}")
    return load_terms([file.parent / name for name in names])


def _check(term: str, at: str) -> None:
    try:
        prepare(term)
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from error
