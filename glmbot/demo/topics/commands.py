"""The built-in commands: what each does, and which one does what the sender wants."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

from glmbot.demo.grammar import Intent, Language

# Asking for a command by its name works the same way for all of them.
_BY_NAME: dict[Language, tuple[str, ...]] = {
    "en": (
        "what (does|do) (the |)(command |){c}( command|) (do|mean|stand for)(?|)",
        "what is (the |)(command |){c}( command|)( for| good for| used for| about|)(?|)",
        "what's {c}( for| good for| about|)(?|)",
        "(explain|describe|tell me about|what about|and|how about|more about|info on) (the |)(command |){c}( command| to me| please|)(?|.|)",
        "(how|when|why|where) (do|can|should|would|could) (i|one|you|we|people) (use|need|type|send|write) (the |)(command |){c}( command|)(?|)",
        "(how does|how do) (the |)(command |){c}( command|) work(s|)(?|)",
        "what happens (if|when|after|once) (i|you|someone) (type|send|enter|use|write|run|say) (the command |){c}(?|)",
        "(meaning|use|purpose|function|point|effect) of (the |){c}( command|)(?|)",
        "what's the (use|purpose|point|effect|job|meaning) of (the |){c}( command|)(?|)",
        "(i|i'd|i would) (want|like|need) to know (what|about|how) {c}( does| works| is|)(.|)",
        "{c}(?|??| what is it| what does it do| meaning| command| how does it work)(?|)",
        "what (will|would|can|could) {c} do( for me|)(?|)",
        "what is {n} for(?|)",
    ),
    "zh": (
        "{c}(这个|这条|)(命令|指令|)(是|)(做什么|干什么|干嘛|有什么用|什么意思|做什么用|干什么用|有何用|什么作用|起什么作用)(的|)(？|)",
        "(命令|指令){c}(是什么|有什么用|的作用是什么|怎么用|是干什么的|的用途)(？|)",
        "{c}(的|)(作用|用途|功能|意思|用法)(是什么|是啥|有哪些|呢|)(？|)",
        "{c}(怎么用|如何使用|怎么使用|是什么|是啥|呢|什么时候用|管什么)(？|)",
        "(解释|介绍|说明|讲讲|说说|说一下|讲一下)(一下|下|)(命令|)(：|){c}(命令|)(。|吧|的用法|)",
        "(输入|发送|打|使用|敲|用|执行|发)(了|)(命令|){c}(以后|之后|后|)(会怎么样|会怎样|会发生什么|有什么效果|会如何|有什么结果|能干嘛)(？|)",
        "(我想知道|想了解|请问|告诉我){c}(是干嘛的|是做什么的|的作用|有什么用|怎么用)(。|？|)",
        "(什么是|啥是){c}(？|)",
        "(为什么|什么时候|什么情况下)(要|该|需要|)(用|使用){c}(？|)",
    ),
}

_COMMANDS: tuple[tuple[str, dict[Language, tuple[str, ...]], dict[Language, str]], ...] = (
    (
        "/help",
        {
            "en": (
                "(what|which) (commands|slash commands|instructions) (are there|do you have|exist|do you know|are available|can i use|can i type|does glmbot have|are built in)(?|)",
                "(list|show|show me|give me|tell me|name|i want to see|i need) (all |)(the |your |)(commands|available commands|built-in commands|slash commands)(.|)",
                "(how|where) (do|can) i (see|find|get|list) (the |all |a list of |all the |your |)(commands|command list)(?|)",
                "(is there|do you have|where is) (a|any|the) (list of commands|command list|help|help page|help text|manual|overview of commands)(?|)",
                "(help|help me|i need help|commands|commands?|list of commands|i need some help|please help|can you help me)(!|.|)",
                "(i don't know|i do not know|i'm not sure|i forgot) (which|what|the) (command|commands)( there are| to use| exist|)(.|)",
                "(what|which) command (shows|lists|explains|tells me) (the |all the |all |)(other |)commands(?|)",
                "what can i type( here|)(?|)",
            ),
            "zh": (
                "(有|你有|这里有|支持|可以用|glmbot有|都有|内置了)(哪些|什么|啥|多少)(命令|指令)(？|可以用|)",
                "(命令|指令)(有|都有|)(哪些|列表|大全|一览)(？|)",
                "(列出|显示|给我看|告诉我|说说|列一下|我想看|介绍一下)(所有|全部|你的|可用的|内置的|)(命令|指令)(列表|。|吧|)",
                "(怎么|如何|在哪|哪里可以)(查看|看到|找到|知道)(所有|全部|)(的|)(命令|指令)(列表|)(？|)",
                "(帮助|帮帮我|我需要帮助|求助|帮忙|命令|命令列表|有帮助吗|需要帮助|帮我一下)(！|。|)",
                "(哪个|什么)命令(可以|能|)(列出|显示|查看)(所有|其他|全部)命令(？|)",
                "(我|)(不知道|忘了|不清楚)(有哪些|有什么|该用什么|用什么)命令(。|)",
                "(我能|我可以|可以)输入(什么|哪些)(命令|指令)(？|)",
            ),
        },
        {
            "en": "/help lists the commands: /help, /reset, /stop, /retry, /persona, /ping and /remind.",
            "zh": "/help列出所有命令：/help、/reset、/stop、/retry、/persona、/ping和/remind。",
        },
    ),
    (
        "/reset",
        {
            "en": (
                "(how|where) (do|can|could) (i|we) (start|begin) (over|again|anew|afresh|from scratch|a new conversation|a new chat|a fresh conversation)(?|)",
                "(how|where) (do|can|could) (i|we) (reset|restart|clear) (the |this |our |my |)(conversation|chat|context|talk|dialogue)(?|)",
                "(i want|i'd like|i would like|can we|can i|let's|let us) (to |)(start|begin) (over|again|anew|from scratch|a new conversation|afresh)(.|?|)",
                "(how|) (do|can|could) (i|you) (make you forget|forget) (what i said|our conversation|this conversation|this chat|everything we said|the context|our talk)(?|)",
                "(which|what) command (starts|begins|resets|clears) (a new |the |this |)(conversation|chat|context)(?|)",
                "(forget|clear|reset) (everything|all|what i said|our conversation|this conversation|the conversation|the chat)(.|!|)",
                "(new conversation|start over|clean slate|fresh start|new chat)(!|.|)",
            ),
            "zh": (
                "(怎么|如何|怎样)(才能|可以|)(重新开始|从头开始|开始新对话|开始新的对话|重置对话|清空对话|清除上下文|重启对话|另起一个话题)(？|)",
                "(我想|我要|能不能|可以|咱们)(重新开始|从头来|从头开始|开始新对话|重置对话|清空对话|换个新对话)(吗|吧|。|)",
                "(怎么|如何)(让你|)(忘记|忘掉)(之前|前面|刚才|我们)(的对话|说的话|的内容|的聊天|的上下文)(？|)",
                "(哪个|什么|用什么)命令(可以|能|)(重新开始|重置|清空|开始新的)(对话|会话|聊天|)(？|)",
                "(忘掉|忘记|清除|清空)(之前|前面|刚才|我们)(的对话|说的话|的内容|的聊天)(。|吧|)",
                "(新对话|重新开始|从头开始|重置|重来|重新来)(吧|！|。|)",
            ),
        },
        {
            "en": "/reset starts the conversation anew: I forget the earlier turns.",
            "zh": "/reset重新开始对话，我会忘记之前的内容。",
        },
    ),
    (
        "/stop",
        {
            "en": (
                "(how|where) (do|can|could) (i|we) (stop|interrupt|cancel|abort|break off|halt|end|cut off) (an |the |your |this |a long |that |)(answer|reply|response|generation|output|text|writing)(?|)",
                "(how|) (do|can|could) (i|you) (make you|get you to|tell you to) (stop|be quiet|shut up|stop talking|stop writing|stop answering)(?|)",
                "(your|the|this|an) (answer|reply|response) is (too long|very long|endless|boring|not what i want)(,|.|) (how (do|can) i (stop|cancel|interrupt) it|can i (stop|cancel|interrupt) it)(?|)",
                "(which|what) command (stops|cancels|interrupts|ends|aborts) (the |your |an |)(answer|reply|response|output)(?|)",
                "(can|may) i (interrupt|stop|cancel) you( while you (write|answer|are writing)|)(?|)",
                "(what|) (do|can|should) i (do|type) (when|if) (you|it|the bot) (write|writes|talk|talks|answer|answers) too (long|much)(?|)",
            ),
            "zh": (
                "(怎么|如何|怎样)(才能|可以|)(停止|中断|打断|取消|终止|停下|中止)(回答|回复|生成|输出|你的回答|正在写的回答|这个回答|你)(？|)",
                "(怎么|如何)(让你|叫你)(停下|停止|停|闭嘴|别说了|不要再写|停下来|别再回答)(？|)",
                "(回答|回复|你的回答)(太长|太长了|太啰嗦|没完没了)(，|)(怎么|如何|能)(停|停止|打断|停下|中断)(吗|呢|？|)",
                "(哪个|什么|用什么)命令(可以|能|)(停止|中断|打断|取消|终止)(回答|回复|生成|输出)(？|)",
                "(可以|能|能不能)(打断|中断|叫停)(你|你的回答|回答)(吗|？|)",
            ),
        },
        {"en": "/stop stops the answer that is being written.", "zh": "/stop停止正在写的回答。"},
    ),
    (
        "/retry",
        {
            "en": (
                "(how|where) (do|can|could) (i|we) (get|have|request|ask for|see|make you give) (another|a new|a different|a second|one more|a better) (answer|reply|response|version|try|attempt)(?|)",
                "(how|) (do|can|could) (i|you) (repeat|redo|regenerate|rewrite|retry|re-run) (the |my |your |that |)(last |)(answer|reply|question|response)(?|)",
                "(i don't like|i do not like|i am not happy with|i'm not satisfied with) (the|your|this|that) (last |)(answer|reply|response)(,|.|) (how (do|can) i (get|have) (another|a new one|a different one)|can you (try|answer) again|what can i do)(?|)",
                "(which|what) command (repeats|regenerates|retries|gives another|redoes|answers) (the |my |)(last |)(question|answer|reply)( again| once more|)(?|)",
                "(answer|try|reply) (again|once more|that again|one more time)(,|) (please|with another answer|differently)(.|)",
                "(can|could|would) you (answer|try|reply to) (that|my last question|the last question|it) (again|once more)(?|)",
            ),
            "zh": (
                "(怎么|如何|怎样)(才能|可以|)(得到|获得|要|换)(另一个|一个新的|一个不同的|别的|一个)(回答|答案|回复)(？|)",
                "(怎么|如何|能不能|可以)(让你|)(重新回答|再回答一次|重答|重试|重新生成|再答一遍|重写回答|再来一次)(上一个问题|刚才的问题|)(吗|？|)",
                "(我不喜欢|我不满意|不满意|不喜欢)(这个|刚才的|你的|上一个)(回答|答案|回复)(，|)(怎么办|能换一个吗|可以重来吗|怎么重新回答|再答一次)(？|)",
                "(哪个|什么|用什么)命令(可以|能|)(重新回答|重试|再回答一次|重新生成)(上一个问题|)(？|)",
                "(再回答一次|重新回答|再答一遍|换个答案|重新生成|换一个回答)(吧|！|。|)",
            ),
        },
        {"en": "/retry answers your last question once more.", "zh": "/retry重新回答你的上一个问题。"},
    ),
    (
        "/persona",
        {
            "en": (
                "(how|where) (do|can|could) (i|we) (change|set|choose|pick|switch|edit|select|alter|define) (your |the |a |my |)(persona|personality|role|character|style|tone|manner of speaking)(?|)",
                "(how|) (do|can|could) (i|you) (make you|let you|get you to|have you) (speak|talk|act|behave|sound|answer) like (a pirate|someone else|another person|a teacher|a poet|a butler|a doctor|a friend)(?|)",
                "(how|) (can|could|do) (i|we) (give you|assign you) (a |another |a new |)(role|persona|name|character|personality)(?|)",
                "(which|what) command (changes|sets|shows|switches) (your|the) (persona|role|character|personality|style)(?|)",
                "(can|could) (you|i) (play|have|take|choose|set) (a|another|a different) (role|persona|character|personality)(?|)",
                "what (is|are) (a |)(persona|personas)(?|)",
            ),
            "zh": (
                "(怎么|如何|怎样|在哪)(才能|可以|)(更改|改变|设置|选择|换|修改|切换|设定)(你的|)(角色|人设|人格|性格|说话风格|语气|身份)(？|)",
                "(怎么|如何|能不能|可以)(让你|)(扮演|演|换成|当|模仿)(别的角色|海盗|老师|诗人|医生|另一个人|管家|一个角色)(吗|？|)",
                "(怎么|如何)(给你|为你)(一个|设定|换个|指定|)(角色|名字|人设|性格)(？|)",
                "(哪个|什么|用什么)命令(可以|能|)(更改|设置|切换|查看|改)(角色|人设|性格|说话风格)(？|)",
                "(可以|能)(换|改|选)(个|一个|)(角色|人设|性格|语气)(吗|？|)",
                "(什么是|啥是|何谓)(人设|角色设定)(？|)",
            ),
        },
        {
            "en": "/persona shows or changes my persona, the role in which I speak.",
            "zh": "/persona查看或更改我的人设，也就是我说话的角色。",
        },
    ),
    (
        "/ping",
        {
            "en": (
                "(how|where) (do|can|could) (i|we) (check|test|see|find out|know|tell) (if|whether|that) (you are|the bot is|glmbot is|you're) (alive|running|online|working|up|still there|reachable)(?|)",
                "(which|what) command (checks|tests|shows|tells me) (if|whether|that) (you are|the bot is|glmbot is) (alive|running|online|working|up)(?|)",
                "(is there|do you have) (a|some) (way|command) to (check|test|see) (if|whether) (the bot|glmbot) (works|is alive|runs|is up|responds)(?|)",
            ),
            "zh": (
                "(怎么|如何|怎样)(才能|可以|)(检查|测试|知道|确认|看)(你|机器人|glmbot)(是否|是不是|还|)(在线|活着|在运行|正常|能用|工作)(？|)",
                "(哪个|什么|用什么)命令(可以|能|)(检查|测试|确认)(机器人|你|glmbot)(是否|是不是|)(在线|活着|在运行|正常)(？|)",
                "(有没有|有)(办法|命令)(检查|测试|确认)(机器人|glmbot)(是否|是不是|)(在线|活着|正常)(？|)",
            ),
        },
        {"en": "/ping answers pong, to show that the bot is alive.", "zh": "/ping会回答pong，表示机器人在线。"},
    ),
    (
        "/remind",
        {
            "en": (
                "(how|where) (do|can|could) (i|we) (set|create|make|add|get|schedule|program) (a |an |)(reminder|reminders|alarm|timer|alert)(?|)",
                "(how|) (do|can|could|will|would) (i|you) (make you |get you to |let you |)remind me( later| of something| tomorrow| about (tea|a meeting|something|an appointment)| in (ten|five|20) minutes|)(?|)",
                "(which|what) command (sets|creates|makes|is for) (a |)(reminder|reminders|alarm)(?|)",
                "(remind|please remind) me (later|tomorrow|in an hour|to call mum|of the meeting|to drink water|to buy bread|in ten minutes|about the tea)(.|)",
                "(can|could) you (set|make|create|give me) (a|an) (reminder|alarm|timer)( for (tomorrow|tonight|me|six)|)(?|)",
                "(i want|i need|i'd like) (to be reminded|a reminder|an alarm|you to remind me)( of something| tomorrow| later|)(.|)",
            ),
            "zh": (
                "(怎么|如何|怎样|在哪)(才能|可以|)(设置|创建|设定|添加|设|定)(提醒|一个提醒|闹钟|定时提醒|备忘|定时器)(？|)",
                "(怎么|如何|能不能|可以|能)(让你|)(提醒我|到时候提醒我|定时提醒我|明天提醒我|过一会儿提醒我)(喝水|开会|吃药|做事|一件事|)(吗|？|)",
                "(哪个|什么|用什么)命令(可以|能|)(设置|创建|设|用来)(提醒|闹钟|定时提醒)(？|)",
                "(请|)(明天|十分钟后|一小时后|晚上|过会儿|待会儿|下午|五分钟后|)提醒我(喝水|开会|吃药|买面包|打电话|睡觉|泡茶|交作业|运动)(。|)",
                "(帮我|给我)(设|定|设置)(一个|个|)(提醒|闹钟|定时器)(。|吧|)",
                "(我想|我要|需要)(设|定|设置)(一个|个|)(提醒|闹钟)(。|)",
            ),
        },
        {
            "en": "/remind sets a reminder: give a time and a text, and I write to you then.",
            "zh": "/remind设置提醒：写上时间和内容，到时我会通知你。",
        },
    ),
)


def _by_name(name: str, language: Language) -> tuple[str, ...]:
    names = (
        f"({name}|{name}|{name}|{name[1:]} command)" if language == "en" else f"({name}|{name}|{name}|{name[1:]}命令)"
    )
    templates = (template.replace("{n}", "the command " + name[1:]) for template in _BY_NAME[language])
    return tuple(template.replace("{c}", names) for template in templates)


def _intent(name: str, wishes: dict[Language, tuple[str, ...]], answers: dict[Language, str]) -> Intent:
    questions: dict[Language, tuple[str, ...]] = {
        "en": _by_name(name, "en") + wishes["en"],
        "zh": _by_name(name, "zh") + wishes["zh"],
    }
    return Intent("commands", questions, answers)


INTENTS = tuple(_intent(*command) for command in _COMMANDS)
