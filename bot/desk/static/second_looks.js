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
    ...contacts.contacts.map((one) => item('contact-edits', one, `New ${NAMES[one.field]}${one.after ? `: ${one.after}` : ''}`, one.before ? `now ${one.before}` : null)),
    ...erasures.erasures.map((one) => item('erasures', one, one.scope === 'words' ? 'Erase what was said' : 'Erase everything', null)),
  ]);
}

function show(items) {
  const before = [...section.querySelectorAll('li')].map((row) => row.dataset.id).join();
  if (before !== items.map((row) => row.dataset.id).join()) section.querySelector('ul').replaceChildren(...items);
  section.querySelector('.count').textContent = items.length;
  section.hidden = !items.length;
}

function item(what, one, title, now) {
  const ask = (name, word, style) => h('button', { type: 'button', class: `button${style}`, 'aria-label': `${word}: ${title}`, onclick: () => decide(what, one, name, word, title) }, word);
  return h('li', { class: 'decision', 'data-id': one.id },
    h('p', { class: 'item-top' }, h('strong', {}, title), agoTime(one.at)),
    h('p', { class: 'where' }, [one.account_number, now].filter(Boolean).join(' · ')),
    h('p', { class: 'decision-why' }, `${one.by}: ${one.reason}`),
    h('div', { class: 'decision-acts' }, ask('refuse', 'Refuse', ''), ask('approve', 'Approve', ' primary')));
}

function decide(what, one, name, word, title) {
  const erases = what === 'erasures' && name === 'approve';
  openDeed({
    title: `${word}?`,
    lead: `${title}\n${one.account_number}\n${one.by}: ${one.reason}`,
    fields: [],
    outcome: () => [erases ? 'It begins at once and can’t be taken back.' : null],
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
