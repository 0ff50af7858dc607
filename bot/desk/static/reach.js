// What stands between a reply and the customer's phone: a refusal, WhatsApp's window, the parts of a text message.
import { byId } from './dom.js';
import { segments } from './segments.js';
import { isOver, moment, remaining } from './time.js';

const hint = byId('reach');
const MARKS = {
  queued: 'Waiting to go out', held: 'Waits until they write again', uncertain: 'Being looked for', sent: 'Sent',
  delivered: 'Delivered', read: 'Read', failed: 'Not delivered', withheld: 'Not sent: they asked for silence',
};

/** What a delivery's state means for an agent; null for what has none. */
export const mark = (state) => MARKS[state] ?? null;

/** Say beside the composer what will become of `text`; `phone` is null on the website. */
export function showReach(phone, text, isNote) {
  const words = phone && !isNote ? sentence(phone, text) : '';
  if (hint.textContent !== words) hint.textContent = words; // a screen reader hears what changes, not every letter
  hint.hidden = !words;
  hint.dataset.state = words && (phone.refused || phone.begins || barrier(phone)) ? 'mind' : '';
}

const BARRIERS = {
  opted_out: 'They asked for silence here. What you write now is kept in the thread, but does not reach them.',
  answered: 'They asked for silence here and have had their one answer. More reaches them only after they write again.',
  window_closed: 'More than 24 hours have passed since they wrote. What you send waits, and a short notice asks them to reply.',
};

function sentence(phone, text) {
  if (barrier(phone)) return BARRIERS[barrier(phone)];
  if (phone.begins) return phone.begins;
  const once = phone.refused ? 'They asked for silence here: one message goes out as the answer to theirs, so put all into it. ' : '';
  if (phone.window_until) return `${once}WhatsApp takes free text until ${moment(phone.window_until)} (${remaining(phone.window_until)} left).`;
  if (!phone.parts) return phone.refused ? once.trim() : 'Goes out as one e-mail, with our usual subject.';
  const { parts, left } = segments(text.trim());
  if (!parts) return `${once}A text message holds 160 characters.`;
  return `${once}${parts} ${parts === 1 ? 'text message' : 'text messages'}, ${left} characters left in the last`;
}

/** Whether WhatsApp takes nothing but its template now. */
export const isShut = (phone) => Boolean(phone) && barrier(phone) === 'window_closed';

/** The window may have closed since the server said how things stand. */
const barrier = (phone) => phone.barrier ?? (phone.window_until && isOver(phone.window_until) ? 'window_closed' : null);
