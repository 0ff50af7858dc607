// That somebody writes: told every few seconds while keys are touched, shown until it has been quiet for a while.
import { post } from './api.js';
import { byId } from './dom.js';

const EVERY_MS = 3500;
const LASTS_MS = 6000;
const line = byId('their-typing');

let told = 0;
let rest = null;

/** The agent has touched a key in the conversation `id`. */
export function sayTyping(id) {
  if (Date.now() - told < EVERY_MS) return;
  told = Date.now();
  post(`conversations/${id}/typing`).catch(() => {});
}

/** What was being written is sent: the next key is told at once. */
export function saidIt() {
  told = 0;
}

/** The customer writes. */
export function showTyping(name) {
  clearTimeout(rest);
  line.textContent = `${name ?? 'The customer'} is writing…`;
  rest = setTimeout(hideTyping, LASTS_MS);
}

/** Not any more. */
export function hideTyping() {
  clearTimeout(rest);
  line.textContent = '';
}
