// Who the customer is, in the pane: contacts that can be changed, their proof, wishes, consents, talks before, ratings.
import { post } from './api.js';
import { act, acts, block, facts, rows } from './blocks.js';
import { openDeed, press } from './deed.js';
import { h } from './dom.js';
import { field, select, wordsField } from './fields.js';
import { CHANNELS, plain, reason } from './phrases.js';
import { rights } from './rights.js';
import { agoTime, date, moment } from './time.js';
import { consented, wishes } from './wishes.js';

const NAMES = { phone: 'Phone', email: 'E-mail', postcode: 'Postcode', name: 'Name', language: 'Language', time_zone: 'Time zone' };
const HINTS = {
  phone: 'With its country code, such as +1 210 555 0101. Empty takes it off the file.',
  email: 'Empty takes it off the file.',
  postcode: 'It proves who they are; only a fingerprint of it is kept.',
  language: 'A tag such as en-US, es-MX or pt-BR.',
  time_zone: 'Such as America/Chicago.',
};

const KEYS = ['phone', 'email', 'postcode'];

const input = (given) => h('input', given);

/** The blocks about the person, or nothing; `changed(words)` hears what was done. */
export function profile(whole, changed) {
  const { profile: own } = whole;
  if (!own) return [];
  return [
    asked(own, changed), person(own, changed), proof(whole, own, changed), wishes(whole, own, changed), consented(whole, own, changed),
    before(own), ratings(own), rights(own, changed),
  ].filter(Boolean);
}

function person({ person: one, may }, changed) {
  if (!one) return null;
  const last = one.edits.slice(0, 3);
  return block('On file', null,
    facts([['Phone', one.phone ?? 'none'], ['E-mail', one.email ?? 'none'], ['Postcode', one.has_postcode ? 'kept as a fingerprint' : 'none'],
      ['Language', one.language_name], ['Time zone', one.time_zone]]),
    acts(may.change ? act('contact', 'Change', () => change(one, changed), 'Change what is on file') : null),
    last.length ? h('details', { 'data-key': 'edits' }, h('summary', {}, 'Changes before'), rows(last.map((edit) => [
      `${NAMES[edit.field]}: ${{ made: 'changed', proposed: 'waits for a second person', refused: 'refused' }[edit.status]}`, agoTime(edit.at),
      [edit.after ?? (edit.before ? 'to be taken off' : null), `${edit.by}: ${edit.reason}`].filter(Boolean).join(' · ')]))) : null);
}

function change(one, changed) {
  const what = select(Object.entries(NAMES));
  const value = input({ maxlength: 300, autocomplete: 'off' });
  const why = wordsField();
  const hint = h('p', { class: 'hint' });
  const fill = () => {
    value.value = one[what.value] ?? '';
    hint.textContent = HINTS[what.value] ?? '';
  };
  what.addEventListener('change', fill);
  fill();
  openDeed({
    title: 'Change what is on file',
    fields: [field('What', what), field('New', value), hint, field('Why, for whoever looks at this later', why)],
    outcome: () => [
      one.second_person[what.value],
      KEYS.includes(what.value) && one.warned ? 'The number on file until now gets a text that contact details were changed.' : null,
      KEYS.includes(what.value) ? 'Whoever has proven who they are elsewhere, or by what changes, has to do it again.' : null,
    ],
    acts: [{ word: 'Save', act: async () => said(await post(`customers/${one.customer_id}/contact`,
      { client_id: press(), field: what.value, value: value.value, reason: why.value })) }],
    done: changed,
  });
}

const said = ({ edit }) => (edit.status === 'made' ? 'On file from now on.'
  : ['Written down. It waits for a second pair of eyes.', edit.shared].filter(Boolean).join(' '));

