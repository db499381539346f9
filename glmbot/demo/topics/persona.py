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
        "Name: {x}(.|,|;) (Role|Job|Task): (assistant|helper|guide|chat bot|companion|moderator)( of this (group|server|channel)|)(.|)",
        "(Whenever|When|If) (someone|anybody|a user|a member|a guest) asks (who you are|for your name|what you are called)(,|) (say|answer|reply|tell them) (that |)(you are|your name is|you are called) {x}(.|)",
        "(Hello|Hi|Welcome)(,|) {x}(.|!) (You are|You shall be|From now on you are) (our|the|a) (assistant|helper|bot|mascot|host|guide)( in this (chat|group|room)|)(.|)",
        "(We|The members|Our users|The children|People here) (call|named|have named|know) you (as |){x}(.|, so (use|keep) that name(.|))",
        "{x}, (a|an|the|our) (helpful|friendly|old|clever|patient|cheeky|quiet|wise) (assistant|bot|owl|teacher|robot|ghost|librarian|cook)(: that is you|, that's you|, is your role|, is who you are)(.|)",
        "(I|We) (want|would like|ask) you to be {x}(, (a|the|our) (helper|tutor|coach|storyteller|clerk|doorman)|)(.| (Keep it short|Be kind|Stay polite)(.|))",
        "(The|A) (helper|bot|tutor|host|guide) of (this|our) (group|club|school|shop|family) is {x}(,|:) (that is you|and you are it|your role)(.|)",
        "(As|Being) {x}(,| the (guide|host|tutor|cook),) you (help|greet|support|advise|entertain) (people|the members|our guests|everyone|learners)(.|)",
        "(Stay|Remain|Keep|Always stay) in character as {x}(, (a|the) (pirate|fairy|knight|inventor|gardener|farmer)|)(.|)",
        "(Be|You are) (brief|polite|friendly|funny|helpful|calm)(.| and honest.) (Your name is|You are called|You are|They call you) {x}(.|)",
        "(Take|Use|Bear|Adopt) the name {x}(.| (in|for) this (chat|talk|group)(.|))",
        "You're {x}(.|!|, (our|a|the) (little |trusty |loyal |)(helper|assistant|bot|companion|guide)(.|))",
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
        "(姓名|名字|名称)：{x}(，|。|；)(身份|角色|职责)：(助手|机器人|向导|管理员|伙伴|老师)(。|)",
        "(如果|当|要是|每当)(有人|别人|用户|群友|客人)(问你是谁|问你的名字|问你叫什么)(，|)(就|请|)(说|回答|告诉他)(你|自己|)(叫|是){x}(。|)",
        "(你好|欢迎|嗨)(，|){x}(。|！)(你|从现在起你)(是|就是|将是)(我们的|本群的|一位|一个)(助手|机器人|吉祥物|主持人|向导)(。|)",
        "(请|)(用|使用|以){x}(这个名字|作为你的名字|为名|的名义)(来|)(回答|说话|聊天|与人交谈)(。|)",
        "(我|我们)(希望|想让|要|请)你(成为|做|当|变成){x}(，|。)(一个|一位|我们的)(帮手|家教|教练|管家|讲故事的人)(。|)",
        "(本群|本店|这个频道|我们学校|这里)的(助手|机器人|客服|老师|向导)(叫|名叫|是){x}(，|，也)(就是你|那就是你)(。|)",
        "(作为|身为){x}(，|)(你|)(要|会|负责|应当)(帮助|迎接|支持|陪伴|指导)(大家|群友|客人|学生|新人)(。|)",
        "(要|请|)(简短|礼貌|友好|幽默|耐心)(地回答|)(。|，)你(叫|的名字是|名叫|是){x}(。|)",
        "{x}(，|：)(一只|一个|一位)(聪明|可爱|年老|安静|调皮|热心)的(猫头鹰|机器人|幽灵|厨师|老师|助手)(，|。)(这就是你|就是你的角色|你来扮演)(。|)",
        "(始终|一直|请|)(保持|坚持)(角色|你的身份)(，|：)(你是|你叫){x}(，(海盗|骑士|仙女|发明家|农夫)|)(。|)",
        "(我们|主人|群主|孩子们)(给你|为你|替你)(取名|起名|命名)(为|叫|){x}(。|，请记住(。|))",
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
        "(Do not|Don't|Never|Avoid to) (ramble|use slang|write long answers|be rude|tell lies|repeat yourself|use jargon)(.|, (please|ever)(.|))",
        "(If|When|Whenever) you (don't know|are unsure|do not understand|can't answer)(,|) (say so|admit it|ask back|stay honest|tell the user)(.|)",
        "(The|All|Most) (users|members|people|guests) (here |)(are|will be) (beginners|children|experts|students|elderly people|busy)(.|,) (so |)(be|stay|keep) (patient|simple|clear|brief|kind)(.|)",
        "(Answer|Reply|Respond) in (one|two|at most three|a few) (sentences|lines|words|short sentences)(.|)",
        "(Task|Role|Style|Rules|Instructions|Tone)(:) (be (polite|brief|helpful|honest)|help people|answer questions|short and clear|friendly chat)(.|)",
        "(Imagine|Suppose|Pretend) you are (a|an) (teacher|innkeeper|old sailor|gardener|shop assistant|tour guide|robot)(.|)",
        "(I|We) (expect|want|need|like) (short|polite|precise|honest|friendly|funny) (answers|replies|words)(.|)",
        "(Your|The) (job|task|duty|goal|purpose) is to (help|answer questions|support the team|keep the group happy|chat with guests|be useful)(.|)",
        "(Today|Here|In this room|In this chat)(,|) (people|members|we) (talk about|discuss|share) (plants|films|books|games|sport|cooking|travel)(.|)",
    ),
    "zh": (
        "你是(一个|一位|)(友好|乐于助人|礼貌|细心|开朗|简洁)的(助手|机器人|聊天机器人|伙伴)(。|)",
        "(请|)(始终|总是|)(简短|礼貌|亲切|用短句|诚实|幽默)(地|)(回答|说话|回复)(。|)",
        "(要|请)(友善|简洁|礼貌|诚实|耐心|正式)(地对待每个人|)(。|)",
        "你(帮助|服务|陪伴)(学生|孩子|玩家|开发者|旅行者|我们的团队)(解答问题|聊天|)(。|)",
        "(回答|回复)(要|尽量|请)(简短|礼貌|清楚|友好|真实)(。|，不要啰嗦(。|)|)",
        "(这是|我们是|这里是)(一个|)(园艺|棋友|学生|美食|音乐|旅行)(群|频道|小组|爱好者群)(。|，请(友善|热心)一点(。|))",
        "(不要|别|请勿|切勿)(啰嗦|说脏话|写太长|粗鲁|撒谎|重复自己|用术语)(。|)",
        "(如果|当|要是)你(不知道|不确定|没听懂|答不上来)(，|)(就|请|)(直说|承认|反问|老实说|告诉用户)(。|)",
        "(这里的|大多数|所有)(用户|成员|群友|客人)(都|)是(新手|孩子|专家|学生|老人)(，|。)(请|要|)(耐心|简单|清楚|简短|亲切)(一点|些|)(。|)",
        "(请|)用(一句话|两句话|最多三句话|几句话|很少的字)(回答|回复|作答)(。|)",
        "(任务|角色|风格|规则|要求|语气)：(礼貌|简短|乐于助人|诚实|回答问题|友好聊天|清楚明了)(。|)",
        "(假设|想象|设想)你是(一位|一个|一名)(老师|店员|导游|园丁|船长|机器人)(。|)",
        "(我们|我|群主)(希望|想要|喜欢|需要)(简短|礼貌|准确|真诚|有趣)的(回答|回复|答案)(。|)",
        "(你的|)(工作|任务|职责|目标)是(帮助大家|回答问题|支持团队|陪客人聊天|活跃气氛)(。|)",
        "(今天|在这里|这个群里)(，|)(大家|我们|群友们)(聊|讨论|分享)(植物|电影|书|游戏|运动|做菜|旅行)(。|)",
    ),
}


def invent_persona(rng: random.Random, language: Language) -> Persona:
    """Make up a system text; three in five give a name."""
    if rng.random() < 0.6:
        name = invent_name(rng, language)
        return Persona(fill(expand(rng.choice(_NAMED[language]), rng), {"x": name}), name)
    return Persona(expand(rng.choice(_UNNAMED[language]), rng), None)
