// The lists at the left. Items are kept and updated in place, so that nothing flickers and the focus stays where it is.
import { Refused, get } from './api.js';
import { arrange, byId, h, icon, toast } from './dom.js';
import { address, asked, share } from './filters.js';
import { CHANNELS, initials, nameless, plain, reason } from './phrases.js';
import { agoTime, moment } from './time.js';

const kept = new Map();
const further = { waiting: [], others: [] }; // what was asked for beyond the first pages
const AGAIN_MS = 3000;
let opened = null;
let shown = null;
let again = null;

/** Show the lists of `GET queue`. */
export function showLists(lists) {
  shown = lists;
  show();
  document.title = `${lists.counts.waiting_all ? `(${lists.counts.waiting_all}) ` : ''}Desk · Good Terms`;
  if (further.waiting.length || further.others.length) again ??= setTimeout(lookAgain, AGAIN_MS);
}

function show() {
  const rows = split(shown);
  const present = new Set();
  const focused = document.activeElement;
  for (const section of document.querySelectorAll('.list[data-list]')) {
    const name = section.dataset.list;
    const items = rows[name] ?? [];
    arrange(section.querySelector('ul'), items.map((item) => {
      present.add(item.id);
      return entry(item, name);
    }));
    tell(section, name, items.length);
  }
  for (const id of kept.keys()) if (!present.has(id)) kept.delete(id);
  if (focused !== document.activeElement && focused.isConnected) focused.focus(); // it went to another list
}

/** Forget what was asked for beyond the first pages: another choice was made. */
export function firstPages() {
  further.waiting = [];
  further.others = [];
}

/** Mark the conversation that is open (null: none). */
export function markOpen(id) {
  opened = id;
  for (const link of byId('queue').querySelectorAll('.item')) current(link);
}

/** The list's links in the order in which they are seen, for the keyboard. */
export const links = () => [...byId('queue').querySelectorAll('.item')].filter((link) => link.checkVisibility());

export const initialsOrIcon = (name, known) => (known && initials(name) ? initials(name) : icon('person'));

/** Whose turn it is in mine, and the further pages where there are some. */
function split({ waiting, mine, others }) {
  const theirTurn = (item) => item.last?.author === 'agent';
  const first = new Set([...waiting, ...mine, ...(others ?? [])].map((item) => item.id));
  const rest = (name) => further[name].filter((item) => !first.has(item.id));
  return {
    mine: mine.filter((item) => !theirTurn(item)),
    answered: mine.filter(theirTurn),
    waiting: [...waiting, ...rest('waiting')],
    others: others && [...others, ...rest('others')],
  };
}

function tell(section, name, length) {
  const { counts } = shown;
  const count = section.querySelector('.count');
  count.textContent = name === 'waiting' ? share(counts.waiting, counts.waiting_all) : counts[name] && name !== 'mine' ? counts[name] : length;
  count.hidden = !length && count.textContent === '0';
  if (name === 'answered') section.hidden = !length;
  const empty = section.querySelector('.empty');
  if (empty) empty.hidden = length > 0 || (name === 'mine' && counts.mine > 0);
  if (empty?.dataset.fits) empty.textContent = asked().size && counts.waiting_all ? empty.dataset.fits : empty.dataset.empty;
  const more = section.querySelector('.more');
  if (more) more.hidden = length >= counts[name];
}

for (const button of document.querySelectorAll('.list[data-list] .more')) {
  button.addEventListener('click', () => lookFurther(button.closest('.list').dataset.list, button));
}

async function lookFurther(name, button) {
  button.disabled = true;
  try {
    const from = shown[name].length + further[name].length;
    const { items } = await page(name, from);
    further[name].push(...items);
    show();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  } finally {
    button.disabled = false;
  }
}

