// Pages with plain forms: each form is one call, each button of a list one removal; what went wrong is said beside it.
import { Refused, post, remove } from './api.js';
import { byId, h } from './dom.js';

const sheet = byId('codes');

for (const form of document.querySelectorAll('form[data-call]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { username, ...body } = Object.fromEntries(new FormData(form));
    const answer = await attempt(form.querySelector('button'), form.querySelector('.problem'), () => post(form.dataset.call, body));
    if (!answer) return;
    if ('codes' in form.dataset) showCodes(answer.recovery_codes);
    else leadTo(form.dataset.done);
  });
}

for (const button of document.querySelectorAll('button[data-remove]')) {
  button.setAttribute('aria-label', `${button.textContent}: ${button.dataset.name}`);
  button.addEventListener('click', async () => {
    const done = await attempt(button, button.closest('section').querySelector(':scope > .problem'), async () => {
      await remove(button.dataset.remove);
      return true;
    });
    if (done) location.reload();
  });
}

document.querySelector('[data-sign-out]')?.addEventListener('click', async () => {
  await remove('session').catch(() => {});
  location.assign('/desk/sign-in');
});

/** Do it once at a time; what it gives, or nothing after a sentence about what went wrong. */
async function attempt(button, problem, work) {
  if (button.disabled) return null;
  button.disabled = true;
  problem.textContent = '';
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message;
    return null;
  } finally {
    button.disabled = false;
  }
}

function showCodes(codes) {
  sheet.querySelector('ul').replaceChildren(...codes.map((code) => h('li', {}, code)));
  // Only the button closes it: these words are seen this once.
  sheet.addEventListener('cancel', (event) => event.preventDefault());
  sheet.querySelector('button').addEventListener('click', (event) => leadTo(event.target.dataset.kept));
  sheet.showModal();
}

/** To a page, afresh even when it is this one. */
function leadTo(address) {
  const there = new URL(address, location.href);
  if (there.pathname === location.pathname) location.reload();
  else location.assign(there);
}
