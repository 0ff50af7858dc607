// WhatsApp's template, looked at before it is sent: offered where the window has closed.
import { Refused, get, post } from './api.js';
import { byId } from './dom.js';
import { timeOfDay } from './time.js';

const box = byId('template');
const button = byId('template-send');
const word = byId('template-word');
let of = null;

/** Offer it in the conversation `id` while its window is closed; hide it otherwise. */
export async function offerTemplate(id, isClosed) {
  if (!isClosed || id === null) {
    of = null;
    box.hidden = true;
    return;
  }
  if (of === id) return;
  of = id;
  box.hidden = true;
  const found = await get(`conversations/${id}/template`, { background: true }).catch(() => null);
  if (of === id) show(found?.template);
}

function show(template) {
  box.hidden = !template;
  if (!template) return;
  byId('template-text').textContent = template.text;
  button.hidden = Boolean(template.sent_at);
  word.textContent = template.sent_at ? `On its way since ${timeOfDay(template.sent_at)}. It goes out once, until they write again.` : '';
}

button.addEventListener('click', async () => {
  const id = of;
  button.disabled = true;
  try {
    const { template } = await post(`conversations/${id}/template`);
    if (of === id) show(template);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    word.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});
