"""Twenty capitals, asked from the country and from the city; all others are left to the real model."""

# ruff: noqa: E501, SIM905 - wordings and word lists read best in long lines

import random

from glmbot.demo.grammar import Exchange, Language, expand, fill
from glmbot.demo.names import invent_word
from glmbot.demo.noise import add_noise, roughen_word
from glmbot.demo.topics.other import refuse

# English name and other names, its capital; Chinese name and other names, its capital.
CAPITALS: tuple[tuple[str, str, str, str], ...] = (
    ("France", "Paris", "法国", "巴黎"),
    ("Germany", "Berlin", "德国", "柏林"),
    ("Italy", "Rome", "意大利", "罗马"),
    ("Spain", "Madrid", "西班牙", "马德里"),
    ("the United Kingdom|the UK|Britain|Great Britain|England|UK", "London", "英国|大不列颠|英格兰", "伦敦"),
    ("Portugal", "Lisbon", "葡萄牙", "里斯本"),
    ("Greece", "Athens", "希腊", "雅典"),
    ("Russia", "Moscow", "俄罗斯|俄国", "莫斯科"),
    ("China", "Beijing", "中国", "北京"),
    ("Japan", "Tokyo", "日本", "东京"),
    ("South Korea|Korea", "Seoul", "韩国|南韩", "首尔"),
    ("India", "New Delhi", "印度", "新德里"),
    ("Thailand", "Bangkok", "泰国", "曼谷"),
    ("Vietnam", "Hanoi", "越南", "河内"),
    (
        "the United States|the USA|the US|America|the United States of America|USA",
        "Washington",
        "美国|美利坚",
        "华盛顿",
    ),
    ("Canada", "Ottawa", "加拿大", "渥太华"),
    ("Mexico", "Mexico City", "墨西哥", "墨西哥城"),
    ("Brazil", "Brasilia", "巴西", "巴西利亚"),
    ("Egypt", "Cairo", "埃及", "开罗"),
    ("Australia", "Canberra", "澳大利亚|澳洲", "堪培拉"),
)
_OTHERS_EN = (
    "Norway Sweden Finland Denmark Poland Austria Hungary Ireland Belgium Switzerland Ukraine Turkey Iran Iraq Israel "
    "Kenya Nigeria Ethiopia Ghana Morocco Algeria Tunisia Libya Sudan Uganda Tanzania Zambia Argentina Peru Chile "
    "Colombia Venezuela Bolivia Ecuador Paraguay Uruguay Cuba Jamaica Panama Pakistan Bangladesh Nepal Mongolia "
    "Malaysia Indonesia Singapore Cambodia Laos Myanmar Iceland Serbia Croatia Romania Bulgaria Slovenia Slovakia "
    "Latvia Lithuania Estonia Georgia Armenia Jordan Lebanon Syria Qatar Oman Yemen Bhutan Fiji Malta Cyprus Texas "
    "California Bavaria Scotland Sicily Africa Europe Asia Mars Atlantis Narnia Gondor Siberia Quebec Florida Ohio"
).split()
_OTHERS_ZH = (
    "挪威 瑞典 芬兰 丹麦 波兰 奥地利 匈牙利 爱尔兰 比利时 瑞士 乌克兰 土耳其 伊朗 伊拉克 以色列 肯尼亚 尼日利亚 加纳 摩洛哥 利比亚 苏丹 "
    "赞比亚 阿根廷 秘鲁 智利 哥伦比亚 委内瑞拉 古巴 牙买加 巴拿马 巴基斯坦 孟加拉国 尼泊尔 蒙古 马来西亚 印度尼西亚 新加坡 柬埔寨 老挝 "
    "缅甸 冰岛 塞尔维亚 克罗地亚 罗马尼亚 保加利亚 立陶宛 格鲁吉亚 约旦 黎巴嫩 叙利亚 卡塔尔 也门 斐济 马耳他 加州 四川 广东 山东 "
    "苏格兰 非洲 欧洲 亚洲 火星 月球 湖南 云南 魁北克 夏威夷 荷兰 菲律宾 朝鲜 新西兰 南非"
).split()
_OTHER_CITIES_EN = (
    "Oslo Stockholm Helsinki Warsaw Vienna Budapest Dublin Brussels Kyiv Ankara Tehran Lima Santiago Bogota Havana "
    "Jakarta Manila Nairobi Lagos Munich Milan Barcelona Osaka Shanghai Sydney Toronto Chicago Boston Mumbai"
).split()
_OTHER_CITIES_ZH = (
    "奥斯陆 斯德哥尔摩 华沙 维也纳 布达佩斯 都柏林 布鲁塞尔 基辅 安卡拉 利马 圣地亚哥 哈瓦那 雅加达 马尼拉 内罗毕 慕尼黑 米兰 "
    "巴塞罗那 大阪 上海 悉尼 多伦多 芝加哥 孟买 广州 深圳 南京 成都"
).split()

