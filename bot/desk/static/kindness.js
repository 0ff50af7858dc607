// A look at the words before they go out: hints while writing, and a second question where a rule of kindness is broken.
import { post } from './api.js';
import { byId, h } from './dom.js';

const PAUSE_MS = 700;
const box = byId('kind');
const meant = byId('kind-meant');

let timer = null;
let asked = 0;
let shown = '';
let send = () => {};

/** Look at a draft once the writing rests. */
export function lookAt(id, text) {
  clearTimeout(timer);
  meant.hidden = true;
  const number = (asked += 1);
  if (!text.trim()) return show([]);
  timer = setTimeout(async () => {
    const answer = await post(`conversations/${id}/check`, { text }).catch(() => null);
    if (answer && number === asked) show(answer.findings);
  }, PAUSE_MS);
}

/** The server did not take it: say why, and offer `again()` where it can be meant. */
export function askBack(findings, again) {
  forget();
  show(findings, 'Please look at this once more before it is sent.');
  send = again;
  meant.hidden = findings.some((one) => one.final);
}

/** Nothing is being written. */
export function forget() {
  clearTimeout(timer);
  asked += 1;
  meant.hidden = true;
  show([]);
}

function show(findings, title = 'A word about this, before you send it:') {
  box.hidden = !findings.length;
  const shape = JSON.stringify([title, findings]);
  if (shape === shown) return; // a screen reader hears what changes, not every letter
  shown = shape;
  byId('kind-title').textContent = findings.length ? title : '';
  box.querySelector('ul').replaceChildren(...findings.map((one) => h('li', {}, h('q', {}, one.said), ` ${one.because}`)));
}

meant.addEventListener('click', () => send());
