// Where the agent writes. What is written stays in this tab until the server has it: per conversation, reply and note apart.
import { Refused, post } from './api.js';
import { byId } from './dom.js';
import { showReach } from './reach.js';
import { timeOfDay } from './time.js';
import { uuid } from './uuid.js';

const LIMIT = 8000;
const form = byId('composer');
const words = byId('words');
const sent = byId('sent');
const send = byId('send');

let open = null;
let phone = null;
let sending = false;
let delivered = () => {};

/** What to do with the server's answer to a message or note. */
export const whenDelivered = (callback) => { delivered = callback; };

/** Offer the composer for a conversation that this agent has, or hide it (null). `reach` is how its phone is reached. */
export function compose(id, speakingAs, reach = null) {
  form.hidden = id === null;
  phone = reach;
  if (id !== null) byId('speaking').textContent = mode() === 'note' ? 'Only colleagues read this' : `You speak as ${speakingAs}`;
  if (open === id) return fit();
  open = id;
  say('');
  if (id !== null) restore();
}

/** Put the cursor into the composer, as a reply or a note. */
export function write(as) {
  if (form.hidden) return;
  form.elements.mode.value = as;
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
  const note = mode() === 'note';
  form.classList.toggle('note', note);
  byId('words-label').textContent = note ? 'Your note' : 'Your reply';
  words.placeholder = note ? 'For colleagues only. The customer never sees this.' : 'Write kindly and plainly…';
  send.firstElementChild.textContent = note ? 'Add note' : 'Send';
  byId('speaking').textContent = note ? 'Only colleagues read this' : `You speak as ${document.body.dataset.agentName}`;
  say('');
  restore();
}

async function submit() {
  const text = words.value.trim();
  if (sending || !open) return;
  if (!text) return say('Please write something first.', 'failed');
  if (text.length > LIMIT) return say(tooLong(text), 'failed');
  const [id, draft, attempt, note] = [open, key('draft'), key('attempt'), mode() === 'note'];
  // The same words tried again are the same message: an answer that got lost on the way is not said twice.
  const before = JSON.parse(sessionStorage.getItem(attempt) ?? 'null');
  const clientId = before?.text === text ? before.id : uuid();
  sessionStorage.setItem(attempt, JSON.stringify({ id: clientId, text }));
  busy(true);
  say('Sending…');
  try {
    const answer = await post(`conversations/${id}/${note ? 'notes' : 'messages'}`, note ? { text } : { client_id: clientId, text });
    sessionStorage.removeItem(draft);
    sessionStorage.removeItem(attempt);
    if (open === id) {
      words.value = '';
      fit();
      say(`${note ? 'Noted' : phone ? 'Written' : 'Sent'} at ${timeOfDay(answer.message.at)}`);
    }
    delivered(id, answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (open === id) say(`Not sent. ${error.message}`, 'failed');
  } finally {
    busy(false);
  }
}

function busy(now) {
  sending = now;
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

const tooLong = (text) => `Please keep a message under 8,000 characters; yours has ${text.length.toLocaleString('en-US')}.`;

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
});
words.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit();
  }
});
