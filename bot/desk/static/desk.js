// The desk's page: keeps the lists, the thread and the customer in step with the server.
import { Refused, get, post } from './api.js';
import { compose, whenDelivered } from './composer.js';
import { showCustomer } from './customer.js';
import { look as lookForDecisions, watchDecisions } from './decisions.js';
import { byId, h, toast } from './dom.js';
import { lookEarlier } from './earlier.js';
import { address, whenChosen } from './filters.js';
import { offerFollowUp } from './follow_ups.js';
import './keyboard.js';
import { leave } from './leave.js';
import { follow } from './live.js';
import { readMention, showAsked, showMentions } from './mentions.js';
import { noticeLists } from './notice.js';
import { showOwn, signOut } from './presence.js';
import { firstPages, markOpen, showLists } from './queue.js';
import { endSearch, showSought } from './search.js';
import { addMessages, showHead, showNow, showRest, showSeen, showThread, toEnd } from './thread.js';
import { setClock } from './time.js';
import { hideTyping, showTyping } from './typing.js';
import { showView } from './views.js';

const body = document.body;
let open = null; // the id of the conversation that is open or being opened
let whole = null; // all that is known of it
let seq = 0;
let refreshing = null;
let lost = null; // the conversation whose view ended with one's answer to a colleague, until that is confirmed

const IDLE = {
  some: ['Take your time', 'Choose a conversation to read it. Nothing is promised until you claim it.'],
  none: ['All is well', 'Nobody needs a person just now. Whoever does will appear here by themselves.'],
};
let idle = IDLE.some;
const PHONE_MS = 3000;
let resting = true; // whether the middle shows the line for having nothing open

const news = {
  queue(lists) {
    const first = lists.waiting[0] ?? lists.mine[0] ?? lists.others?.[0];
    if (first) setClock(first.since, first.waiting_s);
    showLists(lists);
    noticeLists(lists, open);
    lookForDecisions();
    idle = first ? IDLE.some : IDLE.none;
    if (resting) showRest(...idle);
  },
  conversation({ conversation, messages }) {
    if (conversation.id === open && whole) take(conversation, messages);
  },
  own: (mine) => {
    showOwn(mine, (id) => show(id));
    showMentions(mine.mentions);
  },
  typing: ({ id }) => {
    if (id === open && whole) showTyping(whole.customer?.name);
  },
  beside({ id }) {
    if (id === open && whole) refresh();
  },
  gone({ id, message }) {
    if (id !== open) return;
    const asker = whole?.asked?.by;
    close();
    rest('In good hands', message);
    if (asker) lost = { id, asker }; // one's own answer ends one's view, and may be told of here before it is confirmed
  },
  async reopen() {
    const id = whole ? open : null;
    try {
      if (id) await get(`conversations/${id}`, { background: true });
    } catch (error) {
      if ([403, 404].includes(error.status)) return news.gone({ id, message: error.message }); // it was lost before the stream began
    }
    if ((whole ? open : null) === id) follow(news, id, seq);
  },
};

