// Answers to begin with: chosen by typing and arrows, put into the text for the agent to change, never sent by themselves.
import { Refused, get } from './api.js';
import { byId, h } from './dom.js';
import { folded } from './folded.js';

const box = byId('canned');
const seek = byId('canned-seek');
const list = byId('canned-list');
const opener = byId('canned-open');

let answers = [];
let shown = [];
let place = 0;
let put = () => {};
let back = () => {};

/** Open the list for a conversation. `insert(text)` takes what is chosen; `leave()` gets the cursor when nothing is. */
export async function pick(id, insert, leave) {
  [put, back] = [insert, leave];
  [answers, shown] = [[], []];
  box.hidden = false;
  opener.setAttribute('aria-expanded', 'true');
  seek.value = '';
  list.replaceChildren();
  say('One moment…');
  seek.focus();
  try {
    answers = (await get(`conversations/${id}/answers`)).answers.map((one) => ({ ...one, folded: folded(`${one.name} ${one.title} ${one.text ?? ''}`) }));
    find();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message);
  }
}

export const isPicking = () => !box.hidden;

/** Close it. */
export function stopPicking() {
  box.hidden = true;
  opener.setAttribute('aria-expanded', 'false');
}

function find() {
  const words = folded(seek.value).split(/\s+/);
  shown = answers.filter((one) => words.every((word) => one.folded.includes(word)));
  place = Math.max(0, shown.findIndex((one) => one.text));
  list.replaceChildren(...shown.map((one, number) => option(one, number)));
  mark();
  say(shown.length ? '' : 'No answer has these words.');
}

function option(one, number) {
  const instead = one.instead_of ? h('small', {}, `In ${one.language}: there is none in ${one.instead_of} yet`) : null;
  return h('li', { id: `canned-${number}`, role: 'option', 'aria-selected': 'false', 'aria-disabled': one.text ? null : 'true', onclick: () => choose(number) },
    h('strong', {}, one.title), instead, h('p', { dir: 'auto' }, one.text ?? `Not here: ${one.refused}`));
}

function mark() {
  [...list.children].forEach((item, number) => item.setAttribute('aria-selected', String(number === place)));
  const item = list.children[place];
  if (item) seek.setAttribute('aria-activedescendant', item.id);
  else seek.removeAttribute('aria-activedescendant');
  item?.scrollIntoView({ block: 'nearest' });
}

function choose(number) {
  const one = shown[number];
  if (!one) return;
  if (!one.text) return say(`This cannot be said here. ${one.refused}`);
  stopPicking();
  put(one.text);
}

function say(text) {
  byId('canned-word').textContent = text;
}

const KEYS = {
  ArrowDown: () => { place = Math.min(place + 1, shown.length - 1); mark(); },
  ArrowUp: () => { place = Math.max(place - 1, 0); mark(); },
  Enter: () => choose(place),
  Escape: () => { stopPicking(); back(); },
};

seek.addEventListener('input', find);
seek.addEventListener('keydown', (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  act();
});
