// Adjusting an invoice and giving a payment back: one sheet that says what is possible and what becomes of it.
import { Refused, get, post } from './api.js';
import { act, acts } from './blocks.js';
import { money } from './cards.js';
import { openDeed } from './deed.js';
import { byId, h } from './dom.js';
import { field, minor, wordsField } from './fields.js';
import { ADJUSTMENTS, plain } from './phrases.js';
import { agoTime, date } from './time.js';
import { uuid } from './uuid.js';

const sheet = byId('money');
const kind = byId('money-kind');
const on = byId('money-on');
const amount = byId('money-amount');
const reason = byId('money-reason');
let shown = null; // what `GET customers/{id}/money` said
let attempt = null; // its id, for as long as what is asked stays the same
let done = () => {};

/** Open the sheet for a customer. `changed(words)` is called with a sentence when something was done. */
export async function openMoney(customerId, changed) {
  done = changed;
  shown = null;
  attempt = null;
  for (const control of [amount, reason]) control.value = '';
  problem('');
  byId('money-do').disabled = true;
  kind.replaceChildren();
  on.replaceChildren();
  byId('money-past').replaceChildren();
  byId('money-hint').textContent = '';
  byId('money-outcome').hidden = true;
  sheet.showModal();
  try {
    shown = await get(`customers/${customerId}/money`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem(error.message);
    return;
  }
  kind.replaceChildren(...KINDS.filter(({ items }) => items(shown).length).map(({ value, title }) => h('option', { value }, title)));
  byId('money-do').disabled = !kind.options.length;
  byId('money-past').replaceChildren(...past());
  choose();
}

const owing = (all) => all.invoices.filter((invoice) => invoice.owed.minor);
const KINDS = [
  { value: 'refund', title: 'Refund a payment', items: (money) => money.payments.filter((payment) => payment.left.minor), button: 'Refund' },
  { value: 'reduction', title: 'Correct an invoice downwards', items: owing, button: 'Reduce' },
  { value: 'write_off', title: 'Write off what is owed', items: owing, button: 'Write off' },
  { value: 'credit_used', title: 'Pay an invoice from credit', items: (money) => (money.credit.minor ? owing(money).filter((invoice) => !invoice.disputed) : []), button: 'Use credit' },
  { value: 'increase', title: 'Correct an invoice upwards', items: (money) => money.invoices, button: 'Increase' },
];

const chosen = () => KINDS.find(({ value }) => value === kind.value);

/** Another kind of thing to do: other things to do it on. */
function choose() {
  const now = chosen();
  if (!now) {
    problem('There is nothing to adjust or to give back on this account.');
    return;
  }
  on.replaceChildren(...now.items(shown).map((item) => h('option', { value: item.id }, item.number
    ? `${item.number} · ${item.description} · ${item.owed.text} owed`
    : `${item.amount.text} on ${date(item.at)} · ${item.left.text} left`)));
  byId('money-do').textContent = now.button;
  hint();
}

function most() {
  const item = chosen()?.items(shown).find(({ id }) => id === on.value);
  if (!item || kind.value === 'increase') return null;
  if (kind.value === 'refund') return item.left;
  return kind.value === 'credit_used' && shown.credit.minor < item.owed.minor ? shown.credit : item.owed;
}

function hint() {
  const limit = most();
  byId('money-hint').textContent = limit ? `Up to ${limit.text}.` : '';
  const told = outcome().filter(Boolean);
  byId('money-outcome').hidden = !told.length;
  byId('money-outcome').replaceChildren(...told.map((words) => h('p', {}, words)));
}

/** What will happen, to the cent, as the fields stand. */
function outcome() {
  const item = chosen()?.items(shown).find(({ id }) => id === on.value);
  const wanted = minor(amount.value, shown.currency);
  const rule = `Above ${shown.alone.text} in a day somebody else decides with you.`;
  if (!item || wanted === null) return [rule];
  const said = money(wanted, shown.currency);
  const then = (sign) => `${item.number}: ${item.owed.text} is owed now, ${money(Math.max(item.owed.minor + sign * wanted, 0), shown.currency)} then.`;
  return [
    ...{
      refund: () => [`${said} goes back to the card that it came from, and the customer is told.`, 'What it had paid is owed again.'],
      reduction: () => [then(-1)],
      write_off: () => [then(-1), `${said} is given up, and nobody asks for it again.`],
      credit_used: () => [then(-1), `Their credit pays it: ${shown.credit.text} now, ${money(Math.max(shown.credit.minor - wanted, 0), shown.currency)} then.`],
      increase: () => [then(1)],
    }[kind.value](),
    wanted > shown.alone.minor ? `It waits for a second person first, as it is above ${shown.alone.text}.` : rule,
  ];
}

async function submit() {
  const wanted = minor(amount.value, shown.currency);
  if (wanted === null) {
    problem(`Please write an amount of ${shown.currency}, such as 12.50 without a sign.`);
    amount.focus();
    return;
  }
  const asked = { amount: wanted, reason: reason.value };
  const answer = kind.value === 'refund'
    ? await post(`payments/${on.value}/refund`, { client_id: attempt ??= uuid(), ...asked })
    : await post(`customers/${shown.customer_id}/adjustments`, { client_id: attempt ??= uuid(), invoice_id: on.value, kind: kind.value, ...asked });
  sheet.close();
  done(OUTCOMES[(answer.refund ?? answer.adjustment).status] ?? 'Done.');
}

const OUTCOMES = {
  posted: 'Done. The account shows it.',
  sent: 'Given back. The customer has been told.',
  proposed: 'Written down. It waits for a second pair of eyes.',
  asked: 'Written down. It goes out as soon as Stripe answers again.',
};

function past() {
  const rows = [...shown.adjustments, ...shown.refunds].sort((a, b) => b.at.localeCompare(a.at)).slice(0, 8);
  if (!rows.length) return [];
  return [h('h3', {}, 'Done before'), h('ul', { class: 'rows' }, rows.map((row) => h('li', {},
    h('span', {}, row.kind ? `${ADJUSTMENTS[row.kind]} on ${row.invoice}` : 'Refund', ` · ${plain(row.status)}`),
    h('span', { class: 'amount' }, row.amount.text),
    h('span', { class: 'small' }, `${row.by}, `, agoTime(row.at), `: ${row.reason}`),
    row.kind && row.status === 'posted' ? acts(act(`undo-${row.id}`, 'Undo', () => undo(row), `Undo: ${ADJUSTMENTS[row.kind]} on ${row.invoice}`)) : null)))];
}

/** Undo what was posted. */
function undo(row) {
  const why = wordsField();
  sheet.close();
  openDeed({
    title: `Undo: ${ADJUSTMENTS[row.kind]} of ${row.amount.text}`,
    fields: [field('Why, for whoever looks at this later', why)],
    outcome: () => [`${row.invoice} is as if it had never been, as far as it still holds.`, `Above ${shown.alone.text} a supervisor has to do it.`],
    acts: [{ word: 'Undo it', act: async () => {
      await post(`adjustments/${row.id}/reverse`, { reason: why.value });
      return 'Undone. The account shows it.';
    } }],
    done,
  });
}

function problem(words) {
  byId('money-problem').textContent = words;
}

kind.addEventListener('change', () => { attempt = null; problem(''); choose(); });
for (const control of [on, amount, reason]) control.addEventListener('input', () => { attempt = null; problem(''); hint(); });
byId('money-cancel').addEventListener('click', () => sheet.close());
byId('money-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = byId('money-do');
  if (button.disabled || !shown) return;
  button.disabled = true;
  try {
    await submit();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem(error.message);
  } finally {
    button.disabled = false;
  }
});
