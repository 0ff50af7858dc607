// A link to pay, and a promise to pay on a day.
import { get, post } from './api.js';
import { money } from './cards.js';
import { begin, openDeed, press } from './deed.js';
import { amountField, amountIn, dateField, dayIn, field, minor, select, tick, ticks } from './fields.js';
import { date } from './time.js';

const SUMS = { overdue: 'All that is overdue', everything: 'Everything that is open', instalment: 'The next instalment of the plan' };

/** Choose what a link is for, and send it into the conversation. */
export const sendLink = (whole, done) => begin(async () => {
  const open = await get(`conversations/${whole.id}/pay-link`);
  // What is disputed is in no sum: then they are not all of it (C9).
  const rest = open.invoices.some((invoice) => invoice.disputed) ? ', without what is disputed' : '';
  const worded = (sum) => `${SUMS[sum]}${sum === 'instalment' ? '' : rest}`;
  const over = select([
    ...open.sums.map((sum) => [sum.over, `${worded(sum.over)}: ${sum.amount.text}`]),
    ...(open.invoices.length ? [['invoices', 'Chosen invoices']] : []), ['amount', 'Another amount'],
  ]);
  const chosen = open.invoices.map((invoice) => ({
    invoice, ...tick(`${invoice.number} · ${invoice.description} · ${invoice.owed.text}${invoice.disputed ? ' · disputed' : ''}`),
  }));
  const list = ticks('Invoices', chosen.map(({ row }) => row));
  const named = amountField('25.00');
  const amount = field('Amount', named, 'What they name goes to the oldest invoices first, never to disputed ones.');
  const picked = () => chosen.filter(({ box }) => box.checked).map(({ invoice }) => invoice);
  const sum = () => {
    if (over.value === 'amount') return minor(named.value, open.currency);
    if (over.value === 'invoices') return picked().reduce((all, invoice) => all + invoice.owed.minor, 0) || null;
    return open.sums.find((one) => one.over === over.value).amount.minor;
  };
  openDeed({
    title: 'Send a link to pay',
    fields: [field('What is to be paid', over), list, amount],
    outcome() {
      list.hidden = over.value !== 'invoices';
      amount.hidden = over.value !== 'amount';
      const disputed = over.value === 'invoices' ? picked().filter((invoice) => invoice.disputed) : [];
      return sum() === null ? [] : [
        `A link for ${money(sum(), open.currency)} goes into the conversation now, in ${whole.language}.`,
        open.replaces.length ? `The link for ${open.replaces.map((each) => each.text).join(' and ')} from before can't be paid any more.` : null,
        open.on_its_way.minor ? `${open.on_its_way.text} is on its way from their bank already.` : null,
        disputed.length ? `${disputed.map((invoice) => invoice.number).join(', ')}: disputed, and paid because they chose it.` : null,
        whole.phone?.refused ? 'They asked for silence here: it reaches them only as an answer to their next message.' : null,
      ];
    },
    acts: [{ word: 'Send the link', act: async () => {
      const asked = { over: over.value, invoice_ids: picked().map((invoice) => invoice.id) };
      await post(`conversations/${whole.id}/pay-link`, { client_id: press(), ...asked, amount: sum() ?? amountIn(named, open.currency) });
      return 'Sent. The conversation shows it.';
    } }],
    done,
  });
});

/** Write down what they promise; an open promise is corrected by it. */
export function notePromise(whole, done) {
  const { account } = whole;
  const before = account.promises.find((one) => one.status === 'open');
  const amount = amountField('25.00');
  const day = dateField({ value: before?.due_on ?? '', min: account.today, max: account.promise_until });
  if (before) amount.value = plainAmount(before.amount.minor, account.currency);
  openDeed({
    title: before ? 'Correct the promise' : 'Note a promise to pay',
    fields: [field('Amount', amount, `Up to ${account.total.text}.`), field('By', day, `From today to ${date(account.promise_until)}.`)],
    outcome() {
      const sum = minor(amount.value, account.currency);
      return sum === null || !day.value ? [] : [
        `${money(sum, account.currency)} by ${date(day.value)} is noted and repeated to them in ${whole.language}.`,
        'Until then nobody asks about it.',
        before ? `It takes the place of ${before.amount.text} by ${date(before.due_on)}.` : null,
      ];
    },
    acts: [{ word: before ? 'Correct it' : 'Note it', act: async () => {
      await post(`conversations/${whole.id}/promise`, { client_id: press(), amount: amountIn(amount, account.currency), due_on: dayIn(day) });
      return 'Noted. The conversation shows it.';
    } }],
    done,
  });
}

function plainAmount(sum, currency) {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  return (sum / 10 ** digits).toFixed(digits);
}
