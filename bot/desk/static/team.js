// The page of follow-ups and that of the team: each form is one call, and what went wrong is said beside it.
import { Refused, post } from './api.js';

for (const form of document.querySelectorAll('form[data-ability]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const skills = [...form.querySelectorAll('[name=skill]')];
    const chosen = skills.filter((box) => box.checked).map((box) => box.value);
    const languages = form.languages.value.split(/[\s,]+/).filter(Boolean);
    attempt(form, `agents/${form.dataset.ability}/ability`, {
      skills: chosen.length === skills.length ? null : chosen,
      languages: languages.length ? languages : null,
      capacity: form.capacity.value === '' ? null : Number(form.capacity.value),
    });
  });
}

for (const form of document.querySelectorAll('form[data-follow-up]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const act = event.submitter.value;
    const due = new Date(form.due_at?.value ?? '');
    if (act === 'postpone' && Number.isNaN(due.getTime())) {
      form.querySelector('.problem').textContent = 'Please choose a day and a time first.';
      return;
    }
    attempt(form, `follow-ups/${form.dataset.followUp}/${act}`, act === 'postpone' ? { due_at: due.toISOString() } : {});
  });
}

for (const time of document.querySelectorAll('time[data-local]')) {
  const shown = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
  time.textContent = shown.format(new Date(time.dateTime));
}

async function attempt(form, path, body) {
  const problem = form.querySelector('.problem');
  const buttons = [...form.querySelectorAll('button')];
  if (buttons.some((button) => button.disabled)) return;
  for (const button of buttons) button.disabled = true;
  problem.textContent = '';
  try {
    await post(path, body);
    location.reload();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message;
    for (const button of buttons) button.disabled = false;
  }
}