/** The further pages grow old while the first are kept current: they are looked up again after news. */
async function lookAgain() {
  for (const name of Object.keys(further)) {
    const wanted = further[name].length;
    let found = [];
    try {
      while (found.length < wanted) {
        const { items, next } = await page(name, shown[name].length + found.length, true);
        found = [...found, ...items];
        if (next === null) break;
      }
    } catch {
      found = further[name];
    }
    if (further[name].length === wanted) further[name] = found;
  }
  again = null;
  show();
}

function page(name, skip, background = false) {
  const query = asked();
  query.set('skip', skip);
  return get(`lists/${name}?${query}`, { background });
}

/** A row of `list`; it is the same element for as long as the conversation is in the live lists. */
export function entry(item, list) {
  const shape = JSON.stringify([list, { ...item, waiting_s: null }, asked().toString()]);
  let known = kept.get(item.id);
  if (known?.shape === shape) return known.element;
  const link = known?.element.firstElementChild ?? h('a', { 'data-id': item.id });
  link.href = address(`/desk/conversations/${item.id}`);
  link.className = `item${list === 'mine' && item.unanswered ? ' unanswered' : ''}`;
  link.replaceChildren(face(item), h('div', { class: 'item-body' }, ...lines(item, list)));
  current(link);
  known = { shape, element: known?.element ?? h('li', {}, link) };
  kept.set(item.id, known);
  return known.element;
}

function current(link) {
  if (link.dataset.id === opened) link.setAttribute('aria-current', 'true');
  else link.removeAttribute('aria-current');
}

const face = (item) =>
  h('span', { class: `face${item.name ? '' : ' unknown'}`, 'aria-hidden': 'true' }, initialsOrIcon(item.name, item.name));

function lines(item, list) {
  const waits = list === 'waiting';
  const where = [CHANNELS[item.channel] ?? item.channel, item.language.startsWith('English') ? null : item.language,
    !item.skill || item.skill === 'general' ? null : plain(item.skill)];
  return [
    h('div', { class: 'item-top' }, h('strong', {}, item.name ?? nameless(item.number_end)),
      waits ? h('span', { class: 'place', title: 'Place in the queue' }, `No. ${item.place}`) : null,
      agoTime(waits ? item.since : item.last?.at ?? item.since)),
    h('p', { class: 'item-why' }, why(item, list)),
    item.last ? h('p', { class: 'item-said', dir: 'auto' }, speaker(item, list), item.last.text || 'Sent a card') : null,
    h('div', { class: 'marks' }, identityMark(item.identity), tierMark(item), item.holder === 'bot' ? null : targetMark(item),
      item.at_stake ? h('span', { class: 'mark late' }, `${item.at_stake} overdue`) : null,
      h('span', { class: 'where' }, where.filter(Boolean).join(' · '))),
  ];
}

function why(item, list) {
  if (list === 'others') return `With ${item.agent?.name}`;
  if (list === 'assistant') return 'With the assistant';
  return reason(item.reason);
}

function speaker(item, list) {
  if (item.last.author === 'customer') return null;
  const who = item.last.author === 'bot' ? 'Assistant' : list === 'mine' || list === 'answered' ? 'You' : 'Agent';
  return h('b', {}, `${who}: `);
}

/** How far identity is proven, in words and not by colour alone. */
export function identityMark(identity) {
  if (identity === 'verified') return h('span', { class: 'mark good' }, icon('check'), 'Verified');
  if (identity === 'lapsed') return h('span', { class: 'mark' }, icon('clock'), 'Proof lapsed');
  return h('span', { class: 'mark' }, icon('question'), 'Not verified');
}

/** What it asks of whoever takes it; the everyday goes without saying. */
const tierMark = (item) =>
  (item.tier > 1 ? h('span', { class: 'mark tier', title: `Tier ${item.tier}` }, `${item.tier} · ${item.tier_name}`) : null);

/** By when a person is to answer. */
function targetMark(item) {
  if (item.breached) return h('span', { class: 'mark late' }, icon('clock'), 'Target passed');
  return item.target_at && item.holder === 'queue' ? h('span', { class: 'mark' }, icon('clock'), `Answer by ${moment(item.target_at)}`) : null;
}
