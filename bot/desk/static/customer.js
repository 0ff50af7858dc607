// The right pane: the person, why they are here, and the account while identity is proven.
import { balance, deeds, offers, payments, plan, promises } from './account.js';
import { block, facts, rows } from './blocks.js';
import { money } from './cards.js';
import { cases } from './cases.js';
import { byId, h } from './dom.js';
import { holds } from './holds.js';
import { outreach } from './outreach.js';
import { CHANNELS, actor, addressEnd, nameless, plain, reason } from './phrases.js';
import { profile } from './profile.js';
import { identityMark, initialsOrIcon } from './queue.js';
import { agoTime, date, moment, timeIn } from './time.js';

/** Show everything beside the thread, or nothing (null). `changed(words)` hears what was done to the account. */
export function showCustomer(whole, changed) {
  const about = byId('about');
  const before = kept(about);
  about.replaceChildren(...(whole ? [
    person(whole), caution(whole), help(whole), why(whole), holds(whole, changed), balance(whole.account), deeds(whole, changed), offers(whole, changed),
    plan(whole, changed), promises(whole, changed), payments(whole.account), cases(whole, changed), outreach(whole, changed), contact(whole), consents(whole), ...profile(whole, changed), history(whole),
  ].filter(Boolean) : []));
  before(about);
}

/** What a person was at in the pane, so that news of the account does not take it from under their hands. */
function kept(about) {
  const focused = about.contains(document.activeElement) ? document.activeElement.closest('[data-key]')?.dataset.key : null;
  const open = new Set([...about.querySelectorAll('details[open][data-key]')].map((one) => one.dataset.key));
  return (fresh) => {
    for (const one of fresh.querySelectorAll('[data-key]')) {
      if (open.has(one.dataset.key)) one.open = true;
      if (one.dataset.key === focused) (one.matches('details') ? one.firstElementChild : one).focus();
    }
  };
}

function person(whole) {
  const customer = whole.customer;
  const here = customer ? timeIn(customer.time_zone) : null;
  return h('section', { class: 'person', 'aria-label': 'Person' },
    h('span', { class: `face${customer ? '' : ' unknown'}`, 'aria-hidden': 'true' }, initialsOrIcon(customer?.name, customer)),
    h('div', {},
      h('h3', {}, customer?.name ?? nameless(addressEnd(whole.channel, whole.address))),
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

/** Who is there for them at any hour, to name whenever it is needed (C12). */
function help(whole) {
  if (!whole.help) return null;
  return block('Help at any hour', 'mind', rows([...whole.help.lines, `In danger: ${whole.help.emergency}`].map((line) => [line])));
}

function why(whole) {
  const now = whole.handoffs.find((handoff) => handoff.current);
  if (!now) return null;
  return h('section', { class: 'block kind' },
    h('h3', {}, 'Why they are here'),
    h('p', { class: 'why' }, reason(now.reason)),
    facts([['As of', moment(now.at)], ...Object.entries(now.summary ?? {}).map(([name, value]) => [plain(name), words(value)]), ['Team', plain(now.skill)]]));
}

function history(whole) {
  const steps = whole.handoffs.flatMap((handoff) => handoff.events.map((event) => [event, handoff]));
  if (!steps.length) return null;
  const ended = (event, handoff) => ['returned', 'closed'].includes(event.kind) && handoff.wrap_up ? `: ${handoff.wrap_up}` : '';
  const words = (event, handoff) => (event.kind === 'requested' ? reason(handoff.reason) : `${plain(event.kind)}${ended(event, handoff)}`);
  return block('Hand-overs', null, rows(steps.map(([event, handoff]) => [
    `${words(event, handoff)} · ${actor(event.who)}`, agoTime(event.at), event.note])));
}

/** A value of a summary: what the dialogue wrote down is its own business, so any shape is made readable. */
function words(value) {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join('\n') || null;
  if (typeof value !== 'object') return value === true ? 'Yes' : value === false ? 'No' : String(value);
  const minor = value.minor ?? value.amount;
  if (typeof minor === 'number' && typeof value.currency === 'string') return money(minor, value.currency);
  return Object.entries(value).map(([name, part]) => `${plain(name)}: ${words(part) ?? ''}`).join('\n');
}
