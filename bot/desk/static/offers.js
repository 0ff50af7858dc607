// A waiting conversation that is offered to this agent: taken with one click, or passed on.
import { Refused, post } from './api.js';
import { byId, h, toast } from './dom.js';
import { notify } from './notice.js';
import { CHANNELS, plain, reason } from './phrases.js';
import { agoTime } from './time.js';

const place = byId('offer');
let shown = null;
let ending = null;

/** Show the offer (null: none). It stays as it is while it is the same one, so that nothing moves under a hand. */
export function showOffer(offer, open) {
  if (offer?.id === shown) return;
  shown = offer?.id ?? null;
  clearInterval(ending);
  place.replaceChildren(...(offer ? [card(offer, open)] : []));
  if (offer) notify('A conversation is offered to you', 'It is kept for you for a moment.', 'offer');
}

function card(offer, open) {
  const left = h('span', { 'aria-hidden': 'true' });
  const until = Date.now() + offer.left_s * 1000;
  const tick = () => { left.textContent = `Kept for you ${Math.max(0, Math.round((until - Date.now()) / 1000))} s, then a colleague is asked`; };
  tick();
  ending = setInterval(tick, 1000);
  const where = [CHANNELS[offer.channel] ?? offer.channel, offer.language, offer.skill === 'general' ? null : plain(offer.skill)];
  return h('section', { class: 'offer-card', 'aria-label': 'Offered to you' },
    h('h2', {}, 'For you'),
    h('p', { class: 'offer-why' }, reason(offer.reason)),
    h('p', { class: 'where' }, where.filter(Boolean).join(' · '), ' · waiting ', agoTime(offer.since)),
    h('p', { class: 'where' }, left),
    h('div', { class: 'offer-acts' },
      h('button', { type: 'button', class: 'button', id: 'offer-decline', onclick: () => answer(offer, 'decline') }, 'Not now'),
      h('button', { type: 'button', class: 'button primary', id: 'offer-accept', onclick: () => answer(offer, 'accept', open) }, 'Take it', h('kbd', {}, 't'))));
}

async function answer(offer, what, open) {
  for (const button of place.querySelectorAll('button')) button.disabled = true;
  try {
    await post(`offers/${offer.id}/${what}`);
    toast(what === 'accept' ? 'It is yours. The customer is told that you have joined.' : 'Passed on to a colleague.');
    if (what === 'accept') open(offer.conversation_id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  }
  clearInterval(ending);
  place.replaceChildren();
}
