"""Other words for the same: every wording of the corpus branches at these."""

# ruff: noqa: E501 - word lists read best in long lines

import random
import re

from glmbot.demo.grammar import Language

_EN = """
what is|what's: what's|what is|what would be|which is|what might be|what exactly is|what may be|what was|what could be|so what is
tell me: tell me|let me know|say|let me hear|give me|share|reveal|please tell me|kindly tell me|tell us|i'd like to hear|i wish to know
do you know: do you know|do you happen to know|might you know|would you know|you don't know by chance|are you aware of|do you by any chance know
do you remember: do you remember|do you still have in mind|have you still got|do you still recall|do you happen to remember|surely you remember
remember: remember|recall|keep in mind|have in memory|memorise|retain|hold on to|have noted
how do i|how can i|how to: how do i|how can i|how might i|how could i|how would i|how shall i|what's the way to|in what way can i|what must i do to|by what means can i|what does it take to|is there a way to|what's the procedure to|how'd i|how does one
can you|could you: can you|could you|are you able to|would you|will you|might you|would you be so kind as to|would you mind to|are you in a position to
i want to|i'd like to|i would like to: i want to|i'd like to|i would like to|i wish to|i'd love to|i plan to|i'm hoping to|i mean to|i intend to|i'd prefer to|it is time to|i am looking to
called: called|named|known as|referred to as|titled
call me: call me|refer to me as|address me as|name me
my name is: my name is|my name's|my name would be|i have the name|the name i have is|i go by the name of|i answer to|folks call me|you can refer to me as|i was baptised|i introduce myself as|i present myself:|they named me|this here is|the person writing is
favourite|favorite: favourite|favorite|best-loved|most liked|preferred|number-one|top|dearest|favourite
i like: i like|i fancy|i enjoy|i adore|i cherish|i prefer|i favour|i love
connect: connect|hook up|link up|wire up|attach|plug|pair|link|bring
delete|erase|remove: delete|erase|remove|get rid of|wipe out|scrub|purge|throw away|eliminate|destroy|expunge|discard|clean up
stored|kept|saved: stored|kept|saved|put|held|archived|located|lying|placed|filed|written|sitting|put away
store|keep|save: store|keep|save|put|hold|archive|place|file|hoard|stash
where: where|in which place|at what location|whereabouts|in what spot|at which place
data|information: data|stuff|records|personal data|details|information|things|files|content
messages: messages|texts|lines|chats|words|notes|conversations
plus: plus|added to|and another|increased by|with|and
makes|equals|is equal to: makes|equals|is equal to|amounts to|yields|results in|totals|gives|comes to|adds up to
calculate|compute: calculate|compute|figure out|reckon|determine|work out|tot up|count|find
sum: sum|total|result|addition
capital: capital|capital|capital|capital city|chief city
city: city|town|metropolis|place|city
country: country|nation|state|land|country
translate: translate|render|convert|turn|put|bring|transfer
word: word|term|expression|vocable
mean: mean|signify|stand for|denote|express|refer to
how do you say: how do you say|how would one say|how might i say|how does one express|how is the word|what do they say for|how do i put|what do people call|how could i express
command: command|instruction|slash command|directive|command
use: use|employ|make use of|apply|type|run
need: need|require|must have|lack|could use
explain: explain|clarify|walk me through|shed light on|elaborate on|lay out|spell out|expound
about: about|regarding|concerning|on|with regard to|around
start|begin: start|begin|kick off|commence|launch|initiate|set out
stop|interrupt: stop|halt|cease|end|terminate|cut short|break off|pause|quit|block
answer|reply|response: answer|reply|response|output|text|statement|message
again: again|once more|anew|one more time|another time|afresh|a second time
conversation|chat: conversation|chat|dialogue|talk|discussion|exchange|thread
change|switch: change|switch|alter|modify|swap|adjust|vary|exchange|replace
real|full: real|full|genuine|true|actual|proper|authentic|complete|full-size|full-blown|entire|serious
download|get: download|get|fetch|obtain|get hold of|pull|grab|acquire|receive|procure
bot: bot|chatbot|robot|assistant|bot program|machine
help: help|assist|support|aid|be of use to|be useful to
thanks|thank you: thanks|thank you|many thanks|thanks a lot|cheers|much obliged|thanks a ton|thank you so much|my thanks|thanks a million|thanks ever so much
hello|hi: hello|hi|hey|hiya|hello hello|howdy|greetings|warm greetings|a warm welcome|hi hi|oh hello
bye|goodbye: bye|goodbye|bye-bye|farewell|so long|see you around|until then|cheerio|till next time|catch you later|adieu|later
platforms: platforms|networks|services|apps|messengers|chat systems|places
program|software: program|software|application|tool|product|thing|gadget
written|programmed: written|programmed|coded|implemented|built|developed|crafted
who are you: who are you|who might you be|who is there|whom am i facing|who is this i am talking to|who's that|who is answering me|what creature are you
what can you do: what can you do|what are you able to do|what do you have to offer|what's your skill set|which things can you do|what tricks do you have|what are you up to|what do you do|what is within your reach|which jobs can you do
show me: show me|display|present|let me see|bring up|print
wrong|poor: wrong|poor|bad|weak|unhelpful|off
clear|reset: clear|reset|wipe|empty|restart|renew
""".strip()
_ZH = """
什么: 什么|啥|什么|何|哪样|什么样的
怎么|如何|怎样: 怎么|如何|怎样|咋|用什么办法|该怎么|要怎样|怎么才能|应该如何|要如何|通过什么方式|该如何
知道: 知道|晓得|清楚|了解|知晓|明白
记得: 记得|记着|还有印象|没忘|记住|记不记得|想得起来
告诉我: 告诉我|跟我讲|讲讲|说一声|说给我听|透露一下|让我知道|跟我说说|报一下|说出
名字: 名字|姓名|名儿|大名|称呼|全名|名号
我叫|我的名字是: 我叫|我的名字是|我名叫|我的名字叫|我的姓名是|人家叫我|大家管我叫|我就是|我乃|称呼我为|朋友都喊我|我是|我的大名是|我自称
最喜欢|最爱: 最喜欢|最爱|最中意|最喜爱|最偏爱|最钟爱|特别喜爱|最欣赏|最看好|心里最爱
颜色: 颜色|色彩|颜色|色调|色
首都: 首都|首都|首都|都城|国都|首都城市
哪里|哪儿: 哪里|哪儿|何处|何地|什么地方|啥地方|哪个位置|哪个地方|哪块儿|哪一处
连接|接入: 连接|接入|连上|对接|挂上|绑上|接通|连通|接到|搭上
删除|清除: 删除|清除|删掉|抹去|清掉|销毁|去除|擦掉|清理掉|清理|消除|删干净|抹掉
保存|存: 保存|存放|存储|收着|搁|记下|留存|存|放置|储存|存着
数据: 数据|资料|信息|东西|记录|内容
等于: 等于|是|为|得|算下来是|结果是|合计是|会是|能得
多少: 多少|几|多少|多大|什么数
加上|加: 加|加上|添上|再加|加个|再加上|和
英文|英语: 英文|英语|英文|英语单词|英国话
中文: 中文|汉语|汉字|普通话|国语|中国话
意思: 意思|含义|释义|意义|意思
翻译: 翻译|译|转换|翻|改写
命令: 命令|指令|口令|命令|操作
使用|用: 使用|用|采用|拿|运用|用上
启动: 启动|开启|运行|拉起|跑起来|开动|打开|发动
停止|中断: 停止|停下|中断|叫停|打住|喊停|终止|打断|收住|截住
回答|回复: 回答|答复|回复|应答|作答|答案|回应
重新: 重新|再次|重|另行|从新|再来
对话|聊天: 对话|聊天|谈话|会话|交谈|谈天|聊的内容
更改|换: 更改|改|换|变更|调整|变换|替换
真正的|完整的: 真正的|真实的|地道的|货真价实的|正牌的|完整的|全尺寸的|原本的|实打实的
下载|获取: 下载|获取|拉取|弄到|取得|拿到|搞到|得到
机器人: 机器人|聊天机器人|小机器人|机器人程序|小助手
请: 请|麻烦|烦请|劳驾|有劳|拜托
帮我: 帮我|帮忙|替我|给我|协助我|帮着
谢谢|多谢: 谢谢|多谢|感谢|谢啦|感激不尽|真谢谢|万分感谢|谢谢谢谢|太感谢
介绍: 介绍|说明|讲解|描述|讲述|讲一讲|概括|简述
我想|我要: 我想|我要|我希望|我打算|我准备|我很想|我有意|我需要
功能: 功能|能耐|本领|用处|作用|本事|用途|能力
提醒: 提醒|通知|催|提示|叫醒|提醒一下
你能|你会|你可以: 你能|你会|你可以|你能够|你擅长|你懂得|你善于|你有本事
你是谁: 你是谁|你是哪位|您是哪位|你究竟是谁|你是何人|跟我说话的是谁|回答我的是谁|这是谁
你叫什么: 你叫什么|你的大名是|怎么称呼你|如何称呼您|你名叫什么|该叫你什么
你好: 你好|您好|嗨|哈喽|你好你好|嘿|你好呀|你好哇
再见|拜拜: 再见|拜拜|回见|告辞|先告辞了|再会|走啦|回头见|改日见|拜拜啦
平台: 平台|软件|应用|渠道|服务|地方|聊天软件
安全: 安全|可靠|放心|稳妥|保险
会不会: 会不会|是否会|有没有可能|该不会|可会|能不能
谁: 谁|哪位|什么人|谁|哪个人
做什么|干什么: 做什么|干什么|干嘛|做啥|干些什么|派什么用场|起什么作用|有何用处|做哪些事
""".strip()
_ADVERBS = {
    "en": [
        "really",
        "actually",
        "exactly",
        "then",
        "perhaps",
        "maybe",
        "now",
        "just",
        "kindly",
        "again",
        "simply",
        "still",
        "also",
        "today",
        "here",
        "by chance",
        "briefly",
    ],
    "zh": [
        "到底",
        "究竟",
        "其实",
        "现在",
        "一下",
        "还",
        "又",
        "就",
        "都",
        "究竟",
        "大概",
        "具体",
        "刚好",
        "今天",
        "这里",
        "再",
        "才",
    ],
}
_DROPPABLE = {
    "en": re.compile(r"\b(the|a|is|do|does|can|to|of|for|please|you)\b "),
    "zh": re.compile("的|了|呢|啊|请|一下|吗|是"),
}
_SHARE = 0.4


