// Keys for those who keep their hands on the keyboard. None of them works while something is being written.
import { write } from './composer.js';
import { byId } from './dom.js';
import { links } from './queue.js';

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  '/': () => byId('sought').focus(),
  f: () => byId('filters-open').click(),
  c: () => { if (!byId('invite').hidden) byId('invite-claim').click(); },
  t: () => byId('offer-accept')?.click(),
  r: () => write('reply'),
  n: () => write('note'),
  a: () => {
    if (byId('composer').hidden || byId('mode-reply').hidden) return;
    write('reply');
    byId('canned-open').click();
  },
  u: () => byId('understood').click(),
  e: () => byId('earlier-list').querySelector('button')?.click(),
  h: () => leaveBy('transfer'),
  b: () => leaveBy('return'),
  x: () => leaveBy('close'),
  '?': () => byId('help').showModal(),
};

addEventListener('keydown', (event) => {
  const field = event.target.closest?.('input:not([type=radio]), textarea, select');
  if (field?.id === 'words' && event.key === 'Escape') byId('thread').focus();
  if (field || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
byId('help-open').addEventListener('click', KEYS['?']);

function leaveBy(act) {
  document.querySelector(`#thread-acts [data-act="${act}"]`)?.click();
}

function step(by) {
  const all = links();
  const here = all.indexOf(document.activeElement);
  const from = here >= 0 ? here : all.findIndex((link) => link.getAttribute('aria-current'));
  const next = all[Math.min(Math.max(from < 0 ? 0 : from + by, 0), all.length - 1)];
  next?.focus();
}
