"""Reading what Discord sends, and telling it of commands."""

from typing import Any

import pytest
from pydantic import ValidationError

from glmbot.adapters.base import CommandInfo
from glmbot.adapters.discord_commands import are_registered, command_text, fitting, menu_entry
from glmbot.adapters.discord_events import Account, read_interaction, read_message, snowflake_at, time_of
from glmbot.events import MAX_TEXT, Attachment, AttachmentKind, Chat, ChatKind, Language, MessageEvent, Sender

ACCOUNT = Account("42", "43")
GROUP = Chat("discord", "7", ChatKind.GROUP)
ANN = {"id": "5", "username": "ann", "global_name": "Ann"}
REMIND = CommandInfo("remind", {Language.ENGLISH: "Remind.", Language.CHINESE: "提醒。"}, ("after", "text"))


def message(content: str = "hello", **fields: object) -> dict[str, Any]:
    return {"id": "175928847299117063", "channel_id": "7", "author": ANN, "content": content, "type": 0} | fields


def event_of(raw: dict[str, Any]) -> MessageEvent:
    event = read_message(raw).event(GROUP, ACCOUNT)
    assert event is not None
    return event


def command(**fields: object) -> dict[str, Any]:
    used = {"name": "remind", "options": [{"name": "text", "type": 3, "value": "tea"}]}
    channel = {"id": "7", "type": 0, "parent_id": "1"}
    return {"id": "9", "token": "secret", "type": 2, "data": used, "channel": channel, "user": ANN} | fields


def test_a_snowflake_tells_its_time() -> None:
    assert time_of("175928847299117063") == pytest.approx(1462015105.796)  # Discord's own example
    assert snowflake_at(1462015105.796) == 175928847299117063 >> 22 << 22
    assert snowflake_at(0) == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<@42> hello", "hello"),
        ("<@!42>hello", "hello"),
        ("hello <@42>", "hello"),
        ("say <@42> hello", "say hello"),
        ("hi<@42> you", "hi you"),
        ("<@&43>, hello", ", hello"),
        ("<@42> <@42> x", "x"),
        ("<@42>", "<@42>"),
        ("<@421> <@&42> hello", "<@421> <@&42> hello"),
        ("\n<@42>\nhello\n", "hello"),
    ],
)
def test_the_bots_own_mentions_are_cut_out(content: str, text: str) -> None:
    assert event_of(message(content)).text == text


@pytest.mark.parametrize(
    ("fields", "is_addressed"),
    [
        ({}, False),
        ({"mentions": [{"id": "42", "username": "glm"}]}, True),
        ({"mentions": [{"id": "44", "username": "other"}]}, False),
        ({"mention_roles": ["43"]}, True),
        ({"mention_roles": ["44"]}, False),
        ({"referenced_message": {"author": {"id": "42", "username": "glm"}}, "type": 19}, True),
        ({"referenced_message": {"author": ANN}, "type": 19}, False),
        ({"referenced_message": None, "type": 19}, False),
    ],
)
def test_whether_the_bot_is_meant_in_a_server(fields: dict[str, object], is_addressed: bool) -> None:
    assert event_of(message(**fields)).is_addressed is is_addressed


def test_without_a_role_of_the_bot_no_mentioned_role_is_it() -> None:
    event = read_message(message(mention_roles=["44"])).event(GROUP, Account("42"))
    assert event is not None
    assert not event.is_addressed


@pytest.mark.parametrize(
    "fields", [{"attachments": [{"id": "1", "url": "x"}]}, {"sticker_items": [{"id": "1"}]}, {"poll": {"question": {}}}]
)
def test_a_message_that_has_only_an_attachment_is_an_event_without_text(fields: dict[str, object]) -> None:
    assert event_of(message(content="", **fields)).text == ""


def test_the_files_of_a_message_are_named() -> None:
    url = "https://cdn.discordapp.com/attachments/1/2/a.txt?ex=1"
    files = [
        {"id": "1", "filename": "../a.txt", "size": 7, "url": url, "content_type": "text/plain; charset=utf-8"},
        {"id": "2", "filename": "p.png", "url": url, "content_type": "image/png", "width": 9, "height": 9},
        {"id": "3", "filename": "voice-message.ogg", "url": url, "content_type": "audio/ogg", "waveform": "AAA="},
        {"id": "4", "filename": "a.mp3", "url": url, "content_type": "audio/mpeg"},
        {"id": "5"},
        "no file",
        {"id": "6", "filename": "b.py", "url": url},
    ]
    assert event_of(message("see", attachments=files)).attachments == (
        Attachment(url, "a.txt", "text/plain", 7, AttachmentKind.DOCUMENT),
        Attachment(url, "p.png", "image/png", None, AttachmentKind.IMAGE),
        Attachment(url, "voice-message.ogg", "audio/ogg", None, AttachmentKind.VOICE),
        Attachment(url, "a.mp3", "audio/mpeg", None, AttachmentKind.OTHER),
        Attachment(url, "b.py", None, None, AttachmentKind.DOCUMENT),
    )


