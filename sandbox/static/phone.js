// A customer's phone: who holds it, by which line they write, and what they see, fetched anew all the time.
import { draw } from "./bubbles.js";
import { facts, people, quick } from "./holder.js";
import { levers } from "./levers.js";

const byId = (id) => document.getElementById(id);
const PAUSE_MS = 700;
const state = { number: "", channel: "sms", provider: "twilio", people: [], shown: "", thread: null };

const ATTACHMENTS = [
  ["A photo", "both", { media: "photo" }],
  ["A document", "both", { media: "document" }],
  ["A voice message", "both", { media: "voice" }],
  ["A file of your own…", "both", null],
  ["A place", "whatsapp", { location: {} }],
  ["A sticker", "whatsapp", { media: "sticker" }],
  ["👍 on the last message", "whatsapp", { reaction: { emoji: "👍" } }],
  ["Something unsupported", "meta", { unsupported: true }],
];

async function ask(path, body) {
  const how = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(path, how);
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.error?.message ?? "The sandbox did not take that.");
  }
  return answer.json();
}

async function write(what) {
  byId("problem").textContent = "";
  const sending = ask("/sandbox/phone/messages", { from: state.number, channel: state.channel, provider: state.provider, ...what });
  // The bubble lies in the thread before the product has answered.
  setTimeout(refresh, 60);
  try {
    const answer = await sending;
    if (answer.webhook.state === "pending") {
      const why = answer.webhook.response ? `It answered ${answer.webhook.response}.` : "It does not answer.";
      byId("problem").textContent = answer.webhook.attempts ? `The product has not taken this message yet. ${why}` : "";
    }
  } catch (error) {
    byId("problem").textContent = error.message;
  }
  await refresh();
}

