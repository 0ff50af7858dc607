// Holds: what binds here and what it stops, placed, confirmed and lifted by people.
import { get, post } from './api.js';
import { act, acts } from './blocks.js';
import { begin, openDeed, press } from './deed.js';
import { h } from './dom.js';
import { dateField, field, select, tick, wordsField } from './fields.js';
import { plain } from './phrases.js';
import { agoTime, date } from './time.js';

const OUTCOMES = { upheld: 'They were right', not_upheld: 'It stands as it was', withdrawn: 'They do not dispute it any more' };
const LIFTED_BY = {
  agent: 'Whoever speaks with them can lift it, and any supervisor.',
  specialist: 'A specialist who speaks with them can lift it, and any supervisor.',
  supervisor: 'Only a supervisor can lift it.',
  administrator: 'Only an administrator can lift it.',
};
const IN_TREATMENT = 'They are in treatment for a mental-health crisis';
const afterTreatment = (days) => `It has no last day while treatment lasts, and ends ${days} days after it.`;
const ON = { customer: 'The customer, everywhere', address: 'This address alone', invoice: 'An invoice' };

/** The block of what is on hold, or nothing. */
export function holds(whole, done) {
  if (!whole.holds.length) return null;
  return h('section', { class: 'block mind' }, h('h3', {}, 'On hold'), h('ul', { class: 'held' }, whole.holds.map((hold) => h('li', {},
    h('p', { class: 'held-top' }, h('strong', {}, plain(hold.kind)), h('span', {}, hold.on)),
    h('p', { class: 'small' }, [plain(hold.status), hold.by ? ` by ${hold.by}` : '', ', '], agoTime(hold.at), hold.ends_on ? `, until ${date(hold.ends_on)}` : hold.in_treatment ? ', while treatment lasts' : ''),
    hold.reason ? h('p', { class: 'held-why' }, hold.reason) : null,
    h('details', { 'data-key': `stops-${hold.id}` }, h('summary', {}, 'What it stops'), stops(hold.stops)),
    acts(
      hold.may_confirm ? act(`confirm-${hold.id}`, 'Confirm', () => confirm(hold, done), `Confirm: ${plain(hold.kind)}`) : null,
      hold.may_end_treatment ? act(`treated-${hold.id}`, 'Treatment has ended', () => treated(hold, done, whole.account?.today)) : null,
      hold.may_lift ? act(`lift-${hold.id}`, 'Lift', () => lift(hold, done), `Lift: ${plain(hold.kind)}`) : null),
    hold.may_lift ? null : h('p', { class: 'small' }, LIFTED_BY[hold.lifted_by])))));
}

/** Place one. */
export const placeHold = (whole, done) => begin(async () => {
  const { holds: kinds } = await get(`hold-kinds?country=${encodeURIComponent(whole.customer?.country ?? '')}`);
  const proven = Boolean(whole.account);
  const invoices = proven ? whole.account.invoices.filter((invoice) => !invoice.disputed) : [];
  const fits = (kind) => kind.on.filter((on) => (on === 'invoice' ? invoices.length : on === 'address' || proven));
  const possible = kinds.filter((kind) => fits(kind).length || (!proven && kind.on.includes('customer')));
  const kind = select(possible.map((each) => [each.kind, plain(each.kind)]));
  const on = select([]);
  const invoice = select(invoices.map((each) => [each.id, `${each.number} · ${each.description} · ${each.owed.text}`]));
  const why = wordsField();
  const until = dateField({ min: whole.account?.today });
  const now = () => possible.find((each) => each.kind === kind.value);
  const where = field('On', on);
  const which = field('Invoice', invoice);
  const last = field('Last day (optional)', until);
  const treatment = tick(IN_TREATMENT);
  const choose = () => on.replaceChildren(...fits(now()).map((each) => h('option', { value: each }, ON[each])));
  kind.addEventListener('change', choose);
  choose();
  openDeed({
    title: 'Place a hold',
    fields: [field('Kind', kind), where, which, field('Why, for whoever looks at this later', why), treatment.row, last],
    outcome() {
      where.hidden = on.options.length < 2;
      which.hidden = on.value !== 'invoice';
      treatment.row.hidden = !now().after_treatment_days;
      const treated = !treatment.row.hidden && treatment.box.checked;
      last.hidden = on.value === 'invoice' || treated;
      const ends = treated ? afterTreatment(now().after_treatment_days) : now().days && !until.value ? `It ends by itself after ${now().days} days, unless you choose another day.` : null;
      return ['It binds at once. Nothing is sent to them.', stops(now().stops), ends, LIFTED_BY[now().lifted_by]];
    },
    acts: [{ word: 'Place the hold', act: async () => {
      await post(`conversations/${whole.id}/holds`, {
        client_id: press(), kind: kind.value, on: on.value, reason: why.value, ends_on: last.hidden ? null : until.value || null, in_treatment: !treatment.row.hidden && treatment.box.checked, invoice_id: on.value === 'invoice' ? invoice.value : null,
      });
      return 'On hold from now on.';
    } }],
    done,
  });
});

