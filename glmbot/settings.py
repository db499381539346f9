"""Every setting, typed. `config_file.py` beside it reads them and writes the example file."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from glmbot.events import MAX_TEXT

NO_SECRET = SecretStr("")


class Section(BaseModel):
    """A part of the settings; a part of the program is handed its own section and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"the file {str(path)!r} does not exist")
    return path


def _origin(url: str) -> str:
    parts = urlsplit(url.lower())
    if parts.scheme not in ("http", "https") or not parts.hostname or url.lower().rstrip("/") != _origin_of(parts):
        raise ValueError('write scheme and host alone, as in "https://chat.example.org"')
    return _origin_of(parts)


def _origin_of(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _existing_shard(text: str) -> str:
    number, _, total = text.partition("/")
    if not (number.isdecimal() and total.isdecimal() and int(number) < int(total)):
        raise ValueError('write the shard\'s number and how many there are, from "0/2" to "1/2"')
    return text


class BotSettings(Section):
    """The program as a whole."""

    data_dir: Path = Field(Path("data"), description="Folder for everything the bot keeps: the database, above all.")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe log lines to show."
    )
    admin_chats: list[Annotated[str, Field(pattern="^[^:]+:.+$")]] = Field(
        [], description='Chats that are told of trouble, and asked about what safety escalates, as "adapter:chat id".'
    )
    num_workers: int = Field(32, ge=1, le=1000, description="How many messages may be handled at the same time.")


class StorageSettings(Section):
    """The database."""

    url: str | None = Field(
        None,
        description="SQLAlchemy URL of the database; without one, glmbot.db in bot.data_dir.",
        examples=["postgresql://glmbot@localhost/glmbot"],
    )
    backup_hours: float = Field(
        24, ge=0, le=8760, description="Hours between two backups, which are made beside the database; 0 makes none."
    )
    num_backups: int = Field(7, ge=1, le=1000, description="How many of those backups are kept.")


class InferenceSettings(Section):
    """The model and where it runs."""

    model: str = Field(
        "demo",
        description='Model to serve: "demo", a name such as "chatglm-6b" (see `glmbot model list`), or a directory.',
    )
    models_dir: Path | None = Field(
        None,
        description="Folder of the models that `glmbot model fetch` brings; without one, in the user's data folder.",
        examples=["/srv/models"],
    )
    device: str = Field(
        "auto", pattern="^(auto|cpu|cuda(:[0-9]+)?)$", description='Where the model computes: "auto", "cpu" or "cuda".'
    )
    precision: str = Field(
        "auto",
        pattern="^(auto|fp32|fp16|bf16|int8|int4)$",
        description='How weights are kept: "fp32", "fp16", "bf16", "int8", "int4", or "auto": the best that fits.',
    )
    kv_precision: str = Field(
        "auto",
        pattern="^(auto|full|half|int8)$",
        description='How keys and values of conversations are kept: "full", "half", "int8" or "auto".',
    )
    lora: Path | None = Field(
        None, description="Directory of a LoRA adapter to merge into the model.", examples=["my_adapter"]
    )
    prefix: Path | None = Field(
        None, description="Directory of a P-tuning v2 prefix to put before every prompt.", examples=["my_prefix"]
    )
    url: str | None = Field(
        None,
        pattern="^https?://",
        description="An OpenAI-compatible server to use instead of starting our own.",
        examples=["http://127.0.0.1:8000/v1"],
    )
    token: SecretStr = Field(NO_SECRET, description="Bearer token for inference.url; better in the environment.")
    remote_model: str | None = Field(
        None,
        description="Model name to ask for at inference.url; without one, the first that it lists.",
        examples=["chatglm-6b"],
    )
    temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        description="Randomness of answers, 0 for none; without one, the model's own default.",
        examples=[0.95],
    )
    top_p: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of likely tokens to choose from; without one, the model's own default.",
        examples=[0.7],
    )
    timeout: float = Field(600.0, gt=0, description="Longest time in seconds to wait for the next piece of an answer.")
    load_timeout: float = Field(900.0, gt=0, description="Longest time in seconds to wait for the model to load.")


