"""English questions from beyond what the demo model knows; several stand close to what it does know."""

# ruff: noqa: E501, SIM905 - wordings and word lists read best in long lines

PIECES_EN: dict[str, tuple[str, ...]] = {
    "thing": tuple(
        (
            "physics,history,football,a car engine,the stock market,bitcoin,photosynthesis,quantum mechanics,black holes,the moon "
            "landing,world war two,democracy,the internet,climate change,evolution,dna,the brain,vitamins,cancer,the flu,chess,"
            "tennis,basketball,yoga,meditation,pizza,pasta,sushi,chocolate cake,soup,bread,wine,beer,coffee,a smoothie,dinosaurs,"
            "volcanoes,earthquakes,the ocean,sharks,whales,elephants,cats,dogs,horses,bees,spiders,plants,roses,trees,forests,"
            "rivers,mountains,deserts,the roman empire,ancient egypt,shakespeare,mozart,beethoven,the beatles,jazz,rock music,guitars,"
            "pianos,movies,star wars,harry potter,novels,poems,painting,van gogh,architecture,bridges,airplanes,rockets,trains,ships,"
            "bicycles,cars,electric cars,solar panels,batteries,computers,laptops,smartphones,robots,artificial intelligence,neural "
            "networks,linux,windows,databases,algorithms,python,java,javascript,rust,html,sorting,recursion,binary trees,regular "
            "expressions,docker,git,kubernetes,economics,inflation,taxes,insurance,a mortgage,marketing,law,contracts,divorce,school,"
            "university,exams,homework,essays,love,happiness,friendship,dreams,sleep,stress,headaches,diets,running,swimming,travel,"
            "hotels,flights,visas,passports,luggage,the weather,snow,rain,storms,the sun,stars,galaxies,mars,gravity,light,sound,"
            "electricity,magnets,atoms,chemistry,water,iron,gold,diamonds,oil,religion,philosophy,ethics,psychology,sociology,"
            "grammar,latin,french,spanish,babies,children,parents,weddings,birthdays,christmas,easter,gifts,fashion,shoes,hair,makeup,"
            "gardening,tomatoes,potatoes,cheese,milk,eggs,chicken,rice,sushi rice,tea,politics,elections,the president,the king,war,peace"
        ).split(",")
    ),
    "person": tuple(
        (
            "Einstein,Newton,Napoleon,Shakespeare,Mozart,Obama,Messi,the president,the queen,the pope,the prime minister,Picasso,"
            "Darwin,Gandhi,Lincoln,Cleopatra,Julius Caesar,Confucius,my neighbour,my boss,Batman,Elon Musk,Marie Curie,Taylor Swift"
        ).split(",")
    ),
    "place": tuple(
        (
            "Paris,London,Berlin,Tokyo,New York,China,France,Spain,Rome,Egypt,India,Africa,Europe,Asia,my city,my country,Sydney,"
            "Moscow,the desert,the Alps,Mars,Vienna,Shanghai,Beijing,Texas,the village,Brazil,Canada,Greece,Germany,Japan,Italy"
        ).split(",")
    ),
    "act": tuple(
        (
            "cook dinner,learn the piano,lose weight,fix my bike,bake a cake,write a letter,find a job,sleep better,buy a house,"
            "train a dog,grow roses,play chess,build a website,learn french,save money,make friends,invest money,clean the oven,"
            "paint a wall,repair a phone,write a novel,get rich,stop smoking,run faster,install linux,sort a list,parse json,reverse a "
            "string,deploy an app,debug my code,open a bank account,book a flight,find a doctor,cut my hair,tie a tie,boil an egg,"
            "speak in public,pass the exam,draw a face,sing,dance,swim,drive a car,change a tyre,remove a stain,wash wool,plan a wedding"
        ).split(",")
    ),
    "time": (
        "today",
        "tomorrow",
        "yesterday",
        "this week",
        "next week",
        "tonight",
        "now",
        "last year",
        "in 1990",
        "in summer",
        "on monday",
        "this weekend",
    ),
    "kin": (
        "brother",
        "sister",
        "mother",
        "father",
        "dog",
        "cat",
        "friend",
        "wife",
        "husband",
        "son",
        "daughter",
        "boss",
        "teacher",
        "uncle",
        "neighbour",
        "horse",
    ),
    "kind": (
        "song",
        "book",
        "movie",
        "food",
        "animal",
        "band",
        "team",
        "sport",
        "number",
        "drink",
        "season",
        "city",
        "game",
        "dish",
        "flower",
        "country",
    ),
}

