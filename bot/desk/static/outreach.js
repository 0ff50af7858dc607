// What we begin with this customer: what is paused, what is next, what went out and what the gate said of it.
import { get, post } from './api.js';
import { act, acts, rows } from './blocks.js';
import { openDeed } from './deed.js';
import { h } from './dom.js';
import { dateField, field, wordsField } from './fields.js';
import { CHANNELS } from './phrases.js';
import { agoTime, date } from './time.js';

let shown = { of: null, found: null }; // what stood here last, so that a refresh of the pane does not flicker

/** The block, which asks for what it shows by itself; nothing for somebody whom nobody knows. */
export function outreach(whole, done) {
  if (!whole.customer) return null;
  const of = `${whole.id}:${whole.identity}`; // what was shown under a proof is not shown without it
  const box = h('section', { class: 'block reminders', 'aria-label': 'Reminders' });
  const before = shown.of === of ? shown.found : null;
  if (before) fill(box, whole, before, done);
  else box.append(h('h3', {}, 'Reminders'), h('p', { class: 'calm' }, 'Looking…'));
  look(box, whole, of, before, done);
  return box;
}

async function look(box, whole, of, before, done) {
  const found = await get(`conversations/${whole.id}/outreach`, { background: true }).catch(() => null);
  if (found) {
    shown = { of, found };
    if (JSON.stringify(before) !== JSON.stringify(found)) fill(box, whole, found, done);
  } else if (!before) box.lastElementChild.textContent = 'This could not be looked up just now.';
}

function fill(box, whole, found, done) {
  const open = new Set([...box.querySelectorAll('details[open]')].map((one) => one.dataset.key));
  const focused = box.contains(document.activeElement) ? document.activeElement.closest('[data-key]')?.dataset.key : null;
  box.hidden = !found.known;
  box.classList.toggle('mind', Boolean(found.pause || found.everybody));
  box.replaceChildren(...[
    h('h3', {}, 'Reminders'),
    found.everybody ? h('p', { class: 'small' }, found.everybody) : null,
    found.pause ? paused(found.pause) : null,
    ...coming(found),
    acts(
      found.may.pause ? act('outreach-pause', 'Pause reminders', () => pause(whole, found, done)) : null,
      found.may.resume ? act('outreach-resume', 'Resume reminders', () => resume(whole, done)) : null),
    past(found),
  ].filter(Boolean));
  for (const one of box.querySelectorAll('[data-key]')) {
    if (open.has(one.dataset.key)) one.open = true;
    if (one.dataset.key === focused) (one.matches('details') ? one.firstElementChild : one).focus();
  }
}

function paused({ by, reason, at, until }) {
  return h('div', {},
    h('p', { class: 'held-top' }, h('strong', {}, until ? `Nothing before ${date(until)}` : 'Nothing, until somebody resumes it')),
    reason ? h('p', { class: 'held-why' }, reason) : null,
    h('p', { class: 'small' }, `Paused by ${by}, `, agoTime(at)));
}

function coming(found) {
  if (!found.proven) return [h('p', { class: 'calm' }, 'What is next comes back once they have proven who they are.')];
  if (!found.next.length) return [h('p', { class: 'calm' }, 'Nothing is ahead.')];
  return [h('h4', {}, 'Next'), rows(found.next.map((one) => [one.what, date(one.on), prospect(one)]))];
}

function prospect({ goes, channel, because, there }) {
  const by = channel ? `By ${CHANNELS[channel] ?? channel}` : 'Goes';
  if (goes) return because ? `${by}: ${because}` : `${by}, from ${there} by their clock`;
  return `Not then: ${because}${there ? `, until ${there} by their clock` : ''}`;
}

function past(found) {
  if (!found.past.length) return null;
  const list = found.past.map((one, place) => h('li', {},
    h('span', {}, one.what ?? 'A message of ours'), h('span', { class: 'amount' }, one.at ? agoTime(one.at) : 'waits'),
    h('span', { class: 'small' }, became(one)),
    one.asked?.length ? h('details', { class: 'small', 'data-key': `gate-${place}` }, h('summary', {}, 'What the gate said'), one.asked.map(said)) : null));
  return h('details', { 'data-key': 'outreach-past' }, h('summary', {}, 'What we began before'), h('ul', { class: 'rows' }, list));
}

function became({ state, channel, because }) {
  const by = channel ? ` by ${CHANNELS[channel] ?? channel}` : '';
  if (state === 'sent') return `Went out${by}${because ? `: ${because}` : ''}`;
  return `${state === 'waiting' ? 'Waits' : 'Skipped'}${because ? `: ${because}` : ''}`;
}

const said = ({ channel, may_go: mayGo, because, at }) =>
  h('p', {}, `${CHANNELS[channel] ?? channel}: ${mayGo ? 'yes' : `no, ${because}`}, `, agoTime(at));

function pause(whole, found, done) {
  const why = wordsField();
  const until = dateField({ min: found.today });
  openDeed({
    title: 'Pause reminders?',
    lead: 'Nothing is begun with this customer on any channel. What they write is answered as always.',
    fields: [field('Why, for whoever looks at this later', why), field('First day on which it goes on (optional)', until)],
    outcome: () => [until.value ? `Reminders go on by themselves on ${date(until.value)}, by their clock.` : 'Reminders rest until somebody resumes them.',
      'What is missed meanwhile is not made up for. Nothing is sent to them now.'],
    acts: [{ word: 'Pause', act: async () => {
      await post(`conversations/${whole.id}/outreach/pause`, { reason: why.value, until: until.value || null });
      return 'Paused from now on.';
    } }],
    done,
  });
}

function resume(whole, done) {
  openDeed({
    title: 'Resume reminders?',
    fields: [],
    outcome: () => ['From now on the next steps of their cadence go out again, as far as the gate lets them.', 'What was missed meanwhile is not made up for.'],
    acts: [{ word: 'Resume', act: async () => {
      await post(`conversations/${whole.id}/outreach/resume`);
      return 'Reminders go on.';
    } }],
    done,
  });
}