class ConversationSettings(Section):
    """What is remembered of a conversation for the next answer."""

    max_reply_tokens: int = Field(512, ge=1, description="Most tokens of one answer; this room is kept free.")
    fallback_context: int = Field(
        2048, ge=64, description="Context length in tokens to assume where the model server does not say its own."
    )


class SafetySettings(Section):
    """What may come in and go out."""

    enabled: bool = Field(True, description="Whether the policies are checked (plugins' checks always are).")
    policies: Path | None = Field(
        None, description="Folder of your own policies, in place of those that ship with glmbot (docs/safety.md)."
    )
    word_lists: list[Annotated[Path, AfterValidator(_existing_file)]] = Field(
        [], description="Files of forbidden terms, one a line; they are blocked, whatever the policies say."
    )
    use_builtin_list: bool = Field(
        True, description="Whether the policies that ship with glmbot hold where no folder is named."
    )
    classifier: Path | None = Field(
        None, description="Directory of a text classifier that rules for injection ask, too (docs/safety.md)."
    )
    classifier_label: str = Field("INJECTION", description="Its label for injections.")
    classifier_timeout: float = Field(
        5.0, gt=0, description="Seconds that it has for a text; without an answer by then the text is blocked."
    )


class AdmissionSettings(Section):
    """Who may talk to the bot. Admins change it while the bot runs: /ban, /mute, /pardon, /allow."""

    allowed_senders: list[str] = Field(
        [], description='Only these senders are answered, as "adapter:sender id"; empty: everyone.'
    )
    blocked_senders: list[str] = Field([], description='These senders are ignored, as "adapter:sender id".')
    allowed_chats: list[str] = Field([], description='Only these chats are answered, as "adapter:chat id"; empty: all.')
    blocked_chats: list[str] = Field([], description='These chats are ignored, as "adapter:chat id".')
    roles: dict[str, list[str]] = Field(
        {},
        description='Lists of "adapter:sender id" by role, such as admin; without admin, all in bot.admin_chats are.',
    )
    max_message_chars: int = Field(
        20_000, ge=1, le=MAX_TEXT, description="Longest message in characters that is read; longer ones are refused."
    )


class LimitSettings(Section):
    """How much may be asked of the bot; 0 is no limit, and admins have none."""

    messages_per_minute: float = Field(20, ge=0, description="Messages of one sender that are handled in a minute.")
    burst: int = Field(20, ge=1, description="How many of them may come at once.")
    daily_messages: int = Field(0, ge=0, description="Messages of one sender in a day.")
    daily_tokens: int = Field(0, ge=0, description="Tokens of one sender's questions and answers in a day.")
    chat_messages_per_minute: float = Field(0, ge=0, description="Messages in one chat that are handled in a minute.")
    chat_burst: int = Field(60, ge=1, description="How many of them may come at once.")
    chat_daily_messages: int = Field(0, ge=0, description="Messages in one chat in a day.")
    chat_daily_tokens: int = Field(0, ge=0, description="Tokens of one chat's questions and answers in a day.")
    role_messages_per_minute: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {}, description="messages_per_minute of the senders of a role, by its name."
    )
    role_daily_messages: dict[str, Annotated[int, Field(ge=0)]] = Field(
        {}, description="daily_messages of the senders of a role, by its name."
    )
    role_daily_tokens: dict[str, Annotated[int, Field(ge=0)]] = Field(
        {}, description="daily_tokens of the senders of a role, by its name."
    )


