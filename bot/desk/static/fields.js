// Fields of a sheet, each with its label, and the reading of amounts.
import { Unfit } from './deed.js';
import { h } from './dom.js';

let last = 0;

/** A control with its label above it and, if given, a hint below. */
export function field(label, control, hint) {
  control.id ||= `field-${last += 1}`;
  const below = hint ? h('p', { class: 'hint', id: `${control.id}-hint` }, hint) : null;
  if (below) control.setAttribute('aria-describedby', below.id);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, below);
}

/** A choice of `[value, title]`. */
export const select = (options, value) =>
  h('select', {}, options.map(([each, title]) => h('option', { value: each, selected: each === value }, title)));

export const dateField = ({ value = '', min, max }) => h('input', { type: 'date', value, min, max });

export const amountField = (placeholder) => h('input', { inputmode: 'decimal', autocomplete: 'off', maxlength: 20, placeholder });

export const wordsField = () => h('textarea', { rows: 3, maxlength: 2000 });

/** A tick with its words. */
export function tick(words, { checked = false, value = '' } = {}) {
  const box = h('input', { type: 'checkbox', checked, value });
  return { box, row: h('label', { class: 'tick' }, box, h('span', {}, words)) };
}

/** Several ticks under one heading. */
export const ticks = (legend, rows) => h('fieldset', { class: 'ticks' }, h('legend', {}, legend), rows);

/** "12.50" in minor units of the currency, or null when it is no amount of it. */
export function minor(text, currency) {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  const parts = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  const fraction = parts?.[2] ?? '';
  if (!parts || fraction.length > digits) return null;
  return Number(parts[1] + fraction.padEnd(digits, '0')) || null;
}

/** The amount in a field, in minor units; it has to be one. */
export function amountIn(control, currency) {
  const found = minor(control.value, currency);
  if (found === null) throw new Unfit(`Please write an amount of ${currency}, such as 12.50 without a sign.`, control);
  return found;
}

/** The day in a field; there has to be one. */
export function dayIn(control) {
  if (!control.value) throw new Unfit('Please choose a day.', control);
  return control.value;
}
