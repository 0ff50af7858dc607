// Building the page. Whatever people wrote goes in as text nodes; nothing here can turn a string into markup.

const SVG = 'http://www.w3.org/2000/svg';

/** An element: `h('p', {class: 'said', title: 'x'}, 'text', child)`. Children that are null or false are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** One of the page's symbols, decorative. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Make `parent`'s children exactly `wanted`, moving and keeping what is there already: no flicker, no lost focus. */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
}

let fading = null;

/** A short word at the foot of the page, read out politely. */
export function toast(text) {
  const box = byId('toasts');
  box.replaceChildren(h('p', { class: 'toast' }, text));
  clearTimeout(fading);
  fading = setTimeout(() => box.replaceChildren(), 5000);
}