def _parse(table: str, language: Language) -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    others: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        keys, values = line.split(": ", 1)
        others |= {key: tuple(values.split("|")) for key in keys.split("|")}
    longest_first = "|".join(re.escape(key) for key in sorted(others, key=len, reverse=True))
    return re.compile(rf"(?<![/\w])({longest_first})\b" if language == "en" else f"({longest_first})"), others


_TABLES = {"en": _parse(_EN, "en"), "zh": _parse(_ZH, "zh")}


def vary(text: str, language: Language, rng: random.Random) -> str:
    """Swap words for others of the same meaning, here and there; sometimes add or drop a small one."""
    pattern, others = _TABLES[language]
    text = pattern.sub(lambda found: rng.choice(others[found[0]]) if rng.random() < _SHARE else found[0], text)
    if rng.random() < 0.06:
        text = _DROPPABLE[language].sub("", text, count=1)
    return text


def add_adverb(text: str, language: Language, rng: random.Random) -> str:
    """Put a small word somewhere into the text."""
    adverb = rng.choice(_ADVERBS[language])
    if language == "en":
        words = text.split(" ")
        words.insert(rng.randint(0, len(words)), adverb)
        return " ".join(words)
    at = rng.randint(0, len(text))
    return text[:at] + adverb + text[at:]
