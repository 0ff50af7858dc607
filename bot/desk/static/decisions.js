// What waits for this agent as the second pair of eyes: adjustments, refunds, longer plans.
import { Refused, get, post } from './api.js';
import { byId, h, toast } from './dom.js';
import { ADJUSTMENTS, plain } from './phrases.js';
import { agoTime, date } from './time.js';

const EVERY = 60_000;
const section = byId('decisions');
let looking = null;

/** Look now, and from time to time. `changed` is called when this agent has decided something. */
export function watchDecisions(changed) {
  section.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-path]');
    if (button && !button.disabled) decide(button, changed);
  });
  look();
}

/** Look again: something may have been proposed. */
export function look() {
  clearTimeout(looking);
  looking = setTimeout(look, EVERY);
  get('approvals', { background: true }).then(show, () => {});
}

function show({ adjustments, refunds, plans }) {
  const items = [
    ...adjustments.map((one) => item('adjustments', one, `${ADJUSTMENTS[one.kind]} of ${one.amount.text}`, `${one.account_number}, ${one.invoice}`, `${one.by}: ${one.reason}`)),
    ...refunds.map((one) => item('refunds', one, `Refund of ${one.amount.text}`, one.account_number, `${one.by}: ${one.reason}`)),
    ...plans.map((one) => item('plans', one, `Longer plan over ${one.total.text}`, one.account_number, terms(one))),
  ];
  // An agent who is about to press a button keeps it under their hand.
  const before = [...section.querySelectorAll('li')].map((row) => row.dataset.id).join();
  if (before !== items.map((row) => row.dataset.id).join()) section.querySelector('ul').replaceChildren(...items);
  section.querySelector('.count').textContent = items.length;
  section.hidden = !items.length;
}

const terms = (plan) => `${plain(plan.frequency)}, ${plan.instalments.length} × ${plan.instalments[0].amount.text}, from ${date(plan.instalments[0].due_on)} to ${date(plan.instalments.at(-1).due_on)}`;

function item(what, one, title, where, why) {
  const act = (name, word, style) =>
    h('button', { type: 'button', class: `button${style}`, 'data-path': `${what}/${one.id}/${name}`, 'aria-label': `${word}: ${title}` }, word);
  return h('li', { class: 'decision', 'data-id': one.id },
    h('p', { class: 'item-top' }, h('strong', {}, title), agoTime(one.at)),
    h('p', { class: 'where' }, where), h('p', { class: 'decision-why' }, why),
    h('div', { class: 'decision-acts' }, act('refuse', 'Refuse', ''), act('approve', 'Approve', ' primary')));
}

async function decide(button, changed) {
  const row = button.closest('li');
  for (const each of row.querySelectorAll('button')) each.disabled = true;
  try {
    await post(button.dataset.path);
    toast(button.dataset.path.endsWith('approve') ? 'Approved.' : 'Refused.');
    row.remove();
    changed();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
    row.remove();
  }
  look();
}
