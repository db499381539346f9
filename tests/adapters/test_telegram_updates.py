"""Reading what Telegram sends."""

import time
from typing import Any

import pytest
from pydantic import ValidationError

from glmbot.adapters.telegram_updates import Account, mended, message_id_of, number_of, read_event
from glmbot.events import MAX_TEXT, Attachment, AttachmentKind, Chat, ChatKind, Language, MessageEvent, Reaction, Sender

ACCOUNT = Account(4242, "glm_test_bot")
ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "en"}
BOT = {"id": 4242, "is_bot": True, "first_name": "GLM"}


def update(text: str, chat_type: str = "supergroup", sender: object = ANN, **fields: object) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1_700_000_000, "chat": {"id": -100, "type": chat_type}, "from": sender}
    return {"update_id": 1, "message": message | {"text": text} | fields}


def entity(kind: str, text: str, part: str, **fields: object) -> dict[str, Any]:
    """Mark the last occurrence of a part, in UTF-16 units as Telegram counts."""
    before = text[: text.rindex(part)]
    length = len(part.encode("utf-16-le")) // 2
    return {"type": kind, "offset": len(before.encode("utf-16-le")) // 2, "length": length} | fields


def read(*args: Any, **fields: Any) -> MessageEvent:
    event = read_event(update(*args, **fields), "telegram", ACCOUNT)
    assert event is not None
    return event


def test_a_private_message_becomes_an_event() -> None:
    assert read("hello", "private") == MessageEvent(
        message_id="-100:5",
        chat=Chat("telegram", "-100", ChatKind.PRIVATE),
        sender=Sender("7", "Ann Lee", Language.ENGLISH),
        text="hello",
        sent_at=1_700_000_000.0,
        is_addressed=True,
    )


@pytest.mark.parametrize("stand_in", [1087968824, 136817688])
def test_who_writes_in_the_name_of_a_chat_is_that_chat(stand_in: int) -> None:
    """Anonymous admins, and people who write as their channel: Telegram puts a bot of its own in their place."""
    fake = {"id": stand_in, "is_bot": True, "first_name": "Group"}
    event = read("hi", sender=fake, sender_chat={"id": -100, "type": "supergroup", "title": "Our group"})
    assert event.sender == Sender("-100", "Our group")
    assert read_event(update("hi", sender=fake), "telegram", ACCOUNT) is None


def test_a_channel_post_that_names_the_bot_is_for_it() -> None:
    text = "@glm_test_bot hi"
    post = update(text, "channel", entities=[entity("mention", text, "@glm_test_bot")])["message"]
    del post["from"]
    post["sender_chat"] = {"id": -100, "type": "channel", "title": "News"}
    event = read_event({"update_id": 1, "channel_post": post}, "telegram", ACCOUNT)
    assert event is not None
    assert (event.text, event.sender, event.is_addressed) == ("hi", Sender("-100", "News"), True)
    assert event.chat == Chat("telegram", "-100", ChatKind.GROUP)
    assert read_event(update(text, is_automatic_forward=True), "telegram", ACCOUNT) is None


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("zh-hans", Language.CHINESE),
        ("zh", Language.CHINESE),
        ("ZH-TW", Language.CHINESE),
        ("fr", Language.ENGLISH),
        ("", None),
    ],
)
def test_language_comes_from_the_senders_settings(code: str, language: Language | None) -> None:
    assert read("hi", sender=ANN | {"language_code": code}).sender.language is language


@pytest.mark.parametrize(
    ("text", "part", "rest"),
    [
        ("@glm_test_bot hello", "@glm_test_bot", "hello"),
        ("hello @GLM_Test_Bot", "@GLM_Test_Bot", "hello"),
        ("hello @glm_test_bot how are you", "@glm_test_bot", "hello how are you"),
        ("😀👍🏽 @glm_test_bot 你好", "@glm_test_bot", "😀👍🏽 你好"),
        ("line\n@glm_test_bot\nnext", "@glm_test_bot", "line\n\nnext"),
        ("@glm_test_bot", "@glm_test_bot", "@glm_test_bot"),
    ],
)
def test_a_mention_of_the_bot_is_cut_out(text: str, part: str, rest: str) -> None:
    event = read(text, entities=[entity("mention", text, part)])
    assert (event.is_addressed, event.text) == (True, rest)


