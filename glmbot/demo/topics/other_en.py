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
    "(i wonder|i've been wondering|i ask myself|i'd love to know|it puzzles me|nobody can tell me) (why|how|when|whether) (people {act}|{person} became famous|{thing} came about|{thing} will change the world|we need {thing}|the universe began|my {kin} loves {thing})(.|?|)",
    "(could|would|can) you (be so kind as to |possibly |please |) (write|draft|compose|outline|prepare) (me |) (a short|a long|a funny|a formal|an honest) (poem|letter|essay|speech|story|review|toast|cover letter|blog post) (about|on|for) ({thing}|{person}|my {kin}|{place})(?|.|)",
    "(make|invent|think up|come up with) (a|some|another) (joke|rhyme|riddle|slogan|bedtime story|pun|plot|title|tongue twister) (about|with|involving) ({thing}|{person}|a {colour} {kind}|my {kin})(.|?|)",
    "(knock knock|got any jokes|know any jokes|make me smile|cheer me up|say something funny|tell us a good one|crack a joke|a joke please|one more joke)(.|!|?|)",
    "(do i need|should i take|should i bring|is it worth taking) (an umbrella|a coat|sunglasses|a jacket|snow boots)( {time}| in {place}|)(?|)",
    "(how|what) (hot|cold|windy|wet|sunny|will the weather be|does the sky look) (is it|will it be|is it going to be|) (in {place}|outside|over there)( {time}|)(?|)",
    "(in|around) (what|which) (year|century|decade|month) (did|was|were) ({person} born|{thing} invented|the war end|{place} founded|the wall fall|{person} die|america discovered)(?|)",
    "(what led to|what caused|what ended|who started|who fought in|what were the consequences of) (world war one|the french revolution|the cold war|the fall of rome|{thing}|the great depression|the civil war)(?|)",
    "(how long|at what temperature|how often) (do i|should i|must i|does one) (boil|bake|fry|cook|roast|water|wash|charge|feed) ({thing}|an egg|potatoes|a turkey|the cactus|my phone|the dog)(?|)",
    "(got|have you got|is there|looking for|need|share) (a|any|an easy|a quick|a vegan|your best) recipe(s|) (for|with|using) ({thing}|pancakes|lasagne|leftover rice|two eggs|lentils|tomatoes)(?|.|)",
    "(who|which party|which candidate) (is ahead|leads|should i vote for|is running|will be elected|lost|won) (in|at) (the (election|polls|primary|vote|referendum))( {time}| in {place}|)(?|)",
    "(which|what) (team|club|player|driver|athlete) (won|scored|leads the league|plays|is the best|was transferred|broke the record)( {time}| in {place}| in 1990|)(?|)",
    "(how did|did) (the match|the game|liverpool|the final|our team|bayern|the lakers|the race) (end|go|win|lose|finish)( {time}|)(?|)",
    "(why does|why is|what's wrong with|how do i fix|debug|review|refactor|optimise) (my|this) (loop|query|regex|function|css|for loop|build|docker container|python script|pointer|unit test)( so slow| broken| not working| failing|)(?|.|)",
    "(implement|code|write me|build) (a|an) ({kind} app|web server|linked list|sorting algorithm|tic tac toe game|hash map|login page|calculator|web scraper|todo list) (in|with|using) (python|java|rust|go|c|javascript|{invented})(.|?|)",
    "(i|my {kin}) (feel|feels|have felt|has been feeling) (lonely|sad|stressed|unloved|burnt out|anxious|dizzy|sick|lost)( {time}|)(.|,|;) (what should i do|any advice|help|what would you do|talk to me)(?|.|)",
    "(should|shall|would) i (quit my job|marry my {kin}|buy {thing}|move to {place}|{act}|tell the truth|forgive {person}|get a divorce|lie to my {kin})(?| or not?|)",
    "(what|which) advice (would you give|do you have|is good) (to someone who wants to {act}|for my {kin}|on {thing}|for a broken heart|to a young person)(?|)",
    "(is there|what is|what's) (a god|life after death|free will|the meaning of life|the point of it all|truth|beauty|justice|evil|the soul|a good life)(?|)",
    "(do we|can we|do animals|do machines|can robots) (have free will|think|feel pain|dream|have a soul|live forever|know anything|fall in love)(?|)",
    "(what|how) would (the world|life|{place}|humanity|my {kin}) (be|look|feel) (like |) (without {thing}|in 100 years|if {person} ruled|on mars|with no money)(?|)",
    "(teach|train|coach|show|instruct) (me|us|my {kin}) (about {thing}|some physics|to {act}|the basics of {thing}|a card trick|the alphabet in greek|the guitar)(.| please|?|)",
    "(explain|describe|outline|summarise|sketch) (how {thing} works|the causes of inflation|the plot of {invented}|the theory of relativity|what {person} did|the rules of chess|why we dream)( briefly| in simple words| to my {kin}| in three sentences|)(.|?|)",
    "(give|offer|list|name) (me |us |) (the pros and cons of|three arguments for|some criticism of|five facts on|the history of|the steps to make) ({thing}|{person}|a {kind})(.|?|)",
    "(plan|organise|arrange|schedule) (a|my|our) (trip to {place}|birthday party|holiday|workout|meal plan|wedding|week|study plan)( for {time}| with {thing}|)(.| please|)",
    "(what|which) ({kind}|gift|present|name|outfit|haircut|laptop|career) (suits|fits|should i give to|is right for|would impress|would you pick for) (me|my {kin}|{person}|a baby|a student)(?|)",
    "(how many|what number of) (legs|bones|moons|strings|players|teeth|continents|wives|keys|states|letters|grams) (does|do|did) ({person}|a {kind}|a spider|jupiter|a guitar|the human body|{place}|the alphabet) have(?|)",
    "(whose|who's|which person's) (idea|invention|painting|song|book|quote) (was|is) ({thing}|this|that|the light bulb|{invented})(?|)",
    "(why|how come) (don't|won't|can't|didn't) (you|we|people|cats|{person}|they) (fly|{act}|like {thing}|live in {place}|tell the truth|answer me properly|eat {thing})(?|)",
    "(my|the) (phone|laptop|washing machine|car|printer|heating|wifi|{kin}) (won't start|is broken|makes a strange noise|is leaking|doesn't work|won't print|keeps crashing)(.|,) (what now|any idea|help|how do i fix it|why)(?|)",
    "(is|are) ({thing}|{kind}s|mushrooms|tomatoes|bats) (good for you|poisonous|a fruit or a vegetable|dangerous for dogs|worth the money|extinct|legal in {place}|overrated)(?|)",
    "(which|who|what) (is|was|are) (better|stronger|older|faster|healthier|cheaper|more famous)(,|:|) ({thing}|{person}|a lion) or ({person}|{place}|a tiger|a {kind})(?|)",
    "(where|how) (did|does|do) (the word|the name|the custom|the idea of) ({invented}|{thing}|tuesday|shaking hands) (come from|originate|start|arise)(?|)",
    "(compare|contrast|rank|rate|review|judge) ({thing}|{person}|{place}|this film) (and|with|against) ({place}|{person}|a {kind}|{invented})(.| please|)",
    "(act|speak|talk|answer|write|reply) (like|in the style of) ({person}|a pirate from {place}|a news reader|shakespeare|my {kin}) (about|on) {thing}(.|)",
    "(how do i|what's the best way to|any tips on how to|is it possible to|i can't manage to) (get over a breakup|tell my {kin} the truth|ask for a raise|negotiate rent|apply for a visa|treat a burn|cure a cold|stop hiccups|calm a baby|sleep on a plane)(?|.|)",
    "(what|which) (symptoms|vitamins|side effects|exercises|medicines) (does|do|has|help with|come with|are good against) (the flu|a cold|back pain|{thing}|stress|a headache)( have|)(?|)",
    "(book|order|reserve|get|find) (me |us |) (a taxi|a table for two|a flight to {place}|tickets for {time}|a pizza|a hotel in {place}|a dentist)(.| please|?|)",
    "(who was the first|who is the youngest|who is the tallest) (man on the moon|{kind} star|woman in space|president of {place}|person to {act})(?|)",
    "(continue|finish|complete) (the story|this sentence|the lyrics|the poem|the proverb)(:|,) (once upon a time {person}|a bird in the hand|roses are {colour}|to be or not to be|my {kin} {invented})(...|.|)",
    "(guess what|you won't believe it|listen|big news|so)(:|,|.) (my {kin} bought {thing}|i passed the exam|i met {person}|we are moving to {place}|it snowed {time}|i broke my leg|i got a new {kind})(.|!|)",
    "(what did|what does|what will) (my {kin}|{person}|the doctor|the government) (say|think|want|do|decide) (about {thing}|{time}|in {place}|next)(?|)",
    "(let's|shall we|can we|wanna) (discuss|debate|gossip about|philosophise about|play|sing|watch|talk philosophy about) ({thing}|{person}|hangman|{invented}|politics|a {kind})(?|.|)",
)
