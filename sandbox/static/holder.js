// Who holds the phone: the demo's customers, what the chosen one knows, and what they are likely to write.

// List everybody in `list`; `hold` is called with the number that is chosen.
export function people(list, known, number, hold) {
  const strange = number && !known.some((one) => one.number === number);
  const shown = strange ? [...known, { name: "Another number", number, account: "" }] : known;
  list.replaceChildren(...shown.map((person, place) => {
    const button = element("button"), face = element("span", person.account ? initials(person.name) : "#");
    face.className = "face";
    face.ariaHidden = "true";
    face.style.setProperty("--hue", String((place * 67 + 210) % 360));
    button.type = "button";
    button.ariaCurrent = String(person.number === number);
    button.append(face, element("strong", person.name), element("small", person.number));
    button.addEventListener("click", () => hold(person.number));
    return within("li", button);
  }));
}

export function facts(block, person) {
  block.replaceChildren();
  if (!person) return;
  const list = element("dl");
  const known = [["Account", person.account], ["Postcode", person.postcode], ["Born on", person.born], ["Language", person.language]];
  for (const [word, value] of known) list.append(element("dt", word), element("dd", value));
  block.append(element("h3", `What ${person.name.split(" ")[0]} knows`), list);
}

export function quick(bar, person, send) {
  const words = ["Hi", "How much do I owe?", ...(person ? [person.postcode] : []), "STOP", "START", "HELP"];
  bar.replaceChildren(...words.map((word) => {
    const button = element("button", word);
    button.type = "button";
    button.classList.toggle("word", /^[A-Z]{4,5}$/.test(word));
    button.addEventListener("click", () => send(word));
    return button;
  }));
}

function initials(name) {
  return name.split(" ").map((word) => word[0]).join("");
}

function within(name, child) {
  const node = document.createElement(name);
  node.append(child);
  return node;
}

function element(name, text = "") {
  return Object.assign(document.createElement(name), { textContent: text });
}
