// What the same customer said elsewhere: named above the thread while they have proven who they are, and read beside it.
import { Refused, get } from './api.js';
import { byId, h, toast } from './dom.js';
import { CHANNELS } from './phrases.js';
import { bubbles } from './thread.js';
import { day } from './time.js';

const sheet = byId('earlier');
const list = byId('earlier-list');
let of = null;

/** Look for other conversations of the customer in `whole` (null: none). */
export async function lookEarlier(whole) {
  const id = whole?.identity === 'verified' ? whole.id : null;
  if (id === of) return;
  of = id;
  list.replaceChildren();
  const found = id ? await get(`conversations/${id}/earlier`, { background: true }).catch(() => null) : null;
  if (of !== id || !found) return;
  list.replaceChildren(...found.conversations.map((other) =>
    h('button', { type: 'button', class: 'button quiet', onclick: () => read(id, other) }, `Also ${where(other)}, ${day(other.at).replace(/^(Today|Yesterday)$/, (word) => word.toLowerCase())}`)));
}

const where = (other) => (other.channel === 'web' ? 'on the website' : `on ${CHANNELS[other.channel] ?? other.channel}`);

async function read(id, other) {
  try {
    const { messages } = await get(`conversations/${id}/earlier/${other.id}`);
    byId('earlier-title').textContent = `${where(other).replace(/^on t/, 'On t').replace(/^on /, 'On ')}, ${day(other.at)}`;
    byId('earlier-log').replaceChildren(...bubbles(messages));
    sheet.showModal();
    byId('earlier-log').scrollTop = byId('earlier-log').scrollHeight;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  }
}
