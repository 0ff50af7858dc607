// Adjusting an invoice and giving a payment back: one sheet that says what is possible and what becomes of it.
import { Refused, get, post } from './api.js';
import { byId, h } from './dom.js';
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
  for (const field of [amount, reason]) field.value = '';
  problem('');
  byId('money-do').disabled = true;
  kind.replaceChildren();
  on.replaceChildren();
  byId('money-past').replaceChildren();
  byId('money-hint').textContent = '';
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

const owing = (money) => money.invoices.filter((invoice) => invoice.owed.minor);
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
  byId('money-hint').textContent = [
    limit ? `Up to ${limit.text}.` : null,
    `Above ${shown.alone.text} in a day somebody else decides with you.`,
    kind.value === 'refund' ? 'What it had paid is owed again, and the customer is told.' : null,
  ].filter(Boolean).join(' ');
}

/** "12.50" in minor units of the currency, or null when it is no amount of it. */
function minor(text, currency) {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  const parts = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  const fraction = parts?.[2] ?? '';
  if (!parts || fraction.length > digits) return null;
  return Number(parts[1] + fraction.padEnd(digits, '0')) || null;
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
    h('span', { class: 'small' }, `${row.by}, `, agoTime(row.at), `: ${row.reason}`))))];
}

function problem(words) {
  byId('money-problem').textContent = words;
}

kind.addEventListener('change', () => { attempt = null; problem(''); choose(); });
for (const field of [on, amount, reason]) field.addEventListener('input', () => { attempt = null; problem(''); hint(); });
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
