"""How to connect Telegram and Discord, and how to start."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

from glmbot.demo.grammar import Intent, Language


def _wordings(app: str) -> dict[Language, tuple[str, ...]]:
    en = (
        f"(how|) (do|can|could|would|should|must) (i|we|you|one) (connect|add|link|attach|hook up|set up|use|install|configure|enable|activate|integrate|bring|run|get|put|start) (glmbot|the bot|you|this bot|it|a bot|my bot) (to|on|with|for|in|into|onto|under) {app}(?|)",
        f"(how|) (do|can|could|should|must) (i|we|you) (connect|add|link|set up|use|configure|enable|activate|integrate|join) {app}( to glmbot| with glmbot| here| in glmbot| for the bot|)(?|)",
        f"(connect|connecting|add|link|setup|set up|use|configure|configuring|enable|install|linking) (to |)(glmbot |the bot |)(on |with |to |for |){app}( please| to glmbot|)(.|?|)",
        f"(i want|i'd like|i would like|i need|we want|i am trying|i'm trying|help me|please help me) to (connect|use|add|set up|run|have|put|configure|talk to) (you|glmbot|the bot|it|this bot|my bot) (on|to|with|in|over|through) {app}(.|)",
        f"(what|which steps) (do|must|should) (i|we) (do|need|follow|take) (to|in order to) (connect|use|add|set up|get|run) (glmbot |the bot |you |)(with |on |to |in |){app}(?|)",
        f"(where|how) (do|can|should|must) (i|we) (get|put|enter|set|write|store|place|paste|find|obtain|configure) (the |a |my |)({app} token|{app} bot token|token for {app}|{app} key)(?|)",
        f"(what|which) (is|setting|variable|token|config|environment variable) (the |is |do i need |)(for |needed for |used for |){app}( token| bot| setting|)(?|)",
        f"(can|could|does|will|may) (you|glmbot|i use you|this bot|it|the bot) (work|run|be used|talk|answer|live|connect) (on|in|with|through|over|to) {app}(?|)( how|)",
        f"(tell me|explain|show me|describe)( to me|) how (to connect|i connect|to use|to set up|to add|i can use|to configure|to get) (glmbot |you |the bot |it |)(to |on |with |in |){app}( works|)(.|)",
        f"(steps|guide|instructions|tutorial|manual|help|setup|howto) (for|to|with|about) (connect |connecting |set up |){app}(?|.|)",
        f"{app}(?| setup| connection| token| how| integration| bot)(?|)",
        f"(my|the) {app} (bot|token|adapter) (does not work|isn't configured|is missing|is not connected|needs a token)(.|)",
        f"(and|what about|how about|and for|same for|now) {app}(?|)",
        f"(i have|i've got|i use|my friends use|we use|my group is on|my server is on) {app}(,|.) (how do i|can i|how can we) (connect|use|add) (you|glmbot|it|the bot)( there|)(?|)",
    )
    zh = (
        f"(怎么|如何|怎样|咋)(才能|可以|能|)(把|将|)(glmbot|你|机器人|)(连接|接入|连到|接到|添加到|连上|绑定|接上|用在|放到|加到|部署到|配置到|接进)(到|){app}(上|里|群|)(？|)",
        f"(怎么|如何|怎样|咋)(才能|可以|能|)(连接|设置|配置|使用|接入|启用|开通|绑定|连|添加|安装|用){app}(机器人|账号|)(？|)",
        f"(我想|我要|想|我需要|我打算)(把|将|)(glmbot|你|机器人|)(连接|接入|连到|接到|用在|放到|加到|连上|接上){app}(上|里|)(，怎么做|，该怎么办|。|)",
        f"(我想|我要|想)(在|用|通过){app}(上|里|)(用你|使用glmbot|和你聊天|用这个机器人|使用你|聊天|跟你说话)(，怎么设置|，怎么办|，怎么做|。|)",
        f"{app}(怎么|如何|怎样|咋)(连接|设置|配置|接入|使用|连|弄|用|绑定|接|搞)(？|)",
        f"{app}(的|)(令牌|token|密钥|设置|配置|机器人令牌)(放在哪里|放哪|在哪里设置|怎么设置|怎么获取|从哪里来|怎么弄|写在哪里|写在哪|是什么|填在哪里|怎么填|怎么得到)(？|)",
        f"(在哪里|哪里|从哪里|怎么|去哪)(获取|设置|填写|填|得到|申请|拿到|放|写)({app}令牌|{app}的令牌|{app}的token|{app}token|{app}机器人)(？|)",
        f"(连接|接入|设置|配置|使用|连上|启用){app}(需要|要|得)(做什么|什么|哪些步骤|怎么做|什么步骤|准备什么|几步)(？|)",
        f"(教我|告诉我|说说|讲讲|帮我|解释)(怎么|如何|)(连接|接入|设置|配置|使用){app}(。|吧|)",
        f"(你|glmbot|机器人|这个机器人)(能|可以|支持|能不能|可不可以)(在|用于|接入|连接|用在|){app}(上|)(用|使用|运行|聊天|)(吗|？|)",
        f"(连接|接入|设置|配置){app}(的|)(步骤|方法|教程|办法|指南|流程)(是什么|有哪些|)(？|)",
        f"{app}(呢|机器人|接入|连接|设置|怎么办)(？|)",
        f"(那|还有|那么|另外)(，|){app}(呢|怎么弄|怎么连)(？|)",
        f"(我的|)(朋友们|群|服务器|同事)(都|)(在用|在|用){app}(，)(怎么|如何)(把你加进去|连接|接入|让你加入)(？|)",
    )
    return {"en": en, "zh": zh}


TELEGRAM = "(telegram|telegram|Telegram|Telegram|tg|a telegram group)"
DISCORD = "(discord|discord|Discord|Discord|a discord server|my discord)"

INTENTS = (
    Intent(
        "connecting",
        _wordings(TELEGRAM),
        {
            "en": "Get a token from @BotFather, put it into the config as token under [adapters.telegram] or into GLMBOT_ADAPTERS__TELEGRAM__TOKEN, then start glmbot run.",
            "zh": "向@BotFather申请令牌，写入配置[adapters.telegram]下的token，或环境变量GLMBOT_ADAPTERS__TELEGRAM__TOKEN，然后运行glmbot run。",
        },
    ),
    Intent(
        "connecting",
        _wordings(DISCORD),
        {
            "en": "Create a bot in the Discord developer portal, enable the Message Content intent, put its token into GLMBOT_ADAPTERS__DISCORD__TOKEN or under [adapters.discord], then start glmbot run.",
            "zh": "在Discord开发者门户创建机器人，开启Message Content意图，把令牌写入GLMBOT_ADAPTERS__DISCORD__TOKEN或[adapters.discord]，然后运行glmbot run。",
        },
    ),
    Intent(
        "connecting",
        {
            "en": (
                "(how|) (do|can|should|must) (i|we|you|one) (start|run|launch|boot|fire up|execute|begin with|operate) (glmbot|the bot|this bot|the program|it)(?|)",
                "(which|what) (command|line) (starts|runs|launches) (glmbot|the bot|it)(?|)",
                "(how|) (do|can|should) (i|we) (get started|begin|set up glmbot|install glmbot|get going)( with glmbot| with the bot|)(?|)",
                "(getting started|quick start|start the bot|run the bot|launch glmbot|starting glmbot)(.|?|)",
            ),
            "zh": (
                "(怎么|如何|怎样|咋)(才能|可以|)(启动|运行|开启|打开|跑起来|开始用|开始使用|执行)(glmbot|机器人|这个机器人|这个程序|)(？|)",
                "(哪个|什么|用什么)(命令|指令)(可以|能|)(启动|运行|开启)(glmbot|机器人)(？|)",
                "glmbot(怎么|如何|怎样)(启动|运行|开始|开|安装|跑起来|上手)(？|)",
                "(启动|运行|上手)(机器人|glmbot|方法)(。|？|)",
            ),
        },
        {
            "en": "Start everything with glmbot run; put your tokens into the config before that.",
            "zh": "先把令牌写入配置，再用glmbot run启动。",
        },
    ),
)
