// "Look at this again": a day, a time and a note to oneself, planned at the conversation that is open.
import { Refused, get, post } from './api.js';
import { byId, toast } from './dom.js';
import { moment } from './time.js';

const sheet = byId('follow-up');
const button = byId('follow-up-open');
const at = byId('follow-up-at');
const note = byId('follow-up-note');
let about = null; // the conversation that is open
let known = null; // what the server said of it
let asked = '';

/** A conversation is open (null: none): whether one may plan there is asked when it changes hands. */
export function offerFollowUp(conversation) {
  about = conversation?.id ?? null;
  const wanted = conversation ? `${conversation.id} ${conversation.holder} ${conversation.agent?.id}` : '';
  if (wanted !== asked) {
    asked = wanted;
    known = null;
    if (about) look();
  }
  fit();
}

async function look() {
  const id = about;
  const found = await get(`conversations/${id}/follow-up`, { background: true }).catch(() => null);
  if (id !== about || !found) return;
  known = found;
  fit();
}

function fit() {
  button.hidden = !known?.may;
  const planned = known?.follow_up;
  button.dataset.planned = planned ? 'yes' : '';
  const words = planned ? `Follow up: ${moment(planned.due_at)}` : 'Follow up on a later day';
  button.title = words;
  button.setAttribute('aria-label', words);
}

button.addEventListener('click', () => {
  const planned = known?.follow_up;
  at.value = local(planned ? new Date(planned.due_at) : inDays(1));
  at.min = local(new Date());
  note.value = planned?.note ?? '';
  byId('follow-up-problem').textContent = '';
  byId('follow-up-done').hidden = !planned;
  sheet.showModal();
});
for (const quick of sheet.querySelectorAll('button[data-days]')) {
  quick.addEventListener('click', () => { at.value = local(inDays(Number(quick.dataset.days))); });
}
byId('follow-up-cancel').addEventListener('click', () => sheet.close());
byId('follow-up-done').addEventListener('click', () =>
  send(`follow-ups/${known.follow_up.id}/done`, {}, () => 'Done. It is off your list.'));
byId('follow-up-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const due = new Date(at.value);
  if (Number.isNaN(due.getTime())) {
    byId('follow-up-problem').textContent = 'Please choose a day and a time.';
    return;
  }
  send(`conversations/${about}/follow-up`, { due_at: due.toISOString(), note: note.value },
    (planned) => `You will be reminded: ${moment(planned.due_at)}.`);
});

async function send(path, body, words) {
  const save = byId('follow-up-do');
  if (save.disabled) return;
  save.disabled = true;
  try {
    const { follow_up: planned } = await post(path, body);
    known = { ...known, follow_up: planned.done_at ? null : planned };
    sheet.close();
    toast(words(planned));
    fit();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId('follow-up-problem').textContent = error.message;
  } finally {
    save.disabled = false;
  }
}

/** Nine in the morning, so many days from now. */
function inDays(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  day.setHours(9, 0, 0, 0);
  return day;
}

/** What a field for a local day and time holds. */
function local(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