async function refresh() {
  const { number, channel } = state;
  if (!number) return;
  let text;
  try {
    text = await (await fetch(`/sandbox/phone/thread?${new URLSearchParams({ number, channel })}`)).text();
  } catch {
    byId("standing").textContent = "The sandbox does not answer";
    return;
  }
  if (number !== state.number || channel !== state.channel) return;
  const thread = JSON.parse(text);
  byId("clock").dateTime = thread.now;
  byId("clock").textContent = new Date(thread.now).toLocaleString([], { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  byId("standing").textContent = standing(thread);
  byId("typing").hidden = !thread.typing;
  const key = JSON.stringify(thread.bubbles);
  if (key === state.shown) return;
  const scroll = byId("scroll");
  const fresh = !state.shown || thread.bubbles.length !== state.thread?.bubbles.length;
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  state.shown = key;
  state.thread = thread;
  draw(byId("log"), thread.bubbles, { tap, rows });
  if (fresh && atEnd) scroll.scrollTop = scroll.scrollHeight;
}

function standing(thread) {
  if (thread.opted_out) return "Opted out: Twilio lets nothing through";
  if (thread.channel === "sms") return "Text messages by Twilio";
  const until = thread.windows[state.provider];
  if (!until) return "Window closed: templates only";
  return `Window open until ${new Date(until).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
}

function tap(bubble, choice) {
  return write({ choice: choice.id, message: bubble.id, provider: bubble.provider });
}

function rows(bubble) {
  const dialog = byId("rows");
  byId("rows-title").textContent = bubble.button || "Choose";
  dialog.querySelector("ul").replaceChildren(...bubble.choices.map((choice) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = choice.title;
    if (choice.description) button.append(Object.assign(document.createElement("small"), { textContent: choice.description }));
    button.addEventListener("click", () => { dialog.close(); tap(bubble, choice); });
    item.append(button);
    return item;
  }));
  dialog.showModal();
}

function hold(number) {
  state.number = number;
  const person = state.people.find((one) => one.number === number);
  byId("holder").textContent = person ? `${person.name}'s phone` : number;
  byId("phone").setAttribute("aria-label", byId("holder").textContent);
  facts(byId("facts"), person);
  quick(byId("quick"), person, (word) => write({ text: word }));
  people(byId("people-list"), state.people, number, (chosen) => { hold(chosen); shut("people-panel"); });
  renew();
}

function take(line) {
  [state.channel, state.provider] = line.split(":");
  byId("phone").dataset.channel = state.channel;
  attachments();
  renew();
}

function renew() {
  Object.assign(state, { shown: "", thread: null });
  byId("log").replaceChildren();
  byId("problem").textContent = "";
  const address = new URLSearchParams({ to: state.number, channel: state.channel, provider: state.provider });
  history.replaceState(null, "", `?${address}`);
  refresh();
}

function attachments() {
  const fits = ([, where]) => where === "both" || where === state.channel || (state.channel === "whatsapp" && where === state.provider);
  byId("attachments").replaceChildren(...ATTACHMENTS.filter(fits).map(([name, , what]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.role = "menuitem";
    button.textContent = name;
    button.addEventListener("click", () => { menu(false); what ? write(what) : byId("own-file").click(); });
    return button;
  }));
}

function menu(open) {
  byId("attachments").hidden = !open;
  byId("plus-button").ariaExpanded = String(open);
  if (open) byId("attachments").querySelector("button").focus();
}

function send(event) {
  event?.preventDefault();
  const field = byId("text");
  if (!field.value.trim()) return;
  write({ text: field.value });
  field.value = "";
  grow();
  field.focus();
}

function grow() {
  const field = byId("text");
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 130)}px`;
}

function shut(panel) {
  const opener = document.querySelector(`[data-open="${panel}"]`);
  if (!byId(panel).classList.contains("open")) return;
  byId(panel).classList.remove("open");
  opener.ariaExpanded = "false";
  opener.focus();
}

function listen() {
  byId("composer").addEventListener("submit", send);
  byId("text").addEventListener("input", grow);
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
  byId("carriers").addEventListener("change", (event) => take(event.target.value));
  byId("other").addEventListener("submit", (event) => {
    event.preventDefault();
    const number = "+" + byId("other-number").value.replace(/\D/g, "");
    byId("other-number").value = "";
    hold(number);
    shut("people-panel");
  });
  byId("plus-button").addEventListener("click", () => menu(byId("attachments").hidden));
  byId("attachments").addEventListener("keydown", (event) => {
    const items = [...byId("attachments").children], place = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); items.at((place + step) % items.length).focus(); }
  });
  byId("own-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    const data = btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    event.target.value = "";
    write({ media: { content_type: file.type || "application/octet-stream", data } });
  });
  for (const opener of document.querySelectorAll("[data-open]")) {
    opener.addEventListener("click", () => {
      byId(opener.dataset.open).classList.add("open");
      opener.ariaExpanded = "true";
      byId(opener.dataset.open).querySelector(".close").focus();
    });
  }
  for (const closer of document.querySelectorAll("[data-close]")) closer.addEventListener("click", () => shut(closer.dataset.close));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!byId("attachments").hidden) { menu(false); byId("plus-button").focus(); }
    shut("people-panel");
    shut("levers-panel");
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".attach")) menu(false); });
}

async function begin() {
  const asked = new URLSearchParams(location.search);
  listen();
  levers(ask, refresh);
  state.people = (await ask("/sandbox/phone/people")).people;
  const line = `${asked.get("channel") ?? "sms"}:${asked.get("provider") ?? "twilio"}`;
  const radio = document.querySelector(`[name="line"][value="${CSS.escape(line)}"]`);
  if (radio) radio.checked = true;
  [state.channel, state.provider] = radio ? line.split(":") : ["sms", "twilio"];
  byId("phone").dataset.channel = state.channel;
  attachments();
  hold(document.body.dataset.to || state.people[0]?.number || "+12125550199");
  for (;;) {
    await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    if (!document.hidden) await refresh();
  }
}

begin();
