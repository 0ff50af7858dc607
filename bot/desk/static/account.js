// The account in the right pane, while identity is proven: what is owed, the plan, promises, payments, and what can be done.
import { act, acts, block, rows } from './blocks.js';
import { openCase } from './cases.js';
import { h } from './dom.js';
import { placeHold } from './holds.js';
import { openMoney } from './money.js';
import { notePromise, sendLink } from './pay_link.js';
import { plain } from './phrases.js';
import { agreePlan, decideOffer, showOffer } from './plan.js';
import { changePlan, endPlan } from './plan_changes.js';
import { agoTime, date } from './time.js';

/** What can be done for the customer: by who speaks with them, of money only while identity is proven (P1). */
export function deeds(whole, done) {
  const { account, may } = whole;
  const deed = (key, word, open) => act(`deed-${key}`, word, () => open(whole, done));
  const owing = Boolean(account?.invoices.length) && may.write;
  const buttons = [
    owing ? deed('link', 'Send a link', sendLink) : null,
    owing && !account.plan ? deed('plan', 'Agree a plan', agreePlan) : null,
    owing && !account.promises.some(open) ? deed('promise', 'Note a promise', notePromise) : null,
    account && (may.write || document.body.dataset.supervises)
      ? act('deed-money', 'Adjust or refund', () => openMoney(account.customer_id, done)) : null,
    may.write ? deed('hold', 'Place a hold', placeHold) : null,
    may.write ? deed('case', 'Open a case', openCase) : null,
  ].filter(Boolean);
  if (!buttons.length) return null;
  const unproven = account ? null : 'Links, plans and promises come back once they have proven who they are.';
  return h('section', { class: 'block', 'aria-label': 'For the customer' }, h('h3', {}, 'For the customer'),
    unproven ? h('p', { class: 'calm' }, unproven) : null, h('div', { class: 'deeds' }, buttons));
}

export function balance(account) {
  if (!account) return null;
  if (!account.invoices.length) {
    return block('Balance', null, h('p', { class: 'calm' }, 'Nothing is owed. Well done to both sides.'),
      account.credit.minor ? h('p', { class: 'calm' }, `Credit: ${account.credit.text}`) : null);
  }
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

/** The plan in force, with what can be changed. */
export function plan(whole, done) {
  const now = whole.account?.plan;
  if (!now) return null;
  const meter = h('progress', { class: 'progress', max: now.total.minor, value: now.paid.minor, 'aria-label': 'Paid so far' });
  return block('Plan', null,
    h('p', { class: 'calm' }, `${now.paid.text} of ${now.total.text} paid, ${plain(now.frequency).toLowerCase()}`), meter,
    rows(now.instalments.map((part) => [part.number === 0 ? `${date(part.due_on)}, paid down` : date(part.due_on), part.amount.text,
      { paid: 'Paid', due: null, late: 'Late' }[part.state] ?? null, part.state === 'late' ? 'late' : null])),
    whole.may.write ? acts(
      act('plan-change', 'Dates or a pause', () => changePlan(whole, done)),
      act('plan-terms', 'New terms', () => agreePlan(whole, done)),
      act('plan-end', 'End it', () => endPlan(whole, done), 'End the plan')) : null);
}

/** Terms that wait for a second person, or for the customer's yes. */
export function offers(whole, done) {
  const waiting = whole.account?.offers ?? [];
  if (!waiting.length) return null;
  return block('Offered plan', 'mind', h('ul', { class: 'held' }, waiting.map((offer) => h('li', {},
    h('p', { class: 'held-top' }, h('strong', {}, `${offer.instalments.length} × ${offer.instalments.at(0).amount.text}`), h('span', {}, offer.total.text)),
    h('p', { class: 'small' }, standing(offer)),
    acts(
      offer.may_approve ? act(`decide-${offer.id}`, 'Look and decide', () => decideOffer(whole, offer, done)) : null,
      offer.approval !== 'asked' && whole.may.write
        ? act(`offer-${offer.id}`, offer.yes ? 'They said yes: record it' : 'Send or record', () => showOffer(whole, offer, done)) : null)))));
}

function standing(offer) {
  if (offer.approval === 'asked') return 'Waits for a second person.';
  if (offer.yes) return 'They pressed yes. It is in force once it is recorded.';
  return offer.sent ? 'Sent. It waits for the customer to say yes.' : 'Allowed. It waits for the customer to say yes.';
}

export function promises(whole, done) {
  const made = whole.account?.promises ?? [];
  if (!made.length) return null;
  return block('Promises', null, rows(made.map((one) => [`by ${date(one.due_on)}`, one.amount.text, plain(one.status)])),
    whole.may.write && made.some(open) ? acts(act('promise-correct', 'Correct it', () => notePromise(whole, done), 'Correct the promise')) : null);
}

export function payments(account) {
  if (!account?.payments.length) return null;
  const words = { created: 'Link sent', open: 'At the checkout', processing: 'Under way at the bank', succeeded: 'Paid', charged_back: 'Taken back by the bank' };
  return block('Payments', null, rows(account.payments.map((one) => [words[one.status] ?? plain(one.status), one.amount.text, agoTime(one.at)])));
}

const open = (promise) => promise.status === 'open';

const late = (days) => (days > 0 ? `${days} ${days === 1 ? 'day' : 'days'} late` : null);
