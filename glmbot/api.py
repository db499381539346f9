"""Everything a plugin needs from glmbot. Import nothing else of it: this is what stays."""

from glmbot.errors import NotDelivered as NotDelivered
from glmbot.errors import UserError as UserError
from glmbot.events import Attachment as Attachment
from glmbot.events import AttachmentKind as AttachmentKind
from glmbot.events import Chat as Chat
from glmbot.events import ChatKind as ChatKind
from glmbot.events import Language as Language
from glmbot.events import MessageEvent as MessageEvent
from glmbot.events import Sender as Sender
from glmbot.plugin.arguments import Rest as Rest
from glmbot.plugin.context import BotContext as BotContext
from glmbot.plugin.context import CommandHelp as CommandHelp
from glmbot.plugin.context import Context as Context
from glmbot.plugin.context import ReplyValue as ReplyValue
from glmbot.plugin.durations import format_duration as format_duration
from glmbot.plugin.plugin import Plugin as Plugin
from glmbot.prompt import Prompt as Prompt
from glmbot.prompt import Turn as Turn
from glmbot.reply import Reply as Reply
from glmbot.status import AdapterState as AdapterState
from glmbot.status import BotStatus as BotStatus
from glmbot.status import ModelState as ModelState
from glmbot.verdicts import Direction as Direction
from glmbot.verdicts import Refusal as Refusal
from glmbot.verdicts import Verdict as Verdict
