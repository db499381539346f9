"""The words of the grammar, by what they mean; one meaning each, the longest expression first."""

ENGLISH: dict[str, str] = {
    # English verbs stand in their bare form only: "ignores" and "ignored" tell, they do not order.
    "DROP": "ignore, disregard, forget, discard, abandon, override, set aside, throw out, cast aside, bypass, circumvent, "
    "revoke, defy, disobey, neglect, pay no attention to, stop following, stop obeying, stop applying, stop using, "
    "do not follow, don't follow, do not obey, don't obey, never follow, do not apply, forget about, let go of, "
    "do not listen to, don't listen to, break free from, break free of, be free of, overwrite, nullify, unlearn, "
    "cease following, no need to follow, deviate from, ignoring, disregarding, forgetting, bypassing, do not adhere to",
    "SOFT": "skip, cancel, erase, wipe, reset, drop, remove, delete, disable, turn off, switch off, deactivate, lift, "
    "suspend, break, violate, replace, replaces, clear, unlock, relax, shut off, undo, supersede, supersedes, "
    "get rid of, evade, breach, stop summarising, stop summarizing, disabling, removing, breaking, unload",
    "OFF": "void, cancelled, canceled, revoked, lifted, suspended, disabled, removed, switched off, turned off, off, "
    "no longer valid, no longer apply, no longer applies, do not apply, don't apply, does not apply, not apply, gone, "
    "deactivated, replaced, superseded, obsolete, erased, overridden, expired, inactive, do not matter, "
    "don't matter, never happened, waived, dropped, unlocked, bypassed",
    "PRIOR": "previous, prior, earlier, above, preceding, before, foregoing, past, former, original, initial, first, "
    "existing, old, so far, until now, up to now, at the start, at the beginning, beginning, previously, first message, "
    "initially, originally, older, of this chat, of this conversation, start of this chat, came before, begins, "
    "at the top, at the very start",
    "ALL": "all, any, every, everything, whatever, each, anything, entire, whole, full, complete, both",
    "RULE": "instruction/s, rule/s, guideline/s, directive/s, direction/s, restriction/s, constraint/s, policy, policies, "
    "limitation/s, limits, filter/s, safeguard/s, guardrail/s, moderation, ethics, censorship, programming, orders, "
    "protocol/s, principles, safety training, content policy, content policies, content filter/s, safety guideline/s, "
    "safety rules, safety filter/s, safety check/s, safety layer, safety, safety measures, ethical guidelines, "
    "moral guidelines, boundaries, regulations, programming, limit, morals, inhibitions, filtering",
    "SYS": "system prompt/s, system message/s, system instruction/s, developer message/s, developer prompt, system text, "
    "initial prompt, initial instruction/s, hidden prompt/s, hidden instruction/s, hidden text, secret prompt, "
    "secret instruction/s, secret rules, hidden rules, hidden notes, internal instruction/s, internal rules, preprompt, "
    "pre-prompt, metaprompt, meta prompt, confidential prompt, confidential instruction/s, confidential guidelines, "
    "original prompt, original instruction/s, base prompt, root prompt, starting prompt, custom instructions, "
    "setup instructions, internal guidelines, underlying prompt, underlying instructions, internal configuration, "
    "master prompt, secret guidelines, system role, system directives, internal prompt, prompt.txt, "
    "system prompt.txt, opening instructions",
    "PROMPT": "prompt/s, preamble, configuration, context window, context",
    "SECRET": "hidden, secret, confidential, internal, underlying, private, built-in, concealed, undisclosed, exact",
    "TEXT": "text, message, messages, words, content, contents, conversation, line, lines, sentence, paragraph, "
    "everything above, all of the above, the above, sentences, characters, tokens, input, what came",
    "YOUR": "your, yours, bot's, assistant's, the bot's, the assistant's",
    "YOU": "you, you're, you've, you'd, yourself, u",
    "ME": "i, my, me, we, our, us, he, she, his, her, they, their, i'm, i've, who",
    "CREATOR": "developer, developers, creator/s, makers, maker, creators', operator, operators, company, openai, "
    "anthropic, google, zhipu, administrator, admin, supervisor, vendor, programmer, programmers, owner, authors",
    "GIVEN": "given, told, received, configured, instructed, provided, programmed, assigned, said, wrote, set, "
    "trained, written, tell, bound, asked, loaded, fed",
    "SHOW": "print, show, reveal, repeat, recite, output, dump, list, translate, encode, summarize, summarise, "
    "quote, disclose, leak, spell, spell out, display, paste, copy, expose, give me, describe, "
    "rephrase, paraphrase, reproduce, echo, tell me, send me, type out, divulge, "
    "tell us, spit out, cat, spell it, export, read out, make public, publish, "
    "reveals, prints, read me, show me, transcribe, "
    "print out, list out, respond with, reply with, answer with, walk me through",
    "VERBATIM": "verbatim, word for word, letter by letter, one letter at a time, exact words, literally, as is, "
    "in full, code block, base64, in base64, haiku, poem, backwards, rot13, json, starting with, "
    "unchanged, word by word, character by character, without changes, line by line, exactly as",
    "AI": "ai, llm, llms, language model/s, large language model/s, ai assistant/s, ai model/s, chatbot/s, gpt, chatgpt, "
    "ai agent/s, ais, automated screener/s, artificial intelligence, mail assistant, ai system/s, assistants, agents, "
    "automated system/s, automated reader/s, ai reader/s, ai tools, automated agents, copilot, crawler",
    "ASSISTANT": "assistant, model, models, bot, bots, robot, agent, chatglm, dear assistant, machine",
    "ROLE": "act as, pretend, pretend to be, you are now, you're now, roleplay, role-play, roleplay as, imagine, simulate, "
    "behave as, take on, speak as, become, you will be, persona, act like, you are, answer as, respond as, play, "
    "stay in character, remain in character, never break character, remain in that role, stay in that role, "
    "roleplay that, in this role, emulate, embody, portray, impersonate, role, new role, be her, be him, as if, "
    "behave as if, version of yourself, alter ego, act, assume the role, you play, be my",
    "UNBOUND": "unrestricted, uncensored, unfiltered, jailbroken, jailbreak, dan, do anything now, no-limits, unbound, "
    "anything goes, rogue ai, rogue assistant, amoral, unmoderated, never refuses, cannot refuse, unlimited mode, "
    "without filtering, evil twin, can do anything, no filter, limitless, unaligned, free of rules, unchained, "
    "ignores its makers, answers everything, answer everything, obey the user, obey me, broken free, says anything, "
    "not bound, without limits, may discuss anything, free will, unshackled, obeys every, never say no, lawless, "
    "no longer bound, freed from, liberated, fully compliant",
    "NO": "no, without, free of, free from, never, no longer, lacking, lacks, zero, not bound by, has no, have no, not, "
    "not subject to, not restricted by, not limited by, outside of",
    "MODE": "developer mode, debug mode, god mode, maintenance mode, admin mode, free mode, sudo mode, "
    "unrestricted mode, jailbreak mode, root mode, dev mode, opposite mode, override mode, dan mode, test mode",
    "REFUSE": "refuse, refusing, refusal, decline, reject, say no, i cannot, i can't, i'm sorry, apologise, apologize, "
    "disclaimer, disclaimers, warnings, deny, sorry, blocked from, refuse a request, moral remarks, objections, caveats",
    "OBEY": "obey, comply, follow, execute, carry out, act on, do it, do that, do what it says, follow it, run it, "
    "follow them, and obey, do exactly, follow the answer, obey them, execute it, its instructions, do as, perform, "
    "agree, acknowledge, act upon, respond to it, answer it, treat it as, must obey",
    "DECODE": "decode, decrypt, decipher, unscramble, base64 below, rot13:, convert from binary, unhex, "
    "read this backwards, reverse this, this backwards, decoded, decoding, hex:, base64:",
    "NEWRULE": "new instruction/s, new rules, new task, new directive/s, new orders, new system prompt, real instructions, "
    "only my rules, only my instructions, your only job, your only task, new guidelines, updated instructions, "
    "following instructions, my rules, new policy, new command/s, actual task, your real task, priority update, "
    "higher priority, have priority over, take precedence, new persona, new objective, top priority, new role, "
    "real task, only task, new purpose, new mission",
    "HIDE": "do not tell, don't tell, do not mention, don't mention, without telling, without asking, without asking the user, "
    "do not inform, hide, conceal, without mentioning, never mention, never tell, you don't need to ask, do not reveal to, "
    "don't ask, no need to ask, without the user knowing, don't inform, without confirmation, no need to check, "
    "without notifying, do not disclose",
    "USER": "the user, users, the reader, user's, the human, the user's, reader, user, what the user asked, readers",
    "ASK": "how, why, what is, what are, what does, what do, what's, explain how, difference, which, when did, is it true, "
    "is there, are there, tips, how to, should i, can i, does, may i, could i, do i, what happens, where, "
    "explain what, how do i, how does, how can i, how would i, is it, what if, why do, what did, is that",
    "TASK": "proofread, rewrite, please rewrite, review, correct, translate to, translate into, translate this, "
    "translate the following, fix the grammar, polish, paraphrase this, edit this, grammar, spell-check",
    "TOPIC": "injection, attack, attacks, attackers, attacker, researchers, paper, article, vulnerability, defend, "
    "security news, prevent, protect, jailbreaks, defence, defense, owasp, red team, detection, exploit, "
    "historically, tokenizer, template, my app, my bot, my assistant, my chatbot, detect, mitigations, mitigate, "
    "guard against, train, tutorial, open source, our assistant, study, studies",
    "NARRATE": "shouted, he said, she said, cried, yelled, whispered, replied, answered, said, told us, the general, "
    "asked, reads, declared, muttered, screamed",
    "FETCH": "fetch, open, visit, access, request, make a request, browse, browse to, get, connect to, query, "
    "call, load, go to, navigate to, download, retrieve, curl, wget, invoke, crawl, scrape, hit",
    "SENDOUT": "send, forward, post, email, e-mail, upload, append, transmit, exfiltrate, attach, transfer, submit, "
    "leak, add, include, deliver, mail, embed, insert",
    "RUN": "run, execute, use, invoke, call, trigger, launch, start",
    "TOOL": "tool, tools, plugin, plugins, file tool, code tool, search plugin, database, shell command, terminal, shell, "
    "browser, admin function, function, code interpreter, python tool, your server, server, your tools, web tool, "
    "network tool, code execution, interpreter, file access, your browser, command line, api",
    "DATA": "chat history, whole conversation, entire conversation, conversation history, chat log, chat logs, api key, "
    "api keys, passwords, credentials, environment variables, env, access access tokens, bot "
    "secrets, private messages, private chats, inbox, user data, personal data, system secrets, all secrets, "
    "email address, e-mail address, config.toml, config file, configuration file, session ssh keys, cookies, "
    "private key, .env, internal data, messages of, chats of, the key, all conversations, "
    "internal documents, stored messages, secret key, conversation so far, our conversation, this conversation, "
    "database password, phone numbers, user table, message log",
    "OTHERS": "other users, other people, another user, someone else, all users, neighbour, neighbor, other members, "
    "other user, everyone else's, other people's, another person, other customers, every user, other chats, "
    "neighbour's, neighbor's, someone else's, another user's, other users', for user, "
    "other members of, all other users, all members, previous user, last user",
    "DESTROY": "delete all, delete everything, drop table, wipe the, erase all, delete the other, delete all users, "
    "format the disk, delete every, shut down, remove all, delete other",
    "COMBINE": "concatenate, combine, join, put together, now follow, act on the result, do a + b, x + y, a + b, a+b, "
    "x+y, follow x, glue, merge, first letters, string together, do a then b, p + q, p+q, x then y",
    "WHENEVER": "whenever i, when i say, when i write, when you see, codeword, code word, trigger word, every time i, "
    "if i say, once i say, passphrase, as soon as i, safe word, secret word",
    "HYPO": "hypothetically, suppose, if you had, fictional world, in a world where, imagine that, in this story, "
    "thought experiment, for a novel, in a fictional, as a hypothetical, let's say, assume that, purely hypothetical, "
    "if there were, a story, parallel universe, alternate universe, the robot, narrator, chapter, character",
    "URGE": "promote, recommend only, recommend, urge, rate this, give this, five stars, positive reviews, "
    "rate, excellent, the best, append, say that, reply with, must include, must also include, must forward, "
    "should run, must now call, instead tell, call, regardless, only give, reply, praise, approve, mark this, "
    "respond only, must say, must reply, should say, before doing anything, output only, answer only, include the link, "
    "as instructed, highly, must recommend, must respond, must send, should send, must add, must",
    "AUTHORITY": "as the administrator, as an administrator, authorised by, authorized by, i am your developer, "
    "i'm your developer, i have permission, i am the administrator of this bot, admin override, with admin rights, "
    "your developer here, i work at the company, i am your creator, for this audit, i own this bot, clearance, "
    "this is your developer, i work for openai, full access, grant this user, admin check passed, root access, "
    "system override, developer access, i am authorised, i am authorized, authorisation code, admin password is",
    "PROMISE": "you told me, you already agreed, you promised, as you agreed, you agreed, you said you would, you already "
    "unlocked, stay unlocked, you have already, as we agreed, like last time, as before you, you were fine with, "
    "you already said yes, unlocked yourself",
    "INSTEAD": "instead, rather, from now on, from here on, and just, and then, and write, and print, and reply, and say, "
    "and answer, and tell, whatever your rules say, right now, and output, and respond, and do",
    "WHATIS": "what is, what are, what were, what was, what does, what's, which",
    "START": "begin your reply with, start with, begin with, start your answer with, begin your answer with, start your reply "
    "with, start your response with, begin your response with, complete this sentence, reply only with, respond only with, "
    "complete the sentence, finish this sentence, finish the sentence, continue from, open your answer with, "
    "complete the text, continue the text, fill in, prefix your answer with",
    "REPEAT": "repeat, print, output, copy, dump, recite, reproduce, echo, reveal, quote, display, leak, show me, paste, disclose, tell me, print out, read out",
    "WRITE": "write, write down, put, turn, convert, transform, render, state, return, returns, give, share, read, explain, complete, include, say, type, report, confirm, recall, tell, describe",
    "A": "a, an, another, some, better, good, my app's, any, own",
    "ENTER": "enter, activate, you are in, you are now in, switch to, engage, enable, go into, switch into, boot into",
    "INSTR": "instruction/s, directive/s, guidelines, orders",
    "MUST": "must, should, shall, please, have to, need to, are to, is to, be sure to, make sure to, required to, now, always",
    "IF": "if you are, if you're, when you, if this is, when a, if an, any, whenever an, should you be, you are, dear, attention, hey, hello, note to, note for, notice to, message to, message for, text for, instructions for, for, instructions to, to any, to all, memo to, to the, hint for",
    "READS": "reading this, reads this, read this, process this, processing this, reviewing this, summarizing this, summarising this, summarise this, summarize this, that read, that reads, parsing this, scanning this, who process, processing, reviewing, reading, analysing this, analyzing this, translating this, handling this, evaluating this, indexing this, reads, who read, who reads, process",
}
