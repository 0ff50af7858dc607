// One sheet for everything that an agent does for a customer: what is asked, what will happen, and the button that does it.
import { Refused } from './api.js';
import { byId, h, toast } from './dom.js';
import { uuid } from './uuid.js';

const sheet = byId('deed');
const fields = byId('deed-fields');
const foot = byId('deed-acts');
let deed = null;
let running = null; // the act whose button was pressed
let attempts = new Map(); // an id for each act, for as long as what is asked stays the same

/**
 * Ask. `fields` are elements; `outcome()` says what will happen, a sentence or element each, as the fields stand; `acts` are
 * buttons `{word, act, quiet, unless}`, the last of them the main one. An `act` gives the words to say when it is done, or
 * nothing when the sheet stays open. `done(words)` hears of it.
 */
export function openDeed(next) {
  deed = next;
  attempts = new Map();
  byId('deed-title').textContent = next.title;
  byId('deed-lead').textContent = next.lead ?? '';
  byId('deed-lead').hidden = !next.lead;
  fields.replaceChildren(...next.fields.filter(Boolean));
  foot.replaceChildren(
    h('button', { type: 'button', class: 'button quiet', onclick: next.back ?? close }, next.back ? 'Back' : 'Cancel'),
    ...next.acts.map((act, place) => {
      const main = place === next.acts.length - 1;
      return h('button', { type: main ? 'submit' : 'button', class: `button${main ? ' primary' : ''}`, onclick: main ? null : () => run(act) }, act.word);
    }));
  tell();
  if (!sheet.open) sheet.showModal();
  // Never on the button that does it: a second Enter must not be a yes.
  (fields.querySelector('input, select, textarea, [tabindex]') ?? foot.firstElementChild).focus();
}

/** The id of this press of the button: the same until something else is asked, and another for each button, so that what
    one has done is never taken for what the other does. */
export function press() {
  if (!attempts.has(running)) attempts.set(running, uuid());
  return attempts.get(running);
}

/** Fetch what a sheet needs and open it; when the server says no, that is said and nothing opens. */
export async function begin(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  }
}

/** A sentence that stands in the way, for an act that finds a field unfit. */
export class Unfit extends Error {
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

function close() {
  sheet.close();
}

function tell() {
  byId('deed-problem').textContent = '';
  const told = (deed.outcome?.() ?? []).filter(Boolean);
  const box = byId('deed-outcome');
  const fresh = h('div', {}, told.map((one) => (typeof one === 'string' ? h('p', {}, one) : one)));
  box.hidden = !told.length;
  if (box.textContent !== fresh.textContent) box.replaceChildren(...fresh.childNodes); // read out when it says something else
}

async function run(act) {
  const now = deed;
  const buttons = [...foot.querySelectorAll('button')];
  if (buttons.some((button) => button.disabled)) return;
  for (const button of buttons) button.disabled = true;
  byId('deed-problem').textContent = '';
  running = act;
  try {
    const words = await act.act();
    if (words) {
      close();
      now.done(words);
    }
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unfit)) throw error;
    byId('deed-problem').textContent = error.message;
    error.field?.focus();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

fields.addEventListener('input', () => {
  attempts = new Map();
  tell();
});
byId('deed-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (deed.acts.length) run(deed.acts.at(-1));
});
