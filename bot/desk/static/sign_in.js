// The sign-in page: sends the form as JSON, asks for the second factor where there is one, says what went wrong.
import { Refused, post } from './api.js';
import { byId } from './dom.js';

const form = byId('sign-in');
const problem = byId('problem');
const button = form.querySelector('button');
const code = form.elements.code;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true;
  problem.textContent = '';
  try {
    const { due } = await post('session', { email: form.email.value, password: form.password.value, code: code.value });
    location.assign(due ? '/desk/me' : form.dataset.next);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    button.disabled = false;
    if (error.code === 'second_factor') return step(2);
    problem.textContent = error.status === 422 ? 'Please enter your e-mail and your password.' : error.message;
    (code.required ? code : form.password).select();
  }
});

byId('start-over').addEventListener('click', () => {
  form.reset();
  problem.textContent = '';
  step(1);
});

/** First e-mail and password, then the code. */
function step(which) {
  byId('first-step').hidden = which === 2;
  byId('second-step').hidden = byId('start-over').hidden = which === 1;
  code.required = which === 2;
  (which === 2 ? code : form.email).focus();
}
