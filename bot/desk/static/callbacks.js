// The list of promised calls: taking one, giving it back, writing down how it ended.
import { Refused, post } from './api.js';

const list = document.querySelector('.calls');
let busy = false;

list?.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (button) act(button.closest('.call'), button.dataset.act, {});
});

list?.addEventListener('submit', (event) => {
  event.preventDefault();
  const note = event.target.elements.note.value;
  act(event.target.closest('.call'), 'end', { answered: event.submitter?.value === 'yes', note });
});

/** Do it once, then show the list as it is now; what went wrong is said beside the call. */
async function act(call, what, body) {
  if (busy) return;
  busy = true;
  const problem = call.querySelector('.problem');
  problem.textContent = '';
  try {
    await post(`callbacks/${call.dataset.id}/${what}`, body);
    location.reload();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message;
  } finally {
    busy = false;
  }
}
