// Times: short in the page, exact in the title, kept current.
import { h } from './dom.js';

const MINUTE = 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

// The server's clock may be ahead of ours (the demo's can be moved): "ago" is reckoned by the server's.
let ahead = 0;

/** Learn the server's time from the age (in seconds) that it reckoned for the instant `since`. */
export function setClock(since, ageSeconds) {
  ahead = Date.parse(since) + ageSeconds * 1000 - Date.now();
}

/** "now", "4 min", "2 h", "3 d" since the ISO instant. */
function ago(instant) {
  const minutes = Math.floor((Date.now() + ahead - Date.parse(instant)) / MINUTE);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

/** "3 h" or "25 min" until the ISO instant, "0 min" when it has passed. */
export function remaining(instant) {
  const minutes = Math.max(0, Math.floor((Date.parse(instant) - Date.now() - ahead) / MINUTE));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

/** A `<time>` that says how long ago and keeps saying it right. */
export const agoTime = (instant) =>
  h('time', { datetime: instant, title: full.format(new Date(instant)), 'data-ago': true }, ago(instant));

/** A `<time>` that says the time of day. */
export const clockTime = (instant) =>
  h('time', { datetime: instant, title: full.format(new Date(instant)) }, clock.format(new Date(instant)));

export const timeOfDay = (instant) => clock.format(new Date(instant));

/** The time of day, with the day's name before it unless it is today. */
export function moment(instant) {
  const at = new Date(instant);
  const isToday = midnight(Date.now() + ahead) === midnight(at);
  return isToday ? clock.format(at) : `${weekday.format(at)} ${clock.format(at)}`;
}

/** Whether the ISO instant has passed by the server's clock. */
export const isOver = (instant) => Date.parse(instant) <= Date.now() + ahead;

/** "Today", "Yesterday" or "Monday, 3 March" for a day's separator. */
export function day(instant) {
  const days = Math.round((midnight(Date.now() + ahead) - midnight(Date.parse(instant))) / (1440 * MINUTE));
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : dayName.format(new Date(instant));
}

/** A calendar date ("2026-03-15") as the agent's locale writes it. */
export const date = (iso) => (/^\d{4}-\d{2}-\d{2}/.test(iso ?? '') ? shortDay.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)) : String(iso ?? ''));

/** The time of day in another time zone, or nothing for a zone that the browser does not know. */
export function timeIn(zone) {
  try {
    return new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', timeZone: zone }).format(Date.now() + ahead);
  } catch {
    return null;
  }
}

setInterval(() => {
  for (const time of document.querySelectorAll('time[data-ago]')) {
    const now = ago(time.dateTime);
    if (time.textContent !== now) time.textContent = now;
  }
}, 20_000);

const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);
