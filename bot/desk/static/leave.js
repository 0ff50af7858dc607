// Returning, transferring, closing: one sheet that says what the customer will be told, and asks for a word for the next.
import { Refused, get, post } from './api.js';
import { byId, h } from './dom.js';

const ACTS = {
  return: { title: 'Return to the assistant', text: 'The customer is told that the assistant is back, and that what you agreed stands.', button: 'Return' },
  close: { title: 'Close the conversation', text: 'The customer is told, and can write again whenever they like.', button: 'Close conversation' },
  transfer: { title: 'Hand to a colleague', text: 'The customer is told who is speaking now. In the queue they keep their place at the front.', button: 'Hand over' },
};

const sheet = byId('leave');
const to = byId('leave-to');
let doing = null;

/** Ask, then do it. `done(act, answer)` is called when the server has agreed. */
export async function leave(act, id, done) {
  doing = { act, id, done };
  byId('leave-title').textContent = ACTS[act].title;
  byId('leave-text').textContent = ACTS[act].text;
  byId('leave-do').textContent = ACTS[act].button;
  byId('leave-problem').textContent = '';
  byId('leave-note').value = '';
  byId('leave-to-row').hidden = act !== 'transfer';
  to.replaceChildren(h('option', { value: '' }, 'The queue'));
  sheet.showModal();
  if (act !== 'transfer') return;
  const { agents } = await get('agents').catch(() => ({ agents: [] }));
  to.append(...agents.map((agent) => h('option', { value: agent.id }, agent.id === document.body.dataset.agentId ? `${agent.name} (you)` : agent.name)));
}

byId('leave-cancel').addEventListener('click', () => sheet.close());
byId('leave-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = byId('leave-do');
  if (button.disabled) return;
  button.disabled = true;
  const { act, id, done } = doing;
  const note = byId('leave-note').value.trim() || null;
  try {
    const answer = await post(`conversations/${id}/${act}`, act === 'transfer' ? { note, to: to.value || null } : { note });
    sheet.close();
    done(act, answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId('leave-problem').textContent = error.message;
  } finally {
    button.disabled = false;
  }
});