def test_a_mention_without_username_counts_too() -> None:
    text = "GLM, what is 1 + 1?"
    event = read(text, entities=[entity("text_mention", text, "GLM", user=BOT)])
    assert (event.is_addressed, event.text) == (True, ", what is 1 + 1?")


@pytest.mark.parametrize("text", ["hello all", "hello @someone_else", "an e-mail to x@glm_test_bot"])
def test_talk_among_others_is_not_addressed(text: str) -> None:
    entities = [entity("mention", text, "@someone_else")] if "@someone_else" in text else []
    event = read(text, entities=entities)
    assert (event.is_addressed, event.text) == (False, text)


@pytest.mark.parametrize(
    ("text", "command", "is_addressed", "rest"),
    [
        ("/help", "/help", True, "/help"),
        ("/help@glm_test_bot me", "/help@glm_test_bot", True, "/help me"),
        ("/help@other_bot me", "/help@other_bot", False, "/help@other_bot me"),
        ("please see /help", "/help", False, "please see /help"),
        ("😀 /help@glm_test_bot", "/help@glm_test_bot", True, "😀 /help"),
    ],
)
def test_commands_in_groups(text: str, command: str, is_addressed: bool, rest: str) -> None:
    event = read(text, entities=[entity("bot_command", text, command)])
    assert (event.is_addressed, event.text) == (is_addressed, rest)


def test_a_command_after_a_mention_comes_to_the_front() -> None:
    text = "@glm_test_bot /reset@glm_test_bot"
    entities = [entity("mention", text[:13], "@glm_test_bot"), entity("bot_command", text, "/reset@glm_test_bot")]
    assert read(text, entities=entities).text == "/reset"


def test_a_reply_to_the_bot_is_addressed_but_not_a_command_for_another_bot() -> None:
    reply = {"message_id": 4, "date": 1, "chat": {"id": -100, "type": "group"}, "from": BOT}
    text = "/x@other_bot"
    assert read("and now?", reply_to_message=reply).is_addressed
    assert not read(text, reply_to_message=reply, entities=[entity("bot_command", text, text)]).is_addressed
    assert not read("hi", reply_to_message=reply | {"from": ANN}).is_addressed


def test_talk_in_a_topic_that_the_bot_opened_is_no_reply_to_it() -> None:
    opening = {"message_id": 3, "from": BOT, "forum_topic_created": {"name": "x"}}
    assert not read("hi", reply_to_message=opening, is_topic_message=True, message_thread_id=3).is_addressed


def test_only_topics_are_threads() -> None:
    assert read("hi", message_thread_id=3).chat.thread_id is None
    assert read("hi", message_thread_id=3, is_topic_message=True).chat.thread_id == "3"


def test_a_caption_is_a_text() -> None:
    caption = "@glm_test_bot what is this?"
    event = read("", caption=caption, caption_entities=[entity("mention", caption, "@glm_test_bot")])
    assert (event.is_addressed, event.text) == (True, "what is this?")


@pytest.mark.parametrize(
    "unanswered",
    [
        {"update_id": 1},
        update("", new_chat_members=[ANN]),
        update("hi", sender=ANN | {"is_bot": True}),
        update("hi", sender=None),
        update("hi", "of a kind to come"),
    ],
    ids=["empty", "service message", "bot", "nobody", "unknown chat"],
)
def test_what_is_not_answered(unanswered: dict[str, Any]) -> None:
    assert read_event(unanswered, "telegram", ACCOUNT) is None


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        {"message": "hi"},
        {"message": {"text": "secret"}},
        update("secret", date="yesterday"),
        update("secret", entities=[{"type": "mention", "offset": -1, "length": 5}]),
        update("secret", sender={"id": "secret"}),
    ],
)
def test_malformed_updates_are_refused_without_quoting_them(malformed: object) -> None:
    with pytest.raises(ValidationError) as raised:
        read_event(malformed, "telegram", ACCOUNT)
    assert "secret" not in str(raised.value)


