// What concerns this agent alone: whether they are there, what happened without them, what is due; and leaving with care.
import { Refused, post, remove } from './api.js';
import { byId, h, toast } from './dom.js';
import { showOffer } from './offers.js';
import { agoTime } from './time.js';

const TOLD = {
  available: 'You are available. What fits you is offered to you.',
  away: 'You are away. Nothing is offered to you.',
  offline: 'You are offline. What you have goes back to the queue in a few minutes unless you return.',
};
const HAPPENED = {
  taken_back: (by) => (by ? `${by} moved one of your conversations on.` : 'A conversation went back to the queue while you were away. The customer was told.'),
  handed_over: (by) => `${by ?? 'A colleague'} handed you a conversation.`,
  crisis: () => 'Somebody may be in crisis. The help lines stand in their conversation; please look at it first.',
};

const choice = byId('presence');
const leaving = byId('leaving');
let mine = null;
let told = new Set();

/** Show what the stream says of this agent. `open` opens a conversation. */
export function showOwn(now, open) {
  mine = now;
  choice.value = now.presence.chosen;
  choice.parentElement.dataset.now = now.presence.now;
  choice.parentElement.title = `${now.presence.held} of ${now.presence.capacity} conversations`;
  showOffer(now.offer, open);
  showNotices(now.notices, open);
  showDue(now.due);
  const late = byId('late-answers');
  late.hidden = !now.late;
  late.textContent = now.late === 1 ? 'One first answer is late or soon will be' : `${now.late} first answers are late or soon will be`;
}

choice.addEventListener('change', async () => {
  choice.disabled = true;
  try {
    const now = await post('presence', { availability: choice.value });
    toast(choice.value !== 'available' ? TOLD[choice.value] : !now.open ? 'You are available. We are closed now, so nothing is offered to you; you can claim from the queue.'
      : now.offering ? TOLD.available : 'You are available. Claim from the queue.');
    showOwn(now, opener);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
    if (mine) choice.value = mine.presence.chosen;
  } finally {
    choice.disabled = false;
    choice.blur(); // so that the keys of the desk work again
  }
});

let opener = () => {};

function showNotices(notices, open) {
  opener = open;
  const fresh = notices.filter((one) => !told.has(one.id));
  if (told.size && fresh.length) toast(HAPPENED[fresh[0].kind](fresh[0].by));
  told = new Set([...told, '', ...notices.map((one) => one.id)]);
  const section = byId('notices');
  section.hidden = !notices.length;
  section.querySelector('ul').replaceChildren(...notices.map((one) =>
    h('li', {}, h('p', {}, HAPPENED[one.kind](one.by), ' ', agoTime(one.at)),
      one.kind !== 'taken_back' ? h('button', { type: 'button', class: 'button', onclick: () => open(one.conversation_id) }, 'Open it') : null)));
}

byId('notices-seen').addEventListener('click', async () => {
  try {
    showOwn(await post('notices/seen'), opener);
    byId('queue').focus();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
  }
});

function showDue(due) {
  const link = byId('follow-ups');
  link.querySelector('.badge').textContent = due || '';
  link.setAttribute('aria-label', due ? `Follow-ups, ${due} due` : 'Follow-ups');
  link.dataset.due = due ? 'yes' : '';
}

/** Sign out; who still has conversations is asked first. */
export function signOut() {
  const held = mine?.presence.held ?? 0;
  if (!held) return out();
  byId('leaving-text').textContent = held === 1
    ? 'You still have a conversation. It goes back to the queue, placed by how long the customer waits for an answer, and they are told.'
    : `You still have ${held} conversations. They go back to the queue, placed by how long each customer waits for an answer, and they are told.`;
  leaving.showModal();
  return null;
}

byId('leaving-cancel').addEventListener('click', () => leaving.close());
byId('leaving-do').addEventListener('click', out);

async function out() {
  await remove('session').catch(() => {});
  location.assign('/desk/sign-in');
}
