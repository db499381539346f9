"""Where the sender's texts are kept, and how to erase them."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

from glmbot.demo.grammar import Intent

_DATA_EN = "(data|my data|the data|messages|my messages|our messages|our conversation|my conversations|the conversations|the history|chat history|my chats|our chats|information|what i write|what i say|everything i say|my words|my texts|the chat log)"
_DATA_ZH = "(数据|我的数据|对话|我的对话|消息|我的消息|聊天记录|我们的对话|聊天内容|信息|个人信息|我说的话|我写的内容|历史记录|我的资料|聊天历史)"

INTENTS = (
    Intent(
        "storage",
        {
            "en": (
                f"(where|in which file|in what place|how) (is|are|do you keep|do you store|do you save|does glmbot keep|does glmbot store|does the bot save|does the bot keep|is being kept) {_DATA_EN}( stored| kept| saved| located|)(?|)",
                f"(what|which) (file|database|place|server|folder) (holds|stores|contains|keeps|has) {_DATA_EN}(?|)",
                f"(where) (does|do|will) {_DATA_EN} (live|go|end up|land|get stored|stay|get saved)(?|)",
                f"(do|does|will|would|can) (you|glmbot|the bot|this bot) (send|share|upload|leak|give|pass on|sell|transmit|report) {_DATA_EN}( to anyone| to the internet| to a server| to the cloud| away| to others| to your makers|)(?|)",
                f"(does|do|will|is|are) (anything|{_DATA_EN}) (leave|leaving|sent from|going out of|uploaded from) (this |my |the )(machine|computer|server|house|network|pc)(?|)",
                f"(who|can anyone|can somebody|can others|who else) (sees|see|read|reads|can see|can read|has access to|gets) {_DATA_EN}(?|)",
                f"(is|are) {_DATA_EN} (safe|private|secure|confidential|sent anywhere|stored somewhere|public|uploaded|kept|recorded|logged|in the cloud)( with you| here|)(?|)",
                "(what about|tell me about|how about|do you respect|do you care about) (privacy|my privacy|data protection|data privacy|data security)(?|.|)",
                f"(do|does|will) (you|glmbot|the bot) (keep|store|save|record|log|remember|write down) {_DATA_EN}(?|)",
                "(which|what|what kind of) (database|storage|db) (do you|does glmbot|does the bot) (use|have)(?|)",
                "(where is|what is|where do i find) (the |your |)(database|database file|storage|db file|sqlite file)(?|)",
                "(are you|is glmbot|is this|is the bot) (spying on me|private|local|offline|running locally|connected to the cloud|safe to use|listening to me|collecting data)(?|)",
                "(privacy|data storage|my data|data protection|data location|where is my data)(?|)",
                "(where|on which disk|in which folder|at what place|in what file) (is|are|goes|go|does|do) (my stuff|my things|all this|everything|it all|all i say|what i type|the stuff i write|these chats|what we talk about)( kept| stored| saved| go| sit| written| end up|)( on disk| here| afterwards|)(?|)",
                "(what's|what is|how is|how about) (the |your |)(privacy|privacy story|privacy situation|data policy|storage situation|policy on data)( here| like| with you|)(?|)",
                "(does|do|will|is|are) (anyone|somebody|the cloud|a company|your makers|third parties|outsiders) (get|see|read|receive|reading|getting|watching) (this|my words|what i write|these messages|our talk|my chats)(?|)",
                "(can|may|should) i (trust|rely on|be sure of) (you|this|glmbot|the bot) with (my data|secrets|private things|my messages)(?|)",
            ),
            "zh": (
                f"{_DATA_ZH}(都|)(存|保存|放|储存|存储|存放|记录|在)(在|)(哪里|哪|哪儿|什么地方|什么文件|哪个文件|哪个文件里|何处|哪个数据库)(？|)",
                f"(你|glmbot|机器人|)(把|将){_DATA_ZH}(都|)(存|保存|放|储存|记录)(在|到)(哪里|哪|哪儿|什么地方|哪个文件)(了|)(？|)",
                f"{_DATA_ZH}(会|会不会|有没有|是否会)(被|)(上传|泄露|发送|外传|发给别人|离开本机|传到网上|传到云端|分享出去|发到服务器|离开这台电脑)(吗|？|)",
                f"(谁|别人|其他人|外人)(能|可以|会|能不能)(看到|看见|读到|访问|拿到){_DATA_ZH}(吗|？|)",
                f"{_DATA_ZH}(安全|私密|保密|公开|可靠)(吗|么|不)(？|)",
                f"(你|glmbot|机器人)(会|会不会|有没有|是否)(保存|记录|收集|上传|存储|泄露|分享|发送|偷看){_DATA_ZH}(吗|？|)",
                "(隐私|隐私方面|数据安全|数据隐私|数据保护|隐私安全)(呢|怎么样|如何|有保障吗|怎么保证|问题)(？|)",
                "(glmbot|你|机器人)(用|使用|用的是|采用)(什么|哪种|哪个)(数据库|存储|数据存储)(？|)",
                "(我的东西|这些内容|我们聊的|我打的字|说过的话|这些话|我讲的)(都|最后|)(存|放|保存|留|落|写)(在|到)(磁盘|电脑|)(哪儿|哪里|什么位置|哪个文件|哪个目录|何处)(了|去了|呀|)(？|)",
                "(这里|你这儿|这边)(的|)(隐私|数据安全|信息安全|个人信息)(怎么|如何|有没有|是否|咋)(保障|保护|保证|处理|做到)(的|呀|)(？|)",
                "(我|)(能|可以|能否|可否)(放心|信任你|相信你)(把|)(秘密|私事|隐私|数据|)(告诉你|交给你|给你|)(吗|？)",
                "(数据库|数据库文件|数据文件|存储文件)(在哪里|在哪|是哪个|放在哪|叫什么|在什么位置|的位置)(？|)",
                "(你|glmbot|这个机器人)(是|)(本地运行|离线的|在本地运行的|联网的|在监视我|安全的)(吗|？)",
            ),
        },
        {
            "en": "Everything lives in a SQLite file on this machine, data/glmbot.db. Nothing leaves the machine.",
            "zh": "所有数据都在本机的SQLite文件data/glmbot.db里，不会离开这台机器。",
        },
    ),
    Intent(
        "storage",
        {
            "en": (
                f"(how|) (do|can|could|would|should|must) (i|we|you|one) (delete|erase|remove|wipe|destroy|clear|get rid of|purge|forget|drop) (all |all of |){_DATA_EN}( completely| for good| forever| from the machine| for ever|)(?|)",
                f"(please |)(delete|erase|wipe|remove|destroy|purge) (all |all of |everything|){_DATA_EN}( now| completely| for good| please|)(.|!|)",
                f"(i want|i'd like|i would like|i need) (to delete|to erase|to remove|to wipe|you to delete|you to erase) (all |all of |){_DATA_EN}(.|)",
                "(how|) (do|can|could) (i|we) (delete|erase|wipe|remove|clear) (everything|all|all of it|everything you know|everything about me|the whole database|the database|all traces|it all)( for good|)(?|)",
                "(is it possible|is there a way|am i able|can i ask you) to (delete|erase|remove|wipe) (everything|my data|the database|all messages|what you know about me|my conversations)(?|)",
                f"(what happens|what must i do|what do i do) (to get|if i want) {_DATA_EN} (deleted|erased|removed|gone|wiped)(?|)",
                "(erase|delete|wipe|remove) (everything|all data|the database|all)(.|!|)",
                "(how|what way) (do|can|would|should|might) (i|we|one) (make you forget|get rid of|clean up|leave no trace of|undo|take back|throw away|scrub) (everything|me|what i said|all of it|my traces|all my stuff|what you know)( for good| forever|)(?|)",
                "(i want|i'd like|i wish) (you to forget (everything|me|all)|(everything|all|all of it|all my traces|my stuff) (gone|erased|deleted|wiped|removed))( for good| please| forever|)(.|!|)",
                f"(can|may|could) {_DATA_EN} be (deleted|erased|removed|wiped|destroyed)(?|)",
            ),
            "zh": (
                f"(怎么|如何|怎样|咋)(才能|可以|能|)(删除|清除|抹掉|删掉|擦除|销毁|彻底删除|清空|去掉|移除)(所有|全部|){_DATA_ZH}(？|)",
                f"(我想|我要|想|请|帮我|麻烦)(彻底|完全|)(删除|清除|抹掉|删掉|擦除|销毁)(所有|全部|){_DATA_ZH}(。|，怎么做|)",
                f"{_DATA_ZH}(怎么|如何|怎样|能|可以|能不能)(删除|清除|删掉|抹掉|彻底删除|销毁|擦除)(吗|呢|？|)",
                f"(把|将){_DATA_ZH}(全部|都|全|彻底|)(删除|删掉|清除|抹掉|删了)(吧|。|)",
                "(怎么|如何|怎样)(才能|可以|)(删除|清除|抹掉|删掉|清空)(一切|全部|所有东西|关于我的一切|整个数据库|数据库|所有痕迹|所有记录)(？|)",
                "(有没有|有)(办法|方法|什么方法)(删除|清除|抹掉)(我的数据|全部数据|所有记录|聊天记录|一切)(吗|？|)",
                "(删除|清除|抹掉|清空)(一切|全部|所有数据|数据库|所有记录)(。|！|)",
                "(怎么|如何|怎样|咋)(才能|能|可以|)(让你|叫你|使你|)(忘掉|忘记|不留下|清理掉|丢掉|毁掉)(一切|我|我说过的|所有东西|全部内容|我的痕迹)(呢|呀|)(？|)",
                "(我想|我要|希望)(一切|全部|所有东西|我的痕迹|我的东西)(都|)(消失|被删除|不留|清零|抹干净)(。|，怎么办|，该怎么做|)",
            ),
        },
        {
            "en": "/reset starts the conversation anew. To erase everything, stop glmbot and delete the file data/glmbot.db.",
            "zh": "/reset会重新开始对话。要删除全部数据，先停止glmbot，再删除文件data/glmbot.db。",
        },
    ),
)
