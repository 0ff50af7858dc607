// A plan: terms are put together and shown instalment by instalment before they are sent, agreed or allowed.
import { get, post } from './api.js';
import { instalments } from './blocks.js';
import { Unfit, begin, openDeed, press } from './deed.js';
import { h } from './dom.js';
import { amountField, amountIn, dateField, field, select, tick, ticks } from './fields.js';
import { plain } from './phrases.js';
import { date } from './time.js';

/** Put terms together, for what is overdue or for what is left of the plan in force. */
export const agreePlan = (whole, done) => begin(async () => {
  const room = await get(`conversations/${whole.id}/plan`);
  terms(whole, room, done);
});

function terms(whole, room, done) {
  const next = room.plan?.ahead[0]?.due_on;
  const rhythm = select(room.frequencies.map((each) => [each, { weekly: 'Every week', fortnightly: 'Every two weeks', monthly: 'Every month' }[each]]), 'monthly');
  const how = select([['count', 'By how many instalments'], ['each', 'By what each comes to']]);
  const count = h('input', { type: 'number', min: 1, max: 260, value: 3, inputmode: 'numeric' });
  const each = amountField('50.00');
  const first = dateField({ value: next > room.today && next <= room.last_first_day ? next : room.first_day, min: room.today, max: room.last_first_day });
  const down = amountField('Nothing');
  const over = select([['overdue', `What is overdue: ${room.covers.text}`], ['chosen', 'Chosen invoices']], room.covers.minor ? 'overdue' : 'chosen');
  const chosen = room.invoices.map((invoice) => ({
    invoice, ...tick(`${invoice.number} · ${invoice.description} · ${invoice.owed.text}${invoice.disputed ? ' · disputed' : ''}`, { checked: invoice.overdue }),
  }));
  const list = ticks('Invoices', chosen.map(({ row }) => row));
  const longer = tick(`Longer than ${room.longest_months} months, up to ${room.extended_months}: they are in hardship`);
  const counted = field('How many', count);
  const named = field('Each', each);
  openDeed({
    title: room.plan ? 'New terms for the rest' : 'Agree a plan',
    lead: room.plan ? `Over what is left of the plan: ${room.covers.text}. It takes that plan's place.` : null,
    fields: [
      room.plan ? null : field('Over', over), room.plan ? null : list, field('Instalments', rhythm), field('How', how), counted, named,
      field('First one due', first), field('Part paid now (optional)', down),
      room.hardship ? longer.row : h('p', { class: 'hint' }, `Up to ${room.longest_months} months. Longer terms are for times of hardship: place that hold first.`),
    ],
    outcome() {
      list.hidden = over.value !== 'chosen';
      counted.hidden = how.value !== 'count';
      named.hidden = how.value !== 'each';
      return ['Nothing is said to them yet. You see each instalment first.'];
    },
    acts: [{ word: 'Show the plan', act: async () => {
      const asked = { frequency: rhythm.value, first: first.value || null, longer: longer.box.checked };
      if (how.value === 'each') asked.each = amountIn(each, room.currency);
      else if (!count.checkValidity() || !count.value) throw new Unfit('Please say how many instalments, from 1 to 260.', count);
      else asked.count = Number(count.value);
      if (down.value.trim()) asked.down = amountIn(down, room.currency);
      if (!room.plan && over.value === 'chosen') {
        asked.invoice_ids = chosen.filter(({ box }) => box.checked).map(({ invoice }) => invoice.id);
        if (!asked.invoice_ids.length) throw new Unfit('Please choose an invoice.', chosen[0]?.box);
      }
      const { plan } = await post(`conversations/${whole.id}/plan/quote`, asked);
      if (plan.approval === 'asked') done('Written down. It waits for a second person.');
      showOffer(whole, plan, done, () => terms(whole, room, done));
    } }],
    done,
  });
}

/** An offer, instalment by instalment, with what can be done with it. */
export function showOffer(whole, plan, done, back) {
  const waits = plan.approval === 'asked';
  const path = `conversations/${whole.id}/plans/${plan.id}`;
  const now = plan.instalments.find((part) => part.number === 0);
  const send = { word: 'Send for their yes', act: async () => {
    await post(`${path}/send`, { client_id: press() });
    return 'Sent. Nothing is agreed until they say yes.';
  } };
  const record = { word: 'They agreed', act: async () => {
    await post(`${path}/agree`, { client_id: press() });
    return 'Agreed. The conversation repeats the terms.';
  } };
  openDeed({
    title: `${plan.instalments.length} ${plan.instalments.length === 1 ? 'instalment' : 'instalments'}, ${plan.total.text} in all`,
    lead: plan.differs?.length ? `Not quite what was asked for, but the nearest that is possible: ${plan.differs.join(', ')}.` : null,
    fields: [scroll(plan)],
    outcome: () => (waits ? ['These longer terms wait for a second person, who sees them under "For you to decide". Nothing is said to the customer until then.'] : [
      h('p', {}, h('strong', {}, 'Send for their yes: '), 'the terms go into the conversation with a button. Record the yes here, or let the assistant take it after a return.'),
      h('p', {}, h('strong', {}, 'They agreed: '), `the plan is in force at once${plan.replaces ? ' in place of the one before' : ''}, and the terms are repeated to them in writing.`,
        now ? ` A link for ${now.amount.text}, due today, follows.` : ''),
    ]),
    acts: waits ? [] : [send, record],
    back,
    done,
  });
}

/** Allow longer terms that somebody else asked for, or not. */
export function decideOffer(whole, plan, done) {
  const say = (what, words) => ({ word: what === 'approve' ? 'Allow it' : 'Refuse', act: async () => {
    await post(`plans/${plan.id}/${what}`);
    return words;
  } });
  openDeed({
    title: `Longer plan over ${plan.total.text}`,
    lead: `${plan.instalments.length} instalments, ${plain(plan.frequency).toLowerCase()}, to ${date(plan.instalments.at(-1).due_on)}.`,
    fields: [scroll(plan)],
    outcome: () => ['They are told in the conversation either way. Allowed, nothing is agreed until they say yes.'],
    acts: [say('refuse', 'Refused. They have been told.'), say('approve', 'Allowed. They have been told.')],
    done,
  });
}

const scroll = (plan) => h('div', { class: 'scroll-box', tabindex: '0', role: 'group', 'aria-label': 'Instalments' }, instalments(plan.instalments, date));
