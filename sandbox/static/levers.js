// The clock and the faults, for both providers at once.
const SWITCHES = [
  ["The providers are down", "Every call fails", (on) => ({ down: on }), (now) => now.down],
  ["One call in ten fails", "At random", (on) => ({ error_percent: on ? 10 : 0 }), (now) => now.error_percent > 0],
  ["Webhooks come twice", "Each one of them", (on) => ({ repeat_webhooks: on ? 1 : 0 }), (now) => now.repeat_webhooks > 0],
  ["Webhooks come out of order", "Up to two seconds late", (on) => ({ shuffle: on, scatter_webhooks_s: on ? 2 : 0 }), (now) => now.shuffle],
  ["The next answer gets lost", "The message is sent all the same", (on) => ({ lose_answers: on ? 1 : 0 }), (now) => now.lose_answers > 0],
  ["Read receipts", "WhatsApp says what was read", (on) => ({ read_receipts: on }), (now) => now.read_receipts],
  ["Advanced opt-out", "Twilio answers START and HELP too, and tells", (on) => ({ advanced_opt_out: on }), (now) => now.advanced_opt_out],
];
const SERVICES = ["twilio", "meta"];

export async function levers(ask, refresh) {
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", async () => {
      await ask("/sandbox/clock", { advance: button.dataset.advance });
      await refresh();
    });
  }
  const list = document.getElementById("switches");
  const boxes = SWITCHES.map(([name, hint, set], place) => {
    const item = document.createElement("li"), label = document.createElement("label");
    const words = document.createElement("span"), small = document.createElement("small"), box = document.createElement("input");
    small.textContent = hint;
    small.id = `switch-${place}`;
    words.append(name, small);
    Object.assign(box, { type: "checkbox" });
    box.setAttribute("role", "switch");
    box.setAttribute("aria-label", name);
    box.setAttribute("aria-describedby", small.id);
    box.addEventListener("change", async () => {
      for (const service of SERVICES) {
        await ask(`/sandbox/${service}/faults`, { ...(await ask(`/sandbox/${service}/faults`)), ...set(box.checked) });
      }
      await read();
    });
    label.append(words, box);
    item.append(label);
    list.append(item);
    return box;
  });
  async function read() {
    const now = await ask("/sandbox/twilio/faults");
    SWITCHES.forEach(([, , , is], place) => { boxes[place].checked = Boolean(is(now)); });
  }
  await read();
}
