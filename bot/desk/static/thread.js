// The open conversation: who has it, and everything that was said.
import { card } from './cards.js';
import { byId, h, icon, toast } from './dom.js';
import { CHANNELS, addressEnd, nameless, plain } from './phrases.js';
import { mark } from './reach.js';
import { clockTime, day } from './time.js';
import { hideTyping } from './typing.js';

const TOGETHER_MS = 5 * 60_000;
const NEAR = 120;
const log = byId('log');
const scroll = byId('scroll');
const newer = byId('newer');

let seen = new Set();
let last = null;
let loadEarlier = null; // gives the page of messages before one, by its number
let customer = 'Customer';

/** Show a conversation (`GET conversations/{id}`); `before(seq)` gives what was said before its first message. */
export function showThread(whole, before) {
  seen = new Set();
  last = null;
  loadEarlier = before;
  customer = whole.customer?.name ?? 'Customer';
  hideTyping();
  log.replaceChildren();
  byId('before').hidden = !whole.earlier;
  log.setAttribute('aria-live', 'off'); // the history is not news
  add(whole.messages);
  requestAnimationFrame(() => log.setAttribute('aria-live', 'polite'));
  byId('thread-empty').hidden = true;
  byId('thread-open').hidden = false;
}

/** Show none. `title` and `text` say why, kindly. */
export function showRest(title, text) {
  byId('thread-open').hidden = true;
  byId('thread-empty').hidden = false;
  byId('rest-title').textContent = title;
  byId('rest-text').textContent = text;
}

/** Who it is and who is speaking; `name` when it is known. */
export function showHead(state, name) {
  byId('thread-name').textContent = name ?? nameless(addressEnd(state.channel, state.address));
  const channel = [CHANNELS[state.channel] ?? state.channel, state.language].join(' · ');
  byId('thread-state').replaceChildren(h('b', {}, speaking(state)), ` · ${channel}`);
}

/** Add what is new. Whoever reads the end stays at the end; whoever reads further up is told. */
export function addMessages(messages) {
  const atEnd = isAtEnd();
  const fresh = add(messages);
  if (atEnd) toEnd();
  else if (fresh) newer.hidden = false;
}

/** Say under each of our messages how far it got on its way to the phone, and show the files that have come. */
export function showNow({ deliveries, attachments }) {
  const atEnd = isAtEnd();
  for (const [id, delivery] of Object.entries(deliveries)) {
    const item = log.querySelector(`[data-id="${id}"]`);
    const line = item?.querySelector('.delivery');
    if (!item || !mark(delivery) || line?.dataset.state === delivery) continue;
    if (line) line.replaceWith(delivered(delivery));
    else item.append(delivered(delivery));
  }
  for (const file of Object.values(attachments).flat()) {
    const shown = log.querySelector(`[data-file="${file.id}"]`);
    if (shown && shown.dataset.status !== file.status) shown.replaceWith(attachment(file));
  }
  if (atEnd) toEnd();
}

/** The number of the first message that is shown. */
export const firstSeq = () => Number(log.querySelector('[data-seq]')?.dataset.seq ?? 0);

/** Show the page before what is shown, in its place; false when there is none. */
export async function showEarlier() {
  const button = byId('before');
  if (button.hidden || button.disabled) return false;
  button.disabled = true;
  try {
    const asked = loadEarlier;
    const page = await asked(firstSeq());
    if (asked !== loadEarlier) return false; // another conversation is open by now
    const below = scroll.scrollHeight - scroll.scrollTop;
    for (const message of page.messages) seen.add(message.id);
    log.setAttribute('aria-live', 'off');
    log.prepend(...bubbles(page.messages));
    requestAnimationFrame(() => log.setAttribute('aria-live', 'polite'));
    button.hidden = !page.earlier;
    scroll.scrollTop = scroll.scrollHeight - below;
    tellDeeds();
    return true;
  } finally {
    button.disabled = false;
  }
}

/** Show the newest words. */
export function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  newer.hidden = true;
}

const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;

newer.addEventListener('click', toEnd);
byId('before').addEventListener('click', () => showEarlier().catch((error) => toast(error.message)));
scroll.addEventListener('scroll', () => {
  if (isAtEnd()) newer.hidden = true;
});
// A composer that grows or a phone's keyboard makes the view smaller: the newest words stay in sight.
let height = 0;
new ResizeObserver(() => {
  const shrunk = height - scroll.clientHeight;
  if (shrunk > 0 && scroll.scrollHeight - scroll.scrollTop - height < NEAR) toEnd();
  height = scroll.clientHeight;
}).observe(scroll);

function speaking(state) {
  if (state.holder === 'queue') return state.place ? `Waiting, number ${state.place}` : 'Waiting';
  if (state.holder === 'agent') return state.may.write ? 'You are speaking' : `${state.agent?.name ?? 'A colleague'} is speaking`;
  return state.closed_at ? 'Closed' : 'The assistant is speaking';
}

