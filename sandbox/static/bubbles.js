// Bubbles: words with their marks and links, pictures, what can be tapped, and how far each one got.
const SVG = "http://www.w3.org/2000/svg";
const WORDS = {
  queued: "on its way", accepted: "on its way", sent: "sent", delivered: "delivered", read: "read",
  failed: "failed", undelivered: "not delivered",
};
const THINGS = { document: ["file", "A document"], voice: ["voice", "A voice message"], location: ["pin", "A place"] };

// Draw the thread into `log`, touching only what has changed, so that focus and selection stay.
export function draw(log, bubbles, acts) {
  const wanted = [];
  let day = "", side = "";
  const reactions = Map.groupBy(bubbles.filter((one) => one.kind === "reaction" && one.context), (one) => one.context);
  for (const bubble of bubbles) {
    if (bubble.kind === "reaction" && bubbles.some((one) => one.id === bubble.context)) continue;
    const today = new Date(bubble.at).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
    if (today !== day) wanted.push({ key: `day ${today}`, build: () => element("p", "day", today) });
    const turn = today !== day || bubble.side !== side;
    [day, side] = [today, bubble.side];
    const mark = reactions.get(bubble.id)?.at(-1)?.text ?? "";
    const key = JSON.stringify([bubble, turn, mark]);
    wanted.push({ key, id: bubble.id, build: () => said(bubble, turn, mark, acts) });
  }
  if (!wanted.length) wanted.push({ key: "empty", build: () => element("p", "empty", "Nothing here yet. Write a first message.") });
  wanted.forEach(({ key, id, build }, place) => {
    const there = log.children[place];
    if (there?.dataset.key === key) return;
    const node = build();
    node.dataset.key = key;
    if (id) node.dataset.id = id;
    if (there) there.replaceWith(node); else log.append(node);
  });
  while (log.children.length > wanted.length) log.lastElementChild.remove();
}

function said(bubble, turn, mark, acts) {
  const node = element("div", `said ${bubble.side}-side ${bubble.channel}${turn ? " turn" : ""}${bubble.error ? " failed" : ""}`);
  const big = bubble.kind === "sticker" || (bubble.kind === "reaction" && bubble.text);
  const body = element("div", `bubble${big ? " big" : ""}`);
  body.append(element("span", "unseen", bubble.side === "phone" ? "You:" : "Business:"));
  if (bubble.template) body.append(element("p", "label", `Template ${bubble.template}`));
  if (bubble.by_provider) body.append(element("p", "label", "From Twilio itself"));
  body.append(...things(bubble));
  const text = bubble.kind === "unsupported" ? "Something that WhatsApp cannot pass on" : bubble.kind === "new_number" ? `Moved to ${bubble.text}` : bubble.text;
  if (text) body.append(words(text, bubble.channel));
  if (bubble.error) body.append(element("p", "failure", `The phone never showed this. ${bubble.reason} (${bubble.error})`));
  body.append(about(bubble));
  node.append(body);
  if (mark) node.append(element("span", "mark", mark));
  if (bubble.choices.length && !bubble.error) node.append(choices(bubble, acts));
  return node;
}

function things(bubble) {
  const found = [];
  if (bubble.kind === "photo") {
    const picture = element("img");
    Object.assign(picture, { src: `/sandbox/media/${bubble.media[0].id}`, alt: "A photo", width: 320, height: 240 });
    found.push(picture);
  }
  if (bubble.kind === "sticker") {
    const sticker = drawing("smile");
    sticker.setAttribute("class", "sticker");
    found.push(sticker, element("span", "unseen", "A sticker"));
  }
  if (THINGS[bubble.kind]) {
    const [icon, name] = THINGS[bubble.kind], line = element("div", "thing");
    const label = element("span", "", bubble.location?.name || name);
    if (bubble.location?.address) label.append(element("small", "", bubble.location.address));
    line.append(drawing(icon), label);
    found.push(line);
  }
  for (const link of bubble.links ?? []) found.push(words(link, bubble.channel));
  return found;
}

function about(bubble) {
  const line = element("p", "about");
  const time = element("time", "", new Date(bubble.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = bubble.at;
  if (bubble.segments) line.append(element("span", "parts", bubble.segments === 1 ? "1 part" : `${bubble.segments} parts`));
  line.append(time);
  if (!bubble.error && bubble.status) {
    const status = WORDS[bubble.status] ?? bubble.status, two = ["delivered", "read"].includes(bubble.status);
    const tick = drawing(two ? "two" : bubble.status === "sent" ? "one" : "wait");
    const holder = element("span", bubble.status);
    holder.title = status;
    holder.append(tick, element("span", "unseen", status));
    line.append(holder);
  }
  return line;
}

function choices(bubble, { tap, rows }) {
  const group = element("div", "choices");
  const tapped = (name, act, icon) => {
    const button = element("button");
    button.type = "button";
    if (icon) button.append(drawing(icon));
    button.append(name);
    button.addEventListener("click", act);
    group.append(button);
  };
  if (bubble.kind === "list") tapped(bubble.button || "Choose", () => rows(bubble), "list");
  else for (const choice of bubble.choices) tapped(choice.title, () => tap(bubble, choice));
  return group;
}

// Links are clickable; on WhatsApp *bold*, _italic_, ~struck~ and ```code``` look as they do there.
function words(text, channel) {
  const node = element("div", "words");
  const marks = channel === "whatsapp" ? "|(?<![\\w*])\\*(?=\\S)[^*\\n]+(?<=\\S)\\*(?![\\w*])|(?<![\\w_])_(?=\\S)[^_\\n]+(?<=\\S)_(?![\\w_])|(?<![\\w~])~(?=\\S)[^~\\n]+(?<=\\S)~(?![\\w~])|```[^`]+```" : "";
  const pattern = new RegExp(`https?://[^\\s<>"]+[^\\s<>".,;:!?)\\]]${marks}`, "g");
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    node.append(text.slice(from, found.index), marked(found[0]));
    from = found.index + found[0].length;
  }
  node.append(text.slice(from));
  return node;
}

function marked(piece) {
  if (piece.startsWith("http")) {
    return Object.assign(element("a", "", piece), { href: piece, target: "_blank", rel: "noopener noreferrer" });
  }
  if (piece.startsWith("```")) return element("code", "", piece.slice(3, -3));
  return element({ "*": "strong", _: "em", "~": "s" }[piece[0]], "", piece.slice(1, -1));
}

function drawing(name) {
  const svg = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

function element(name, className = "", text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}