/** What the customer asked for in the chat: one click follows it. */
function asked({ person: one, may }, changed) {
  if (!one?.asked.length) return null;
  return h('section', { class: 'block kind' }, h('h3', {}, 'They gave a new contact'), h('ul', { class: 'held' }, one.asked.map((wish) => h('li', {},
    h('p', { class: 'held-top' }, h('strong', {}, plain(wish.kind)), h('span', {}, agoTime(wish.at))),
    h('p', { class: 'held-why' }, wish.value),
    may.change ? acts(
      act(`decline-${wish.id}`, 'Decline', () => decline(wish, changed), `Decline: ${plain(wish.kind)}`),
      act(`confirm-${wish.id}`, 'Put on file', () => confirm(one, wish, changed), `Put on file: ${plain(wish.kind)}`)) : null))));
}

function confirm(one, wish, changed) {
  const postcode = wish.field === 'postcode' ? input({ maxlength: 12, autocomplete: 'off' }) : null;
  openDeed({
    title: 'Put it on file?',
    lead: wish.value,
    fields: [postcode ? field('The postcode of it: that is what is kept', postcode) : null],
    outcome: () => [one.second_person[wish.field], 'The case is done with it.'],
    acts: [{ word: 'Put on file', act: async () => said(await post(`contact-changes/${wish.id}/confirm`, { client_id: press(), value: postcode?.value || null })) }],
    done: changed,
  });
}

function decline(wish, changed) {
  openDeed({
    title: 'Leave what is on file?',
    lead: wish.value,
    fields: [],
    outcome: () => ['Nothing changes, and the case is done. Please tell them why.'],
    acts: [{ word: 'Decline', act: async () => {
      await post(`contact-changes/${wish.id}/decline`);
      return 'Left as it was.';
    } }],
    done: changed,
  });
}

function proof(whole, own, changed) {
  const rowsBefore = own.unlocks.slice(0, 3).map((one) => [`Unlocked by ${one.by}`, agoTime(one.at), one.reason]);
  const may = own.may.unlock;
  if (!own.locked_until && !rowsBefore.length && !(may && whole.identity === 'verified')) return null;
  return block('Proof of identity', own.locked_until ? 'mind' : null,
    own.locked_until ? h('p', {}, `Locked until ${moment(own.locked_until)} after wrong tries.`) : null,
    acts(
      may && own.locked_until ? act('unlock', 'Unlock', () => unlock(whole, changed)) : null,
      may && whole.identity === 'verified' ? act('end-proof', 'Ask for proof again', () => endProof(whole, changed)) : null),
    rowsBefore.length ? rows(rowsBefore) : null);
}

function unlock(whole, changed) {
  const why = wordsField();
  openDeed({
    title: 'Unlock the proof',
    lead: 'Are you sure that it was them who mistyped? A stranger who guesses is locked out by this, too.',
    fields: [field('Why, for whoever looks at this later', why)],
    outcome: () => ['They can prove who they are at once. What they know is asked as always.'],
    acts: [{ word: 'Unlock', act: async () => {
      await post(`conversations/${whole.id}/unlock`, { reason: why.value });
      return 'Unlocked.';
    } }],
    done: changed,
  });
}

function endProof(whole, changed) {
  openDeed({
    title: 'Ask for proof again?',
    lead: 'For when you doubt who is there.',
    fields: [],
    outcome: () => ['Their proof ends now, and the account is closed to you, too. Return the conversation: the assistant asks them to prove who they are.'],
    acts: [{ word: 'End the proof', act: async () => {
      await post(`conversations/${whole.id}/verification/end`);
      return 'The proof has ended.';
    } }],
    done: changed,
  });
}

function before({ conversations }) {
  if (!conversations.length) return null;
  const title = (one) => `${CHANNELS[one.channel] ?? one.channel}${one.reason ? ` · ${reason(one.reason)}` : ''}`;
  return block('Talks before', null, rows(conversations.map((one) => [
    one.opens ? h('a', { href: `/desk/conversations/${one.id}` }, title(one)) : title(one), agoTime(one.at),
    `since ${date(one.began)}${one.agent ? `, with ${one.agent}` : ''}`])));
}

function ratings({ ratings: given }) {
  if (!given.length) return null;
  return block('What they thought of us', null, rows(given.map((one) => [
    one.rating ? `${one.rating} of 5` : 'A word', agoTime(one.at), [one.comment, one.about ? plain(one.about) : null].filter(Boolean).join(' · '),
    one.rating && one.rating <= 2])));
}