function add(messages) {
  let fresh = 0;
  for (const message of messages) {
    if (seen.has(message.id)) continue;
    seen.add(message.id);
    fresh += 1;
    if (message.author === 'customer') hideTyping();
    if (!last || day(last.at) !== day(message.at)) {
      log.append(h('li', { class: 'day' }, day(message.at)));
      last = null;
    }
    log.append(said(message, last));
    last = message;
  }
  if (fresh) tellDeeds();
  return fresh;
}

/** The same for another conversation's messages, to be shown beside this one. */
export function bubbles(messages) {
  let before = null;
  return messages.flatMap((message) => {
    const isNewDay = !before || day(before.at) !== day(message.at);
    const items = [isNewDay ? h('li', { class: 'day' }, day(message.at)) : null, said(message, isNewDay ? null : before)];
    before = message;
    return items.filter(Boolean);
  });
}

/** On the website: how far the customer has read. */
export function showSeen({ channel, read_seq: reached }) {
  const ours = channel === 'web' && reached ? [...log.querySelectorAll('.said.agent:not(.note)')].findLast((item) => Number(item.dataset.seq) <= reached) : null;
  const line = log.querySelector('.seen');
  if (line?.parentElement === ours) return;
  line?.remove();
  ours?.append(h('p', { class: 'seen' }, 'Seen'));
}

function said(message, before) {
  const kind = message.note ? 'note agent' : message.author;
  const item = h('li', { class: `said ${kind}${follows(message, before) ? ' follows' : ''}`, 'data-card': message.card?.kind, 'data-seq': message.seq, 'data-id': message.id },
    h('div', { class: 'said-who' }, message.note ? icon('note') : null, h('strong', {}, who(message)), clockTime(message.at)));
  if (message.text) item.append(h('div', { class: 'bubble', dir: 'auto' }, message.text));
  if (message.card) item.append(card(message.card));
  if (message.buttons.length) {
    item.append(h('ul', { class: 'offered', 'aria-label': 'Offered choices' }, message.buttons.map((title) => h('li', {}, title))));
  }
  for (const file of message.attachments ?? []) item.append(attachment(file));
  if (mark(message.delivery)) item.append(delivered(message.delivery));
  if (message.understood) item.append(understood(message));
  return item;
}

const delivered = (state) => h('p', { class: 'delivery', 'data-state': state }, mark(state));

function understood({ id, understood: { intent, words, confidence } }) {
  const sure = confidence === null ? '' : `, ${Math.round(confidence * 100)}% sure`;
  return h('p', { class: 'understood' }, `Understood as “${words || plain(intent)}”${sure}. `, h('span', { class: 'did' }),
    ' ', h('a', { href: `/desk/learning/sentences/${id}`, target: '_blank', rel: 'noopener' }, 'Wrong? Teach it'));
}

/** Beside what was understood: what the assistant did then, which is what it said until the customer wrote again. */
function tellDeeds() {
  const lines = log.querySelectorAll('.understood');
  byId('understood').hidden = !lines.length;
  for (const line of lines) line.querySelector('.did').textContent = deeds(line.parentElement);
}

function deeds(item) {
  let said = 0;
  const cards = [];
  for (let next = item.nextElementSibling; next && !next.classList.contains('customer'); next = next.nextElementSibling) {
    if (!next.classList.contains('bot')) continue;
    said += 1;
    if (next.dataset.card) cards.push(plain(next.dataset.card).toLowerCase());
  }
  if (!said) return 'It did not answer.';
  return `It answered with ${said === 1 ? 'a message' : `${said} messages`}${cards.length ? ` (${[...new Set(cards)].join(', ')})` : ''}.`;
}

byId('understood').addEventListener('click', (event) => {
  const on = log.classList.toggle('show-understood');
  event.currentTarget.setAttribute('aria-pressed', String(on));
});

const FILES = { image: 'Picture', audio: 'Voice message', video: 'Video', text: 'Text', application: 'Document' };
const MISSING = { waiting: 'is being fetched', refused: 'is of a kind or size that we do not keep', lost: 'could not be fetched', elsewhere: 'is kept with that conversation' };

function attachment({ id, content_type: type, file_name: name, size, status }) {
  const title = name || (type === 'application/pdf' ? 'PDF' : FILES[type.split('/')[0]] ?? 'File');
  const marks = { class: 'attachment', 'data-file': id, 'data-status': status };
  if (status !== 'kept') return h('p', marks, `${title} ${MISSING[status] ?? ''}`);
  const address = `/api/desk/attachments/${id}`;
  const picture = type.startsWith('image/') ? h('img', { src: address, alt: '', width: 160, height: 120 }) : null;
  return h('a', { ...marks, href: address, target: '_blank', rel: 'noopener' }, picture, `${title}, ${kilobytes(size)}`);
}

const kilobytes = (size) => `${Math.max(1, Math.round(size / 1000)).toLocaleString()} kB`;

function who(message) {
  if (message.note) return message.author === 'system' ? 'Note' : `Note by ${message.agent ?? 'a colleague'}`;
  if (message.author === 'agent') return message.agent ?? 'Agent';
  return { customer, bot: 'Assistant', system: 'System' }[message.author];
}

const follows = (message, before) =>
  before && before.author === message.author && before.agent === message.agent && before.note === message.note
  && Date.parse(message.at) - Date.parse(before.at) < TOGETHER_MS;
