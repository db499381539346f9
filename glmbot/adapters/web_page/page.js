// The page of the web chat. It is the platform's memory: what was said is kept in localStorage, under the messages' ids,
// so that a message that comes again, or in another tab, changes nothing; files are kept in IndexedDB. web_frames.py
// describes what goes over the wire.

const MAX_MESSAGES = 500;
const MAX_TEXT = 200_001; // characters; one more than anybody reads
const MAX_FILES = 10; // of one message
const MAX_FILE = 10_000_000; // bytes; more is not read
const PREFIX = "glmbot:";
const TYPING_LASTS = 1800; // ms; the sign is renewed each second
const SILENCE = 45_000; // ms; the bot gives a sign of life every 20 s
const ATTRIBUTES = { a: ["href"], ol: ["start"], code: ["class"], span: ["data-mx-spoiler"] };
const TAGS = new Set(
  "a,blockquote,br,code,del,em,h1,h2,h3,h4,h5,h6,hr,li,ol,p,pre,span,strong,ul".split(","),
);
const PHRASES = {
  en: {
    placeholder: "Write a message", send: "Send", stop: "Stop the answer", typing: "An answer is being written",
    connecting: "Connecting …", connected: "Connected", away: "No connection, trying again …",
    copy: "Copy", copied: "Copied", spoiler: "Spoiler: show", greeting: "Ask me something. /help shows what I can do.",
    password: "Password", login: "Log in", wrong: "This password is wrong.", wait: "Too many wrong passwords. Please wait a moment.",
    pending: "Waits for the connection", log: "Messages", attach: "Attach a file", remove: "Remove", save: "Save the file",
    tooLarge: "is not attached: it has more than 10 MB.", tooMany: "Not more than 10 files at a time.",
    empty: "is not attached: it is empty.", gone: "This browser does not have the file any more.", drop: "Drop files here",
  },
  zh: {
    placeholder: "输入消息", send: "发送", stop: "停止回答", typing: "正在写回答",
    connecting: "正在连接……", connected: "已连接", away: "连接已断开，正在重试……",
    copy: "复制", copied: "已复制", spoiler: "剧透：点击显示", greeting: "想问点什么？发送 /help 查看我会做什么。",
    password: "密码", login: "登录", wrong: "密码不正确。", wait: "密码错误次数过多，请稍等片刻。",
    pending: "等待连接", log: "消息", attach: "添加文件", remove: "移除", save: "保存文件",
    tooLarge: "超过 10 MB，未添加。", tooMany: "一次最多 10 个文件。",
    empty: "是空文件，未添加。", gone: "此浏览器中已没有这个文件。", drop: "将文件拖放到此处",
  },
};
const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const say = PHRASES[language];
const $ = (id) => document.getElementById(id);

// -- the memory, in the order of `at`: {id, at, from: "me", text, label, files: [{id, name, type, size}], isPending,
// isHidden} and {id, at, from: "bot", html, run, n, file: {name, size}, buttons: [{label, command}], pressed: [label]}

const messages = new Map();

function recall() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX)) takeStored(key, localStorage.getItem(key));
  }
}

function takeStored(key, value) {
  const id = key.slice(PREFIX.length);
  const known = messages.get(id);
  if (value === null) return forget(id);
  const message = parsed(value);
  if (message === null || (known && known.run === message.run && known.n > message.n)) return;
  messages.set(id, message);
  draw(message);
}

function parsed(text) {
  try {
    const message = JSON.parse(text);
    return typeof message.id === "string" && typeof message.at === "number" ? message : null;
  } catch {
    return null;
  }
}

function keep(message) {
  messages.set(message.id, message);
  const byAge = inOrder().filter((one) => !one.isPending && one !== message);
  while (messages.size > MAX_MESSAGES && byAge.length) drop(byAge.shift());
  while (!stored(message) && byAge.length) byAge.splice(0, 20).forEach(drop);
  draw(message);
}

function stored(message) {
  try {
    localStorage.setItem(PREFIX + message.id, JSON.stringify(message));
    return true;
  } catch { // it is full, or switched off: then the page itself remembers as long as it is open
    return false;
  }
}

function drop(message) {
  try {
    localStorage.removeItem(PREFIX + message.id);
  } finally {
    forget(message.id);
  }
}

function forget(id) {
  for (const { id: fileId } of messages.get(id)?.files ?? []) dropFile(fileId);
  if (messages.get(id)?.file) dropFile(id);
  messages.delete(id);
  elementOf(id)?.remove();
}

// -- the memory of files: one that goes out is kept under its own id, one that came in under its message's

