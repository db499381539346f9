"""What the bot itself says to senders, in each of its languages."""

import math
from enum import Enum

from glmbot.events import Language, MessageEvent


class Phrase(Enum):
    """A sentence of the bot's own: English, Chinese."""

    BLOCKED_IN = (
        "I can't help with that. Please rephrase your message.",
        "抱歉，这个话题我帮不上忙，请换个说法再试。",
    )
    BLOCKED_OUT = (
        "I stopped this answer because it broke the rules here. Please ask something else.",
        "这条回答不符合使用规则，已停止显示，请换个问题。",
    )
    WITHHELD = (
        "(A message was withheld here because it broke the rules.)",
        "（这里有一条消息不符合使用规则，没有显示。）",
    )
    HELD = (
        "I have passed this message on to the people who run this bot. If they agree, you get an answer here.",
        "这条消息需要管理员看过才能回答，他们同意后我会在这里回复你。",
    )
    WARNED = (
        "(Please note: what you wrote is close to what is not allowed here.)",
        "（请注意：你发的内容已接近这里的使用规则所禁止的范围。）",
    )
    MUTED = (
        "You cannot write to me for now. I answer you again in {wait}.",
        "你暂时不能和我对话，{wait}后我会再回答你。",
    )
    MUTED_FOR_STRIKES = (
        "Too many of your messages broke the rules here. I answer you again in {wait}.",
        "你有多条消息违反了使用规则，{wait}后我会再回答你。",
    )
    TOO_FAST = (
        "That was a lot at once. Please send it again in {wait}.",
        "你发得太快了，请在{wait}后再发一次。",
    )
    CHAT_TOO_FAST = (
        "This chat is writing faster than I can answer. Please send it again in {wait}.",
        "这个群的消息太多，我回答不过来了，请在{wait}后再发一次。",
    )
    QUOTA_USED_UP = (
        "You have used up today's share of my answers. Please come back in {wait}.",
        "你今天的使用额度已用完，请在{wait}后再来。",
    )
    CHAT_QUOTA_USED_UP = (
        "This chat has used up today's share of my answers. Please come back in {wait}.",
        "这个群今天的使用额度已用完，请在{wait}后再来。",
    )
    REPORT_IN = (
        "A message of {sender} in {chat} waits for you: rule {rule}, {excerpt}. Report {code}.",
        "{chat} 中 {sender} 的一条消息等待处理：规则 {rule}，{excerpt}。编号 {code}。",
    )
    REPORT_FILES = (
        "Files that came with the message: {number}. They pass with it if you approve it, whatever is in them.",
        "这条消息带有 {number} 个文件；放行后文件也一并通过，内容不再拦截。",
    )
    REPORT_OUT = (
        "An answer to {sender} in {chat} was stopped: rule {rule}, {excerpt}. Report {code}.",
        "{chat} 中给 {sender} 的一条回答已被拦下：规则 {rule}，{excerpt}。编号 {code}。",
    )
    REPORT_APPROVE = ("Approve 放行", "Approve 放行")
    REPORT_MUTE = ("Mute 禁言", "Mute 禁言")
    REPORT_BAN = ("Ban 封禁", "Ban 封禁")
    REPORT_APPROVED = (
        "Report {code} was approved by {by}: the message gets its answer.",
        "{by} 已放行编号 {code}，这条消息会得到回答。",
    )
    REPORT_DECIDED = (
        "Report {code} was decided already by {by}: {state}.",
        "编号 {code} 已由 {by} 处理：{state}。",
    )
    REPORT_NOT_APPROVABLE = (
        "Report {code} is about an answer, which is not kept, or its message is gone: it cannot be approved.",
        "编号 {code} 是关于一条回答（不会保留），或者原消息已不存在，无法放行。",
    )
    REPORT_UNKNOWN = ("There is no report {code}.", "没有编号为 {code} 的待处理消息。")
    IS_MUTED = ("{subject} is muted for {wait}.", "{subject} 已被禁言，时长 {wait}。")
    IS_BANNED = ("{subject} is banned.", "{subject} 已被封禁。")
    IS_ALLOWED = ("{subject} is allowed.", "{subject} 已加入允许名单。")
    IS_PARDONED = ("{subject} stands as everyone does.", "{subject} 已恢复正常。")
    MODERATION_USAGE = (
        "Write {usage}. WHO is the code of a report, adapter:sender id, or chat adapter:chat id.",
        "请写成 {usage}。WHO 是待处理消息的编号、adapter:sender id，或 chat adapter:chat id。",
    )
    ENDED_EARLY = (
        "(I ended this answer here, because it went wrong. Ask again, or in other words.)",
        "（这条回答出了问题，到此为止。请再问一次，或换个说法。）",
    )
    APOLOGY = (
        "Sorry, something went wrong on my side (reference {reference}). Please try again.",
        "抱歉，我这边出了点问题（编号 {reference}），请再试一次。",
    )
    MODEL_AWAY = (
        "Sorry, the model is not available at the moment. Please try again later.",
        "抱歉，模型暂时无法使用，请稍后再试。",
    )
    TOO_LONG = (
        "Your message is too long for this model: {tokens} tokens, and there is room for {limit}. Please shorten it.",
        "这条消息对模型来说太长了：共 {tokens} 个词元，最多可用 {limit} 个。请缩短后再发。",
    )
    MESSAGE_TOO_LONG = (
        "Your message is too long: I read up to {limit} characters. Please shorten it.",
        "这条消息太长了：我最多能读 {limit} 个字符。请缩短后再发。",
    )
    ATTACHMENT_ONLY = (
        "I cannot look at this: I read text, Markdown, code, PDF and Word (docx) files, but no pictures, voice "
        "messages and the like. Please write to me in words.",
        "这个我看不了：我能读取文本、Markdown、代码、PDF 和 Word（docx）文件，但不能读取图片、语音等。请用文字告诉我。",
    )
    FILE = ("File {name}:", "文件 {name}：")
    FILE_BEGINNING = ("Beginning of the file {name}:", "文件 {name} 的开头部分：")
    FILE_QUESTION = ("What is this file about?", "这个文件讲的是什么？")
    FILE_CUT = (
        "(Of `{name}` I have read only the beginning, {shown} characters.)",
        "（`{name}` 我只读了开头的 {shown} 个字符。）",
    )
    FILE_IS_ARCHIVE = (
        "I do not open archives such as `{name}`. Please send the files in it one by one (text, code, PDF or docx).",
        "我不会打开 `{name}` 这样的压缩包，请把里面的文件逐个发来（文本、代码、PDF 或 docx）。",
    )
    FILE_IS_PROGRAM = (
        "I do not open programs such as `{name}`. Please send me text.",
        "我不会打开 `{name}` 这样的程序，请发文本给我。",
    )
    FILE_KIND_UNKNOWN = (
        "I cannot read `{name}`. Please send it as text (UTF-8), Markdown, code, PDF or docx.",
        "我读不了 `{name}`，请以文本（UTF-8）、Markdown、代码、PDF 或 docx 的形式发来。",
    )
    FILE_ENCRYPTED = (
        "`{name}` is protected by a password. Please send it without one.",
        "`{name}` 设有密码，请去掉密码后再发。",
    )
    FILE_WITHOUT_TEXT = (
        "There is no text in `{name}`; a scanned page is only a picture to me. Please send the text.",
        "`{name}` 里没有文字；扫描的页面对我来说只是图片。请发文字版。",
    )
    FILE_DAMAGED = (
        "`{name}` is damaged, or built in a way that I cannot read. Please save it anew, or send its text.",
        "`{name}` 已损坏，或者结构我无法读取。请重新保存，或直接发送文字。",
    )
    FILE_TOO_COMPLEX = (
        "`{name}` takes too much time or memory to read. Please send its text, or a part of it.",
        "读取 `{name}` 需要的时间或内存太多，请直接发送文字，或只发一部分。",
    )
    FILE_TOO_LARGE = (
        "`{name}` is too large: I read up to {limit} MB. Please send a part of it.",
        "`{name}` 太大了：我最多能读 {limit} MB，请只发一部分。",
    )
    FILE_NEEDS_EXTRA = (
        "I cannot read `{name}` here: the operator of the bot must install glmbot[attachments]. Please send its text.",
        "我在这里读不了 `{name}`：需要机器人的管理员安装 glmbot[attachments]。请直接发送文字。",
    )
    FILE_NOT_FETCHED = (
        "I could not fetch `{name}`. Please send it again.",
        "`{name}` 没能取到，请再发一次。",
    )
    FILES_AWAY = (
        "Sorry, I could not fetch your file: its platform does not give it out now. Please send it again later.",
        "抱歉，平台暂时没有给出你的文件，请稍后再发一次。",
    )
    TURNS_DROPPED = (
        "(Our conversation has grown long: from now on I no longer see its oldest messages. /reset starts anew.)",
        "（对话已经很长了：从现在起，最早的消息我看不到了。发送 /reset 可以重新开始。）",
    )
    UNKNOWN_COMMAND = (
        "I don't know the command /{command}. Send /help to see what I can do.",
        "没有 /{command} 这个命令。发送 /help 查看我会做什么。",
    )
    PLUGIN_RESTARTING = (
        "The plugin {plugin} had to be restarted. Please try again in a moment.",
        "插件 {plugin} 正在重新启动，请稍后再试。",
    )
    PLUGIN_OFF = (
        "The plugin {plugin} is switched off, because it failed several times. Please tell the operator of this bot.",
        "插件 {plugin} 多次出错，已被停用，请告知机器人的管理员。",
    )
    ANSWER_IN_FILE = (
        "The whole answer is in this file, too.",
        "完整的回答也在这个文件里。",
    )
    FILE_NOT_SHOWN = (
        "(There is a file, {name}, which this chat cannot show.)",
        "（还有一个文件 {name}，这里无法显示。）",
    )
    ROOM_ENCRYPTED = (
        "I cannot read encrypted messages here: the operator of the bot must install glmbot[matrix-e2ee]. "
        "Until then, please write to me in a room without encryption.",
        "我在这里读不了加密消息：需要机器人的管理员安装 glmbot[matrix-e2ee]。在此之前，请在未加密的房间里和我聊天。",
    )
    SPOILER = ("(spoiler: {text})", "（剧透：{text}）")
    IN_LINE = (
        "(Number {number} in line: my answer begins in about {wait}.)",
        "（排队中，第 {number} 位，大约{wait}后开始回答。）",
    )
    IN_LINE_FOR_UNKNOWN_TIME = (
        "(Number {number} in line.)",
        "（排队中，第 {number} 位。）",
    )
    STOPPED = ("(stopped)", "（已停止）")
    EMPTY_REPLY = (
        "I have no answer to that. Please ask in other words.",
        "这个问题我没有答出来，请换个说法再问。",
    )
    TROUBLE_OVER = ("This is over:", "以下问题已恢复：")
    ADAPTER_REBUILT = (
        "Adapter {adapter} did not work any more and is started again. The log says why.",
        "适配器 {adapter} 无法继续工作，正在重新启动。原因请看日志。",
    )
    ADAPTER_REFUSED = (
        "Adapter {adapter} cannot run until its configuration is mended. The log says why.",
        "适配器 {adapter} 无法运行，需要修改配置。原因请看日志。",
    )
    PLUGIN_SWITCHED_OFF = (
        "Plugin {plugin} is switched off, since it failed again and again. The log says why.",
        "插件 {plugin} 反复出错，已被停用。原因请看日志。",
    )
    DISK_FULL = (
        "The disk of the database is full. Messages wait at their platforms until there is room.",
        "数据库所在的磁盘已满。腾出空间之前，消息会留在各平台上等待。",
    )
    DATABASE_AWAY = (
        "The database is away, or held by another program. Replies are late until it is back.",
        "数据库暂时无法访问，或被其他程序占用，在它恢复之前回复会延迟。",
    )
    CONFIG_KEPT = (
        "The configuration was read again, but cannot be used; the bot goes on with the last good one. "
        "The log says what is wrong.",
        "重新读取的配置无法使用，机器人继续使用上一份有效的配置。具体问题请看日志。",
    )
    POLICIES_KEPT = (
        "The safety policies have changed, but cannot be used; the last good ones stay. The log says what is wrong.",
        "安全策略已更改，但无法使用，上一份有效的策略继续生效。具体问题请看日志。",
    )
    TERMINAL_HELP = (
        "Type a message. Ctrl-C stops an answer, Ctrl-D ends. /help shows more.",
        "输入消息即可对话。Ctrl-C 停止回答，Ctrl-D 退出，/help 查看更多。",
    )
    DEMO_NOTICE = (
        "This is glmbot's small demo model: it knows glmbot, greetings, small sums, capitals and a few words. "
        'For the real one, run `glmbot model fetch chatglm-6b` and set [inference] model = "chatglm-6b".',
        "这是 glmbot 自带的小型演示模型：只会介绍 glmbot、问候、简单加法、一些首都和单词。"
        '想用真正的模型，请运行 `glmbot model fetch chatglm-6b`，并设置 [inference] model = "chatglm-6b"。',
    )
    FETCH_LICENCE = (
        "The weights of {repo} have a licence of their own: {url}",
        "{repo} 的权重有单独的许可协议：{url}",
    )
    FETCH_OFFER = (
        "The model {name} is not here yet. Fetch it now ({size} GB, from {repo})? [y/N] ",
        "本机还没有模型 {name}。现在下载吗（{size} GB，来自 {repo}）？[y/N] ",
    )
    FETCH_STOPPED = (
        "Stopped. What came so far is kept; the same command goes on from there.",
        "已停止。已下载的部分会保留，再次运行同一命令即可继续。",
    )
    FETCHED = ("{name} is ready, in {path}", "{name} 已就绪，位于 {path}")
    ALREADY_FETCHED = ("{name} was there already and is whole, in {path}", "{name} 已经存在且完整，位于 {path}")
    RESTORE_QUESTION = (
        "Replace {file} by the backup {backup}? What is there now is kept beside it. [y/N] ",
        "要用备份 {backup} 替换 {file} 吗？现有的内容会保留在旁边。[y/N] ",
    )
    REMOVE_QUESTION = ("Remove {name} ({size}) from {path}? [y/N] ", "要从 {path} 删除 {name}（{size}）吗？[y/N] ")

    def in_language(self, language: Language, **values: object) -> str:
        """Return the sentence in `language`, with its gaps filled."""
        english, chinese = self.value
        return str(chinese if language is Language.CHINESE else english).format(**values)

    def in_both_languages(self, **values: object) -> str:
        """Return the sentence in English, and below it in Chinese: for readers whose language nobody knows."""
        return "\n".join(self.in_language(language, **values) for language in Language)


UNITS = ((86_400, "day", "天"), (3_600, "hour", "小时"), (60, "minute", "分钟"), (1, "second", "秒"))


def duration_in_words(seconds: float, language: Language) -> str:
    """Return a time to wait in its largest unit, rounded up: "2 minutes"."""
    size, english, chinese = next(unit for unit in UNITS if seconds > unit[0] * 1.5 or unit is UNITS[-1])
    number = max(1, math.ceil(seconds / size))
    if language is Language.CHINESE:
        return f" {number} {chinese}"
    return f"{number} {english}" + "s" * (number > 1)


def language_of(event: MessageEvent) -> Language:
    """Return the language to answer in: that of the text, else the platform's hint, else English."""
    if any("\u4e00" <= character <= "\u9fff" for character in event.text):
        return Language.CHINESE
    if any(character.isalpha() for character in event.text.partition(" ")[2 if event.text.startswith("/") else 0]):
        return Language.ENGLISH
    return event.sender.language or Language.ENGLISH
