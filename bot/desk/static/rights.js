// A customer's rights: a copy of everything that we keep about them, and its erasure, which takes two people.
import { get, post } from './api.js';
import { act, acts, block } from './blocks.js';
import { begin, openDeed, press } from './deed.js';
import { h } from './dom.js';
import { field, select, wordsField } from './fields.js';

const SCOPES = [['everything', 'Everything, save what the law asks us to keep'], ['words', 'Only what was said, sent and rated']];

/** The block, for a supervisor. */
export function rights({ person, may }, changed) {
  if (!person || !may.rights) return null;
  return block('Their data', null,
    h('p', { class: 'calm' }, 'A copy or an erasure, when they ask for it.'),
    acts(
      h('a', { class: 'button', href: `/api/desk/customers/${person.customer_id}/copy`, download: '', 'data-key': 'copy' }, 'Copy of their data'),
      act('erase', 'Erase…', () => erase(person, changed), 'Erase their data')));
}

const erase = (person, changed) => begin(async () => {
  const now = await get(`customers/${person.customer_id}/rights`);
  if (now.erasure && ['asked', 'approved'].includes(now.erasure.status)) {
    openDeed({
      title: 'Erase their data',
      lead: now.erasure.status === 'asked' ? `${now.erasure.by} has asked for it. It waits for another supervisor.` : 'It is being done.',
      fields: [], acts: [], done: changed,
    });
    return;
  }
  const scope = select(SCOPES);
  const why = wordsField();
  const money = now.barriers.filter((one) => !one.includes('conversation'));
  if (money.length) scope.value = 'words';
  openDeed({
    title: 'Erase their data',
    lead: 'It can’t be taken back. Give them their copy first, if they want one.',
    fields: [field('What', scope), field('Why, for whoever looks at this later', why)],
    outcome: () => (scope.value === 'everything' ? [
      now.barriers.length ? `Not yet possible: there is ${now.barriers.join(', ')}.` : null,
      'Name, contacts, proofs, wishes, files and every word that was said go.',
      `Invoices, payments and plans stay without words for ${now.kept_years} years, as the law asks. A no to messages stays in force.`,
      'Another supervisor has to approve it. Tell the customer before: afterwards we do not know them any more.',
    ] : ['What was said, sent and rated goes, with its files. Who they are, what they owe and what was agreed stay.', 'Another supervisor has to approve it.']),
    acts: [{ word: 'Ask for it', act: async () => {
      await post(`customers/${person.customer_id}/erasures`, { client_id: press(), scope: scope.value, reason: why.value });
      return 'Written down. It waits for another supervisor.';
    } }],
    done: changed,
  });
});
