// What the right pane is built of: a titled block, facts in pairs, rows with an amount, buttons.
import { h } from './dom.js';

export const block = (title, kind, ...children) => h('section', { class: `block${kind ? ` ${kind}` : ''}` }, h('h3', {}, title), ...children);

export const facts = (pairs) => h('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
  .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));

export const rows = (list) => h('ul', { class: 'rows' }, list.map(([name, amount, small, late]) =>
  h('li', {}, h('span', {}, name), h('span', { class: 'amount' }, amount ?? ''), small ? h('span', { class: `small${late ? ` ${late}` : ''}` }, small) : null)));

/** A button of the pane. `key` is its name across refreshes, so that the focus stays on it. */
export const act = (key, word, onclick, label) =>
  h('button', { type: 'button', class: 'button', 'data-key': key, 'aria-label': label, onclick }, word);

export const acts = (...buttons) => (buttons.some(Boolean) ? h('div', { class: 'acts' }, buttons.filter(Boolean)) : null);

/** Instalments in a list, each with its day and amount. */
export const instalments = (parts, day) => h('ol', { class: 'rows dates' }, parts.map((part) =>
  h('li', {}, h('span', {}, part.number === 0 ? `${day(part.due_on)}, due today` : day(part.due_on)), h('span', { class: 'amount' }, part.amount.text))));