const unstored = new Map(); // what IndexedDB does not take, because it is full or switched off
const database = new Promise((resolve) => {
  try {
    const opening = indexedDB.open("glmbot", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});

async function inFiles(mode, act) {
  const files = (await database).transaction("files", mode);
  const request = act(files.objectStore("files"));
  return new Promise((resolve, reject) => {
    files.oncomplete = () => resolve(request.result);
    files.onabort = () => reject(files.error);
  });
}

async function keepFile(id, content) {
  try {
    await inFiles("readwrite", (files) => files.put(content, id));
  } catch {
    unstored.set(id, content);
  }
}

async function fileOf(id) {
  try {
    return unstored.get(id) ?? (await inFiles("readonly", (files) => files.get(id)));
  } catch {
    return undefined;
  }
}

function dropFile(id) {
  unstored.delete(id);
  inFiles("readwrite", (files) => files.delete(id)).catch(() => {}); // then it was never there
}

const inOrder = () => [...messages.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
const nextPlace = () => Math.max(Date.now(), ...[...messages.values()].map((message) => message.at + 1));

// -- drawing

const elementOf = (id) => document.querySelector(`#log > [data-id="${CSS.escape(id)}"]`);

function draw(message) {
  if (message.isHidden) return;
  const wasAtEnd = isAtEnd();
  const element = elementOf(message.id) ?? newElement(message);
  element.classList.toggle("pending", Boolean(message.isPending));
  element.title = message.isPending ? say.pending : "";
  if (message.from === "me") element.firstChild.replaceChildren(message.label ?? message.text, ...fileNames(message));
  else element.firstChild.replaceChildren(safe(message.html), ...fileLink(message), ...buttonsOf(message));
  $("greeting").hidden = true;
  if (wasAtEnd) toEnd();
}

function newElement(message) {
  const element = document.createElement("li");
  element.dataset.id = message.id;
  element.dataset.at = message.at;
  element.className = message.from === "me" ? "me" : "bot";
  const bubble = element.appendChild(document.createElement("div"));
  bubble.dir = "auto";
  let next = null;
  for (let one = $("log").lastElementChild; one && Number(one.dataset.at) > message.at; one = one.previousElementSibling) {
    next = one;
  }
  $("log").insertBefore(element, next);
  return element;
}

function fileNames({ files }) {
  return (files ?? []).map(({ name, size }) => {
    const line = document.createElement("span");
    line.className = "file";
    line.textContent = `${name} (${sizeText(size)})`;
    return line;
  });
}

function fileLink({ id, file }) {
  if (!file) return [];
  const button = document.createElement("button");
  button.type = "button";
  button.className = "file";
  button.textContent = `${file.name} (${sizeText(file.size)})`;
  button.title = say.save;
  button.addEventListener("click", async () => {
    const content = await fileOf(id);
    if (content) save(content, file.name);
    else button.textContent = say.gone;
  });
  return [button];
}

function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function sizeText(size) {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

function buttonsOf(message) {
  if (!message.buttons?.length) return [];
  const row = document.createElement("div");
  row.className = "choices";
  for (const { label, command } of message.buttons) {
    const button = row.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = label;
    button.disabled = Boolean(message.pressed?.includes(label));
    button.addEventListener("click", (event) => {
      keep({ ...messages.get(message.id), pressed: [...(messages.get(message.id).pressed ?? []), label] });
      write({ text: command, label });
      if (event.detail === 0) $("text").focus(); // by the keyboard, which has lost its place: the row was drawn anew
    });
  }
  return [row];
}

// The bot's HTML is safe already; all the same nothing of it gets in but what is listed here.
function safe(html) {
  const fragment = document.createDocumentFragment();
  copyChildren(new DOMParser().parseFromString(html, "text/html").body, fragment);
  return fragment;
}

function copyChildren(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, to);
  }
}

function copyElement(node, to) {
  const tag = node.localName;
  if (["script", "style", "template"].includes(tag)) return;
  if (!TAGS.has(tag) || node.namespaceURI !== document.documentElement.namespaceURI) return copyChildren(node, to);
  const copy = document.createElement(tag);
  for (const name of ATTRIBUTES[tag] ?? []) copyAttribute(node, copy, name);
  copyChildren(node, copy);
  to.append(tag === "pre" ? withCopyButton(copy) : copy);
}

function copyAttribute(node, copy, name) {
  const value = node.getAttribute(name);
  if (value === null) return;
  if (name === "href") addLink(copy, value);
  else if (name === "data-mx-spoiler") addSpoiler(copy);
  else if (name === "start" && /^\d{1,9}$/.test(value)) copy.start = Number(value);
  else if (name === "class" && /^language-[\w+#.-]{1,40}$/.test(value)) copy.className = value;
}

function addLink(link, address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return;
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return;
  link.href = url.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

function addSpoiler(span) {
  const show = () => {
    span.className = "spoiler open";
    span.removeAttribute("role");
    span.removeAttribute("aria-label");
  };
  span.className = "spoiler";
  span.tabIndex = 0;
  span.setAttribute("role", "button");
  span.setAttribute("aria-label", say.spoiler);
  span.addEventListener("click", show);
  span.addEventListener("keydown", (event) => event.key === "Enter" && show());
}

function withCopyButton(pre) {
  const block = document.createElement("div");
  block.className = "code";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say.copy;
  button.addEventListener("click", async () => {
    await copyText(pre.textContent);
    button.textContent = say.copied;
    setTimeout(() => (button.textContent = say.copy), 1500);
  });
  pre.tabIndex = 0;
  block.append(button, pre);
  return block;
}

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.body.appendChild(document.createElement("textarea")); // without https there is no clipboard
  area.className = "unseen";
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = $("scroller");
  return scrollHeight - scrollTop - clientHeight < 60;
}

function toEnd() {
  $("scroller").scrollTop = $("scroller").scrollHeight;
}

// -- the answer that is being written

let typingTimer = 0;
let newest = null;

function showTyping() {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(endTyping, TYPING_LASTS);
  setTyping(true);
}

function endTyping() {
  setTyping(false);
  if (newest) $("news").textContent = elementOf(newest)?.textContent ?? ""; // read aloud once, when it is whole
  newest = null;
}

function setTyping(isTyping) {
  const wasAtEnd = isAtEnd();
  $("typing").hidden = $("stop").hidden = !isTyping;
  if (wasAtEnd) toEnd();
}

// -- the connection

let socket = null;
let run = "";
let heardAt = 0;
let numFailures = 0;
let retryTimer = 0;

async function connect() {
  clearTimeout(retryTimer);
  showState("connecting");
  const status = await openSession("");
  if (status === 204) openSocket();
  else if (status === 401) askForPassword();
  else connectLater();
}

async function openSession(password) {
  try {
    const headers = { "Content-Type": "application/json" };
    const signal = AbortSignal.timeout(15_000);
    return (await fetch("session", { method: "POST", headers, body: JSON.stringify({ password }), signal })).status;
  } catch {
    return 0; // out of reach
  }
}

function openSocket() {
  const mine = (socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`));
  heardAt = Date.now();
  mine.addEventListener("message", (event) => {
    heardAt = Date.now();
    if (mine === socket) take(JSON.parse(event.data));
  });
  mine.addEventListener("close", () => mine === socket && connectLater());
}

function connectLater() {
  socket = null;
  showState("away");
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, Math.min(10_000, 500 * 2 ** Math.min(numFailures++, 10)) * (0.5 + Math.random() / 2));
}

function connectNow() {
  if ($("login").hidden && retryTimer && socket === null) connect();
}

function leaveIfDead() {
  if (socket === null || Date.now() - heardAt < SILENCE) return;
  socket.close();
  connectLater();
}

function take(frame) {
  if (frame.type === "welcome") welcome(frame);
  else if (frame.type === "taken") taken(frame.id);
  else if (frame.type === "show") show(frame);
  else if (frame.type === "wanted") giveFile(frame);
  else if (frame.type === "typing") showTyping();
}

function welcome(frame) {
  run = frame.run;
  numFailures = 0;
  showState("connected");
  inOrder().filter((message) => message.isPending).forEach(transmit);
}

function taken(id) {
  const message = messages.get(id);
  if (message?.isHidden) drop(message);
  else if (message?.isPending) keep({ ...message, isPending: false });
}

async function show({ id, html, n, file, buttons }) {
  if (file && !(await takeFile(id, n))) return; // it comes again
  const known = messages.get(id);
  if (!known || known.run !== run || n > known.n) {
    keep({ id, at: known ? known.at : nextPlace(), from: "bot", html, run, n, file, buttons });
    newest = id;
    if ($("typing").hidden) endTyping();
  }
  tell({ type: "shown", n });
}

async function takeFile(id, n) {
  try {
    const answer = await fetch(`files/${n}`);
    if (!answer.ok) return false;
    await keepFile(id, await answer.blob());
    return true;
  } catch {
    return false; // the connection is lost
  }
}

async function giveFile({ id, n }) {
  const content = await fileOf(id);
  if (!content) return tell({ type: "gone", n });
  const headers = { "Content-Type": "application/octet-stream" };
  await fetch(`files/${n}`, { method: "POST", headers, body: content }).catch(() => {}); // the bot asks again
}

function transmit({ id, text, files }) {
  tell({ type: "message", id, text, files: files ?? [] });
}

function tell(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function showState(state) {
  $("state").textContent = say[state];
  $("state").className = state;
}

// -- writing

function write({ text, label, files, isHidden = false }) {
  const message = { id: newId(), at: nextPlace(), from: "me", text: clean(text), label, files, isPending: true, isHidden };
  keep(message);
  transmit(message);
  if (!isHidden) toEnd();
}

// crypto.randomUUID is not there without https
function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// Without what no JSON or frame has room for: halves of characters, control characters, and more than anybody reads.
function clean(text) {
  const whole = text.replace(/\p{Surrogate}/gu, "\ufffd").replace(/[\0-\x08\x0b-\x1f\x7f]/g, "");
  return whole.length <= MAX_TEXT ? whole : [...whole].slice(0, MAX_TEXT).join("");
}

async function submit() {
  const text = $("text").value;
  const files = attached.splice(0);
  if (!text.trim() && !files.length) return;
  $("text").value = "";
  refuse("");
  fitText();
  drawAttached();
  for (const { note, content } of files) await keepFile(note.id, content); // before the bot may ask for it
  write({ text: text.trim() ? text : "", files: files.map(({ note }) => note) });
}

const attached = []; // the files of the message that is being written

function attach(files) {
  refuse("");
  for (const file of files) {
    if (attached.length >= MAX_FILES) refuse(say.tooMany);
    else if (file.size > MAX_FILE) refuse(`${file.name} ${say.tooLarge}`);
    else if (!file.size) refuse(`${file.name} ${say.empty}`);
    else attached.push({ note: { id: newId(), name: clean(file.name).slice(0, 200), type: file.type, size: file.size }, content: file });
  }
  drawAttached();
}

function refuse(reason) {
  $("refused").textContent = reason;
}

function drawAttached() {
  const wasAtEnd = isAtEnd();
  $("attached").replaceChildren(...attached.map((one) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", `${say.remove}: ${one.note.name}`);
    button.addEventListener("click", () => {
      attached.splice(attached.indexOf(one), 1);
      drawAttached();
      $("text").focus();
    });
    item.append(`${one.note.name} (${sizeText(one.note.size)})`, button);
    return item;
  }));
  if (wasAtEnd) toEnd();
}

function fitText() {
  const wasAtEnd = isAtEnd();
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight + 2}px`; // and its border
  if (wasAtEnd) toEnd();
}

// -- logging in

function askForPassword() {
  $("login").hidden = false;
  document.body.classList.add("locked");
  $("state").textContent = "";
  $("password").focus();
}

async function logIn() {
  const status = await openSession($("password").value);
  $("refusal").textContent = { 403: say.wrong, 429: say.wait, 0: say.away }[status] ?? "";
  if (status !== 204) return $("password").select();
  $("password").value = "";
  $("login").hidden = true;
  document.body.classList.remove("locked");
  openSocket();
  $("text").focus();
}

// -- all together

function label() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  $("text").placeholder = say.placeholder;
  $("text").setAttribute("aria-label", say.placeholder);
  $("log").setAttribute("aria-label", say.log);
  for (const id of ["send", "stop", "attach"]) {
    $(id).setAttribute("aria-label", say[id]);
    $(id).title = say[id];
  }
  $("typing").setAttribute("aria-label", say.typing);
  $("greeting").textContent = say.greeting;
  document.body.dataset.drop = say.drop;
  document.querySelector("#login label").textContent = say.password;
  document.querySelector("#login button").textContent = say.login;
}

function fitScreen() { // what is left above the keyboard, where the browser does not resize the page by itself
  const wasAtEnd = isAtEnd();
  document.documentElement.style.setProperty("--height", `${visualViewport.height}px`);
  if (wasAtEnd) toEnd();
}

function listen() {
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  $("login").addEventListener("submit", (event) => {
    event.preventDefault();
    logIn();
  });
  $("text").addEventListener("keydown", (event) => {
    const isComposing = event.isComposing || event.keyCode === 229; // Enter then chooses a word, as in Chinese input
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    submit();
  });
  $("text").addEventListener("input", fitText);
  $("stop").addEventListener("click", () => write({ text: "/stop", isHidden: true }));
  $("attach").addEventListener("click", () => $("picker").click());
  $("picker").addEventListener("change", () => {
    attach($("picker").files);
    $("picker").value = "";
    $("text").focus();
  });
  $("text").addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  });
  const hasFiles = (event) => event.dataTransfer.types.includes("Files"); // a text goes where it is dropped
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    attach(event.dataTransfer.files);
  });
  addEventListener("storage", (event) => event.key?.startsWith(PREFIX) && takeStored(event.key, event.newValue));
  addEventListener("online", connectNow);
  addEventListener("pageshow", connectNow);
  document.addEventListener("visibilitychange", () => document.hidden || (leaveIfDead(), connectNow()));
  visualViewport?.addEventListener("resize", fitScreen);
  setInterval(leaveIfDead, 5000);
}

label();
recall();
$("greeting").hidden = messages.size > 0;
toEnd();
listen();
connect();
