// What a customer was shown as a card, readable for the agent.
import { h } from './dom.js';
import { plain } from './phrases.js';
import { date } from './time.js';

const TITLES = {
  invoices: 'Shown: invoices', pay_link: 'Sent: link to pay', plan_options: 'Offered: plans',
  plan_schedule: 'Plan', receipt: 'Receipt', statement: 'Sent: statement',
};

/** Minor units as an amount: 8050, "USD" → "$80.50". */
export function money(minor, currency) {
  try {
    const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
    return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${minor} ${currency ?? ''}`.trim();
  }
}

/** A card of any kind; one that is not known shows what plain values it carries. */
export function card(data) {
  const rows = (ROWS[data.kind] ?? values)(data);
  return h('div', { class: 'card' }, h('h4', {}, data.kind === 'statement' && data.title ? 'Sent: document' : TITLES[data.kind] ?? plain(data.kind || 'card')), h('table', {}, h('tbody', {}, rows)));
}

const row = (label, amount, small, strong) =>
  h('tr', { class: strong ? 'sum' : null }, h('td', {}, label, small ? h('span', { class: 'small' }, small) : null), h('td', {}, amount ?? ''));

const ROWS = {
  invoices: (data) => [
    ...(data.items ?? []).map((item) =>
      row(`${item.number}${item.description ? ` · ${item.description}` : ''}`, money(item.amount, data.currency),
        `due ${date(item.due_on)}${item.days_late > 0 ? `, ${item.days_late} ${item.days_late === 1 ? 'day' : 'days'} late` : ''}`)),
    row('Overdue', money(data.overdue, data.currency), null, true),
    row('In all', money(data.total, data.currency), null, true),
  ],
  pay_link: (data) => [row('Amount', money(data.amount, data.currency), data.url, true)],
  plan_options: (data) => (data.options ?? []).map((option) => {
    const parts = option.instalments ?? [];
    return row(`${parts.length} instalments`, parts.length ? money(parts[0].amount, data.currency) : '',
      parts.length ? `${date(parts[0].due_on)} to ${date(parts.at(-1).due_on)}` : null);
  }),
  plan_schedule: (data) => (data.instalments ?? data.option?.instalments ?? []).map((part, index) =>
    row(`${index + 1}. ${date(part.due_on)}`, money(part.amount, data.currency), part.status ? plain(part.status) : null)),
  receipt: (data) => [
    row('Paid', money(data.amount, data.currency), date(data.paid_at), true),
    row('Still open', money(data.balance?.amount ?? data.balance, data.currency)),
  ],
  statement: (data) => [row(data.title ?? data.url ?? '', '', data.title ? data.url : null)],
};

function values(data) {
  return Object.entries(data)
    .filter(([key, value]) => key !== 'kind' && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => row(plain(key), String(value)));
}
