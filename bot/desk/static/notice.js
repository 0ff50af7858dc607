// Desktop notices and a soft tone, for those who asked for them. A notice says that something waits, never who or what.
import { byId } from './dom.js';

const KEPT = `goodterms.notices.${document.body.dataset.agentId}`;
const NOTES = [[660, 0], [880, 0.14]];
const desktop = byId('notices-desktop');
const sound = byId('notices-sound');
const problem = byId('notices-problem');
const mayAsk = 'Notification' in window;

let before = null;
let audio = null;

/** Tell the agent, if they asked for it: by a notice while they look elsewhere, by a tone always. Nothing personal goes
 *  into the words; notices of one `tag` replace each other. */
export function notify(title, body, tag) {
  if (sound.checked) play();
  if (!desktop.checked || !mayAsk || Notification.permission !== 'granted' || looking()) return;
  const notice = new Notification(title, { body, tag, icon: document.querySelector('link[rel="icon"]').href });
  notice.onclick = () => {
    focus();
    notice.close();
  };
}

/** Notice what is new in the lists: somebody began to wait, or wrote to this agent. `open` is the conversation in sight. */
export function noticeLists(lists, open) {
  const now = { waiting: lists.counts.waiting_all, mine: new Map(lists.mine.map((item) => [item.id, written(item)])) };
  const known = before;
  before = now;
  if (!known) return;
  if (now.waiting > known.waiting) notify('A customer is waiting', 'Somebody asks for a person.', 'waiting');
  for (const [id, at] of now.mine) {
    const isNew = at && known.mine.has(id) && known.mine.get(id) !== at;
    if (isNew && !(id === open && looking())) notify('A customer has written to you', 'One of your conversations goes on.', 'mine');
  }
}

const written = (item) => (item.last?.author === 'customer' ? item.last.at : null);

const looking = () => !document.hidden && document.hasFocus();

function play() {
  audio ??= new AudioContext();
  audio.resume().catch(() => {}); // a browser that was not touched yet stays silent
  for (const [pitch, after] of NOTES) {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    const at = audio.currentTime + after;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.12, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.35);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}

async function choose() {
  problem.textContent = '';
  if (desktop.checked && (!mayAsk || (await Notification.requestPermission()) !== 'granted')) {
    desktop.checked = false;
    problem.textContent = mayAsk ? 'Your browser does not allow notices from this page. Allow them in its settings first.' : 'This browser shows no notices.';
  }
  localStorage.setItem(KEPT, JSON.stringify({ desktop: desktop.checked, sound: sound.checked }));
}

const kept = JSON.parse(localStorage.getItem(KEPT) ?? '{}');
desktop.checked = Boolean(kept.desktop) && mayAsk && Notification.permission === 'granted';
sound.checked = Boolean(kept.sound);
for (const box of [desktop, sound]) box.addEventListener('change', choose);
byId('notices-open').addEventListener('click', () => byId('notice-choice').showModal());
byId('notices-try').addEventListener('click', () => {
  if (sound.checked) play();
  if (desktop.checked) new Notification('This is a notice', { body: 'It says no more than this.', tag: 'try' });
  if (!sound.checked && !desktop.checked) problem.textContent = 'Choose a notice or the tone first.';
});
