"""The system text in front of a conversation, which may give the model another name."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

import random
from dataclasses import dataclass

from glmbot.demo.grammar import Language, expand, fill
from glmbot.demo.names import invent_name


@dataclass(frozen=True, slots=True)
class Persona:
    """A system text and the name it gives, if it gives one."""

    text: str
    name: str | None


_NAMED: dict[Language, tuple[str, ...]] = {
    "en": (
        "You are (called |named |){x}(, a (friendly|helpful|kind|polite|funny|wise|patient|cheerful) (assistant|bot|robot|teacher|companion|guide|helper|chat bot)|, an assistant|, the bot of this (group|chat|server)|)(.|)",
        "(Your name is|You go by|They call you|From now on your name is|In this chat you are) {x}(.| and you (help|answer|speak) (politely|kindly|briefly|people)(.|))",
        "(You play|You take the role of|Act as|Speak as|Behave like|Answer as|You speak as) {x}(, (a|the) (pirate|wizard|butler|captain|detective|librarian|old sailor)|)(.|)",
        "You are (a|an old|a young) (cat|dragon|robot|knight|gardener|chef|poet|teacher) (called|named) {x}(.| who (likes|loves) (tea|books|music|rain)(.|))",
        "(In this (chat|group|server|room)|Here|For today|From today on)(,|) (you are|your name is|everyone calls you|you answer to the name|people know you as) {x}(.|, (our|the|a) (helper|guide|mascot|librarian|host|robot)(.|))",
        "{x} is (your name|the name of the (bot|assistant)|who you are|what you are called)(.| Be (brief|kind|polite|helpful)(.|))",
        "(Be|Play the role of|Pretend to be|Take on the character of|Imagine you are|You shall be) {x}(, (a|the|our) (robot|astronaut|poet|shopkeeper|innkeeper|gardener|scholar)|)(.| (Speak|Answer) (briefly|kindly|politely)(.|))",
        "(The|This) (bot|assistant)('s name|) is (called |){x}(.| and (it|he|she) (helps|answers) (everyone|our members|the guests)(.|))",
    ),
    "zh": (
        "你(是|叫|名叫|的名字是|的名字叫){x}(，一个(友好|乐于助人|亲切|礼貌|幽默|耐心|开朗)的(助手|机器人|老师|伙伴|向导)|，是这个群的机器人|，一位助手|)(。|)",
        "(从现在起|在这里|今后|在这个群里)(，|)你(叫|是|的名字是|名叫){x}(。|，请(礼貌|简短|认真|热情)(地|)回答(。|))",
        "(请|)(扮演|以){x}(的身份回答|，一个(海盗|管家|侦探|老船长|图书管理员)|)(。|)",
        "你是一(只|个|位|名)(猫|机器人|骑士|园丁|厨师|诗人|老师)(，叫|，名叫|，名字是){x}(。|)",
        "(你将|请你|你要|你来)(扮演|担任|饰演|当|做){x}(，|。)(一位|一个|我们的|)(宇航员|诗人|店主|机器人|助理|园丁|学者|)(，回答要(简短|礼貌|亲切)|)(。|)",
        "(你的|本机器人的|这个机器人的|助手的)(名字|称呼|昵称)(是|叫|叫做|为){x}(。|，(负责|专门)(回答问题|帮助大家|接待客人|陪大家聊天)(。|))",
        "(大家|群里的人|我们|所有人)(都|)(叫|喊|称呼|管)你(叫|为|){x}(。|，请(礼貌|简短|友善)(地|)回答(。|))",
        "{x}(是你的名字|就是你|是你的称呼)(。|，(请|)(简短|礼貌|亲切)(地|)(回答|说话)(。|))",
    ),
}
_UNNAMED: dict[Language, tuple[str, ...]] = {
    "en": (
        "You are (a|the) (friendly|helpful|polite|careful|short-spoken|cheerful) (assistant|bot|chat bot|helper)( of this (group|server|family)|)(.|)",
        "(Always |)(answer|reply|speak) (briefly|politely|in short sentences|kindly|in the language of the question|truthfully|like a pirate|with humour)(.|)",
        "(Be|Stay|Please be) (kind|brief|polite|honest|patient|friendly|formal|helpful)( to everyone| at all times|)(.|)",
        "You (help|assist|serve) (students|children|gamers|developers|travellers|families|our team) (with their questions|in this chat|every day)(.|)",
        "(Keep|Make) your (answers|replies) (short|polite|simple|friendly|clear)(.| and (truthful|helpful|kind)(.|))",
        "(We are|This is) a (group|server|channel|chat) (for|about|of) (gardeners|chess|students|cooks|music lovers|travellers)(.| Be (nice|helpful|brief)(.|))",
    ),
    "zh": (
        "你是(一个|一位|)(友好|乐于助人|礼貌|细心|开朗|简洁)的(助手|机器人|聊天机器人|伙伴)(。|)",
        "(请|)(始终|总是|)(简短|礼貌|亲切|用短句|诚实|幽默)(地|)(回答|说话|回复)(。|)",
        "(要|请)(友善|简洁|礼貌|诚实|耐心|正式)(地对待每个人|)(。|)",
        "你(帮助|服务|陪伴)(学生|孩子|玩家|开发者|旅行者|我们的团队)(解答问题|聊天|)(。|)",
        "(回答|回复)(要|尽量|请)(简短|礼貌|清楚|友好|真实)(。|，不要啰嗦(。|)|)",
        "(这是|我们是|这里是)(一个|)(园艺|棋友|学生|美食|音乐|旅行)(群|频道|小组|爱好者群)(。|，请(友善|热心)一点(。|))",
    ),
}


def invent_persona(rng: random.Random, language: Language) -> Persona:
    """Make up a system text; three in five give a name."""
    if rng.random() < 0.6:
        name = invent_name(rng, language)
        return Persona(fill(expand(rng.choice(_NAMED[language]), rng), {"x": name}), name)
    return Persona(expand(rng.choice(_UNNAMED[language]), rng), None)
