// What colleagues ask this agent in notes, and naming a colleague in one of one's own.
import { Refused, get, post } from './api.js';
import { byId, h, toast } from './dom.js';
import { folded } from './folded.js';
import { notify } from './notice.js';
import { agoTime } from './time.js';

const section = byId('mentions');
const naming = byId('naming');
let told = null;

/** Show what the stream says is asked of this agent. */
export function showMentions(mentions) {
  const fresh = mentions.filter((one) => one.unread && told && !told.has(one.id));
  if (fresh.length) {
    toast(`${fresh[0].by} asks you something in a note.`);
    notify('A colleague asks you something', 'You are named in a note.', 'mention');
  }
  told = new Set(mentions.map((one) => one.id));
  section.hidden = !mentions.length;
  const unread = mentions.filter((one) => one.unread).length;
  const count = section.querySelector('.count');
  count.textContent = unread ? `${unread} new` : mentions.length;
  section.querySelector('ul').replaceChildren(...mentions.map((one) =>
    h('li', {}, h('a', { class: `item-mention${one.unread ? ' unread' : ''}`, href: `/desk/conversations/${one.conversation_id}`, 'data-id': one.conversation_id },
      h('strong', {}, `${one.by} asks you`), agoTime(one.at)))));
}

/** The open conversation: say who asks, and that it is read now. `left()` is called when there is nothing more to read. */
export function showAsked(whole, left) {
  const { asked } = whole;
  byId('asked').hidden = !asked;
  if (!asked) return;
  byId('asked-text').textContent = `${asked.by} asks you something here. Answer by a note; you can read along until then.`;
  byId('asked-done').onclick = async () => {
    try {
      showMentions((await post(`mentions/${asked.id}/done`)).mentions);
      left();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message);
    }
  };
}

/** It is before their eyes. */
export async function readMention(whole) {
  if (!whole.asked) return;
  const answer = await post(`mentions/read/${whole.id}`).catch(() => null);
  if (answer) showMentions(answer.mentions);
}

let colleagues = null;
let fitting = [];
let place = 0;

/** After each key in a note: offer the colleagues whose names begin like what stands behind the last @. */
export async function offerNames(words) {
  if (!beforeCursor(words)) return stopNaming(words);
  colleagues ??= get('agents').then(({ agents }) => agents.filter((one) => one.id !== document.body.dataset.agentId), () => []);
  const there = await colleagues;
  const typed = beforeCursor(words); // more may have been written meanwhile
  if (!typed) return stopNaming(words);
  fitting = there.filter((one) => folded(one.name).split(/\s+/).concat(folded(one.name)).some((part) => part.startsWith(folded(typed[1])))).slice(0, 8);
  place = 0;
  naming.hidden = !fitting.length;
  naming.replaceChildren(...fitting.map((one, number) =>
    h('li', { id: `name-${number}`, role: 'option', 'aria-selected': String(number === place), onmousedown: (event) => { event.preventDefault(); take(words, number); } }, one.name)));
  point(words);
  return undefined;
}

/** Arrows, Enter and Tab while names are offered; whether the key was used. */
export function nameKey(event, words) {
  if (naming.hidden) return false;
  const act = {
    ArrowDown: () => { place = Math.min(place + 1, fitting.length - 1); point(words); },
    ArrowUp: () => { place = Math.max(place - 1, 0); point(words); },
    Enter: () => take(words, place),
    Tab: () => take(words, place),
    Escape: () => stopNaming(words),
  }[event.key];
  if (!act || event.ctrlKey || event.metaKey) return false;
  event.preventDefault();
  event.stopPropagation();
  act();
  return true;
}

/** Offer none. */
export function stopNaming(words = byId('words')) {
  naming.hidden = true;
  words.removeAttribute('aria-activedescendant');
  words.removeAttribute('aria-controls');
}

const beforeCursor = (words) => /(?:^|[^\p{L}\p{N}_])@([\p{L}\p{M}'-]{0,30})$/u.exec(words.value.slice(0, words.selectionEnd));

function point(words) {
  [...naming.children].forEach((item, number) => item.setAttribute('aria-selected', String(number === place)));
  if (naming.hidden) return;
  words.setAttribute('aria-controls', 'naming');
  words.setAttribute('aria-activedescendant', `name-${place}`);
}

function take(words, number) {
  const typed = beforeCursor(words);
  if (typed && fitting[number]) {
    const end = words.selectionEnd;
    words.setRangeText(`${fitting[number].name} `, end - typed[1].length, end, 'end');
    words.dispatchEvent(new Event('input', { bubbles: true }));
  }
  stopNaming(words);
}
