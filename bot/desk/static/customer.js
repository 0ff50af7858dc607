// The right pane: the person, why they are here, and the account while identity is proven.
import { money } from './cards.js';
import { byId, h } from './dom.js';
import { openMoney } from './money.js';
import { CHANNELS, actor, plain, reason } from './phrases.js';
import { identityMark, initialsOrIcon } from './queue.js';
import { agoTime, date, moment, timeIn } from './time.js';

/** Show everything beside the thread, or nothing (null). `changed(words)` hears what was done to the account. */
export function showCustomer(whole, changed) {
  byId('about').replaceChildren(...(whole ? [
    person(whole), caution(whole), why(whole), holds(whole), balance(whole.account), handling(whole, changed), plan(whole.account),
    promises(whole.account), payments(whole.account), cases(whole), contact(whole), consents(whole), history(whole),
  ].filter(Boolean) : []));
}

function person(whole) {
  const customer = whole.customer;
  const here = customer ? timeIn(customer.time_zone) : null;
  return h('section', { class: 'person', 'aria-label': 'Person' },
    h('span', { class: `face${customer ? '' : ' unknown'}`, 'aria-hidden': 'true' }, initialsOrIcon(customer?.name, customer)),
    h('div', {},
      h('h3', {}, customer?.name ?? 'Not yet known'),
      h('div', { class: 'marks' }, identityMark(whole.identity),
        customer ? h('span', { class: 'mark' }, customer.account_number) : null,
        here ? h('span', { class: 'mark', title: customer.time_zone }, `${here} there`) : null)));
}

function caution(whole) {
  if (whole.identity === 'verified') return null;
  const words = whole.identity === 'lapsed'
    ? 'Their proof of identity has lapsed. Say nothing of the account until they have proven again who they are; the assistant can ask them.'
    : 'We do not know who this is. Say nothing that implies an account or a balance.';
  return h('section', { class: 'block mind' }, h('h3', {}, 'Before you speak of an account'), h('p', {}, words));
}

function contact(whole) {
  const { customer } = whole;
  const filed = customer && customer.language !== whole.language ? `${customer.language} on file` : null;
  return block('Contact', null, facts([
    ['Channel', CHANNELS[whole.channel] ?? whole.channel],
    ['Address', whole.channel === 'web' ? null : whole.address],
    ['Language', [whole.language, filed].filter(Boolean).join(', ')],
    ['Free text until', whole.phone?.window_until ? moment(whole.phone.window_until) : null],
    ['Proof holds', whole.identity === 'verified' ? `until ${moment(whole.verified_until)}` : null],
    ['Customer', customer?.customer_since ? `since ${date(customer.customer_since)}` : null],
  ]));
}

function consents(whole) {
  const { phone } = whole;
  if (!phone) return null;
  const rest = phone.refused ? null : 'Nothing refused: answers may go out.';
  return block(phone.refused ? 'Asked for silence here' : 'Consent', phone.refused ? 'mind' : null,
    rest ? h('p', { class: 'calm' }, rest) : null,
    rows((whole.consents ?? []).map((one) => [
      `${one.granted ? 'Allowed' : 'Refused'} · ${CHANNELS[one.channel] ?? one.channel}`, agoTime(one.at),
      [plain(one.source), one.detail].filter(Boolean).join(': ')])));
}

function why(whole) {
  const now = whole.handoffs.find((handoff) => handoff.current);
  if (!now) return null;
  return h('section', { class: 'block kind' },
    h('h3', {}, 'Why they are here'),
    h('p', { class: 'why' }, reason(now.reason)),
    facts([...Object.entries(now.summary ?? {}).map(([name, value]) => [plain(name), words(value)]), ['Team', plain(now.skill)]]));
}