const confirm = (hold, done) => begin(async () => {
  const until = dateField({});
  const last = field('Last day (optional)', until);
  const treatment = tick(IN_TREATMENT);
  openDeed({
    title: `Confirm: ${plain(hold.kind)}`,
    lead: hold.reason || null,
    fields: hold.kind === 'dispute' ? [] : [hold.kind === 'breathing_space' ? treatment.row : null, last],
    outcome() {
      last.hidden = treatment.box.checked;
      const ends = treatment.box.checked ? afterTreatment(hold.after_treatment_days) : hold.days && !until.value ? `It ends by itself after ${hold.days} days.` : null;
      return ['It goes on as it is, and is no longer only reported.', stops(hold.stops), ends];
    },
    acts: [{ word: 'Confirm', act: async () => {
      await post(`holds/${hold.id}/confirm`, { ends_on: treatment.box.checked ? null : until.value || null, in_treatment: treatment.box.checked });
      return 'Confirmed.';
    } }],
    done,
  });
});

function treated(hold, done, today) {
  const on = dateField({ value: today, max: today });
  openDeed({
    title: 'Treatment has ended',
    fields: [field('On', on)],
    outcome: () => [`The hold ends by itself ${hold.after_treatment_days} days after that day.`, 'Nothing is sent to them.'],
    acts: [{ word: 'Write it down', act: async () => {
      const { ends_on: last } = await post(`holds/${hold.id}/treatment-ended`, { on: on.value });
      return `It binds until ${date(last)}.`;
    } }],
    done,
  });
}

function lift(hold, done) {
  const dispute = hold.kind === 'dispute';
  const outcome = select(Object.entries(OUTCOMES));
  const why = wordsField();
  const NEXT = {
    upheld: `${hold.on} counts again at once. Correct it or write it off next, under "Adjust or refund".`,
    not_upheld: `${hold.on} counts again at once. Tell them kindly why, and what would make it easier.`,
    withdrawn: `${hold.on} counts again at once.`,
  };
  openDeed({
    title: `Lift: ${plain(hold.kind)}`,
    fields: [dispute ? field('How did it end?', outcome) : null, field('Why, for whoever looks at this later', why)],
    outcome: () => [dispute ? NEXT[outcome.value] : 'From now on it stops nothing of this:', stops(hold.stops), 'Nothing is sent to them.'],
    acts: [{ word: 'Lift the hold', act: async () => {
      await post(`holds/${hold.id}/lift`, { reason: why.value, outcome: dispute ? outcome.value : null });
      return 'Lifted.';
    } }],
    done,
  });
}

const stops = (list) => h('ul', { class: 'stops' }, list.map((one) => h('li', {}, one)));
