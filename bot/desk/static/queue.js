// The lists at the left. Items are kept and updated in place, so that nothing flickers and the focus stays where it is.
import { arrange, byId, h, icon } from './dom.js';
import { CHANNELS, initials, plain, reason } from './phrases.js';
import { agoTime } from './time.js';

const kept = new Map();
let opened = null;

/** Show the lists of `GET queue`. */
export function showLists(lists) {
  const present = new Set();
  for (const section of document.querySelectorAll('.list')) {
    const items = lists[section.dataset.list] ?? [];
    arrange(section.querySelector('ul'), items.map((item) => {
      present.add(item.id);
      return entry(item, section.dataset.list);
    }));
    const count = section.querySelector('.count');
    count.textContent = items.length;
    count.hidden = items.length === 0;
    section.querySelector('.empty').hidden = items.length > 0;
  }
  for (const id of kept.keys()) if (!present.has(id)) kept.delete(id);
  document.title = `${lists.waiting.length ? `(${lists.waiting.length}) ` : ''}Desk · Good Terms`;
}

/** Mark the conversation that is open (null: none). */
export function markOpen(id) {
  opened = id;
  for (const link of byId('queue').querySelectorAll('.item')) current(link);
}

/** The list's links in the order in which they are seen, for the keyboard. */
export const links = () => [...byId('queue').querySelectorAll('.item')];

export const initialsOrIcon = (name, known) => (known && initials(name) ? initials(name) : icon('person'));

function entry(item, list) {
  const shape = JSON.stringify([list, { ...item, waiting_s: null }]);
  let known = kept.get(item.id);
  if (known?.shape === shape) return known.element;
  const link = known?.element.firstElementChild ?? h('a', { href: `/desk/conversations/${item.id}`, 'data-id': item.id });
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
    item.skill === 'general' ? null : plain(item.skill)];
  return [
    h('div', { class: 'item-top' }, h('strong', {}, item.name ?? 'Not yet known'),
      waits ? h('span', { class: 'place', title: 'Place in the queue' }, `No. ${item.place}`) : null,
      agoTime(waits ? item.since : item.last?.at ?? item.since)),
    h('p', { class: 'item-why' }, list === 'others' ? `With ${item.agent?.name}` : reason(item.reason)),
    item.last ? h('p', { class: 'item-said', dir: 'auto' }, speaker(item, list), item.last.text || 'Sent a card') : null,
    h('div', { class: 'marks' }, identityMark(item.identity),
      item.at_stake ? h('span', { class: 'mark late' }, `${item.at_stake} overdue`) : null,
      h('span', { class: 'where' }, where.filter(Boolean).join(' · '))),
  ];
}

function speaker(item, list) {
  if (item.last.author === 'customer') return null;
  const who = item.last.author === 'bot' ? 'Assistant' : list === 'mine' ? 'You' : 'Agent';
  return h('b', {}, `${who}: `);
}

/** How far identity is proven, in words and not by colour alone. */
export function identityMark(identity) {
  if (identity === 'verified') return h('span', { class: 'mark good' }, icon('check'), 'Verified');
  if (identity === 'lapsed') return h('span', { class: 'mark' }, icon('clock'), 'Proof lapsed');
  return h('span', { class: 'mark' }, icon('question'), 'Not verified');
}
