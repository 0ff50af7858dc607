// Lists that are looked up when somebody opens them: closed conversations and, for supervisors, the assistant's.
import { Refused, get } from './api.js';
import { byId } from './dom.js';
import { address, asked, fromAddress, view, whenChosen } from './filters.js';
import { entry } from './queue.js';

const TITLES = { closed: 'Closed', assistant: 'With the assistant' };
const EMPTY = { closed: 'Nothing closed yet.', assistant: 'The assistant has nobody just now.' };
const pane = byId('queue');
const section = byId('looked-up');
const rows = section.querySelector('ul');
const more = section.querySelector('.more');
const empty = section.querySelector('.empty');
let next = 0;
let asking = 0;

/** Show what the address names. */
export function showView() {
  fromAddress();
  const named = view();
  pane.dataset.view = named;
  for (const link of byId('views').querySelectorAll('a[data-view]')) {
    link.href = address('/desk', link.dataset.view);
    if (link.dataset.view === named) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  if (!named) return;
  section.querySelector('h2').textContent = TITLES[named];
  next = 0;
  look(named);
}

async function look(named) {
  const number = ++asking;
  const query = asked();
  query.set('skip', next);
  try {
    const found = await get(`lists/${named}?${query}`);
    if (number !== asking) return;
    const items = found.items.map((item) => entry(item, named));
    if (next) rows.append(...items);
    else rows.replaceChildren(...items);
    empty.textContent = asked().size ? 'Nothing fits what you chose.' : EMPTY[named];
    empty.hidden = rows.children.length > 0;
    next = found.next;
    more.hidden = next === null;
  } catch (error) {
    if (!(error instanceof Refused) || number !== asking) return;
    rows.replaceChildren();
    empty.textContent = error.message;
    empty.hidden = false;
    more.hidden = true;
  }
}

more.addEventListener('click', () => look(view()));
whenChosen(showView);
byId('views').addEventListener('click', (event) => {
  const link = event.target.closest('a[data-view]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const named = link.dataset.view;
  history.pushState(history.state, '', address(location.pathname, named));
  showView();
});
