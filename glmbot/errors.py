"""Every error of glmbot, split by what the one who catches it can do.

GlmbotError
├── ConfigError            the operator must mend something; the programs print it and exit with 2
│   └── CheckpointError    a model directory is incomplete, damaged or of an unknown kind
├── UserError              its text is shown to the sender
├── RetryLater             a platform asks to wait; `after` says how long
├── NotDelivered           a platform refuses this message, or this file, for good
│   └── UrlRefused         an address that the bot does not open, since it may lead into its own network
├── FileTooLarge           a file has more bytes than anybody wants
├── InferenceError         the model server answered, but with an error
│   ├── PromptTooLong      the prompt does not fit into the model's context
│   └── InferenceUnavailable   the server is away, loading, or was lost in the middle of an answer: try again
├── PluginError            a plugin in a process of its own raised something; its traceback is a note
│   └── PluginAway         its process is not running, or ended in the middle of the call
├── EngineBusy             the engine's queue is full; `after` says when to come back
└── EngineStuck            a step of the engine does not end; only a new process helps
"""


class GlmbotError(Exception):
    """Base of all errors raised on purpose by glmbot."""


class ConfigError(GlmbotError):
    """Something the operator must mend: the message says what, where and how."""


class CheckpointError(ConfigError):
    """A model directory cannot be loaded: the message names file, tensor and remedy."""


class UserError(GlmbotError):
    """A polite sentence for the sender, without internals."""


class RetryLater(GlmbotError):
    """The platform asks to try the same call again after `after` seconds."""

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class NotDelivered(GlmbotError):
    """The platform refuses this for good (chat gone, bot removed, no permission; a file that is gone)."""


class UrlRefused(NotDelivered):
    """An address that came from outside and is not opened; the message names its host, and nothing else of it."""


class FileTooLarge(GlmbotError):
    """A file has more bytes than were asked for at most."""


class InferenceError(GlmbotError):
    """The model server refused or failed this request."""


class PromptTooLong(InferenceError):
    """The prompt has more tokens than the model's context has room for."""


class InferenceUnavailable(InferenceError):
    """The model server is away, still loading, or was lost in the middle of an answer."""


class PluginError(GlmbotError):
    """A plugin in a process of its own raised an error."""


class PluginAway(PluginError):
    """The process of a plugin is not running, or ended in the middle of the call."""


class EngineBusy(GlmbotError):
    """The engine's queue is full; come back after `after` seconds."""

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class EngineStuck(GlmbotError):
    """A step of the engine does not end: the server must be started again."""