/** Open a conversation; its address goes into the history unless it came from there. `at` is the message to see, "#m12". */
async function show(id, { remember = true, at = '' } = {}) {
  open = id;
  lost = null;
  markOpen(id);
  if (remember) history.pushState({ id }, '', address(`/desk/conversations/${id}`) + at);
  pane('thread');
  try {
    const found = await get(`conversations/${id}`);
    if (open !== id) return;
    whole = found;
    seq = found.last_seq;
    resting = false;
    showThread(found, (before) => get(`conversations/${id}/messages?before=${before}`));
    refit();
    if (!(await showSought())) toEnd();
    if (open !== id) return;
    follow(news, id, seq);
    readMention(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (open !== id) return;
    close({ remember: false });
    pane('thread');
    rest(error.status === 404 || error.status === 422 ? 'There is nothing here' : 'Not just now', error.message);
  }
}

/** Close whatever is open and go back to the lists. */
function close({ remember = true } = {}) {
  open = whole = null;
  seq = 0;
  markOpen(null);
  resting = true;
  showRest(...idle);
  showCustomer(null);
  offerFollowUp(null);
  lookEarlier(null);
  hideTyping();
  byId('asked').hidden = true;
  compose(null);
  pane('queue');
  if (remember && location.pathname !== '/desk') history.pushState({}, '', address('/desk'));
  follow(news);
}

/** What the server says is so: a new state, and messages that may be here already. */
function take(state, messages) {
  const before = whole;
  if (state.seq >= whole.seq) whole = { ...whole, ...state }; // an older answer may arrive after a newer one
  addMessages(messages);
  seq = Math.max(seq, ...messages.map((message) => message.seq));
  refit();
  const changed = ['holder', 'identity', 'verified_until'].some((name) => before[name] !== whole[name]) || before.agent?.id !== whole.agent?.id;
  if (changed || messages.some((message) => message.card || message.author === 'system' || message.author === 'bot')) refresh();
}

/** Fetch what stands beside the thread again, once for several changes at a time. */
function refresh() {
  clearTimeout(refreshing);
  refreshing = setTimeout(async () => {
    const id = open;
    const found = id ? await get(`conversations/${id}`, { background: true }).catch(() => null) : null;
    if (!found || open !== id || found.seq < whole.seq) return;
    whole = found;
    addMessages(found.messages);
    seq = Math.max(seq, found.last_seq);
    refit();
  }, 150);
}

/** How a phone is reached changes while nothing is said, so it is looked up while its conversation is open. */
async function lookAtPhone() {
  const id = open;
  if (id && whole?.phone && !document.hidden) {
    const now = await get(`conversations/${id}/deliveries`, { background: true }).catch(() => null);
    if (now && open === id && whole) {
      whole.phone = now.phone;
      showNow(now);
      if (whole.may.write) compose(id, body.dataset.agentName, whole.phone);
    }
  }
  setTimeout(lookAtPhone, PHONE_MS);
}

function refit() {
  showHead(whole, whole.customer?.name);
  showCustomer(whole, handled);
  offerFollowUp(whole);
  const { may } = whole;
  byId('invite').hidden = may.write || Boolean(whole.asked);
  byId('invite-claim').hidden = !may.claim;
  byId('invite-take-over').hidden = !may.take_over;
  byId('invite-text').textContent = may.claim
    ? 'You are reading along. Claim it to answer; the customer is told that you have joined.'
    : whole.closed_at && whole.holder === 'bot' ? 'Closed. You can look back; it opens again when the customer writes.'
    : whole.holder === 'agent' ? `${whole.agent?.name ?? 'A colleague'} is speaking with this customer.`
    : `The assistant is speaking with this customer.${may.take_over ? ' Take over, and they are told that you have joined.' : ''}`;
  const acts = [['transfer', 'Hand over', may.transfer], ['return', 'Return', may.write], ['close', 'Close', may.write]];
  const wanted = acts.filter(([, , allowed]) => allowed).map(([act]) => act).join();
  const box = byId('thread-acts');
  box.dataset.holder = whole.agent?.id ?? '';
  if (box.dataset.acts !== wanted) {
    box.dataset.acts = wanted;
    box.replaceChildren(...acts.filter(([, , allowed]) => allowed).map(([act, word]) =>
      h('button', { type: 'button', class: 'button', 'data-act': act, onclick: () => leave(act, open, box.dataset.holder, left) }, word)));
  }
  showAsked(whole, close);
  showSeen(whole);
  lookEarlier(whole);
  compose(may.write || whole.asked ? whole.id : null, body.dataset.agentName, whole.phone, { noteOnly: !may.write });
}

/** Something was done to the account. */
function handled(words) {
  toast(words);
  refresh();
  lookForDecisions();
}

async function claim(how = 'claim') {
  const id = open;
  try {
    const { conversation } = await post(`conversations/${id}/${how}`);
    if (open === id) take(conversation, []);
    byId('words').focus();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
    if (error.status === 409 && open === id) refresh();
  }
}

function left(act, { conversation }) {
  const words = { return: 'Returned to the assistant. The customer has been told.', close: 'Closed. Well done.', transfer: 'Handed over. The customer has been told.' };
  toast(words[act]);
  if (conversation.may.claim || conversation.may.write || conversation.may.transfer) take(conversation, []);
  else close();
}

/** Say why nothing is open; it stays until something is. */
function rest(title, text) {
  resting = false;
  showRest(title, text);
}

/** On narrow pages one pane is seen at a time: the focus goes along with it. */
function pane(name) {
  const hidden = () => document.activeElement !== body && !document.activeElement.checkVisibility();
  body.dataset.pane = name;
  if (hidden()) byId(name).focus();
}

whenDelivered((id, { conversation, message }) => {
  if (lost?.id === id && !open) {
    toast(`Answered. ${lost.asker} sees your note.`);
    resting = true;
    showRest(...idle);
    lost = null;
  }
  if (open !== id || !whole) return;
  if (whole.asked && !conversation.asked && !document.body.dataset.supervises && !conversation.may.claim && !conversation.may.write) {
    toast(`Answered. ${whole.asked.by} sees your note.`);
    close();
  } else take(conversation, [message]);
});
byId('queue').addEventListener('click', (event) => {
  const link = event.target.closest('a.item, a.hit, a.item-mention');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  if (link.dataset.id !== open || !whole) show(link.dataset.id, { at: link.hash });
  else {
    history.replaceState(history.state, '', link.href);
    pane('thread');
    showSought();
  }
});
byId('invite-claim').addEventListener('click', () => claim());
byId('invite-take-over').addEventListener('click', () => claim('take-over'));
byId('to-queue').addEventListener('click', () => close());
byId('to-customer').addEventListener('click', () => pane('customer'));
byId('to-thread').addEventListener('click', () => pane('thread'));
byId('sign-out').addEventListener('click', signOut);
addEventListener('popstate', () => arrive());
whenChosen(() => {
  firstPages();
  follow(news, whole ? open : null, seq);
});
watchDecisions(() => refresh());

function arrive() {
  endSearch();
  showView();
  const id = /^\/desk\/conversations\/([^/]+)$/.exec(location.pathname)?.[1];
  if (id) show(id, { remember: false });
  else close({ remember: false });
}

arrive();
lookAtPhone();