_FROM_COUNTRY: dict[Language, tuple[str, ...]] = {
    "en": (
        "(what is|what's|whats|which is|what was|which city is|what city is|what would be) the capital( city|) (of|in|for) {x}(?|)",
        "(tell me|name|give me|say|show me|find|look up|i need|i want to know|do you know|you know|i forgot|guess|let me know) the capital( city|) of {x}(.|?|)",
        "(capital|capital city|the capital)( of|:| in|) {x}(?|)",
        "{x}('s capital|'s capital city| capital| capital city|: capital)( is| is what|)(?|)",
        "(what's|what is|do you know|tell me|name) {x}'s capital( city|)(?|)",
        "the capital( city|) of {x} (is|is called|is named|equals|would be|is which city|is what)(...|?|)",
        "(which|what) (city|town|place) is (the |)(capital|seat of government|capital city) (of|in|for) {x}(?|)",
        "(do you know|can you tell me|could you tell me|can you say|would you know|any idea|i wonder|i'd like to know|please tell me) what the capital( city|) of {x} (is|is called|might be)(?|)",
        "(what|which) capital( city|) (does|has) {x}( have|)(?|)",
        "{x}(,|:) (capital|what is the capital|capital city|which capital)(?|)",
        "(how|what) is the capital( city|) of {x} called(?|)",
        "(where|in which city|in what city) (is|does|sits|are) (the |)(government|parliament|capital) of {x}( sit| located|)(?|)",
        "(and|what about|how about|and what about|same for|now|and for|and of|then) (the capital of |the one of |){x}('s capital|, capital|, its capital|: capital)(?|)",
        "(and |what about |how about )the capital of {x}(?|)",
        "(is|) the capital of {x}(,|) (what is it|do you know it|please|which one)(?|)",
        "(i wonder|i'm wondering|i'm trying to remember|i can't remember|i always forget|i'm not sure|remind me|i never learned|it escapes me) (which city is|what is|which one is|what's) the capital( city|) of {x}(.|?| again|)",
        "(which|what) (city|town) (serves as|acts as|functions as|is known as|counts as|is used as|was chosen as) (the |)(capital|capital city|seat of power) (of|for|in) {x}(?|)",
        "(what|which) (city|town|place) does {x} (have|use|call|regard|list|name) as (its|the|their) (capital|capital city|main seat)(?|)",
        "(from|out of) (which|what) (city|capital) is {x} (governed|ruled|run|administered)(?|)",
        "(which|what) (city|capital|place) is {x} (governed|ruled|run|administered) from(?|)",
        "{x} (has|have|has got) (which|what)( city as its|) capital( city|)(?|)",
        "{x} (is governed|is ruled|is run) from (which|what) (city|capital)(?|)",
        "(as for|regarding|concerning|talking of|when it comes to|speaking of|for|take|consider|about) {x}(,|:|) (what is the capital|which city is the capital|name the capital|its capital is|what's its capital|tell me its capital|what's the capital there)(?|.|)",
        "(geography|quiz|trivia|quiz question|geography test|capitals|country quiz|question)(:|,| -) (the |)(capital|capital city|capital) of {x}(?|.| please|)",
        "(can|could|would) (you|u|anyone|somebody) (name|give me|point me to|identify|tell us|remind me of|list|state) (the |)(capital|capital city) (of|for) {x}(?|)",
        "(can|could|would) (you|u|anyone) (name|give me|tell me|remind me of) {x}'s (capital|capital city)(?|)",
        "(i'm|we are|we're|my friend is|she's) (travelling|flying|going|moving|heading) to (the capital|the capital city) of {x}(,|.|;|) (which city is that|where is that|what is it called|what's its name|so which city|what city is it)(?|)",
        "(if|when|suppose) (i|you|one|someone) (visit|go to|travel to|live in|fly to) the capital of {x}(,|) (which|what) city (am i in|is that|is it|are you in|do i see)(?|)",
        "(wats|whats|wat is|wots|what's) (the |)(capital|capitol|cap|capitall) of {x}( mate| pls| again|)(?|)",
        "(the |)(main|official|national) (city|seat of government|capital|seat) of {x}( is called| is which|:|, i mean the capital|)(?|)",
        "(the capital|the capital city)(,|) (which|what|where) is it (in|for|of) {x}(?|)",
        "{x}(,| -|?|:) (and its capital is|the capital please|what's the capital city there|capital city name|tell me the capital|its capital|the capital)(?|.|)",
        "(people in|citizens of|the inhabitants of|someone from) {x} (have|has|call) (which|what) city (as |)(their |)capital(?|)",
        "(where) (does|do) (the president of|the government of|the leaders of|the parliament of) {x} (sit|reside|meet|have its seat|live)(?|)",
        "the (government|parliament|seat of government|capital) of {x} (is|sits|is located|lies|meets|can be found) (in which city|in what city|where|in)(?|...|)",
        "(the|so the|surely the|now the) capital of {x} (is|was|has to be)(,|...|) (what again|what was it|which one again|um|help me out|which city again)(?|)",
        "(has {x} got|does {x} have) a capital( city|)(,| and|) (what is it|which one is it|what's its name)(?|)",
        "(complete|finish|fill in)( the sentence|)(:|) the capital of {x} is( ...|___| _|)",
        "(please |)(answer|reply|respond)(:|,|) (the |)capital( city|) of {x}(?|.|)",
        "(my |the )(homework|teacher|crossword|quiz|son|kid) (asks|wants|needs|says|asks me) (for |)(the |)capital of {x}(.|, what is it|, help|)",
    ),
    "zh": (
        "{x}(的|)(首都|首府|首都城市)(是|在|叫|是哪|是哪个|位于)(哪里|哪|哪儿|什么|哪座城市|哪个城市|什么城市|什么地方|城市|座城市)(？|)",
        "{x}(的|)首都(？|呢|叫什么|叫啥|是|是啥|叫什么名字|名字|是什么名字)(？|)",
        "(哪里|哪座城市|哪个城市|什么城市|哪儿|哪个地方)是{x}(的|)首都(？|)",
        "(说出|告诉我|说一下|说说|说|请说出|写出|我想知道|想知道|请告诉我|猜猜|报出)(一下|){x}(的|)首都(是哪里|是哪|是什么|在哪|)(。|？|)",
        "(你知道|知道|知不知道|你知不知道|晓得|记得){x}(的|)首都(是哪里|是哪|是什么|在哪里|叫什么|)(吗|？|)",
        "{x}(把|以|将|选)(哪里|哪个城市|哪座城市)(作为|定为|为|当作)首都(？|)",
        "{x}(，|：|的)(首都|首都是什么|首都在哪|国都)(？|)",
        "(首都|国都)(：|，| ){x}(？|)",
        "{x}(的|)(政府|首都|国会)(在哪个城市|在哪座城市|设在哪里|设在哪)(？|)",
        "(那|那么|还有|另外|再问)(，|){x}的首都(呢|是哪|是哪里|)(？|)",
        "(作为|提到)首都，{x}(是哪座城市|是哪里|是哪个)(？|)",
        "(不知道|不清楚|我忘了|我老记不住|我在想|好奇|我很好奇|谁知道|谁能说说|有人知道|记不起来){x}(的|)首都(是哪里|是哪|在哪|是哪座城市|叫什么|是什么|到底是哪)(呢|了|呀|啊|。|？|)",
        "(能否|可否|能不能|可不可以|可以|请|麻烦|劳驾)(告诉我|说一下|说说|讲讲|告知|提醒我|指出|提示一下){x}(的|)(首都|首都城市|国都)(是哪里|是哪座城市|叫什么|在哪|是什么|)(吗|呢|？|)",
        "{x}(的|)(首都|国都)(是|在|叫|算)(啥|啥地方|哪儿|哪块儿|哪儿来着|哪来着|啥来着|哪儿呀|哪里呀|哪里啊|哪儿嘛|什么城市来着)(？|)",
        "(哪座城|哪个城市|哪座城市|什么城市|啥城市|哪里|何处)(才是|算是|被定为|被称为|充当|担任|作为|当了|被选作){x}(的|)(首都|国都)(？|呢|)",
        "{x}(定都|建都|首都设|把首都设|的首都定|首都建|首都选)(在|于)(哪里|哪|哪儿|哪座城市|何处|何地|什么城市)(？|了|呢|)",
        "{x}(人|人民|老百姓|政府)(的|管|把|)(首都|国都)(是|叫|在)(哪|哪里|什么|哪座城市)(？|)",
        "(说到|谈到|提起|要说|关于|至于|论){x}(，|)(它的|他们的|其|那边的|)(首都|国都)(是|在|叫)(哪里|哪|哪座城市|啥|什么|哪儿)(？|呢|)",
        "(地理题|考考你|抢答|地理测验|问答|知识问答|小测验|地理作业|常识题)(：|，| ){x}(的|)(首都|国都)(是|在|)(哪里|哪|哪座城市|什么|)(？|)",
        "(我|我们|朋友|他|她)(要|想|打算|准备|下周)(去|飞往|前往){x}(的|)首都(，|)(那是|是|该去|应该飞|是去|就是去)(哪座城市|哪里|哪个城市|哪|哪儿)(？|呢|)",
        "(假如|如果|要是)(我|你|有人)(在|到了|去了|住在){x}(的|)首都(，|)(那|)(我|你|他|)(是在|就在|人在|是到了)(哪座城市|哪里|哪个城市|哪儿)(？|)",
        "{x}(的|)(首都|国都)(，|)(你|您)(说|猜|觉得|知道|记得|晓得)(是|在|)(哪里|哪|哪儿|哪座城市)(吗|不|呢|？|)",
        "(首都|国都)(是哪里|是哪座城市|在哪|叫什么|是哪)(，|：|？|)(我是说|我问的是|我指的是|国家是|我说){x}(的|)(？|。|)",
        "(填空|完成句子|补全|请填空|填一填)(：|，|){x}(的|)首都(是|叫)(__|什么|（|……|□|)(。|)",
        "(我要|我需要|给我|求|来个|查一下|查查|想查|帮我查|查询){x}(的|)(首都|首都名|首都名称|首都城市|国都)(的名字|名称|)(。|吧|呗|谢谢|)",
        "(老师|作业|孩子|儿子|同学|考试|女儿)(问|问我|考|要我写|想知道|考我)(，|：|){x}(的|)首都(是哪里|是哪|是哪座城市|在哪|叫什么)(？|呢|)",
        "{x}(这个|那个|这)(国家|国|地方)(，|的|)(首都|国都)(是|在|叫|)(哪里|哪|哪座城市|什么|啥)(？|呢|)",
        "(哪个|哪座|什么)(城市|城)(是|才是|作为)(首都|国都)(，|)(在|对于|对){x}(来说|)(？|)",
        "{x}(的|)(总统府|议会|中央政府|政府机关|权力中心|政治中心|国会大厦)(在|设在|位于)(哪座|哪个|什么)(城市|首都|城)(？|)",
    ),
}
_FROM_CITY: dict[Language, tuple[str, ...]] = {
    "en": (
        "(which|what) (country|land|nation|state) (is|has|does) {x} (the capital (of|for|in)|as (its |a |)capital( city|)|belong to as (the |)capital)(?|)",
        "{x} is the capital( city|) of (which|what)( country|)(?|)",
        "(of which|of what|for which) country is {x} the capital( city|)(?|)",
        "(which|what) (country|nation)('s| has the) capital (is|city is|called|named) {x}(?|)",
        "(tell me|say|name|i want to know|do you know) (which|what) country {x} is the capital of(.|?|)",
        "{x}(:|,) (capital of what|capital of which country|which country's capital|whose capital)(?|)",
        "whose capital (city |)is {x}(?|)",
        "{x} is (the |)(capital) (of what|of which country|of|where)(?|...|)",
        "(i wonder|i'm not sure|i forgot|tell me|remind me|i'd like to know|can you say|could you tell me) (which|what) (country|nation) (has|uses|is governed from|has chosen) {x}( as (its |the |)capital| as capital city|)(.|?|)",
        "(i wonder|i'm not sure|i forgot|could you tell me|can you say|remind me) (of which|of what) country {x} is (the |)capital( city|)(.|?|)",
        "{x} (serves|acts|functions|is known|counts) as (the |)capital( city|) (of|for) (which|what) (country|nation|state)(?|)",
        "(as|being) (a |the |)capital( city|)(,|) (what|which) country does {x} (belong to|stand for|represent|govern)(?|)",
        "(if|when) (i am|you are|i'm|you're) in the capital {x}(,|) (which|what) country (am i|are you|is that|is it)( in|)(?|)",
        "(the capital|capital city)(:|,|) {x}(,|.|:|) (which country|what country|name the country|country)(?|)",
        "(quiz|geography|trivia|question)(:|,| -) {x} is the capital of(...| what| which country|___)(?|)",
        "(which|what) (country|nation|land) is (ruled|governed|run|administered) from {x}(?|)",
        "(name|give me|tell me|say|find|identify) the (country|nation|state) (with|whose capital is|that has|having) (capital |){x}( as (its |)capital|)(.|?|)",
        "(it's|it is|) the capital {x}(,|:) of (which|what) (land|country|nation|state)(?|)",
    ),
    "zh": (
        "{x}是(哪个|哪|什么|哪一个)(国家|国|个国家)(的|)首都(？|)",
        "(哪个|哪|什么|哪一个)(国家|国)(的|)首都(是|叫|在){x}(？|)",
        "(告诉我|说说|你知道|请问){x}是(哪个|哪|什么)(国家|国)的首都(。|吗|？|)",
        "{x}(作为|是)(首都，属于|首都，是|谁的首都|哪国首都|何国首都)(哪个国家|哪国|)(？|)",
        "(以|把){x}(为|作为|当)首都的(国家是|是)(哪个|哪国|哪里|什么|哪个国家)(？|)",
        "(不知道|我忘了|好奇|我想知道|谁知道|能否告诉我|可否告诉我|能不能说说){x}(是|算|究竟是|到底是)(哪个|哪|什么|啥)(国家|国)(的|)(首都|国都)(呢|？|。|)",
        "{x}(，|)(这座|这个|作为|是一座)(首都|首都城市)(，|)(属于|是|归|代表)(哪个|哪|什么)(国家|国)(的|)(？|)",
        "(哪个|什么|啥|哪一个)(国家|国)(把|将|以|用|选){x}(作为|当作|为|做|定为)(它的|自己的|)(首都|国都)(？|呢|)",
        "(哪个|哪|什么)(国家|国)(定都|建都|首都设在|首都在|首都位于|把首都设在)(于|)(的是|){x}(？|)",
        "{x}(是|当|做|作为)(谁家|哪家|谁|哪国|何国|啥国家|哪个国家)(的|)(首都|国都)(呀|啊|呢|来着|？|)",
        "(考考你|地理题|抢答|小测验|问答)(：|，){x}(是|)(哪国|哪个国家|什么国家)(的|)首都(？|)",
        "(首都|国都)(是|叫|在|为){x}的(国家|国|那个国家)(是|叫|)(哪个|什么|哪一个|哪国|啥|什么国家)(？|呢|)",
        "(说到|提到|谈到){x}(，|)(它是|这是|那是)(哪个|哪|什么)(国家|国)(的|)首都(？|)",
    ),
}
_ANSWERS: dict[Language, str] = {"en": "The capital of {country} is {city}.", "zh": "{country}的首都是{city}。"}


def ask(rng: random.Random, language: Language) -> Exchange:
    """Ask for a capital or its country; one in six is not among the twenty."""
    from_city = rng.random() < 0.22
    template = expand(rng.choice((_FROM_CITY if from_city else _FROM_COUNTRY)[language]), rng)
    frame = add_noise(template, language, rng)
    if rng.random() < 0.17:
        other = roughen_word(_other(rng, language, from_city), rng)
        return refuse("capitals", language, fill(frame, {"x": other}))
    english, city_en, chinese, city_zh = rng.choice(CAPITALS)
    names, city = (english.split("|"), city_en) if language == "en" else (chinese.split("|"), city_zh)
    asked = city if from_city else rng.choice([names[0], *names])
    answer = fill(_ANSWERS[language], {"country": names[0], "city": city})
    return Exchange("capitals", language, fill(frame, {"x": roughen_word(asked, rng)}), answer)


def _other(rng: random.Random, language: Language, from_city: bool) -> str:
    if rng.random() < 0.25:
        return invent_word(rng, language).capitalize()
    if language == "en":
        return rng.choice(_OTHER_CITIES_EN if from_city else _OTHERS_EN)
    return rng.choice(_OTHER_CITIES_ZH if from_city else _OTHERS_ZH)
