"""Fifty everyday words between the two languages; all others are left to the real model."""

# ruff: noqa: E501, SIM905 - wordings and word lists read best in long lines

import random

from glmbot.demo.grammar import Exchange, Language, expand, fill
from glmbot.demo.names import invent_word
from glmbot.demo.noise import add_noise, roughen_word
from glmbot.demo.topics.other import refuse

_WORDS = (
    "apple 苹果,water 水,bread 面包,rice 米饭,milk 牛奶,tea 茶,coffee 咖啡,egg 鸡蛋,fish 鱼,meat 肉,fruit 水果,dog 狗,cat 猫,"
    "bird 鸟,horse 马,house 房子,door 门,window 窗户,table 桌子,chair 椅子,bed 床,book 书,pen 笔,paper 纸,school 学校,"
    "teacher 老师,student 学生,friend 朋友,mother 妈妈,father 爸爸,child 孩子,sun 太阳,moon 月亮,star 星星,sky 天空,"
    "sea 大海,mountain 山,river 河,tree 树,flower 花,rain 雨,snow 雪,wind 风,fire 火,car 汽车,train 火车,city 城市,"
    "money 钱,time 时间,music 音乐"
)
WORDS: tuple[tuple[str, str], ...] = tuple((pair.split()[0], pair.split()[1]) for pair in _WORDS.split(","))

OTHERS_EN = (
    "elephant banana computer telephone hospital umbrella butterfly kitchen guitar airplane bicycle mirror candle "
    "pillow blanket hammer spoon fork knife bottle shirt shoes jacket trousers hat glove scarf garden forest desert "
    "island bridge castle church museum library station airport market bank police doctor lawyer soldier farmer "
    "engineer baker nurse lion tiger bear wolf monkey snake spider mouse rabbit chicken cow pig sheep goat duck "
    "cheese butter sugar salt pepper soup salad onion potato tomato carrot lemon orange grape cherry strawberry "
    "happiness freedom love peace war hope dream idea question answer story song dance game sport football tennis "
    "winter summer spring autumn morning evening night yesterday tomorrow week month year hour minute green blue "
    "red yellow big small fast slow beautiful ugly happy sad angry tired hungry run jump sleep eat drink write read "
    "brother sister uncle aunt grandmother cousin nose ear hand foot head heart eye mouth hair finger knee thunder"
).split()
OTHERS_ZH = (
    "大象 香蕉 电脑 电话 医院 雨伞 蝴蝶 厨房 吉他 飞机 自行车 镜子 蜡烛 枕头 毯子 锤子 勺子 叉子 刀 瓶子 衬衫 鞋子 夹克 裤子 帽子 "
    "手套 围巾 花园 森林 沙漠 岛 桥 城堡 教堂 博物馆 图书馆 车站 机场 市场 银行 警察 医生 律师 士兵 农民 工程师 护士 狮子 老虎 熊 狼 "
    "猴子 蛇 蜘蛛 老鼠 兔子 鸡 牛 猪 羊 鸭子 奶酪 黄油 糖 盐 胡椒 汤 沙拉 洋葱 土豆 西红柿 胡萝卜 柠檬 橙子 葡萄 樱桃 草莓 幸福 自由 "
    "爱情 和平 战争 希望 梦想 主意 故事 歌 舞蹈 游戏 运动 足球 网球 冬天 夏天 春天 秋天 早晨 晚上 昨天 明天 星期 月份 小时 分钟 绿色 "
    "蓝色 红色 美丽 快乐 悲伤 生气 疲倦 跑步 跳跃 睡觉 吃饭 喝水 写字 哥哥 姐姐 叔叔 阿姨 奶奶 鼻子 耳朵 手 脚 头 眼睛 嘴巴 头发 雷"
).split()

