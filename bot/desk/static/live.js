// The stream of live news, and whether it flows.
import { get, signInAgain } from './api.js';
import { byId } from './dom.js';
import { asked } from './filters.js';

const WORDS = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' };

let source = null;
let retry = null;

/** Follow the lists and, with `id`, one conversation read up to message `after`. `on` has a function for each kind of news. */
export function follow(on, id = null, after = 0) {
  stop();
  const query = asked();
  if (id) {
    query.set('conversation', id);
    query.set('after', after);
  }
  source = new EventSource(`/api/desk/events${query.size ? `?${query}` : ''}`);
  source.onopen = () => mark('live');
  source.onerror = () => {
    mark('lost');
    // The browser tries again by itself unless the server refused; then ask why (a session that has ended leads to the door).
    if (source.readyState === EventSource.CLOSED) {
      stop();
      retry = setTimeout(async () => {
        await get('queue', { background: true }).catch(() => {});
        on.reopen();
      }, 3000);
    }
  };
  for (const kind of ['queue', 'conversation', 'beside', 'own', 'typing', 'gone']) {
    source.addEventListener(kind, (event) => on[kind]?.(JSON.parse(event.data)));
  }
  source.addEventListener('end', () => {
    stop();
    signInAgain();
  });
}

function stop() {
  source?.close();
  clearTimeout(retry);
}

function mark(state) {
  byId('live').dataset.state = state;
  byId('live-word').textContent = WORDS[state];
}
