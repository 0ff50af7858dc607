// What the agent chooses to see of the lists: kept in the page's address, so that a reload or a bookmark keeps it.
import { byId } from './dom.js';
import { reason } from './phrases.js';

const form = byId('filters');
const opener = byId('filters-open');
const chosen = byId('chosen');
const VIEWS = ['closed', 'assistant'];
const told = [];

/** The filters as a query, for a call: "skill=care&tier=3". */
export function asked() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.set(name, value);
  return query;
}

/** Which lists are looked at: "" for the live ones, "closed" or "assistant". */
export function view() {
  const named = new URLSearchParams(location.search).get('list');
  return VIEWS.includes(named) ? named : '';
}

/** The address of `path` with the view and the filters as they are, or with another view. */
export function address(path, named = view()) {
  const query = asked();
  if (named) query.set('list', named);
  return `${path}${query.size ? `?${query}` : ''}`;
}

/** Call `act` when another choice was made. */
export const whenChosen = (act) => told.push(act);

/** Take the choice from the page's address, as after going back; what it does not know is left out. */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  for (const field of form.elements) {
    if (field.type === 'checkbox') field.checked = query.get(field.name) === field.value;
    else if (field.name) field.value = [...field.options].some((option) => option.value === query.get(field.name)) ? query.get(field.name) : '';
  }
  show();
}

function show() {
  const words = [...form.elements].map((field) => {
    if (field.type === 'checkbox') return field.checked ? field.parentElement.textContent.trim() : null;
    return field.value ? field.selectedOptions[0].textContent : null;
  }).filter(Boolean);
  chosen.hidden = !words.length;
  chosen.firstElementChild.textContent = words.join(' · ');
  opener.dataset.on = words.length ? 'yes' : '';
}

function choose() {
  show();
  history.replaceState(history.state, '', address(location.pathname) + location.hash);
  for (const act of told) act();
}

for (const option of form.elements.reason.options) if (option.value) option.textContent = reason(option.value);
for (const option of form.elements.tier.options) if (option.value) option.title = option.dataset.meaning;
opener.addEventListener('click', () => {
  form.hidden = !form.hidden;
  opener.setAttribute('aria-expanded', String(!form.hidden));
  if (!form.hidden) form.elements[0].focus();
});
form.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  form.hidden = true;
  opener.setAttribute('aria-expanded', 'false');
  opener.focus();
});
form.addEventListener('change', choose);
form.addEventListener('submit', (event) => event.preventDefault());
byId('filters-clear').addEventListener('click', () => {
  for (const field of form.elements) {
    if (field.type === 'checkbox') field.checked = false;
    else if (field.name) field.value = '';
  }
  choose();
  opener.focus();
});
fromAddress();

/** A line that says how many of all pass the filters: "3 of 12". */
export const share = (some, all) => (asked().size && some !== all ? `${some} of ${all}` : String(some));
