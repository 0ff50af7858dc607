// What stands between a reply and the customer's phone: a refusal, WhatsApp's window, the parts of a text message.
import { byId } from './dom.js';
import { segments } from './segments.js';
import { remaining, timeOfDay } from './time.js';

const hint = byId('reach');
const MARKS = {
  queued: 'Waiting to go out', held: 'Waits until they write again', uncertain: 'Being looked for', sent: 'Sent',
  delivered: 'Delivered', read: 'Read', failed: 'Not delivered', withheld: 'Not sent: they asked for silence',
};
const MOVING = new Set(['queued', 'held', 'uncertain', 'sent', 'delivered']);

/** What a delivery's state means for an agent; null for what has none. */
export const mark = (state) => MARKS[state] ?? null;

/** Whether any of `messages` may still get further, or is too new to be known. */
export const isMoving = (messages) => messages.some((one) =>
  (one.delivery ? MOVING.has(one.delivery) : one.author !== 'customer' && !one.note));

/** Say beside the composer what will become of `text`; `phone` is null on the website. */
export function showReach(phone, text, isNote) {
  const words = phone && !isNote ? sentence(phone, text) : '';
  hint.textContent = words;
  hint.hidden = !words;
  hint.dataset.state = words && phone.barrier ? 'mind' : '';
}

const BARRIERS = {
  opted_out: 'They asked for silence here. What you write reaches them only as an answer, once they write again.',
  answered: 'They asked for silence here and have had their answer. You can write again once they do.',
  window_closed: 'More than 24 hours have passed since they wrote. What you send waits, and a short notice asks them to reply.',
};

function sentence(phone, text) {
  if (phone.barrier) return BARRIERS[phone.barrier];
  if (phone.window_until) return `WhatsApp takes free text until ${timeOfDay(phone.window_until)} (${remaining(phone.window_until)} left).`;
  const { parts, left } = segments(text.trim());
  return parts ? `${parts} ${parts === 1 ? 'text message' : 'text messages'}, ${left} characters left in the last` : '';
}