def test_lone_surrogates_become_replacement_characters_and_offsets_stay() -> None:
    text = "\ud83d @glm_test_bot \udc00"
    entities = [{"type": "mention", "offset": 2, "length": 13}]
    sender = ANN | {"first_name": "A\ud800"}
    event = read(text, entities=entities, sender=sender)
    assert (event.text, event.sender.name) == ("\ufffd \ufffd", "A\ufffd Lee")
    assert mended("\ud83d\ude00 ok") == "😀 ok"


def test_offsets_outside_of_the_text_are_harmless() -> None:
    entities = [{"type": "mention", "offset": 3, "length": 999}, {"type": "bot_command", "offset": 999, "length": 5}]
    assert read("hello", entities=entities).text == "hello"


def test_ten_thousand_entities_that_span_ten_megabytes_are_read_at_once() -> None:
    text = "@glm_test_bot " * 10_000 + "x" * 10_000_000
    entities = [{"type": "mention", "offset": 14 * i, "length": 13} for i in range(5_000)]
    entities += [{"type": "bot_command", "offset": 14, "length": 10_000_000}] * 5_000
    began = time.monotonic()
    event = read(text, entities=entities)
    assert time.monotonic() - began < 5  # it takes about 0.1 s; 600 s where each entity is looked at as a whole
    assert (event.is_addressed, event.text) == (True, text[: MAX_TEXT + 1])


@pytest.mark.parametrize("date", [-1, 10**400])
def test_a_date_that_is_none_is_refused(date: int) -> None:
    with pytest.raises(ValidationError):
        read_event(update("hi", date=date), "telegram", ACCOUNT)


@pytest.mark.parametrize("kind", ["photo", "voice", "document", "sticker", "video_note"])
def test_a_message_that_has_only_an_attachment_is_an_event_without_text(kind: str) -> None:
    assert read("", "private", **{kind: {"file_id": "x"}}).text == ""


def test_the_files_of_a_message_are_named() -> None:
    document = {"file_id": "D", "file_name": "a.md", "mime_type": "text/Markdown; charset=utf-8", "file_size": 7}
    assert read("", "private", document=document, caption="see").attachments == (
        Attachment("D", "a.md", "text/markdown", 7, AttachmentKind.DOCUMENT),
    )
    sizes = [{"file_id": name, "width": side, "height": side} for name, side in (("S", 90), ("L", 900), ("M", 320))]
    assert read("", "private", photo=sizes).attachments == (
        Attachment("L", "photo.jpg", "image/jpeg", None, AttachmentKind.IMAGE),
    )
    assert read("hello", "private").attachments == read("", "private", location={}).attachments == ()


@pytest.mark.parametrize(
    ("field", "file", "kind"),
    [
        ("voice", {"mime_type": "audio/ogg"}, AttachmentKind.VOICE),
        ("audio", {"mime_type": "audio/mpeg", "file_name": "a.mp3"}, AttachmentKind.OTHER),
        ("video", {}, AttachmentKind.OTHER),
        ("video_note", {}, AttachmentKind.OTHER),
        ("sticker", {}, AttachmentKind.OTHER),
        ("document", {"mime_type": "image/png"}, AttachmentKind.IMAGE),
        ("document", {"mime_type": "video/mp4"}, AttachmentKind.OTHER),
        ("document", {"mime_type": "application/pdf"}, AttachmentKind.DOCUMENT),
        ("document", {"mime_type": "no media type"}, AttachmentKind.DOCUMENT),
        ("document", {}, AttachmentKind.DOCUMENT),
    ],
)
def test_each_kind_of_file_is_told_from_the_others(field: str, file: dict[str, Any], kind: AttachmentKind) -> None:
    (attachment,) = read("", "private", **{field: {"file_id": "x"} | file}).attachments
    assert attachment.kind is kind


def test_an_animation_is_not_the_document_that_stands_for_it() -> None:
    file = {"file_id": "x", "mime_type": "video/mp4"}
    (attachment,) = read("", "private", animation=file, document=file | {"mime_type": "text/plain"}).attachments
    assert attachment.kind is AttachmentKind.OTHER


