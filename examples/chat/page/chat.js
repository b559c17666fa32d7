// The page's script, written into the page itself. It listens on a WebSocket; when that cannot be
// had, on an event stream, and keeps trying for the WebSocket. Every way of listening starts after
// the last message seen, so nothing is missed in between.

const { version, major } = document.documentElement.dataset;
const room = new URLSearchParams(location.search).get("room") ?? "lobby";
const api = `/api/rooms/${encodeURIComponent(room)}`;
const HISTORY = 100;
const SHOWN = 500;
const TRIES_BEFORE_FALLBACK = 3;
const UNCONFIRMED_AFTER_MS = 3_000;

const $ = (id) => document.getElementById(id);
const [list, authorField, textField] = [$("messages"), $("author"), $("text")];

/** What we sent and have not seen come back, by key. */
const pending = new Map();
let lastId = 0;
let loaded = false;
let socket = null;
let stream = null;
let failedTries = 0;

// ---- listening

async function connect() {
  showState(stream ? "live" : "connecting", stream ? "connected (event stream)" : "connecting …");
  try {
    if (!loaded) await loadHistory();
    openSocket();
  } catch {
    scheduleReconnect();
  }
}

async function loadHistory() {
  const response = await fetch(`${api}/messages?last=${HISTORY}`);
  if (!response.ok) throw new Error(`history: ${response.status}`);
  for (const message of await response.json()) receive(message);
  loaded = true;
}

function openSocket() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const place = `room=${encodeURIComponent(room)}&after=${lastId}`;
  socket = new WebSocket(`${scheme}://${location.host}/ws?${place}`);
  socket.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
  socket.addEventListener("close", ({ code }) => {
    socket = null;
    scheduleReconnect(code);
  });
}

function hear(message) {
  if (message.type === "hello") welcome(message);
  if (message.type === "message") receive(message);
}

function welcome(hello) {
  failedTries = 0;
  stream?.close();
  stream = null;
  showState("live", `connected to ${hello.version}`);
  $("news").hidden = hello.version === version;
  $("new-version").textContent = hello.version;
  showTopic().catch(() => {});
  setTimeout(offerUnconfirmed, UNCONFIRMED_AFTER_MS);
}

/** The first try comes almost at once, the next ones after longer and longer pauses, each with jitter. */
function scheduleReconnect(code) {
  const pauseMs = Math.min(250 * 2 ** failedTries, 5_000);
  failedTries++;
  if (loaded && !stream && failedTries > TRIES_BEFORE_FALLBACK) openStream();
  if (!stream) showState("waiting", `reconnecting${code ? ` (closed with ${code})` : ""} …`);
  setTimeout(connect, pauseMs * (0.5 + Math.random() / 2));
}

function openStream() {
  stream = new EventSource(`${api}/events?after=${lastId}`);
  stream.addEventListener("message", ({ data }) => receive(JSON.parse(data)));
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) stream = null;
  });
}

// ---- saying

function say(author, text) {
  const message = { author, text, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
  const item = itemOf({ ...message, at: Date.now() });
  item.classList.add("pending");
  pending.set(message.key, { message, item, sentAt: Date.now() });
  append(item);
  transmit(message);
}

function transmit(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "say", ...message }));
  else post(message).catch(() => offerAgain(pending.get(message.key)));
}

async function post(message) {
  const response = await fetch(`${api}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
  });
  // It is shown when it comes back in its place among the others, not out of turn by this answer.
  if (!response.ok) throw new Error(`post: ${response.status}`);
}

function offerUnconfirmed() {
  const old = [...pending.values()].filter(({ sentAt }) => Date.now() - sentAt >= UNCONFIRMED_AFTER_MS);
  old.forEach(offerAgain);
}

/** A message that did not come back may or may not have arrived: only its author can decide to repeat it. */
function offerAgain(entry) {
  if (!entry || entry.item.querySelector(".again")) return;
  const button = element("button", "again", "not sent? send again");
  button.addEventListener("click", () => {
    button.remove();
    entry.sentAt = Date.now();
    transmit(entry.message);
  });
  entry.item.append(button);
}

// ---- showing

function receive(message) {
  pending.get(message.key)?.item.remove();
  pending.delete(message.key);
  if (message.id <= lastId) return;
  lastId = message.id;
  append(itemOf(message));
}

function itemOf({ author, text, at }) {
  const item = element("li", author === authorField.value ? "mine" : "");
  if (major >= 2) item.append(avatarOf(author));
  item.append(element("span", "author", author), element("span", "text", text));
  if (major >= 2) item.append(timeOf(at));
  return item;
}

function avatarOf(author) {
  const avatar = element("span", "avatar", author.slice(0, 1).toUpperCase());
  const hue = [...author].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  avatar.style.setProperty("--hue", hue);
  avatar.ariaHidden = "true";
  return avatar;
}

function timeOf(at) {
  const moment = new Date(at);
  const time = element("time", "", moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = moment.toISOString();
  return time;
}

function append(item) {
  const scroller = list.parentElement;
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  list.append(item);
  while (list.children.length > SHOWN) list.firstElementChild.remove();
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

async function showTopic() {
  const rooms = await (await fetch("/api/rooms")).json();
  $("topic").textContent = rooms.find(({ name }) => name === room)?.topic ?? "";
}

function showState(name, text) {
  $("state").dataset.state = name;
  $("state").textContent = text;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// ---- start

authorField.value = localStorage.getItem("author") ?? `guest-${Math.floor(100 + Math.random() * 900)}`;
authorField.addEventListener("change", () => localStorage.setItem("author", authorField.value));
$("reload").addEventListener("click", () => location.reload());
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!textField.value.trim() || !authorField.value.trim()) return;
  say(authorField.value.trim(), textField.value);
  textField.value = "";
});
void connect();
