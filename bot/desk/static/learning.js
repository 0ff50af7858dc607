// Learning with the hands on the keyboard: moving in lists, choosing what to propose, finding an intent by typing.
import { byId } from './dom.js';

const propose = document.querySelector('form.propose');
const seek = byId('seek');
const TYPED = 'textarea, select, input:not([type=radio])';

if (propose) {
  propose.addEventListener('change', show);
  show();
  seek.addEventListener('input', find);
  seek.addEventListener('keydown', takeFirst);
}

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') propose?.requestSubmit();
  if (event.key === 'Escape') document.activeElement?.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPED)) return;
  const act = keyed(event.key);
  if (!act) return;
  event.preventDefault();
  act();
});

/** What a key does on this page, if anything. */
function keyed(key) {
  const kind = propose?.querySelectorAll('input[name=kind]')[Number(key) - 1];
  if (kind) return () => kind.click();
  if (key === '/' && seek) return () => choose(0, seek);
  if (key === 'j') return () => step(1);
  if (key === 'k') return () => step(-1);
  const form = document.querySelector(`form[data-key="${CSS.escape(key)}"]`);
  return form ? () => form.requestSubmit() : null;
}

/** Within a list to the next link, else to the next page of its kind. */
function step(by) {
  const links = [...document.querySelectorAll('[data-list] a')];
  if (!links.length) {
    document.querySelector(by > 0 ? 'a[rel=next]' : 'a[rel=prev]')?.click();
    return;
  }
  const here = links.indexOf(document.activeElement);
  links[Math.min(Math.max(here < 0 ? 0 : here + by, 0), links.length - 1)].focus();
}

function choose(kind, field) {
  propose.querySelectorAll('input[name=kind]')[kind].click();
  field.focus();
}

/** Only the fields of what is being proposed are there, and only they are sent. */
function show() {
  const kind = propose.querySelector('input[name=kind]:checked').value;
  for (const part of propose.querySelectorAll('[data-for]')) {
    part.hidden = !part.dataset.for.split(' ').includes(kind);
    for (const field of part.querySelectorAll('input, textarea')) field.disabled = part.hidden;
  }
}

/** The intents whose name or words hold all that was typed; the one that is chosen stays in sight. */
function find() {
  const wanted = seek.value.toLowerCase().split(/[\s_]+/).filter(Boolean);
  let count = 0;
  for (const label of propose.querySelectorAll('.intents label')) {
    const words = label.textContent.toLowerCase();
    const fits = wanted.every((word) => words.includes(word));
    label.hidden = !fits && !label.querySelector('input').checked;
    if (fits) count += 1;
  }
  for (const group of propose.querySelectorAll('.group')) group.hidden = !group.querySelector('label:not([hidden])');
  byId('found').textContent = wanted.length ? `${count} found. Enter takes the first.` : '';
}

function takeFirst(event) {
  const sent = event.ctrlKey || event.metaKey;
  if (!['Enter', 'ArrowDown'].includes(event.key) || sent) return;
  event.preventDefault();
  const wanted = seek.value.trim();
  const first = propose.querySelector(wanted ? '.intents label:not([hidden]) input:not(:checked)' : '.intents input');
  if (!first) return;
  first.checked = true;
  first.focus();
  find();
}