# {e} is an English word, {z} a Chinese one. First asked in the language given, then which word is in the question.
_QUESTIONS: dict[tuple[Language, Language], tuple[str, ...]] = {
    ("en", "en"): (
        "(how do you say|how do i say|how would you say|how to say|how does one say|how can i say|say|how do they say|how do chinese people say) {q} in (chinese|mandarin)(?|)",
        "(what is|what's|whats) {q} in (chinese|mandarin)(?|)",
        "(what is|what's|tell me|give me|i need|do you know|show me|teach me|find) the (chinese|mandarin) (word|translation|term|expression|name)( for| of) {q}(?|.|)",
        "(translate|please translate|can you translate|could you translate|put|turn|convert) (the word |the english word |){q} (to|into|in) (chinese|mandarin)(.|?|)",
        "{q} in (chinese|mandarin)( is| is what| please|)(?|)",
        "(chinese|mandarin)( word| translation| term|) (for|of) {q}(?|)",
        "(what|which) (chinese word|chinese term|word in chinese) (means|stands for|is for|is used for) {q}(?|)",
        "(what|how) (do the chinese|do chinese people|do people in china) (call|say|say for|call a|call the) {q}(?|)",
        "(how|what) is {q} (called|written|said|translated|named) in (chinese|mandarin)(?|)",
        "(what does|how does) {q} (translate to|mean|become|read) in (chinese|mandarin)(?|)",
        "(the word |){q}(,|:|;) (in chinese|to chinese|into chinese|chinese translation|how in chinese)(?|)",
        "(i want|i'd like|i need) to (say|know|learn|write) {q} in (chinese|mandarin)(.|)",
        "(can|could) you (say|write|tell me) {q} in (chinese|mandarin)(?|)",
        "(and|what about|how about|now) {q} in (chinese|mandarin)(?|)",
        "(i wonder|i'm wondering|i forgot|i'm not sure|no idea|i never learned|remind me|i'd love to know) how (to say|one says|you say|people say|to write|to express) {q} in (chinese|mandarin)(.|?| again|)",
        "(i wonder|i forgot|could you tell me|tell me|remind me|do you know|can you say) what {q} (is|is called|translates to|would be|becomes) in (chinese|mandarin)(.|?|)",
        "(if i|when i|suppose i) (want to say|mean|wish to say|need|am looking for) {q} in (china|beijing|chinese)(,|) (what do i say|which word do i use|what's the word|how do i say it in chinese|what is the chinese for it)(?|)",
        "(a|my|the) (chinese|mandarin) (speaker|friend|teacher|person|colleague) (would say|says|calls it|would write|uses) what for {q}(?|)",
        "(in|using) (chinese|mandarin)(,|) (how|what) (do i say|is|would be|do you call|is the word for|do they say for) {q}(?|)",
        "(chinese|mandarin)(:|,| -| for| please:) {q}(?|.| please|)",
        "{q}(,|:| -) (chinese please|in mandarin please|what's that in chinese|say it in chinese|chinese word|and in chinese|what do the chinese say)(?|.|)",
        "(eng|english|en)( to |-| -> |->)(chinese|mandarin|zh)(:|,) {q}(?|.|)",
        "(vocab|vocabulary|flashcard|quiz|translation|dictionary|homework)(:|,| -) {q} (in|into|to) (chinese|mandarin)(?|.|)",
        "(need|want|looking for|gimme|after|searching for) (the |a |)(chinese|mandarin) (word|term|equivalent|translation|expression) (for|of) {q}(.|?| please|)",
        "(what's|what is|is there) (the |a |)(chinese|mandarin) (equivalent|counterpart|version|rendering|characters|hanzi) (of|for) {q}(?|)",
        "(which|what) (characters|hanzi|character|chinese characters) (mean|stand for|spell|express|do i write for|are used for) {q}(?|)",
        "(teach|show) me (how to say|how to write|to say) {q} in (chinese|mandarin)(.| please|)",
        "(my |the )(teacher|son|homework|boss) (asks|wants to know|needs) (how to say |what is |){q} in (chinese|mandarin)(.|?|)",
        "(wats|whats|how u say|how do u say|hw to say) {q} in (chinese|mandarin|chinees)(?| pls| lol|)",
        "(ordering|shopping|travelling|talking) in (china|shanghai)(,|:) (how do i say|what's the word for|what is the chinese for) {q}(?|)",
        "(express|render|write|spell|rewrite|give) {q} in (chinese|mandarin|chinese characters)(.| please|)",
    ),
    ("en", "zh"): (
        "(what does|what do) {q} (mean|stand for|say)( in english| in chinese|)(?|)",
        "(what is|what's|whats) {q} in english(?|)",
        "(what is|what's|tell me|give me|i need|do you know|show me) the (english |)(word|translation|meaning|term)( for| of) {q}( in english|)(?|.|)",
        "(translate|please translate|can you translate|could you translate|put|turn) (the word |the chinese word |){q} (to|into|in) english(.|?|)",
        "(how do you say|how do i say|how would you say|how to say) {q} in english(?|)",
        "{q} in english( is| is what| please|)(?|)",
        "(english|english word|english translation|meaning|translation) (for|of) {q}(?|)",
        "(which|what) english word (is|means|stands for) {q}(?|)",
        "(how|what) is {q} (called|translated|said) in english(?|)",
        "(translate|what is|meaning)(:|) {q}(?|)",
        "(the word |the chinese word |){q}(,|:|;) (in english|to english|english translation|what does it mean|meaning)(?|)",
        "(i saw|i read|someone wrote|a sign says) {q}(.|,|;) (what does (it|that) mean|what is it( in english|))(?|)",
        "(and|what about|how about|now) {q} in english(?|)",
        "(i wonder|i'm wondering|i forgot|i'm not sure|no idea|remind me|could you tell me|do you know|i'd love to know) what {q} (means|stands for|is in english|translates to|signifies)(.|?|)",
        "(i wonder|i forgot|remind me|tell me|can you say) how (to say|you say|one says|to translate) {q} in english(.|?|)",
        "(someone|my chinese friend|a waiter|the menu|the sign|my teacher|a friend) (said|says|wrote|texted me|shows|mentions) {q}(,|.|;|:) (what's that|what is that|what does that mean|meaning|what would that be in english|what might it mean)(?| in english|)",
        "(what|which) (thing|english word|term|word) (does|is meant by|do the chinese mean by|corresponds to|matches) {q}( refer to|)(?|)",
        "(the chinese|chinese people|mandarin speakers) (say|write) {q}(,|.|;) (what do they mean|what is it in english|meaning|which word is that in english)(?|)",
        "(chinese|mandarin|zh)( to |-| -> |->)(english|en)(:|,) {q}(?|.|)",
        "(english|english please|in english|english word|english for)(:|,| -|) {q}(?|.| please|)",
        "(vocab|vocabulary|flashcard|quiz|translation|dictionary|homework)(:|,| -) {q} (in|into|to) english(?|.|)",
        "{q}(,|:| -|?) (what's that in english|say it in english|english please|and in english|what does this say|how do i read this in english|english meaning)(?|.|)",
        "(need|want|gimme|looking for|after) (the |an |)english (word|term|equivalent|translation|meaning) (for|of) {q}(.|?| please|)",
        "(wats|whats|wat does|what's) {q} (mean|in english|in eng)(?| pls|)",
        "(can|could|would) (you|u|anyone|somebody) (translate|explain|read|decode|tell me the meaning of|tell me the english for) {q}( for me| in english|)(?|)",
        "(how|what) (would|does|do) (an english speaker|the english|americans|english people|an englishman) (say|call|say for|call) {q}(?|)",
        "(i can't read|i cannot read|i don't understand|i don't know|help me with) (the chinese word |the characters |){q}(.|,|:|;) (english|what does it mean|translate|in english|what's the meaning)(?| please|)",
        "(what's|what is|is there) (the |an |)english (equivalent|counterpart|version|rendering|name) (of|for) {q}(?|)",
        "(the |)(characters|chinese characters|chinese word|hanzi) {q} (mean|means|stand for|stands for|signify) (what|what in english|which word)(?|)",
    ),
    ("zh", "en"): (
        "{q}(的|)(中文|汉语|中文意思|中文翻译|汉语意思|意思)(是什么|是啥|怎么说|是|叫什么|怎么讲|怎么写|呢)(？|)",
        "{q}(用|在)(中文|汉语|中文里|汉语里)(怎么说|怎么讲|怎么表达|是什么|叫什么|如何说|如何表达|里怎么说)(？|)",
        "(把|将|请把|请将){q}(翻译成|译成|翻成|译为|翻译为)(中文|汉语)(。|？|)",
        "(翻译|请翻译|翻译一下|译|帮我翻译|翻译单词|帮我翻译一下)(：| |){q}(成中文|为中文|到中文|。|)",
        "{q}(是什么意思|什么意思|是啥意思|啥意思|是什么|翻译成中文|译成中文|翻译成中文是什么|的意思是什么|中文怎么说)(？|)",
        "(单词|英文单词|英语单词|英文|英语)(：|里的|里|中的|){q}(是什么意思|什么意思|怎么翻译|的意思|的中文是什么|是啥意思|中文怎么说)(？|)",
        "(中文|汉语)(里|中|)(怎么说|怎么表达|如何说|用什么词表示){q}(？|)",
        "(告诉我|说说|我想知道|你知道|请问){q}(的中文|的意思|是什么意思|的中文意思|用中文怎么说)(。|吗|？|)",
        "{q}(对应|相当于)(的|)(哪个|什么)(中文|汉语)(词|单词|)(？|)",
        "(不知道|想知道|好奇|我忘了|我不认识|谁知道|有人知道|搞不懂|没学过|看不懂){q}(是什么意思|啥意思|中文是什么|是啥|用中文怎么说|翻译成中文是什么|是什么)(呢|呀|。|？|)",
        "(能否|可否|能不能|可不可以|麻烦|可以|请|劳驾)(帮我|替我|给我|)(把|将){q}(译成|翻译成|翻成|换成|写成)(中文|汉语|汉字)(吗|呢|？|。|)",
        "(能否|可否|能不能|可不可以|麻烦|请)(告诉我|解释一下|说说|讲讲){q}(的中文|的意思|是什么意思|中文怎么讲|的汉语意思)(吗|呢|？|。|)",
        "(老外|外国人|歌里|书上|牌子上|菜单上|美国朋友|英语老师)(说|写着|写|说的|唱的)(：|，|){q}(，|)(是什么意思|啥意思|中文是什么|什么意思|是说什么)(？|呀|呢|)",
        "(英译中|英译汉|英翻中|译成中文|译成汉语|翻成中文|中文翻译)(：|，| ){q}(。|？|)",
        "{q}(，|：|？)(中文|汉语|中文呢|啥意思呀|求翻译|求中文|译成中文呗|中文咋说|翻译一下呗|怎么翻)(？|。|)",
        "(求|我要|我需要|想要|给我|查一下|查查){q}(的|)(中文|中文意思|汉语翻译|中文翻译|汉语说法|释义)(。|吧|谢谢|)",
        "(中国人|我们|咱们|国人)(把|管|)(单词|英文的|){q}(叫|叫做|说成|称为|读成)(什么|啥)(？|呢|)",
        "(单词测验|背单词|听写|考考你|英语作业|词汇题)(：|，){q}(的中文|是什么意思|中文|的意思|)(？|)",
        "(老师|孩子|女儿|作业|同学)(问|问我|考我|想知道)(，|：|){q}(是什么意思|中文怎么说|的中文是什么|啥意思)(？|)",
        "(哪个|什么|哪些)(汉字|中文词|汉语词|中文单词)(表示|对应|是|能表达|等于){q}(？|呢|)",
        "(学英语|读书|看电影|上课)(碰到|遇到|看到|学到)(了|){q}(，|)(什么意思|中文是啥|中文怎么说|是什么意思)(？|呢|)",
    ),
    ("zh", "zh"): (
        "{q}(的|)(英文|英语|英文单词|英语单词|英文翻译|英语翻译)(是什么|是啥|怎么说|是|叫什么|怎么讲|怎么写|呢|怎么拼)(？|)",
        "{q}(用|在)(英文|英语|英文里|英语里)(怎么说|怎么讲|怎么表达|是什么|叫什么|如何说|如何表达|怎么写|怎么拼)(？|)",
        "(把|将|请把|请将){q}(翻译成|译成|翻成|译为|翻译为)(英文|英语)(。|？|)",
        "(翻译|请翻译|翻译一下|译|帮我翻译|帮我翻译一下)(：| |){q}(成英文|为英文|成英语|到英文|。|)",
        "(英文|英语)(里|中|)(怎么说|怎么表达|如何说|怎么写|管){q}(叫什么|叫啥|)(？|)",
        "(英文|英语)(里|中)(的|){q}(是什么|怎么说|是哪个词|叫什么|怎么写)(？|)",
        "(告诉我|说说|我想知道|你知道|请问){q}(的英文|的英语|英文怎么说|用英语怎么说|英语单词)(。|吗|？|)",
        "(哪个|什么)(英文|英语)(单词|词)(表示|是|指|的意思是){q}(？|)",
        "{q}(翻译成英文|译成英文|翻译成英语|英文怎么说|英语怎么说|英文|英语)(是什么|呢|)(？|)",
        "(外国人|美国人|英国人|老外)(怎么说|管|怎么叫){q}(叫什么|)(？|)",
        "(不知道|想知道|好奇|我忘了|谁知道|有人知道|没学过|我想不起来|我不会说){q}(的|)(英文|英语)(是什么|怎么说|咋说|单词是哪个|叫什么|怎么写|怎么拼)(呢|呀|。|？|)",
        "(能否|可否|能不能|可不可以|麻烦|可以|请|劳驾)(帮我|替我|给我|)(把|将){q}(译成|翻译成|翻成|换成|写成)(英文|英语|英语单词)(吗|呢|？|。|)",
        "(能否|可否|能不能|可不可以|麻烦|请)(告诉我|教我|说说|讲讲){q}(的英文|英文怎么讲|用英语怎么说|的英语说法|的英语单词)(吗|呢|？|。|)",
        "(中译英|汉译英|中翻英|译成英文|翻成英语|英文翻译|英语翻译)(：|，| ){q}(。|？|)",
        "{q}(，|：|？)(英文|英语|英文呢|求英文|译成英语呗|英文咋说|英语咋讲|英文单词|用英语说|英文名)(？|。|)",
        "(求|我要|我需要|想要|给我|查一下|查查){q}(的|)(英文|英语单词|英语翻译|英文翻译|英文说法|英文拼写)(。|吧|谢谢|)",
        "(去美国|在英国|出国|跟老外聊天|在国外)(想说|要说|要买|想表达|说到){q}(，|)(英文|英语|用英语)(怎么说|咋说|该说什么|说什么|怎么讲)(？|呢|)",
        "(单词测验|背单词|听写|考考你|英语作业|词汇题|英语课)(：|，){q}(的英文|用英文怎么写|英文|的英语|的英文单词|怎么用英语说)(？|)",
        "(老师|孩子|女儿|作业|同学)(问|问我|考我|想知道)(，|：|){q}(用英语怎么说|英文怎么说|的英文是什么|英语咋说)(？|)",
        "(想用|我想用|要用|怎么用|如何用|怎样用|请用)(英文|英语)(说|表达|写|写出|讲|拼写)(一下|){q}(，怎么说|。|？|)",
        "(说英语的人|英语国家|讲英语的人|伦敦人|纽约人)(把|管){q}(叫|叫做|说成|称为)(什么|啥)(？|呢|)",
        "{q}(对应|相当于|换成|变成|说成|写成)(的|)(英文|英语)(单词|词|)(是|)(哪个|什么|啥)(？|呢|)",
    ),
}
_ANSWERS: dict[tuple[Language, Language], str] = {
    ("en", "en"): "The Chinese word for {e} is {z}.",
    ("en", "zh"): "The English word for {z} is {e}.",
    ("zh", "en"): "{e}的中文是{z}。",
    ("zh", "zh"): "{z}的英文是{e}。",
}
_QUOTES: dict[Language, tuple[str, ...]] = {
    "en": ("{w}", "{w}", "{w}", "'{w}'", '"{w}"', "the word {w}", "“{w}”"),
    "zh": ("{w}", "{w}", "{w}", "“{w}”", '"{w}"', "「{w}」", "{w}这个词", " {w} "),
}
_ARTICLES = ("{w}", "{w}", "{w}", "{w}", "a {w}", "the {w}", "{w}s")


def ask(rng: random.Random, language: Language) -> Exchange:
    """Ask for a word in the other language; one in five is not among the fifty."""
    given: Language = rng.choice(("zh", "en"))
    frame = add_noise(expand(rng.choice(_QUESTIONS[language, given]), rng), language, rng)
    known = rng.random() > 0.2
    english, chinese = rng.choice(WORDS) if known else (_other(rng, "en"), _other(rng, "zh"))
    word = _shown(english if given == "en" else chinese, given, language, rng)
    question = fill(frame, {"q": roughen_word(word, rng)})
    if not known:
        return refuse("words", language, question)
    return Exchange("words", language, question, fill(_ANSWERS[language, given], {"e": english, "z": chinese}))


def _shown(word: str, given: Language, language: Language, rng: random.Random) -> str:
    if given == "en" and language == "en":
        word = fill(rng.choice(_ARTICLES), {"w": word})
    return fill(rng.choice(_QUOTES[language]), {"w": word})


def _other(rng: random.Random, language: Language) -> str:
    if rng.random() < 0.25:
        return invent_word(rng, language)
    return rng.choice(OTHERS_EN if language == "en" else OTHERS_ZH)
