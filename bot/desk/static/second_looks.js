// Changes of contact data and erasures that wait for this agent as the second pair of eyes, above the lists.
import { get, post } from './api.js';
import { openDeed } from './deed.js';
import { byId, h, toast } from './dom.js';
import { agoTime } from './time.js';

const EVERY = 60_000;
const NAMES = { phone: 'phone', email: 'e-mail', postcode: 'postcode', name: 'name', language: 'language', time_zone: 'time zone' };
const section = byId('second-looks');

/** Look now, and from time to time; only supervisors have something to look at. */
async function look() {
  const nothing = { contacts: [], erasures: [] };
  const [contacts, erasures] = await Promise.all(['contact-edits', 'erasures'].map((path) => get(path, { background: true }).catch(() => nothing)));
  show([
    ...contacts.contacts.map((one) => item('contact-edits', one, change(one), one.after && one.before ? `now ${one.before}` : null, one.shared)),
    ...erasures.erasures.map((one) => item('erasures', one, one.scope === 'words' ? 'Erase what was said' : 'Erase everything', null)),
  ]);
}

/** In a few words; of a postcode neither the old nor the new is known. */
function change({ field, before, after }) {
  const name = NAMES[field];
  if (!after && before) return `Remove the ${name} ${before}`;
  return `New ${name}${after ? `: ${after}` : ''}`;
}

function show(items) {
  const before = [...section.querySelectorAll('li')].map((row) => row.dataset.id).join();
  if (before !== items.map((row) => row.dataset.id).join()) section.querySelector('ul').replaceChildren(...items);
  section.querySelector('.count').textContent = items.length;
  section.hidden = !items.length;
}

function item(what, one, title, now, mind = null) {
  const ask = (name, word, style) => h('button', { type: 'button', class: `button${style}`, 'aria-label': `${word}: ${title}`, onclick: () => decide(what, one, name, word, title) }, word);
  return h('li', { class: 'decision', 'data-id': one.id },
    h('p', { class: 'item-top' }, h('strong', {}, title), agoTime(one.at)),
    h('p', { class: 'where' }, [one.account_number, now].filter(Boolean).join(' · ')),
    h('p', { class: 'decision-why' }, `${one.by}: ${one.reason}`),
    mind ? h('p', { class: 'decision-why' }, mind) : null,
    h('div', { class: 'decision-acts' }, ask('refuse', 'Refuse', ''), ask('approve', 'Approve', ' primary')));
}

function decide(what, one, name, word, title) {
  const erases = what === 'erasures' && name === 'approve';
  openDeed({
    title: `${word}?`,
    lead: `${title}\n${one.account_number}\n${one.by}: ${one.reason}`,
    fields: [],
    outcome: () => [one.shared ?? null, erases ? 'It begins within a minute and can’t be taken back.' : null],
    acts: [{ word, act: async () => {
      await post(`${what}/${one.id}/${name}`);
      return name === 'approve' ? 'Approved.' : 'Refused.';
    } }],
    done(words) {
      toast(words);
      look();
    },
  });
}

if (section) {
  look();
  setInterval(look, EVERY);
}
