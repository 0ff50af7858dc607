// Search: customers, invoices and words, in what this agent may see. What is looked for goes into no address and no history.
import { Refused, post } from './api.js';
import { byId, h } from './dom.js';
import { address, view } from './filters.js';
import { CHANNELS } from './phrases.js';
import { firstSeq, showEarlier } from './thread.js';
import { agoTime, date } from './time.js';

const PAUSE_MS = 250;
const SHORTEST = 2;
const pane = byId('queue');
const field = byId('sought');
const state = byId('found-state');
const box = byId('found-all');
let pausing = null;
let asking = 0;

/** Put away what was found, and show the lists again. */
export function endSearch() {
  clearTimeout(pausing);
  asking += 1;
  field.value = '';
  byId('found').setAttribute('aria-busy', 'false');
  pane.dataset.view = view();
}

/** Bring the message that the address names ("#m12") into sight, however long ago it was. True when there is one. */
export async function showSought() {
  const seq = /^#m(\d{1,9})$/.exec(location.hash)?.[1];
  const find = () => seq && byId('log').querySelector(`[data-seq="${seq}"]`);
  while (seq && Number(seq) < firstSeq()) {
    if (!(await showEarlier().catch(() => false))) break;
  }
  const item = find();
  for (const before of byId('log').querySelectorAll('.sought')) before.classList.remove('sought');
  if (!item) return false;
  item.classList.add('sought');
  item.scrollIntoView({ block: 'center' });
  return true;
}

function begin() {
  clearTimeout(pausing);
  const words = field.value.trim();
  if (!words) return endSearch();
  pane.dataset.view = 'found';
  pausing = setTimeout(look, PAUSE_MS, words);
}

async function look(words) {
  const number = ++asking;
  if ([...words].filter((letter) => /[\p{L}\p{N}]/u.test(letter)).length < SHORTEST) {
    box.replaceChildren();
    state.textContent = 'Write at least two letters or digits.';
    return;
  }
  byId('found').setAttribute('aria-busy', 'true');
  try {
    const found = await post('search', { words });
    if (number === asking) show(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (number !== asking) return;
    box.replaceChildren();
    state.textContent = error.message;
  } finally {
    if (number === asking) byId('found').setAttribute('aria-busy', 'false');
  }
}

function show({ customers, invoices, conversations, more }) {
  const groups = [['Customers', customers.map(person)], ['Invoices', invoices.map(invoice)], ['Conversations', conversations.map(said)]]
    .filter(([, rows]) => rows.length);
  box.replaceChildren(...groups.map(([title, rows]) => h('div', {}, h('h2', {}, title), rows)));
  const counts = groups.map(([title, rows]) => `${title.toLowerCase()}: ${rows.length}`).join(', ');
  state.textContent = groups.length ? `Found ${counts}.${more ? ' There is more: add a word.' : ''}` : 'Nothing found in what you may see.';
}

const person = (one) =>
  h('div', { class: 'found-one' }, h('p', {}, h('strong', {}, one.name), h('span', { class: 'where' }, `${one.account_number} · ${one.language}`)), beside(one));

const invoice = (one) =>
  h('div', { class: 'found-one' }, h('p', {}, h('strong', {}, one.number), h('span', { class: 'where' }, `${one.description}, due ${date(one.due_on)}`)),
    h('p', { class: 'where' }, `${one.name}, ${one.account_number}`), beside(one));

function beside({ conversations }) {
  if (!conversations.length) return h('p', { class: 'where' }, 'No conversation yet');
  return h('ul', {}, conversations.map((one) => h('li', {},
    link(one, null, h('span', { class: 'hit-who' }, `${CHANNELS[one.channel] ?? one.channel} · ${standing(one)}`, agoTime(one.at))))));
}

const said = (one) =>
  h('div', { class: 'found-one' },
    h('p', {}, h('strong', {}, one.name ?? 'Not yet known'), h('span', { class: 'where' }, `${CHANNELS[one.channel] ?? one.channel} · ${standing(one)}`)),
    h('ul', {}, one.hits.map((hit) => h('li', {},
      link(one, hit.seq, h('span', { class: 'hit-who' }, who(hit), agoTime(hit.at)),
        h('span', { dir: 'auto' }, hit.snippet.map(([text, isSought]) => (isSought ? h('mark', {}, text) : text))))))));

function who({ author, agent, note }) {
  if (note) return `Note by ${agent ?? 'a colleague'}`;
  return author === 'agent' ? agent ?? 'Agent' : author === 'bot' ? 'Assistant' : 'Customer';
}

function standing({ holder, agent, closed }) {
  if (holder === 'queue') return 'Waiting';
  if (holder === 'agent') return `With ${agent ?? 'a colleague'}`;
  return closed ? 'Closed' : 'With the assistant';
}

const link = ({ id }, seq, ...children) =>
  h('a', { class: 'hit', href: `${address(`/desk/conversations/${id}`)}${seq ? `#m${seq}` : ''}`, 'data-id': id }, ...children);

field.addEventListener('input', begin);
field.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') endSearch();
  if (event.key !== 'ArrowDown') return;
  event.preventDefault();
  box.querySelector('a')?.focus();
});
byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(pausing);
  if (field.value.trim()) look(field.value.trim());
});