@pytest.mark.parametrize(
    "document",
    [{}, {"file_id": 5}, {"file_id": ""}, {"file_id": "x" * 3000}, {"file_id": "x", "file_size": "big"}, [], "x", None],
)
def test_a_malformed_file_is_left_out_and_the_message_stays(document: object) -> None:
    event = read("", "private", document=document, caption="hello")
    assert (event.text, event.attachments) == ("hello", ())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\a.txt", "a.txt"),
        ("/", "file"),
        ("..", "file"),
        ("", "document"),
        ("a\x00b\n\x1b[31m.txt", "ab[31m.txt"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("\u2066a\u200b.txt", "a.txt"),
        ("a\ud800.txt", "a.txt"),
        ("  my   notes .txt ", "my notes .txt"),
        ("`rm`.md", "'rm'.md"),
        ("报告（终）.pdf", "报告（终）.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_files_name_is_a_name_and_nothing_else(name: str, shown: str) -> None:
    (attachment,) = read("", "private", document={"file_id": "x", "file_name": name}).attachments
    assert attachment.name == shown


@pytest.mark.parametrize("size", [-1, 2**60])
def test_a_size_that_is_none_is_not_known(size: int) -> None:
    assert read("", "private", document={"file_id": "x", "file_size": size}).attachments[0].size is None


def test_message_ids_are_read_back_for_their_own_chat_only() -> None:
    message_id = message_id_of(-100, 5)
    assert number_of(message_id, "-100") == 5
    assert number_of(message_id, "100") is None
    assert number_of("terminal", "-100") is None


@pytest.mark.parametrize("kind", ["edited_message", "edited_channel_post"])
def test_an_edit_has_the_id_of_its_message(kind: str) -> None:
    before, after = update("hi"), update("high")
    edited = read_event({"update_id": 2, kind: after["message"]}, "telegram", ACCOUNT)
    first = read_event(before, "telegram", ACCOUNT)
    assert edited is not None
    assert first is not None
    assert (edited.text, edited.is_edit, first.is_edit) == ("high", True, False)
    assert edited.message_id == first.message_id


def test_an_edit_without_words_is_none() -> None:
    """A picture that was changed, or a place that moves on."""
    message = update("")["message"] | {"location": {"latitude": 1.0, "longitude": 1.0}}
    assert read_event({"update_id": 1, "edited_message": message}, "telegram", ACCOUNT) is None


EMOJI = {"type": "emoji", "emoji": "👍"}
HEART = {"type": "emoji", "emoji": "❤"}


def reaction(old: list[object], new: list[object], **fields: object) -> dict[str, Any]:
    change = {"chat": {"id": -100, "type": "supergroup"}, "message_id": 5, "date": 1_700_000_000, "user": ANN}
    return {"update_id": 9, "message_reaction": change | {"old_reaction": old, "new_reaction": new} | fields}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], [EMOJI], Reaction("-100:5", "👍")),
        ([EMOJI], [], Reaction("-100:5", "👍", is_removed=True)),
        ([EMOJI], [HEART], Reaction("-100:5", "❤")),
        ([EMOJI], [EMOJI, HEART], Reaction("-100:5", "❤")),
    ],
)
def test_a_reaction_becomes_an_event(old: list[object], new: list[object], expected: Reaction) -> None:
    event = read_event(reaction(old, new), "telegram", ACCOUNT)
    assert event == MessageEvent(
        message_id="-100:reaction:9",
        chat=Chat("telegram", "-100", ChatKind.GROUP),
        sender=Sender("7", "Ann Lee", Language.ENGLISH),
        text="",
        sent_at=1_700_000_000.0,
        is_addressed=True,
        reaction=expected,
    )


def test_a_reaction_in_the_name_of_a_chat_is_that_chats() -> None:
    event = read_event(reaction([], [EMOJI], user=None, actor_chat={"id": -7, "title": "News"}), "telegram", ACCOUNT)
    assert event is not None
    assert event.sender == Sender("-7", "News")


@pytest.mark.parametrize(
    "update",
    [
        reaction([], [EMOJI], user=BOT),
        reaction([], [EMOJI], user=None),
        reaction([], [{"type": "custom_emoji", "custom_emoji_id": "1"}, {"type": "paid"}]),
        reaction([EMOJI], [EMOJI]),
    ],
)
def test_what_is_no_reaction_of_a_person_is_left_out(update: dict[str, Any]) -> None:
    assert read_event(update, "telegram", ACCOUNT) is None