function balance(account) {
  if (!account) return null;
  if (!account.invoices.length) return block('Balance', null, h('p', { class: 'calm' }, 'Nothing is owed. Well done to both sides.'));
  return block('Balance', null,
    h('div', { class: 'sums' },
      h('p', {}, h('span', {}, 'Overdue'), h('strong', {}, account.overdue.text)),
      h('p', {}, h('span', {}, 'In all'), h('strong', {}, account.total.text)),
      account.credit.minor ? h('p', {}, h('span', {}, 'Credit'), h('strong', {}, account.credit.text)) : null),
    rows(account.invoices.map((invoice) => [
      [invoice.number, invoice.disputed ? [' ', h('span', { class: 'mark' }, 'Disputed')] : []].flat(2), invoice.owed.text,
      [invoice.description, `due ${date(invoice.due_on)}`, invoice.planned ? 'in the plan' : late(invoice.days_late)].filter(Boolean).join(' · '),
      invoice.days_late ? 'late' : null])));
}

/** Only who speaks with the customer, or supervises, handles the money. */
function handling(whole, changed) {
  if (!whole.account || !(whole.may.write || document.body.dataset.supervises)) return null;
  const open = () => openMoney(whole.account.customer_id, changed);
  return h('button', { type: 'button', class: 'button wide', onclick: open }, 'Adjust or refund');
}

function plan(account) {
  const plan = account?.plan;
  if (!plan) return null;
  const meter = h('progress', { class: 'progress', max: plan.total.minor, value: plan.paid.minor, 'aria-label': 'Paid so far' });
  return block('Plan', null,
    h('p', { class: 'calm' }, `${plan.paid.text} of ${plan.total.text} paid, ${plain(plan.frequency).toLowerCase()}`), meter,
    rows(plan.instalments.map((part) => [date(part.due_on), part.amount.text, { paid: 'Paid', due: null, late: 'Late' }[part.state] ?? null,
      part.state === 'late' ? 'late' : null])));
}

function promises(account) {
  if (!account?.promises.length) return null;
  return block('Promises', null, rows(account.promises.map((one) => [`by ${date(one.due_on)}`, one.amount.text, plain(one.status)])));
}

function payments(account) {
  if (!account?.payments.length) return null;
  const words = { created: 'Link sent', open: 'At the checkout', processing: 'Under way at the bank', succeeded: 'Paid', charged_back: 'Taken back by the bank' };
  return block('Payments', null, rows(account.payments.map((one) => [words[one.status] ?? plain(one.status), one.amount.text, agoTime(one.at)])));
}

function holds(whole) {
  if (!whole.holds.length) return null;
  return h('section', { class: 'block mind' }, h('h3', {}, 'On hold'),
    rows(whole.holds.map((hold) => [plain(hold.kind), plain(hold.status), hold.reason || null])));
}

function cases(whole) {
  if (!whole.cases.length) return null;
  return block('Cases', null, rows(whole.cases.map((one) => [
    plain(one.kind), plain(one.status), one.summary ? `${one.reference}: ${one.summary}` : one.reference,
  ])));
}

function history(whole) {
  const steps = whole.handoffs.flatMap((handoff) => handoff.events.map((event) => [event, handoff]));
  if (!steps.length) return null;
  const words = (event, handoff) => (event.kind === 'requested' ? reason(handoff.reason) : plain(event.kind));
  return block('Hand-overs', null, rows(steps.map(([event, handoff]) => [
    `${words(event, handoff)} · ${actor(event.who)}`, agoTime(event.at), event.note])));
}

const block = (title, kind, ...children) => h('section', { class: `block${kind ? ` ${kind}` : ''}` }, h('h3', {}, title), ...children);

const facts = (pairs) => h('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
  .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));

const rows = (list) => h('ul', { class: 'rows' }, list.map(([name, amount, small, late]) =>
  h('li', {}, h('span', {}, name), h('span', { class: 'amount' }, amount ?? ''), small ? h('span', { class: `small${late ? ` ${late}` : ''}` }, small) : null)));

const late = (days) => (days > 0 ? `${days} ${days === 1 ? 'day' : 'days'} late` : null);

/** A value of a summary: what the dialogue wrote down is its own business, so any shape is made readable. */
function words(value) {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join('\n') || null;
  if (typeof value !== 'object') return value === true ? 'Yes' : value === false ? 'No' : String(value);
  const minor = value.minor ?? value.amount;
  if (typeof minor === 'number' && typeof value.currency === 'string') return money(minor, value.currency);
  return Object.entries(value).map(([name, part]) => `${plain(name)}: ${words(part) ?? ''}`).join('\n');
}
