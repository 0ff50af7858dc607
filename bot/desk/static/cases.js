// Cases beside a conversation: opened by hand, done with an outcome, taken up again.
import { get, post } from './api.js';
import { act, acts, block } from './blocks.js';
import { begin, openDeed, press } from './deed.js';
import { h } from './dom.js';
import { field, select, wordsField } from './fields.js';
import { plain } from './phrases.js';
import { agoTime } from './time.js';

const OUTCOMES = { settled: 'Settled', declined: 'Declined', not_needed: 'Nothing was to be done' };

/** The block of cases, open ones first, or nothing. */
export function cases(whole, done) {
  if (!whole.cases.length) return null;
  return block('Cases', null, h('ul', { class: 'held' }, whole.cases.map((one) => h('li', {},
    h('p', { class: 'held-top' }, h('strong', {}, plain(one.kind)), h('span', {}, plain(one.status))),
    h('p', { class: 'small' }, `${one.reference}, `, agoTime(one.at)),
    one.summary ? h('p', { class: 'held-why' }, one.summary) : null,
    one.done ? h('p', { class: 'small' }, `${OUTCOMES[one.done.outcome] ?? ''}, ${one.done.by}: ${one.done.note}`) : null,
    one.may_decide ? acts(one.status === 'open'
      ? (one.kind === 'plan_approval' ? null : act(`done-${one.id}`, 'Done', () => finish(one, done), `Done: ${plain(one.kind)}`))
      : act(`again-${one.id}`, 'Take up again', () => again(one, done), `Take up again: ${plain(one.kind)}`)) : null))));
}

/** Open one by hand. */
export const openCase = (whole, done) => begin(async () => {
  const { cases: kinds } = await get('hold-kinds');
  const kind = select(kinds.map((each) => [each, plain(each)]));
  const summary = wordsField();
  openDeed({
    title: 'Open a case',
    fields: [field('What it is about', kind), field('In a few words, for colleagues', summary)],
    outcome: () => ['Colleagues see it beside this conversation until it is done. Nothing is sent to the customer.'],
    acts: [{ word: 'Open the case', act: async () => {
      await post(`conversations/${whole.id}/cases`, { client_id: press(), kind: kind.value, summary: summary.value });
      return 'Opened.';
    } }],
    done,
  });
});

function finish(one, done) {
  const outcome = select(Object.entries(OUTCOMES));
  const note = wordsField();
  openDeed({
    title: `Done: ${plain(one.kind)}`,
    lead: one.summary,
    fields: [field('What came of it', outcome), field('In a few words, for whoever looks at this later', note)],
    outcome: () => [`${one.reference} is done. Nothing is sent to the customer, and a hold that goes with it stays until it is lifted.`],
    acts: [{ word: 'Done', act: async () => {
      await post(`cases/${one.id}/done`, { outcome: outcome.value, note: note.value });
      return 'Done.';
    } }],
    done,
  });
}

function again(one, done) {
  openDeed({
    title: `Take up again: ${plain(one.kind)}`,
    lead: one.summary,
    fields: [],
    outcome: () => [`${one.reference} is open again.`],
    acts: [{ word: 'Take it up', act: async () => {
      await post(`cases/${one.id}/reopen`);
      return 'Open again.';
    } }],
    done,
  });
}
