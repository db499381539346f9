"""Greetings, thanks, farewells."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

from glmbot.demo.grammar import Intent

_MOOD_EN = "(everything|all|life|things|it|your day|the day)"

INTENTS = (
    Intent(
        "courtesy",
        {
            "en": (
                "(hi|hello|hey|hiya|howdy|greetings|hello there|hi there|hey there|hey you|good day|yo|heya|hullo)(!|.|,|)",
                "(hi|hello|hey|good day)( bot| glmbot| friend| my friend| again| everyone| robot| buddy| dear bot| mate|)(!|.|)",
                "(hello|hi|hey)(,|) (hello|hi|hey|there|anybody there|anyone there|anyone here|are you there)(?|!|)",
                "(nice|good|great|lovely|pleased|glad) to (meet|see) you( too| bot|)(!|.|)",
                "(i just wanted|just wanted|i want|i came) to say (hi|hello|hey)(!|.|)",
                "(say|wave) (hello|hi)( to me|)",
                "(hi|hello|hey|well hello|oh hello|greetings|hi hi|hello again|a big hello|warm greetings|many greetings|a friendly hello|salutations)(,| there,|) (to you|my (friend|little helper|dear bot|companion)|little (bot|one|robot)|dear (assistant|machine)|everybody|folks|old friend|you)( from (me|us|here|Berlin|all of us)|)(!|.|)",
                "(hello|hi|hey)( there|)(,|!|.) (it's me|i'm back|here i am|i am new here|long time no see|nice to be here|how nice to find you|good to see you|lovely to see you( here|)|great that you are here)( again|)(!|.|)",
                "(sending|have|accept|take) (a|my|some) (hello|greetings|warm hello|big hi)(!|.| from (me|us|far away)|)",
                "(are you|you) (there|here|awake|online|up|listening)(?|)",
                "(is|) (anybody|anyone|somebody|someone) (there|here|home)(?|)",
            ),
            "zh": (
                "(你好|您好|嗨|嘿|哈喽|哈啰|哈罗|喂|你好呀|你好啊|大家好|你们好|hello|hi|很高兴见到你|很高兴认识你|幸会|初次见面)(！|。|，|~|)",
                "(你好|您好|嗨|嘿|哈喽)(，|！|)(机器人|朋友|小助手|glmbot|老朋友|同学|又见面了|我来了|我回来了|初次见面|请多关照)(！|。|)",
                "(有人|有人在|你在|在|在线|你还在|还在|听得到|能听到我)吗(？|)",
                "(我来|我只是来|过来|就想)(打个招呼|问个好|说声你好)(。|！|)",
                "(嗨嗨|哈喽哈喽|你好你好|嘿嘿|哟|嗨|你好呀|您好呀|哈喽呀|你好哇)(，|！|~|)(小(家伙|机器人|可爱|助手|朋友)|老伙计|朋友们|机器人|在下有礼了|我又来了|又见面啦|我回来啦|见到你真好|见到你真高兴|好久不见|我是新来的)(！|。|呀|)",
                "(向你|给你|跟你)(问好|问声好|打招呼|请安|说声你好)(来了|啦|呀|)(，(小机器人|朋友|老朋友)|)(！|。|)",
                "(打个招呼|问个好|跟你问好|向你问好)(。|！|)",
            ),
        },
        {"en": "Hello! How can I help you?", "zh": "你好！有什么可以帮你？"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "(good|a good|a very good|have a good) morning( to you| bot| everyone| glmbot| friend|)(!|.|)",
                "(morning|mornin|gm)( bot| all| friend|)(!|.|)",
                "(top of the morning|a lovely morning|good good morning|a beautiful morning|good morning|gooood morning|morning greetings)( to (you|everyone|all of you)|)(,|) (my friend|dear bot|little one|sunshine|how lovely the sun is|the sun is up|)(!|.|)",
            ),
            "zh": ("(早|早上好|早安|早啊|上午好|大家早|早呀|你早|您早)(！|。|，机器人|，朋友|，glmbot|)",),
        },
        {"en": "Good morning! How can I help you?", "zh": "早上好！有什么可以帮你？"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "(good|a good|a very good) (evening|afternoon)( to you| bot| everyone| glmbot| friend|)(!|.|)",
                "(evening|afternoon)( bot| all| friend| everyone)(!|.|)",
                "(good evening|good afternoon|a pleasant evening|a nice afternoon|a lovely evening)( to (you|everyone|all)|)(,|) (my friend|dear bot|little one|dear machine|)(!|.|)",
            ),
            "zh": ("(晚上好|下午好|中午好|傍晚好|午安)(！|。|，机器人|，朋友|，glmbot|啊|呀|)",),
        },
        {"en": "Hello! How can I help you?", "zh": "你好！有什么可以帮你？"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "how are (you|u|ya|things)( doing| today| feeling| this morning| tonight| right now| these days|)(?|)",
                "how (do you|d you) (do|feel)( today| now|)(?|)",
                f"how is {_MOOD_EN}( going| with you| so far| today|)(?|)",
                f"how's {_MOOD_EN}( going| with you| so far| today|)(?|)",
                "(are you|you|are you feeling|you feeling) (ok|okay|well|fine|good|alright|happy)( today|)(?|)",
                "(what's up|whats up|what is up|sup|wassup|what's new|how goes it|how have you been|you good)(?|)",
                "(hi|hello|hey)(,|!|) how are you( doing| today|)(?|)",
                "(how|and how) (has|is|was|are) (your (day|week|morning|evening)|life treating you|the world treating you|everything on your side|it all going|you holding up|you getting on|you keeping|everything)( been|)( so far| today| lately|)(?|)",
                "(i hope|hope) (you are|you're|all is|everything is) (well|fine|good|okay|doing well)( today| with you|)(?|.|!|)",
                "how are (you|u|we|things|ya) (doing |feeling |)(on |)(this |)(fine|lovely|sunny|rainy|fair|cold) (day|morning|evening|monday)(?|)",
            ),
            "zh": (
                "(你|您|)(今天|最近|现在|这几天|)(好吗|还好吗|怎么样|过得怎么样|过得好吗|心情怎么样|感觉如何|感觉怎么样|好不好|可好)(？|)",
                "(最近|近来|一切|今天)(好吗|怎么样|还好吗|如何|都好吗|顺利吗)(？|)",
                "(你好吗|还好吗|一切都好吗|怎么样啊|吃了吗|你吃饭了吗|忙吗|你忙吗|身体好吗)(？|)",
                "(你好|嗨|嘿)(，|！)(你|)(最近|今天|)(好吗|怎么样|还好吗)(？|)",
                "(你|您|你那边|你那里|日子|生活)(今天|最近|近来|这阵子|)(一切|都|过得|)(可好|还好吧|顺心吗|顺利吗|如何呀|咋样|开心吗|好着呢吧|怎么样呀)(？|)",
            ),
        },
        {"en": "I am fine, thank you. How can I help you?", "zh": "我很好，谢谢。有什么可以帮你？"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "(thanks|thank you|thx|ty|cheers|many thanks|thank u|tysm)( a lot| so much| very much| again| bot| for your help| for that|)(!|.|)",
                "(that was|that's|this was|you are|you were|you've been) (very |really |so |)(helpful|kind|useful|great|nice|good)(!|.|)( thanks| thank you|)",
                "(great|perfect|nice|cool|good|wonderful|awesome|excellent|ok)(,|!|) (thanks|thank you|well done|good job|thx)(!|.|)",
                "(i appreciate|i really appreciate) (it|that|this|your help)(!|.|)",
                "(thanks|thank you|thank you kindly|many many thanks|thanks a (bunch|ton|million|lot)|heaps of thanks|big thanks|my thanks|a thousand thanks|much obliged|thankful i am)(,|!|) (you (saved|made) my day|that (helped|was great|solved it|did it|is what i needed)( me|)|bot|my friend|for (everything|the answer|explaining|your patience|being here))(!|.|)",
                "(i'm|i am) (so |very |really |truly |)(grateful|thankful|obliged)( to you| for (that|your help|the answer)|)(!|.|)",
                "(good job|well done|nice work|you did well|good bot|nice one|bravo)(!|.|)",
            ),
            "zh": (
                "(谢谢|多谢|感谢|谢谢你|谢谢您|谢了|谢啦|十分感谢|非常感谢|太感谢了|感谢你|辛苦了|谢谢啦)(的帮助|的回答|，机器人|，再见|你的帮忙|)(！|。|)",
                "(你|您)(真|很|太|好|非常)(好|棒|厉害|有用|贴心|聪明|有帮助|不错)(了|)(！|。|，谢谢|)",
                "(好的|太好了|很好|不错|真棒|明白了|知道了|帮了大忙|回答得不错|答得好|做得好|干得好|厉害)(，|！)(谢谢|谢谢你|多谢|谢了|辛苦了)(！|。|)",
                "(做得好|干得好|真棒|回答得真好|太棒了)(！|。|)",
                "(真是|真的|实在|实在是|)(太|非常|万分|特别|十分)(谢谢|感谢|感激)(你|您)(了|啦|)(，(小机器人|朋友|帮了大忙|帮了我)|)(！|。|)",
                "(谢谢|感谢|多谢)(你|您)(帮|教|告诉|陪|给)(了|)(我|我们)(这么多|这么久|很多|大忙|答案|那么多)(！|。|)",
            ),
        },
        {"en": "You are welcome!", "zh": "不客气！"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "(bye|goodbye|good bye|bye bye|see you|see ya|see you later|see you soon|see you tomorrow|farewell|cya|so long)( bot| then| friend| glmbot|)(!|.|)",
                "(good night|goodnight|night night|sleep well|have a (nice|good|great) (day|evening|weekend|night|one))(!|.| bot|)",
                "(i have to|i must|i've got to|i need to|i will|gotta|i should|time to) (go|leave|run|go now|leave now|sleep|go to bed|go home)(,|.|) (bye|goodbye|see you|)(!|.|)",
                "(that's|that is|this is|that will be) (all|it|everything)( for (today|now)| i needed|)(,|.) (bye|goodbye|thanks and bye|see you)(!|.|)",
                "(talk|speak|write|chat) (to you |)(later|soon|tomorrow)(!|.|)",
                "(take care|until (next time|tomorrow|later)|catch you later|i'm off|i am off now|i'm leaving)(!|.|)",
                "(bye|goodbye|cheerio|farewell|so long|adieu|good night|night|see you|bye for now|ta-ta|toodle-oo)(,|) (until (next time|tomorrow|then|we meet again)|my (friend|dear bot)|little one|sleep (tight|well)|and take care|have a good one|i'm leaving|for today|for now|bot)(!|.|)",
            ),
            "zh": (
                "(再见|拜拜|拜|下次见|回头见|明天见|回见|一会儿见|后会有期|再会|晚安|祝你好梦|88)(！|。|了|啦|，机器人|，朋友|，glmbot|)",
                "(我|那我|好了，我|我得|我要|我该|我先)(走了|下线了|睡了|去睡觉了|去上班了|去忙了|先走了|回家了|休息了|溜了|撤了)(，再见|，拜拜|，晚安|，下次聊|)(！|。|)",
                "(下次|改天|明天|以后|回头)(再聊|再说|见|聊|再来找你)(吧|)(！|。|)",
                "(今天|)(就到这里|就这样|先这样|没别的事了|没事了|聊到这里)(吧|)(，再见|，拜拜|，晚安)(！|。|)",
                "(祝你|)(周末愉快|一天愉快|晚上愉快|有美好的一天)(，再见|！|。|)",
                "(拜拜|再见|晚安|回头见|拜拜啦|再见啦|告辞|先告辞了)(，|！|)(改天见|下回见|改日再聊|我走啦|做个好梦|早点休息|保重|朋友|小机器人|睡个好觉)(！|。|)",
            ),
        },
        {"en": "Goodbye! See you soon.", "zh": "再见！下次见。"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "(sorry|i am sorry|i'm sorry|my apologies|pardon|pardon me|my bad|oops sorry|forgive me|apologies)( about that| for that| bot| my mistake|)(!|.|)",
                "(i|i didn't mean to|didn't mean to) (apologise|apologize|be rude|disturb you|bother you)(.|)",
                "(i'm|i am|so|very|really|terribly) (so |very |truly |terribly |)sorry( about (that|this|it|the mess|that one|my words)| for (the trouble|the mistake|that|being late)|)(!|.|)",
                "(please |)(excuse|forgive|pardon) (me|my mistake|my typo|the mess|the trouble|my tone)(!|.|)",
            ),
            "zh": (
                "(对不起|抱歉|不好意思|真抱歉|我的错|是我错了|原谅我|请原谅|打扰了|打扰一下|失礼了|很抱歉)(，我说错了|，打错了|啊|了|)(！|。|)",
                "(真是|实在|非常|十分|)(对不起|抱歉|不好意思|过意不去)(你|啦|了|)(，(是我的错|刚才打错了|我弄错了|让你费心了|给你添麻烦了)|)(！|。|)",
            ),
        },
        {"en": "No problem at all.", "zh": "没关系。"},
    ),
    Intent(
        "courtesy",
        {
            "en": (
                "(ok|okay|alright|all right|i see|got it|understood|fine|sure|yes|yeah|yep|makes sense|right|good|great|cool|nice|perfect|wonderful)(!|.|)",
                "(ok|okay|alright|yes|ah|oh|well)(,|) (i see|got it|understood|fine|good|sure|i understand|makes sense|that's clear|that is clear)(!|.|)",
                "(no|nope|nothing|no thanks|no thank you|not really|never mind|nevermind|forget it|nothing else|that's all)(!|.|)",
            ),
            "zh": (
                "(好|好的|好吧|嗯|嗯嗯|行|可以|明白|明白了|知道了|懂了|了解|收到|原来如此|是的|对|没错|ok|哦|这样啊|清楚了)(！|。|)",
                "(没有|没有了|没事|没什么|不用了|不用|算了|没了|没别的了|不需要)(！|。|)",
            ),
        },
        {"en": "All right. Just ask when you need something.", "zh": "好的，有需要就问我。"},
    ),
)
