// The switch for everybody: nothing is begun any more, or it goes on. Asked before it is done.
import { Refused, post } from './api.js';
import { byId } from './dom.js';

const sheet = byId('standstill-sheet');
const problem = byId('standstill-problem');

async function run(path, body) {
  const button = sheet.querySelector('[type=submit]');
  button.disabled = true;
  problem.textContent = '';
  try {
    await post(path, body);
    location.reload();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message;
    button.disabled = false;
  }
}

byId('standstill-open').addEventListener('click', () => {
  problem.textContent = '';
  sheet.showModal();
});
byId('standstill-cancel').addEventListener('click', () => sheet.close());
byId('standstill-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const { reason, until } = event.target.elements;
  if (sheet.dataset.act === 'resume') run('outreach/resume', {});
  else run('outreach/pause', { reason: reason.value, until: until.value || null });
});