class ModerationSettings(Section):
    """What follows where safety has blocked something."""

    max_strikes: int = Field(5, ge=0, description="So many blocked messages mute their sender; 0: nobody is muted.")
    strike_hours: float = Field(1, gt=0, le=8760, description="Hours after which a blocked message is forgotten.")
    mute_hours: float = Field(1, gt=0, le=8760, description="Hours that such a sender is muted for.")
    keep_log_days: float = Field(90, gt=0, le=36_500, description="Days that the moderation log is kept.")


class TelegramSettings(Section):
    """The Telegram bot."""

    enabled: bool = Field(True, description="Whether to connect; set it to false to pause an adapter.")
    token: SecretStr = Field(NO_SECRET, description="The bot's token from @BotFather; better in the environment.")
    base_url: str = Field(
        "https://api.telegram.org/bot", description="Bot API address, up to the token; another for a local server."
    )
    webhook_url: str | None = Field(
        None,
        pattern="^https://[^/]",
        description="Public address that Telegram posts updates to; without one the bot asks for them.",
        examples=["https://bot.example.org/telegram"],
    )
    webhook_host: str = Field("127.0.0.1", min_length=1, description="Where to listen for what webhook_url forwards.")
    webhook_port: int = Field(8443, ge=1, le=65535, description="Port to listen on for that.")


class DiscordSettings(Section):
    """The Discord bot."""

    enabled: bool = Field(True, description="Whether to connect; set it to false to pause an adapter.")
    token: SecretStr = Field(NO_SECRET, description="The bot's token from the portal; better in the environment.")
    api_url: str | None = Field(
        None, description="Another REST address than Discord's own.", examples=["http://127.0.0.1:8080/api/v10"]
    )
    shard: Annotated[str, AfterValidator(_existing_shard)] | None = Field(
        None,
        description="Which share of the servers this account hears, for a bot that is in thousands: first of two, 0/2.",
        examples=["0/2"],
    )


class IrcSettings(Section):
    """The bot on an IRC network."""

    enabled: bool = Field(True, description="Whether to connect; set it to false to pause an adapter.")
    host: str = Field("", pattern=r"^[^\s/@]*$", description='The IRC server\'s name, such as "irc.libera.chat".')
    port: int = Field(6697, ge=1, le=65535, description="The server's port: mostly 6697 with TLS and 6667 without.")
    tls: bool = Field(True, description="Whether to connect by TLS and check the server's certificate.")
    nick: str = Field(
        "glmbot", pattern=r"^[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,29}$", description="The bot's nick."
    )
    channels: list[Annotated[str, Field(pattern=r"^[#&+!][^\s,:\x00-\x20]{1,49}$")]] = Field(
        [], description='Channels to be in, as "#name".'
    )
    account: str = Field(
        "", pattern=r"^[^\s\x00-\x20]*$", description="Account of the network's services to log in with (SASL)."
    )
    password: SecretStr = Field(
        NO_SECRET,
        description="The account's password, without an account the server's own; better in the environment.",
    )


class OneBotSettings(Section):
    """The bot on QQ, through a client that speaks OneBot v11."""

    enabled: bool = Field(True, description="Whether to connect; set it to false to pause an adapter.")
    url: str = Field(
        "",
        pattern=r"^(wss?://\S+)?$",
        description='Address of the QQ client\'s WebSocket server, such as "ws://127.0.0.1:3001"; or set port.',
    )
    host: str = Field("127.0.0.1", description="Where to listen for the QQ client, if it connects to the bot.")
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port to listen on for the QQ client; without one, the bot connects to url.",
        examples=[8082],
    )
    access_token: SecretStr = Field(
        NO_SECRET, description="The token that the QQ client has in its settings; better in the environment."
    )


class MatrixSettings(Section):
    """The bot's account at a Matrix homeserver."""

    enabled: bool = Field(True, description="Whether to connect; set it to false to pause an adapter.")
    homeserver: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
        description='Address of the homeserver, such as "https://matrix.example.org".',
    )
    user_id: str = Field(
        "", pattern=r"^(@[^\s:]+:[^\s]+)?$", description='The bot\'s account, such as "@glmbot:example.org".'
    )
    access_token: SecretStr = Field(
        NO_SECRET, description="Access token of the account; better in the environment. It, or the password, is needed."
    )
    password: SecretStr = Field(
        NO_SECRET, description="The account's password, with which the bot logs in; better in the environment."
    )


