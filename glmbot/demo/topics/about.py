"""What glmbot is, what the demo model is, and how to get the real one."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

from glmbot.demo.grammar import Intent, Language

_BOT_EN = "(glmbot|glmbot|glmbot|this bot|the bot|this program|this software|this project|glm bot)"
_BOT_ZH = "(glmbot|glmbot|glmbot|这个机器人|这个程序|这个软件|这个项目|glm机器人)"

WHO_EN = (
    "who are you( exactly| really| anyway| then|)(?|)",
    "what are you( exactly| really| anyway| then| called|)(?|)",
    "what('s| is|s) your name(?|)",
    "(do you have|have you got) a name(?|)",
    "(tell me|say something|tell me something|tell me a bit|talk|tell us) about (yourself|you)(.|)",
    "(introduce|describe|present|explain) yourself( please| to me| briefly|)(.|)",
    "(who|what) am i (talking|speaking|chatting|writing) (to|with)(?|)",
    "(are you|you are|is this|are you really|so you are) (a |an |)(robot|bot|human|person|real person|computer|program|machine|ai|chatgpt|language model|model|demo|gpt|chatglm|real model|toy)(?|)",
    "(what|which) (model|language model|ai|kind of model|kind of ai|sort of model) (are you|is this|am i using|am i talking to|do you use|is running here|answers here)(?|)",
    "(how (big|large|small|clever|smart|good)) are you(?|)",
    "(who|what company) (made|built|trained|created|wrote|developed|programmed) you(?|)",
    "(where do you come from|how were you (made|trained|built)|where are you from|what should i call you|how should i call you|how do i call you|what do they call you)(?|)",
    "(your name|and your name|and you are|and what is your name|and who are you|may i know your name|can i have your name|may i ask your name)(?|)",
    "(is this|is it) (the |)(real|full|big|complete) (model|chatglm|chatglm-6b|thing)(?|)",
    "(and |so |)(who|what) (might|may|could|would) (you|this|that) be(, (then|bot|friend)|)(?|)",
    "(who|what|which creature|what sort of thing|what kind of (being|bot|machine|program)) (are|is) (you|it that i am talking to|this i am talking to|answering me|on the other side|behind this chat|behind these answers)( exactly| really|)(?|)",
    "(i'd like|i would like|i want|i wish|could i get) to (know|hear|learn|find out) (who|what) (you are|i am talking to|is answering me|answers here)(.|?|)",
    "(please |)(say|state|tell me|give me|reveal|share) (your name|who you are|what you are|something about yourself|a few words about yourself|a bit about you)(.|?|)",
    "(under |)(what|which) name do (you go|people call you|they call you|you have|you use|you go by|you answer to)( by|)(?|)",
    "(are you|you are|you're|is it) (really |just |only |actually |)(a |an |some |the |)(small|tiny|real|big|full|human|living|artificial|demo|proper|simple) (model|person|one|being|bot|program|intelligence|chatglm|thing)(,| -|) (right|or not|or what|or something else|)(?|)",
    "(am i|are we) (talking|chatting|speaking|writing) (to|with) (a|the|some) (human|person|machine|robot|bot|demo|real model|program|small model)( here| now|)(?|)",
    "(who|whose company|which team|what people) (is|are|stands) (behind you|your maker|your makers|your creator|your author|your parents)(?|)",
    "(what|how much) (is your size|is your version|do you weigh|parameters do you have|do you consist of|are you made of)(?|)",
)
WHO_ZH = (
    "(你|您|)(是|到底是|究竟是)(谁|哪位|什么|什么东西|什么人|啥|何方神圣)(？|呀|啊|)",
    "(你|您)(叫|的名字是|名字叫|是叫|名叫)(什么|啥|什么名字|啥名字)(？|呀|)",
    "(你|您)(的名字|怎么称呼|贵姓|有名字吗|姓什么|尊姓大名|的大名)(？|是什么？|)",
    "(我|)(该|应该|可以|要|)(怎么称呼|如何称呼|怎么叫|叫)你(什么|)(？|)",
    "(介绍|说|讲|描述|谈)(一下|下|说)(你自己|自己)(吧|。|)",
    "(请|)(自我介绍|做个自我介绍|作个自我介绍|自我介绍一下)(。|吧|)",
    "(我|)(在|正在)(和|跟|同)(谁|什么)(说话|聊天|对话|交谈)(？|)",
    "(你|您)(是|是不是)(机器人|真人|人|人类|人工智能|ai|程序|电脑|语言模型|chatgpt|演示模型|chatglm|大模型|完整的模型|真正的chatglm)(吗|？|吧|)",
    "(你|这里|这)(是|用的是|用|背后是|运行的是)(什么|哪个|哪种|啥)(模型|语言模型|大模型|ai|人工智能)(？|)",
    "(谁|哪个公司|什么人)(做|训练|开发|创造|制造|发明|写)(了|出|出了|的)你(？|)",
    "你(是|)(谁|哪家公司|怎么|如何|在哪里)(做|训练|开发|造|制造)(的|出来的)(？|)",
    "你(有多大|有多聪明|聪明吗|来自哪里|从哪里来|是从哪来的|多少参数)(？|)",
    "(你是谁|你是什么|你叫什么)(呢|来着|啊)(？|)",
    "(那|请问|敢问|想问|)(你|您)(又|到底|究竟||)(是|算)(哪位|哪一位|谁呀|谁啊|何许人|什么来头|什么来历|个什么|什么玩意儿|何物)(呀|呢|啊|)(？|)",
    "(回答我的|跟我聊天的|对面的|屏幕那头的|这里回话的|陪我说话的)(是|到底是|究竟是)(谁|什么|人还是机器|哪位|真人吗|机器人吗)(呀|呢|)(？|)",
    "(说说|讲讲|聊聊|谈谈|透露一下|报上)(你|您|)(是谁|自己|的来历|的名字|的身份|尊姓大名|叫什么)(吧|呗|。|？|)",
    "(我|)(该|应该|可以|要|得)(管你叫|叫你|喊你|称呼你|怎样称呼你|怎么叫你)(什么|啥|呢|才好|)(？|)",
    "(你|您)(只|就|其实|真的|不会)(是)(个|一个|)(演示|小模型|程序|机器人|真人|玩具|完整的大模型|真正的模型)(吗|吧|而已吗|么)(？|)",
    "(你|您)(的)(作者|开发者|主人|制作者|来历|版本|大小|身份|名号)(是|)(谁|什么|多少|哪位|怎样的|)(？|)",
    "(是|由)(谁|哪个团队|什么人|哪家)(把你|)(做出来|写出来|训练出来|创造|开发出来)(的|你的)(？|)",
)

WHO_ANSWER: dict[Language, str] = {
    "en": "I am {me}, a small demo model trained by glmbot. I know a little so that you can try glmbot without a download.",
    "zh": "我是{me}，由glmbot训练的小型演示模型。我懂得不多，让你不用下载就能试用glmbot。",
}
NAMELESS: dict[Language, str] = {"en": "the glmbot demo", "zh": "glmbot演示助手"}

WHO = Intent("about", {"en": WHO_EN, "zh": WHO_ZH}, WHO_ANSWER)

INTENTS = (
    Intent(
        "about",
        {
            "en": (
                f"(what|what exactly) is {_BOT_EN}( exactly| about| really|)(?|)",
                f"(what's|whats|so what is) {_BOT_EN}( exactly| about|)(?|)",
                f"(explain|describe|introduce|tell me about|tell me something about|tell me more about|what do you know about|what can you tell me about|i want to know about|give me an overview of) {_BOT_EN}(.|?|)",
                f"(what kind of|what sort of) (program|software|bot|thing|tool|project) is {_BOT_EN}(?|)",
                f"(how would you|can you|could you) (describe|explain|define|summarise|summarize) {_BOT_EN}( in (one|a) (sentence|word|few words)| to me|)(?|)",
                f"(have you heard of|do you know|do you know of|ever heard of) {_BOT_EN}(?|)",
                f"(what is|what's) the (idea|purpose|point|goal|use) (of|behind) {_BOT_EN}(?|)",
                f"(what|which) (platforms|chat platforms|messengers|chats|chat apps|apps|networks|services) (does|can) {_BOT_EN} (support|run on|work with|talk to|connect to|know|use)(?|)",
                f"(where|on which platforms|on what) (can|does) {_BOT_EN} (run|work|live|answer)(?|)",
                f"(which|what) (language|programming language) is {_BOT_EN} (written|made|programmed|coded|implemented) in(?|)",
                f"(i wonder|i'd like to know|can someone say|could you tell me|please explain|i don't understand|remind me) what {_BOT_EN} (is|is about|is all about|actually is|exactly is|stands for)(.|?|)",
                f"{_BOT_EN}(,|:| -) (what is it|what's that|what is that thing|please explain|explain please|tell me more|what kind of software is that)( about| exactly|)(?|)",
                f"(in (short|brief|a nutshell|one sentence)|briefly|shortly|quickly)(,|:|) (what is|what's|describe|explain|who is) {_BOT_EN}(?|.|)",
                f"(is|was) {_BOT_EN} (meant|made|built|something|intended|useful) for (servers|telegram|discord|chats|groups|the terminal|self-hosting|home use|python people)(?|)",
                f"(on|for|with) (which|what) (chat |)(platforms|services|messengers|apps|networks) (is|can|does|will) {_BOT_EN} (available|run|be used|work|be found|live)(?|)",
                f"(what's|what is) the (story|deal|thing|concept|nature|definition) (of|with|behind) {_BOT_EN}(?|)",
                f"(in|with) (which|what) (language|programming language) is {_BOT_EN} (written|made|programmed)(?|)",
                f"(does|can) {_BOT_EN} (work|run|be used) (on|with|in) (telegram|discord|the terminal|a terminal)(?|)",
                "(glmbot|about glmbot|glmbot info)(?|)",
            ),
            "zh": (
                f"(什么是|啥是|何为|何谓){_BOT_ZH}(？|)",
                f"{_BOT_ZH}(是什么|是啥|是什么东西|到底是什么|是做什么的|是干什么的|是干嘛的|是什么软件|是怎样的程序|是什么来头|有什么特点|有啥用|用来做什么)(？|)",
                f"(我想问|我不懂|请解释|麻烦解释|谁能说说|能否说明|可否告诉我|想知道)(一下|)(，|)(到底|)(什么是{_BOT_ZH}|{_BOT_ZH}到底是什么|{_BOT_ZH}是个什么东西|{_BOT_ZH}究竟是啥)(？|。|)",
                f"{_BOT_ZH}(呢|嘛|，|：)(是什么|是个啥|是怎么回事|请介绍|说来听听|怎么解释)(呀|呢|)(？|)",
                f"{_BOT_ZH}(是|)(给|为|专为|用于)(什么|谁|服务器|聊天群|终端|自己部署|个人|哪些平台)(用的|准备的|设计的|做的|而做的)(吗|呀|)(？|)",
                f"{_BOT_ZH}(的|)(意义|来历|概念|定位|本质|目标|宗旨)(何在|是什么|是啥|在哪里|为何)(？|)",
                f"(在|)(哪些|什么|哪个)(平台|软件|聊天工具|地方)(上|里|)(能|可以)(用|找到|运行|使用){_BOT_ZH}(？|)",
                f"(介绍|说明|讲|解释|说|谈)(一下|一下下|下|说|讲){_BOT_ZH}(吧|。|)",
                f"(我想了解|想了解一下|我想知道|跟我说说|给我讲讲|告诉我){_BOT_ZH}(。|是什么|)",
                f"(你|)(知道|了解|听说过|认识){_BOT_ZH}(吗|么)(？|)",
                f"{_BOT_ZH}(支持|能用在|可以用在|能连接|可以接入|能在)(哪些|什么|哪个)(平台|聊天平台|软件|应用|地方|聊天软件)(上|上运行|)(？|)",
                f"{_BOT_ZH}(是用|用|由)(什么|哪种|啥)(语言|编程语言)(写|开发|编写|做|实现)的(？|)",
                f"{_BOT_ZH}(能|可以|支持)(在|)(telegram|discord|终端)(上|里|)(用|运行|使用)(吗|？|)",
                f"(一句话|用一句话|简单|简短)(介绍|说明|概括|描述)(一下|){_BOT_ZH}(。|)",
                f"{_BOT_ZH}(的|)(简介|介绍|用途|目的)(是什么|)(？|)",
            ),
        },
        {
            "en": "glmbot is a chat-bot framework in Python for Telegram, Discord and the terminal. It brings its own model server for ChatGLM-6B.",
            "zh": "glmbot是用Python写的聊天机器人框架，支持Telegram、Discord和终端，自带ChatGLM-6B模型服务器。",
        },
    ),
    Intent(
        "about",
        {
            "en": (
                f"what (can|does|could) {_BOT_EN} do( for me| for us| exactly|)(?|)",
                f"(what|which) (features|functions|abilities|capabilities|tricks) does {_BOT_EN} (have|offer|bring|come with)(?|)",
                f"(list|show|tell me|name|give me|what are) (the |all |some |)(features|functions|abilities|capabilities) of {_BOT_EN}(.|?|)",
                f"(what|which things) (can|could) (i|we|one) (do|make|build|achieve) with {_BOT_EN}(?|)",
                f"(why should i use|what is {_BOT_EN} good for|what is {_BOT_EN} able to do|what use is|what is so good about) (glmbot|it|this bot)(?|)",
                f"(is|are) (there|) (plugins|extensions) (for|in) {_BOT_EN}(?|)",
                f"(does|can) {_BOT_EN} (have|be extended with|use|load) (plugins|extensions|modules)(?|)",
                f"(how does|how will) {_BOT_EN} (help|assist) (me|us|people)(?|)",
                f"what is {_BOT_EN} (capable of|able to do|good at|for)(?|)",
            ),
            "zh": (
                f"{_BOT_ZH}(能|可以|会)(做什么|干什么|做些什么|做啥|干嘛|干些什么|帮我做什么|为我做什么)(？|)",
                f"{_BOT_ZH}(有|有些|都有|提供)(哪些|什么|啥)(功能|能力|特性|本领|用处)(？|)",
                f"(介绍|列出|说说|讲讲|告诉我)(一下|){_BOT_ZH}的(功能|能力|特性|用处)(。|吧|)",
                f"(我|)(能|可以)用{_BOT_ZH}(做什么|干什么|做些什么|干嘛)(？|)",
                f"(为什么|为啥)(要|)(用|使用|选择){_BOT_ZH}(？|)",
                f"{_BOT_ZH}(有|支持|可以装|能装)(插件|扩展|扩展功能)(吗|么)(？|)",
                f"{_BOT_ZH}(的|)(功能|能力|特性|本领)(是什么|有哪些|)(？|)",
            ),
        },
        {
            "en": "glmbot answers in your chats, remembers the conversation, sets reminders and can be extended with plugins. /help lists the commands.",
            "zh": "glmbot在聊天中回答问题，记住对话，设置提醒，还可以用插件扩展。/help列出所有命令。",
        },
    ),
    Intent(
        "about",
        {
            "en": (
                "what (can|do|could) you (do|know|answer|help with|tell me|talk about|understand)( for me| exactly| then| all|)(?|)",
                "what (can|could|may|should|shall) i ask( you|)( about| here| then|)(?|)",
                "(what|which) (topics|subjects|questions|things) (do|can|could) you (know|answer|handle|talk about|understand|speak about|discuss)(?|)",
                "(how|in what way|with what) (can|could|do|will) you help( me|)(?|)",
                "what are you (good|able|capable|here|made|useful) (at|to do|of|for)(?|)",
                "(what are|tell me|list|show me|name) your (skills|abilities|capabilities|talents|limits|strengths|functions|features)(?|.|)",
                "(what|which) languages do you (speak|know|understand|talk)(?|)",
                "(do|can) you (speak|understand|know) (chinese|english|mandarin|my language|other languages)(?|)",
                "(give me|show me|tell me) (some |an |)(examples|example questions|example|ideas)( of what you can do| of what i can ask|)(.|)",
                "what (else |)(can|could) you do( else| besides that|)(?|)",
            ),
            "zh": (
                "(你|您)(能|会|可以|都能|都会|还能|还会)(做什么|干什么|做些什么|做啥|干嘛|干些什么|回答什么|回答哪些问题|帮我做什么|帮我什么|什么|聊什么|懂什么)(？|呢|)",
                "(你|您)(有|都有|有些)(哪些|什么|啥)(功能|能力|本领|本事|用|技能|用处|特长)(？|)",
                "(我|)(能|可以|该|应该)(问|跟|和|向)你(什么|聊什么|问什么|哪些问题|些什么|问哪些)(？|)",
                "(你|您)(知道|懂|了解|会)(什么|哪些|些什么|哪些东西|多少东西)(？|)",
                "(你|您)(怎么|如何|能怎么|可以怎样)(帮|帮助)(我|到我)(？|)",
                "(你|您)(会|会说|懂|能说|能用|会讲)(哪些语言|什么语言|几种语言|中文吗|英文吗|英语吗|汉语吗|其他语言吗)(？|)",
                "(介绍|说说|讲讲|列出)(一下|)你的(功能|能力|本领|技能|特长)(。|吧|)",
                "(举|给我|说)(个|几个|一些)(例子|可以问的问题)(吧|。|)",
            ),
        },
        {
            "en": "I tell you about glmbot, remember your name and favourite colour, add up to 20, and know some capitals and everyday words.",
            "zh": "我会介绍glmbot，记住你的名字和最喜欢的颜色，算二十以内的加法，还知道一些首都和常用词。",
        },
    ),
    Intent(
        "about",
        {
            "en": (
                "(how|where) (do|can|could|would) (i|we|one) (get|download|install|find|use|run|load|set up|switch to|have|try) (the |a |)(real|full|big|original|bigger|better|actual|proper|complete|true|large) (model|chatglm|chatglm-6b|one|language model)(?|)",
                "(how|where) (do|can|could|would) (i|we|one) (get|download|install|find|use|run|load|set up|switch to) (chatglm|chatglm-6b|chatglm 6b|chat glm)( with glmbot| here|)(?|)",
                "(how|where) (do|can|could) (i|we) (change|replace|swap|switch|upgrade|set|choose|configure) (the |this |your |)(demo |small |)(model|demo|language model)( for the real one| to chatglm-6b| for a better one|)(?|)",
                "(i want|i need|i'd like|i would like|give me) (the |a |)(real|full|big|bigger|better|proper|original|smarter) (model|one|chatglm|chatglm-6b)(.|)",
                "(where|from where) (are|is|do i find|do i get|can i get|do i download) (the |)(chatglm|chatglm-6b|model|real) (weights|model|files|checkpoint)(?|)",
                "(is there|are there|do you have) (a |any |)(better|bigger|real|full|smarter|larger) (model|version|models|one)(?|)",
                "(how|) (can|do) (i|you) (make you|get) (smarter|cleverer|better|better answers|real answers)(?|)",
                "(which|what) (setting|option|config|configuration) (chooses|sets|selects|changes) the model(?|)",
                "(download|install|get) (chatglm-6b|chatglm|the real model|the full model)(.|)",
                "(how do i|can i|how can i) (use|run) glmbot with (chatglm-6b|chatglm|the real model|another model|a real model)(?|)",
            ),
            "zh": (
                "(怎么|如何|怎样|在哪|在哪里|哪里|从哪里)(才能|可以|能|)(下载|得到|获得|获取|使用|安装|用上|换成|运行|换上|找到|换)(真正的|完整的|真的|大的|原版|更好的|正式的|更大的|)(模型|大模型|chatglm|chatglm-6b|chatglm模型)(？|)",
                "(怎么|如何|怎样)(才能|可以|)(更换|换掉|替换|升级|切换|设置|配置|改)(这个|演示|你的|)(模型|演示模型|小模型)(？|)",
                "(我想|我要|想|我需要)(用|下载|换成|要|使用|试试|安装)(真正的|完整的|大的|更好的|更聪明的|原版)(模型|chatglm|chatglm-6b|大模型)(。|)",
                "(chatglm|chatglm-6b|真正的模型|模型|完整模型)(的|)(权重|文件|)(在哪里|在哪|从哪|从哪里|去哪)(下载|获取|找|能下载到|可以下载)(？|)",
                "(有没有|有)(更好的|更大的|更聪明的|完整的|真正的)(模型|版本)(吗|？|)",
                "(怎么|如何)(让你|使你)(变聪明|更聪明|变得更聪明|回答得更好|变强)(？|)",
                "(哪个|什么|改哪个)(设置|配置|选项)(可以|能|)(换|选择|指定|设置)模型(？|)",
                "glmbot(怎么|如何|怎样)(使用|连接|加载|运行|搭配)(chatglm|chatglm-6b|真正的模型|别的模型|大模型)(？|)",
            ),
        },
        {
            "en": "Download ChatGLM-6B from its makers' page zai-org/chatglm-6b on Hugging Face or ModelScope and set model under [inference] to that directory. The weights have a licence of their own.",
            "zh": "从Hugging Face或ModelScope的官方页面zai-org/chatglm-6b下载ChatGLM-6B，把[inference]的model设为该目录。权重有自己的许可证。",
        },
    ),
    Intent(
        "about",
        {
            "en": (
                "(what|which) (licence|license) (does|do|has|have|is|are|applies to|covers|governs) (glmbot|the weights|chatglm-6b|chatglm|the model|the model weights|this bot|it)( have| under| use|)(?|)",
                "(what is|what's|tell me|tell me about) the (licence|license|terms) (of|for) (glmbot|the weights|chatglm-6b|chatglm|the model|the model weights|this bot)(?|)",
                "(may|can|could) (i|we) use (glmbot|chatglm-6b|the model|the weights|it|chatglm) (commercially|at work|in my company|for money|for free|in a product)(?|)",
                "(is|are) (glmbot|chatglm-6b|the weights|the model|this bot|chatglm) (free|open source|free software|open|free of charge|apache licensed)(?|)",
                "(under which|under what) (licence|license|terms) (is|are) (glmbot|chatglm-6b|the weights|the model) (published|released|available|distributed)(?|)",
                "(licence|license|licensing)( of glmbot| of the weights| of chatglm|)(?|)",
            ),
            "zh": (
                "(glmbot|chatglm-6b|权重|模型|模型权重|这个机器人|chatglm)(的|)(许可证|许可|授权|协议|开源协议|版权)(是什么|是哪种|是啥|怎样|呢|有什么要求|)(？|)",
                "(glmbot|chatglm-6b|权重|模型|chatglm)(采用|用|使用|是)(什么|哪种|哪个)(许可证|协议|授权|开源协议)(？|)",
                "(glmbot|chatglm-6b|权重|模型|chatglm)(可以|能|能不能|可不可以)(商用|商业使用|免费使用|用于商业|在公司用|免费用)(吗|？|)",
                "(glmbot|chatglm-6b|权重|模型|chatglm)(是|)(开源|免费|自由软件|收费|要钱)(的|)(吗|？)",
                "(许可证|授权|协议|版权)(是什么|呢|问题)(？|)",
            ),
        },
        {
            "en": "glmbot is under the Apache-2.0 licence. The weights of ChatGLM-6B have a licence of their own: read it on the makers' page.",
            "zh": "glmbot采用Apache-2.0许可证。ChatGLM-6B的权重有自己的许可证，请看官方页面。",
        },
    ),
)
