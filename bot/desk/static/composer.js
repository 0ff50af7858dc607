// Where the agent writes. What is written stays in this tab until the server has it: per conversation, reply and note apart.
import { Refused, post } from './api.js';
import { isPicking, pick, stopPicking } from './canned.js';
import { byId, toast } from './dom.js';
import { offerFile, whenFileSent } from './files.js';
import { askBack, forget, lookAt } from './kindness.js';
import { nameKey, offerNames, stopNaming } from './mentions.js';
import { isShut, showReach } from './reach.js';
import { offerTemplate } from './template.js';
import { timeOfDay } from './time.js';
import { saidIt, sayTyping } from './typing.js';
import { uuid } from './uuid.js';

const LIMIT = 8000;
const form = byId('composer');
const words = byId('words');
const sent = byId('sent');
const send = byId('send');

let open = null;
let phone = null;
const sending = new Set(); // conversations whose answer is on its way
let onlyNotes = false;
let delivered = () => {};

/** What to do with the server's answer to a message or note. */
export const whenDelivered = (callback) => { delivered = callback; };

/** Offer the composer for a conversation that this agent has, or hide it (null). `reach` is how its phone is reached;
    `noteOnly` for somebody who is asked there and does not speak with the customer. */
export function compose(id, speakingAs, reach = null, { noteOnly = false } = {}) {
  form.hidden = id === null;
  phone = reach;
  byId('mode-reply').hidden = noteOnly;
  if (noteOnly !== onlyNotes) {
    onlyNotes = noteOnly;
    form.elements.mode.value = noteOnly ? 'note' : 'reply';
    dress();
    if (open !== null && open === id) restore(); // what was written as a note never becomes a reply
  }
  if (id !== null) byId('speaking').textContent = mode() === 'note' ? 'Only colleagues read this' : `You speak as ${speakingAs}`;
  offerTemplate(id, mode() === 'reply' && isShut(phone));
  offerFile(noteOnly ? null : id);
  if (open === id) return fit();
  open = id;
  form.dataset.conversation = id ?? '';
  say(sending.has(id) ? 'Sending…' : '');
  stopPicking();
  stopNaming();
  forget();
  busy();
  if (id !== null) restore();
  return undefined;
}

/** Put the cursor into the composer, as a reply or a note. */
export function write(as) {
  if (form.hidden) return;
  form.elements.mode.value = onlyNotes ? 'note' : as;
  changeMode();
  words.focus();
}

const mode = () => form.elements.mode.value;
const key = (kind) => `goodterms-desk:${kind}:${open}:${mode()}`;

function restore() {
  words.value = sessionStorage.getItem(key('draft')) ?? '';
  fit();
}

function changeMode() {
  dress();
  stopPicking();
  stopNaming();
  forget();
  offerTemplate(open, mode() === 'reply' && isShut(phone));
  say('');
  restore();
}

function dress() {
  const note = mode() === 'note';
  form.classList.toggle('note', note);
  byId('words-label').textContent = note ? 'Your note' : 'Your reply';
  words.placeholder = note ? 'For colleagues only; @ asks one of them. The customer never sees this.' : 'Write kindly and plainly; / offers answers…';
  send.firstElementChild.textContent = note ? 'Add note' : 'Send';
  byId('speaking').textContent = note ? 'Only colleagues read this' : `You speak as ${document.body.dataset.agentName}`;
}

async function submit({ meant = false } = {}) {
  const text = words.value.trim();
  if (!open || sending.has(open)) return;
  if (!text) return say('Please write something first.', 'failed');
  if (text.length > LIMIT) return say(tooLong(text), 'failed');
  const [id, draft, attempt, note] = [open, key('draft'), key('attempt'), mode() === 'note'];
  const name = byId('thread-name').textContent;
  const here = () => key('draft') === draft; // nobody has turned to another conversation or mode meanwhile
  // The same words tried again are the same message: an answer that got lost on the way is not said twice.
  const before = JSON.parse(sessionStorage.getItem(attempt) ?? 'null');
  const clientId = before?.text === text ? before.id : uuid();
  sessionStorage.setItem(attempt, JSON.stringify({ id: clientId, text }));
  sending.add(id);
  busy();
  say('Sending…');
  try {
    const answer = await post(`conversations/${id}/${note ? 'notes' : 'messages'}`, { client_id: clientId, text, ...(note ? {} : { meant }) });
    sessionStorage.removeItem(draft);
    sessionStorage.removeItem(attempt);
    if (here()) {
      words.value = '';
      fit();
      forget();
      saidIt();
    }
    if (open === id) say(`${note ? 'Noted' : phone ? 'Written' : 'Sent'} at ${timeOfDay(answer.message.at)}`);
    delivered(id, answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!here()) {
      toast(`${name}: your ${note ? 'note was not added' : 'reply was not sent'}; it is kept there. ${error.message}`);
    } else if (error.code === 'kindness') {
      askBack(error.findings, () => submit({ meant: true }));
      say('Not sent yet.', 'failed');
    } else say(`Not sent. ${error.message}`, 'failed');
  } finally {
    sending.delete(id);
    busy();
  }
}

function busy() {
  const now = sending.has(open);
  send.setAttribute('aria-disabled', String(now));
  words.readOnly = now;
}

function say(text, state = '') {
  sent.textContent = text;
  sent.dataset.state = state;
}

function fit() {
  showReach(phone, words.value, mode() === 'note');
  words.style.height = 'auto';
  words.style.height = `${words.scrollHeight}px`;
}

/** Words to begin with, where the cursor is. */
function insert(text) {
  words.focus();
  words.setRangeText(text, words.selectionStart, words.selectionEnd, 'end');
  words.dispatchEvent(new Event('input', { bubbles: true }));
}

function offerAnswers() {
  if (isPicking()) {
    stopPicking();
    words.focus();
  } else pick(open, insert, () => words.focus());
}

const tooLong = (text) => `Please keep a message under 8,000 characters; yours has ${text.length.toLocaleString('en-US')}.`;

whenFileSent((id, { message }) => {
  if (open !== id) return;
  say(`Sent at ${timeOfDay(message.at)}`);
  words.focus();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener('change', (event) => {
  if (event.target.name === 'mode') changeMode();
});
words.addEventListener('input', () => {
  fit();
  sessionStorage.setItem(key('draft'), words.value);
  say(words.value.trim().length > LIMIT ? tooLong(words.value.trim()) : '', 'failed');
  if (mode() === 'note') offerNames(words);
  else {
    lookAt(open, words.value);
    if (!phone && words.value) sayTyping(open);
  }
});
words.addEventListener('blur', () => stopNaming());
byId('canned-open').addEventListener('click', offerAnswers);
words.addEventListener('keydown', (event) => {
  if (nameKey(event, words)) return;
  if (event.key === '/' && !words.value && mode() === 'reply') {
    event.preventDefault();
    offerAnswers();
  }
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit();
  }
});