class WebSettings(Section):
    """The web chat."""

    enabled: bool = Field(True, description="Whether to serve the page; set it to false to pause an adapter.")
    host: str = Field(
        "127.0.0.1", min_length=1, description="Address to listen on; another than this needs a password."
    )
    port: int = Field(8080, ge=1, le=65535, description="Port to listen on.")
    password: SecretStr = Field(
        NO_SECRET, description="Password that the page asks for; none on loopback only; better in the environment."
    )
    public_url: Annotated[str, AfterValidator(_origin)] | None = Field(
        None, description="The page's address behind a proxy, without a path.", examples=["https://chat.example.org"]
    )


class WebhookSettings(Section):
    """Another system, by signed HTTP in both directions."""

    enabled: bool = Field(True, description="Whether to listen; set it to false to pause an adapter.")
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on, for POST /messages.")
    port: int = Field(8081, ge=1, le=65535, description="Port to listen on.")
    secret: SecretStr = Field(
        NO_SECRET, description="Secret of both sides, from `openssl rand -base64 32`; better in the environment."
    )
    deliver_to: str | None = Field(
        None,
        pattern="^https?://[^/]",
        description="URL that the bot posts its messages to; it must be set.",
        examples=["http://127.0.0.1:9000/answers"],
    )


class AdapterSettings(BaseModel):
    """The chat platforms: a section is a platform to connect to; no section, no connection.

    Adapters of other packages find their section among the extra keys.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    telegram: TelegramSettings | None = Field(None, description="Telegram; needs the extra glmbot[telegram].")
    discord: DiscordSettings | None = Field(None, description="Discord; needs the extra glmbot[discord].")
    irc: IrcSettings | None = Field(None, description="IRC; needs no extra.")
    onebot: OneBotSettings | None = Field(None, description="QQ by OneBot v11; needs the extra glmbot[onebot].")
    matrix: MatrixSettings | None = Field(None, description="Matrix; needs the extra glmbot[matrix].")
    web: WebSettings | None = Field(None, description="A web page of the bot's own; needs the extra glmbot[web].")
    webhook: WebhookSettings | None = Field(None, description="Signed HTTP; needs the extra glmbot[webhook].")

    def others(self) -> dict[str, Any]:
        """Return the sections of adapters that other packages bring, by name."""
        return dict(self.model_extra or {})


class PluginSettings(Section):
    """Plugins."""

    folder: Path = Field(Path("my_plugins"), description="Folder of your own plugins; it need not exist.")
    disabled: list[str] = Field([], description="Names of plugins that are not loaded.")
    max_memory_mb: int = Field(
        512, ge=64, description="Most memory in MB that the process of one of your own plugins may take."
    )
    config: dict[str, dict[str, Any]] = Field(
        {}, description="Each plugin's own settings, by its name: [plugins.config.NAME]."
    )


class Settings(Section):
    """All settings of the bot."""

    bot: BotSettings = BotSettings()
    storage: StorageSettings = StorageSettings()
    inference: InferenceSettings = InferenceSettings()
    conversation: ConversationSettings = ConversationSettings()
    safety: SafetySettings = SafetySettings()
    admission: AdmissionSettings = AdmissionSettings()
    limits: LimitSettings = LimitSettings()
    moderation: ModerationSettings = ModerationSettings()
    adapters: AdapterSettings = AdapterSettings()
    plugins: PluginSettings = PluginSettings()

    @property
    def database_url(self) -> str:
        """The database to use: the configured one, or the file in the data folder."""
        return self.storage.url or f"sqlite:///{self.bot.data_dir / 'glmbot.db'}"
