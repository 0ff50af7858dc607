// A file from the agent, looked at before it is sent: the customer gets a link to it.
import { Refused, upload } from './api.js';
import { byId } from './dom.js';
import { uuid } from './uuid.js';

const LARGEST = 5_000_000;
const box = byId('file');
const choose = byId('file-choose');
const button = byId('file-send');
const word = byId('file-word');
let of = null; // the conversation for which a file was chosen
let chosen = null;
let pressed = null;
let sent = () => {};

/** What to do with the server's answer to a file. */
export const whenFileSent = (callback) => { sent = callback; };

/** The conversation in which a file may be sent now; a file that was chosen for another one is put back. */
export function offerFile(id) {
  byId('file-open').hidden = id === null;
  if (of !== null && of !== id) putBack();
}

function putBack() {
  of = chosen = null;
  choose.value = '';
  box.hidden = true;
}

function show(file) {
  chosen = file;
  pressed = uuid();
  byId('file-name').textContent = `${file.name}, ${Math.max(1, Math.round(file.size / 1000)).toLocaleString('en-US')} kB`;
  word.textContent = file.size > LARGEST ? 'That is more than 5 MB. A smaller file would arrive.' : '';
  button.hidden = file.size > LARGEST;
  box.hidden = false;
  (button.hidden ? byId('file-leave') : button).focus();
}

byId('file-open').addEventListener('click', () => choose.click());
choose.addEventListener('change', () => {
  of = byId('composer').dataset.conversation;
  if (choose.files[0]) show(choose.files[0]);
});
byId('file-leave').addEventListener('click', () => {
  putBack();
  byId('file-open').focus();
});
button.addEventListener('click', async () => {
  const [id, file] = [of, chosen];
  button.disabled = true;
  word.textContent = 'Sending…';
  try {
    // The same press tried again is the same file: an answer that got lost on the way sends no second link.
    const answer = await upload(`conversations/${id}/files?client_id=${pressed}&name=${encodeURIComponent(file.name)}`, file);
    if (of === id) putBack();
    sent(id, answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    word.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});
