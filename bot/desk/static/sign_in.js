// The sign-in page: sends the form as JSON, says what went wrong, and goes on to the desk.
import { Refused, post } from './api.js';
import { byId } from './dom.js';

const form = byId('sign-in');
const problem = byId('problem');
const button = form.querySelector('button');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true;
  problem.textContent = '';
  try {
    await post('session', { email: form.email.value, password: form.password.value });
    location.assign(form.dataset.next);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.status === 422 ? 'Please enter your e-mail and your password.' : error.message;
    button.disabled = false;
    form.password.select();
  }
});
