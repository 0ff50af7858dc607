// Returning, transferring, closing: one sheet that says what the customer will be told, and asks for a word for the next.
import { Refused, get, post } from './api.js';
import { byId, h } from './dom.js';
import { plain } from './phrases.js';

const ACTS = {
  return: { title: 'Return to the assistant', text: 'The customer is told that the assistant is back, and that what you agreed stands.', button: 'Return' },
  close: { title: 'Close the conversation', text: 'The customer is told, and can write again whenever they like.', button: 'Close conversation' },
  transfer: { title: 'Hand to a colleague', text: 'The customer is told who is speaking now. In the queue their place goes by how long they wait for an answer.', button: 'Hand over' },
};

const ABSENT = {
  away: (name) => `${name} is away at the moment. The customer is told that ${name} will answer, and may wait.`,
  offline: (name) => `${name} is offline. The customer is told that ${name} will answer; in a few minutes it goes back to the queue unless ${name} returns.`,
};

const sheet = byId('leave');
const to = byId('leave-to');
const wrap = byId('leave-wrap');
const note = byId('leave-note');
let doing = null;

/** Ask, then do it. `holder` is the id of who has it now; `done(act, answer)` is called when the server has agreed. */
export async function leave(act, id, holder, done) {
  doing = { act, id, done };
  byId('leave-title').textContent = ACTS[act].title;
  byId('leave-text').textContent = ACTS[act].text;
  byId('leave-do').textContent = ACTS[act].button;
  byId('leave-problem').textContent = '';
  note.value = '';
  byId('leave-to-row').hidden = act !== 'transfer';
  byId('leave-wrap-row').hidden = act === 'transfer';
  wrap.required = act !== 'transfer';
  wrap.value = '';
  askForNote();
  delete sheet.dataset.anyway;
  delete sheet.dataset.absent;
  to.replaceChildren(h('option', { value: '' }, 'The queue'));
  sheet.showModal();
  if (act !== 'transfer') return;
  const { agents, skills } = await get('agents').catch(() => ({ agents: [], skills: [] }));
  to.append(
    h('optgroup', { label: 'A team, by the queue' }, ...skills.map((skill) => h('option', { value: `skill:${skill}` }, plain(skill)))),
    h('optgroup', { label: 'A colleague' }, ...agents.filter((agent) => agent.id !== holder).map((agent) => h('option', { value: agent.id, 'data-name': agent.name, 'data-there': agent.availability }, colleague(agent)))));
}

const colleague = (agent) =>
  `${agent.name} (${agent.id === document.body.dataset.agentId ? 'you' : agent.availability}, ${agent.held} of ${agent.capacity})`;

/** Where it goes; `anyway` once the agent has been told that the colleague is busy enough. */
const towards = () =>
  (to.value.startsWith('skill:') ? { to: null, skill: to.value.slice(6) } : { to: to.value || null, anyway: sheet.dataset.anyway === to.value });

/** Somebody who is not there is asked about once more. */
function isAbsent() {
  const { name, there } = to.selectedOptions[0]?.dataset ?? {};
  if (!ABSENT[there] || to.value === document.body.dataset.agentId || sheet.dataset.absent === to.value) return false;
  sheet.dataset.absent = to.value;
  byId('leave-problem').textContent = ABSENT[there](name);
  byId('leave-do').textContent = 'Hand over anyway';
  return true;
}

/** Some of what may have come of it needs a word beside it. */
function askForNote() {
  note.required = wrap.selectedOptions[0]?.dataset.note === 'yes';
  byId('leave-note-label').textContent = note.required ? 'A word about it' : 'A word for whoever comes next (optional)';
}

wrap.addEventListener('change', askForNote);
to.addEventListener('change', () => {
  delete sheet.dataset.anyway;
  delete sheet.dataset.absent;
  byId('leave-do').textContent = ACTS.transfer.button;
  byId('leave-problem').textContent = '';
});

byId('leave-cancel').addEventListener('click', () => sheet.close());
byId('leave-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = byId('leave-do');
  if (button.disabled) return;
  if (doing.act === 'transfer' && isAbsent()) return;
  button.disabled = true;
  const { act, id, done } = doing;
  const word = note.value.trim() || null;
  try {
    const answer = await post(`conversations/${id}/${act}`, act === 'transfer' ? { note: word, ...towards() } : { note: word, wrap_up: wrap.value });
    sheet.close();
    done(act, answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId('leave-problem').textContent = error.message;
    if (error.code === 'over_capacity') {
      sheet.dataset.anyway = to.value;
      byId('leave-do').textContent = 'Hand over anyway';
    }
  } finally {
    button.disabled = false;
  }
});