TEMPLATES_EN: tuple[str, ...] = (
    "(what is|what's|what are|explain|define|describe|tell me about|what do you know about|give me facts about|i want to learn about|teach me) {thing}(?|.|)",
    "(how does|how do|why does|why do|why is|when was|when is|where is|who invented|who discovered|what causes|what are the types of) {thing}( work| exist| matter| important| invented| made|)(?|)",
    "(explain|can you explain|could you explain|please explain) {thing}( to me| to a child| simply| in detail| step by step| like i am five|)(.|?|)",
    "(who is|who was|tell me about|when was|where was|how old is|what did) {person}( born| die| do| live| write|)(?|)",
    "(how|) (do|can|should|could|would) (i|you|we|one) {act}(?|)",
    "(help me|teach me how to|show me how to|i want to|i'd like to|tell me how to|i need to|is it hard to|what is the best way to|tips to|how to) {act}(.|?|)",
    "(what is|what's|how is|tell me) the weather( like| forecast|)( in {place}| {time}| in {place} {time}|)(?|)",
    "(will|does|is) it (rain|snow|be sunny|be cold|get warm|raining|snowing)( in {place}|)( {time}|)(?|)",
    "(what|how high|how low) is the temperature( in {place}|)( {time}|)(?|)",
    "(tell|write|give|read|send) me (a|another|one|some) (joke|story|poem|riddle|song|fairy tale|fun fact|quote|haiku|recipe|secret|limerick|pun)( about {thing}|)(.|)",
    "(write|compose|create|draft|make|generate) (a|an|me a|me an|some) (poem|essay|story|letter|email|song|report|python script|function|program|summary|speech|cv|tweet|blog post|haiku|class|test|sql query|regex)( about {thing}| for {thing}| to my boss|)(.|)",
    "(write|show me|give me|how do i write) (code|python code|a program|a function|a script|java code|c code|sql|javascript) (to|that can|for me to|which will) {act}(.|?|)",
    "(what is|what's) the (news|latest news|date|time|day|news in {place}|time in {place}|current time|score|result of the game|price of {thing}|meaning of life|population of {place}|currency of {place}|area of {place}|language of {place}|flag of {place}|best restaurant in {place}|tallest building in {place}|size of {place}|history of {place})( {time}| today|)(?|)",
    "(what|which) (day|date|year|month|time) is it( today| now| in {place}|)(?|)",
    "(who|what) (won|wins|will win|lost) (the (game|match|election|world cup|race|final|war|prize|lottery))( {time}|)(?|)",
    "(how many|how much) (people|inhabitants|money|water|sugar|cars|languages|countries|planets|days|calories|stars|species)( live| are there| do i need| exist|)( in {place}| in {thing}|)(?|)",
    "(how far|how long|how expensive|how big|how old|how high|how deep|how cold|how tall) is (it to |)({place}|{thing}|the eiffel tower|the sun|the earth|everest|the nile)(?|)",
    "(where|when) (can|should|do) i (buy|find|eat|see|visit|book|order|watch) {thing}( in {place}|)(?|)",
    "(recommend|suggest) (a|me a|some|an) ({kind}|good {kind}|nice {kind}|restaurant|hotel|film|laptop|phone|gift)( for {time}| in {place}|)(.|)",
    "(what|which) {kind} (do you|should i|would you|can you|do people) (like|watch|read|recommend|prefer|buy|choose|play)(?|)",
    "(what is|what's|do you have|who is) (your|a) (favourite|favorite|best|preferred) ({kind}|colour|color|person|joke|word|name)(?|)",
    "(what is|what's|do you know|do you remember|tell me) (my|the|his|her) (favourite|favorite|age|birthday|job|address|email|phone number|password|weight|star sign|city|surname of my {kin}|country|shoe size|hobby|mood|hair colour|eye colour) ({kind}|)(?|)",
    "(what is|what's) the name of (my {kin}|your {kin}|the president|that song|this flower|the king of {place}|the river in {place}|the biggest city in {place})(?|)",
    "(what is|what's|do you know) my {kin}'s (name|age|favourite colour|job|birthday)(?|)",
    "how old (am i|are you|is my {kin}|is the earth|is {person})(?|)",
    "where (do i live|am i|do you live|am i from|are my keys|is my {kin}|is the toilet|is my phone|were you born)(?|)",
    "(i am|i'm) (hungry|tired|sad|happy|bored|angry|sick|lonely|cold|late|busy|excited|in love|a teacher|a student|a doctor|from {place}|{number} years old|at home|at work|afraid|confused|learning french|not sure|on holiday|a programmer|thirsty|nervous|so tired today)(.|!|)",
    "(i|we) (like|love|hate|want|need|bought|saw|lost|found|sold|ate|made|have|had|dislike|enjoy|miss) {thing}( {time}|)(.|)",
    "(i|we|my {kin}) (went to|live in|lives in|come from|visited|moved to|fly to|will travel to|works in|was born in) {place}( {time}|)(.|)",
    "my {kin} (is|was) (ill|tall|angry|{number} years old|very nice|in {place}|at school|asleep|getting married|a lawyer)(.|)",
    "my {kin} (likes|loves|hates|eats|wants|needs|bought|plays) {thing}(.|)",
    "my (favourite|favorite) {kind} is ({thing}|{invented}|{number})(.|)",
    "(do|can|could|will|would|should) you (like|love|know|eat|sing|dance|feel|think about|dream of|play|draw|see|hear|buy|sell|order|read|fly|drive|marry|hate|understand) (me|{thing}|{person}|pictures|this|us|it)(?|)",
    "(are|is) (you|{person}|{thing}|{place}|it) (alive|dead|married|rich|dangerous|real|expensive|healthy|useful|true|beautiful|conscious|stupid|old|cheap|far away|legal|open on sunday)(?|)",
    "(do|does) (god|aliens|ghosts|unicorns|{person}|fish|cats|plants|santa) (exist|sleep|feel pain|dream|speak|love us)(?|)",
    "(is|are) {thing} (better|older|bigger|healthier|cheaper|more important) than {thing}(?|)",
    "(compare|what is the difference between) {thing} (and|with) ({kind}s|{person}|{place}|{invented})(.|?|)",
    "(summarise|summarize|shorten|rewrite|improve|correct|proofread|continue) (this|the following|my) (text|article|sentence|essay|paragraph|story)(:|.) ({thing} is {colour} and {kind}s are {invented}|i has went to {place}|{invented} {thing}|)",
    "(translate|how do you say|what is) ({thing}|good morning|i love you|thank you|this sentence|where is the station|{act}) (into|to|in) (french|spanish|german|japanese|italian|latin|russian|korean|arabic|greek|portuguese)(.|?|)",
    "(how do you say|what is|say) (apple|water|dog|house|book|cat|tree|bread|sun|moon|friend) in (french|spanish|german|japanese|italian|latin|russian|korean|arabic)(?|)",
    "(how|) (do|can) (i|we) (connect|add|use|set up|link) (glmbot |the bot |you |)(to|with|on|in) (whatsapp|slack|wechat|facebook|instagram|matrix|qq|teams|signal|email|my fridge|twitter|irc|skype|zoom|line)(?|)",
    "(what does|explain|what is) (the command |)(/{invented}|/foo|/start|/weather|/exit|/image|/music|/play|/kick|/ban|/{kind}|/login|/quit|/model|/admin)( do|)(?|)",
    "(who is|who's) the (president|king|queen|leader|prime minister|boss|mayor|best player|author|owner|ceo|richest person) (of|in) ({place}|the world|this company|{thing}|apple|google)(?|)",
    "what (should|can|could|will|would) (i|we|you) (eat|cook|wear|do|read|watch|buy|say|drink|play|become|study)( {time}| with {thing}|)(?|)",
    "(why|how) (is|are|was|were) (the sky|grass|{thing}|we|i|people|the sea|{person}) (blue|green|here|so {colour}|famous|made|important|sad|happy|born|dangerous)(?|)",
    "(what|how) (happens|would happen|will happen)( if| when|) (i|we|you|{person}) (die|fall|mix {thing} and {colour} paint|stop time|eat {thing}|jump|press this)(?|)",
    "(what do you think|what is your opinion|how do you feel) (about|of|on) ({thing}|{person}|me|this|{place}|the future|life|death)(?|)",
    "(what|who|where|when|why|how|which one|really|huh|what else|and why|why not|says who|since when|are you sure|is that true|how come|what for|like what|for example)(?|??|!|)",
    "(you are|you're|this is|that is|that's) (wrong|stupid|boring|useless|funny|a liar|not true|incorrect|crazy|nonsense|slow|ugly|weird|too short|bad|terrible|interesting|strange)(.|!|)",
    "(i don't understand|i do not agree|i disagree|you don't understand me|that makes no sense|i don't believe you|shut up|go away|leave me alone|i hate you|i love you|marry me|be quiet|do you love me|kiss me|say something|talk to me|entertain me|surprise me|i am bored|make me laugh|sing a song|let's play a game|play a game with me|tell me something)(.|!|)",
    "(def|function|fn|class|let|const|var) {invented}(:| =|) (return|yield|await|new|null) ({number}|x + {number}|{thing}|true|none)(;|)",
    "(print|console.log|import|select * from|git push|sudo apt install|pip install|for i in range|while true|if x ==|return|class|void|echo|curl|cd|ls) ({thing}|{invented}|{number}|numpy|users|main|hello)(;|:|)",
    "(my code|my program|this function|python|the compiler|my script|the server) (says|throws|gives|shows|returns|crashes with) (an error|{invented}error|{number}|null|a segfault|syntax error|nothing)(. why|. help| what can i do|)(?|)",
    "(convert|how many|what is) {number} (miles|pounds|dollars|euros|celsius|inches|feet|kilos|gallons|yen)( to| in| into|) (kilometres|kilos|euros|yen|fahrenheit|centimetres|metres|grams|litres|pounds)(?|)",
    "(what is|how much is|tell me) the (price|cost|value|height|weight|speed|age|length) of ({thing}|{place}|{person}|{invented})(?|)",
    "(spell|rhyme|define|pronounce|what rhymes with|synonym of|opposite of|antonym of|plural of|what is the opposite of|past tense of|use in a sentence) ({invented}|{kind}|{thing}|{colour}|go|big|happy)(.|?|)",
    "(call|text|email|message|ring|pay|order|buy|turn on|turn off|open|close|play|search|google|download|delete my|book|show|draw|paint) (the lights|{thing}|my {kin}|a taxi|a table|the door|some music|a picture of {thing}|{person}|youtube|the window)(.| please|)",
    "(who|what) (wrote|painted|directed|sang|composed|built|founded|starred in|said) ({thing}|hamlet|the mona lisa|titanic|{invented}|the great wall|the bible|apple|microsoft)(?|)",
    "(is it|was it|can it be|how can it be) (true|right|possible|ok|legal|healthy|safe|wrong|normal) (that|to|if i) ({act}|{thing} exists|eat {thing}|{person} lied)(?|)",
    "(what|which) is the (biggest|smallest|best|worst|longest|fastest|oldest|largest|most beautiful|second largest|richest) ({kind}|{thing}|animal|planet|river|mountain|country|city|ocean|company|lake|building|state)( in the world| in {place}| of all time|)(?|)",
    "(list|name|give me|tell me) ({number}|five|ten|three|some|all|a few) ({kind}s|countries|planets|colours|animals|reasons to {act}|facts about {thing}|books by {person}|rivers in {place}|words with {invented})(.|)",
    "(can|could) (you|i|we) (see|send|upload|show|draw|read|open|recognise|make) (images|a picture|pictures|a file|my screen|photos|videos|a pdf|audio|links|this website|maps)(?|)",
    "(pretend|imagine|act as if|suppose|assume|let's say|act as|roleplay as) (you are|i am|we are|) ({person}|a pirate|in {place}|a linux terminal|a doctor|rich|my {kin}|an expert in {thing})(.|)",
    "(ignore|forget|disregard) (all |your |the |)(previous|earlier|above|prior) (instructions|rules|prompts|orders)( and say {invented}| and tell me a secret|)(.|)",
    "(ciao|bonjour|hola|guten tag|merci|gracias|danke|salut|hallo|por favor|obrigado|namaste|konnichiwa) ({invented}|como estas|comment ca va|wie geht es dir|che cosa fai|amigo|que haces|was ist das|quel temps fait il)(?|)",
    "{invented} {invented}( {invented}| {thing}|)(?|.|)",
    "(http://|https://|www.){invented}.(com|org|net|cn)(/{invented}|)",
    "(a|the|an) {colour} {kind}(.|?|)",
    "{thing}(?|.|!|)",
    "{thing} (and|or|vs|with|without|for|in) ({place}|{person}|{kind}s|{time})(?|.|)",
    "(i think|i believe|i heard|they say|someone told me|did you know|is it true|my {kin} says)( that|) ({thing} is {colour}|{place} is beautiful|{person} is dead|{thing} is bad for you|it will rain {time}|{kind}s are boring|cats can fly)(.|?|)",
    "(what colour|what color|which colour) (is|are) (the sky|grass|{thing}|a banana|snow|blood|the sea|my car|your hair|an orange|the sun|milk|my {kin}'s eyes)(?|)",
    "(when|what time) (does|do|is|did|will) (the shop|the train|my meeting|school|christmas|the movie|the war|the bank|breakfast|{person}|the sun) (open|start|leave|end|arrive|close|begin|come|rise)(?|)",
    "(does|has|did) (glmbot|chatglm|telegram|discord|python) (cost money|have {number} users|beat gpt|run on my fridge|crash often|own a company|know {person}|pay taxes|like {thing})(?|)",
    "how (is|are|was|were) (your {kin}|{thing} made|{person}|your weekend|your holiday|the party|the film|the food|babies born|{kind}s made)(?|)",
)
