// The supervisor's view over all: looked up every few seconds while it is in sight.
import { Refused, get } from './api.js';
import { byId, h } from './dom.js';
import { plain } from './phrases.js';

const EVERY_MS = 10_000;
const LONG_S = 15 * 60;
const TITLES = { tier: 'Waiting by tier', skill: 'Waiting by skill', language: 'Waiting by language' };

async function look(background = true) {
  if (!document.hidden) {
    try {
      show(await get('overview', { background }));
      byId('as-of').textContent = 'Kept current by itself.';
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      byId('as-of').textContent = error.message;
    }
  }
  setTimeout(look, EVERY_MS);
}

function show({ waiting, by, late, held, unanswered, agents }) {
  byId('totals').replaceChildren(
    total('Waiting', waiting.count, waiting.count ? `longest ${span(waiting.longest_s)}` : 'everyone has been heard'),
    total('Late now', late.now, 'first answers', late.now),
    total('Late today', late.today, 'first answers', late.today),
    total('With agents', held, 'conversations'),
    total('To answer', unanswered, 'of those'),
  );
  byId('waits').replaceChildren(...Object.entries(TITLES).map(([name, title]) => h('section', {}, h('h2', {}, title),
    by[name].length ? by[name].map((each) => h('a', { href: `/desk?${new URLSearchParams({ [name]: each.code })}` },
      h('strong', {}, each.name), h('span', {}, `${each.count} · longest ${span(each.longest_s)}`))) : h('p', {}, 'Nobody'))));
  byId('people').replaceChildren(...(agents.length ? agents.map(person) : [h('tr', {}, h('td', { colspan: 5 }, 'Nobody is at the desk.'))]));
}

const total = (name, count, words, isLate = false) =>
  h('div', { class: isLate ? 'late' : null }, h('dt', {}, name), h('dd', {}, String(count), h('small', {}, words)));

const person = (one) => h('tr', {},
  h('th', { scope: 'row' }, one.name), h('td', {}, plain(one.availability)), h('td', {}, `${one.held} of ${one.capacity}`),
  h('td', {}, String(one.unanswered)),
  h('td', { class: one.longest_s > LONG_S ? 'late' : null }, one.unanswered ? span(one.longest_s) : '–'));

function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes < 1 ? 'under 1 min' : minutes < 120 ? `${minutes} min` : minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

look(false);