def test_no_more_files_are_kept_than_a_message_may_have() -> None:
    files = [{"id": str(number), "filename": f"{number}.txt", "url": "https://x/"} for number in range(1000)]
    names = [one.name for one in event_of(message("see", attachments=files)).attachments]
    assert names == [f"{number}.txt" for number in range(10)]


def test_of_a_message_of_ten_megabytes_is_read_what_shows_that_it_is_too_long() -> None:
    assert event_of(message(content="<@42> " * 2_000_000)).text == ("<@42> " * 50_000)[: MAX_TEXT + 1]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"member": {"nick": "Annie"}}, "Annie"),
        ({"member": {"nick": None}}, "Ann"),
        ({"author": ANN | {"global_name": None}}, "ann"),
    ],
)
def test_the_sender_is_called_as_in_the_server(fields: dict[str, object], name: str) -> None:
    assert event_of(message(**fields)).sender == Sender("5", name)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (message(id=5), "id"),
        (message(author=None), "author"),
        (message(content=None), "content"),
        (message(mentions=["x"]), "mentions"),
    ],
)
def test_a_malformed_message_names_the_field_and_quotes_nothing(raw: object, field: str) -> None:
    with pytest.raises(ValidationError, match=field) as raised:
        read_message(raw)
    assert "hello" not in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "chat"),
    [
        ({}, Chat("discord", "7", ChatKind.PRIVATE)),
        ({"guild_id": "3"}, GROUP),
        (
            {"guild_id": "3", "channel": {"id": "8", "type": 11, "parent_id": "7"}},
            Chat("discord", "7", GROUP.kind, "8"),
        ),
    ],
)
def test_where_a_command_was_used(fields: dict[str, object], chat: Chat) -> None:
    used = read_interaction(command(**fields))
    assert used is not None
    event = used.event("discord", [REMIND])
    assert event is not None
    assert (event.chat, event.text, event.message_id) == (chat, "/remind tea", "i9")


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", Language.CHINESE), ("zh-TW", Language.CHINESE), ("de", Language.ENGLISH), ("", None)],
)
def test_a_commands_language_is_the_senders(locale: str, language: Language | None) -> None:
    used = read_interaction(command(locale=locale))
    assert used is not None
    event = used.event("discord", [])
    assert event is not None
    assert event.sender.language is language


def test_other_interactions_are_left_alone() -> None:
    """A form that is filled in, say."""
    assert read_interaction({"type": 5}) is None


def test_a_button_without_its_id_is_malformed() -> None:
    with pytest.raises(ValidationError):
        read_interaction(command(type=3, data={"component_type": 2}))


def test_a_command_never_shows_its_token() -> None:
    assert "secret" not in repr(read_interaction(command()))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "/remind"),
        ({"text": "tea time", "after": "5m"}, "/remind 5m tea time"),
        ({"after": "", "text": "tea"}, "/remind tea"),
        ({"unknown": "x", "after": "5m"}, "/remind 5m x"),
    ],
)
def test_a_command_reads_as_if_it_had_been_typed(values: dict[str, str], text: str) -> None:
    assert command_text("remind", values, [REMIND]) == text


def test_only_commands_that_fit_into_the_menu_are_in_it() -> None:
    odd = [CommandInfo(name, {}) for name in ("Upper", "two words", "x" * 33, "")]
    assert fitting([*odd, REMIND]) == [REMIND]
    assert len(fitting([CommandInfo(f"c{number}", {}) for number in range(101)])) == 100


def test_a_menu_entry_holds_what_discord_allows() -> None:
    entry = menu_entry(CommandInfo("long", {Language.CHINESE: "长" * 101}, tuple(f"P{n}" for n in range(26))))
    assert entry["description"] == "长" * 100
    assert [option["name"] for option in entry["options"]] == [f"p{n}" for n in range(25)]
    assert menu_entry(CommandInfo("bare", {}))["description"] == "bare"


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"id": "1", "version": "2", "nsfw": False}, True),
        ({"description": "Other."}, False),
        ({"description_localizations": None}, False),
        ({"options": []}, False),
        ({"name": "other"}, False),
    ],
)
def test_a_registered_menu_is_compared_by_what_we_set(change: dict[str, object], is_same: bool) -> None:
    entry = menu_entry(REMIND)
    assert are_registered([entry], [entry | change]) is is_same


def test_a_menu_of_another_length_or_form_is_another() -> None:
    entry = menu_entry(CommandInfo("help", {}))
    without_empty = {key: value for key, value in entry.items() if value}
    assert are_registered([entry], [without_empty])
    assert not are_registered([entry], [])
    assert not are_registered([entry], {"message": "?"})
    assert not are_registered([entry], ["?"])
