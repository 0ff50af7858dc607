// The page of cases: each form is one call, and what went wrong is said beside it.
import { Refused, post } from './api.js';

for (const form of document.querySelectorAll('form[data-case]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    if (button.disabled) return;
    button.disabled = true;
    const done = form.dataset.act === 'done';
    try {
      await post(`cases/${form.dataset.case}/${form.dataset.act}`, done ? { outcome: form.outcome.value, note: form.note.value } : {});
      location.reload();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      form.querySelector('.problem').textContent = error.message;
      button.disabled = false;
    }
  });
}

const moment = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
for (const time of document.querySelectorAll('time[data-local]')) time.textContent = moment.format(new Date(time.dateTime));
