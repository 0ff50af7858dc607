// The desk's JSON calls. Every write carries the CSRF token; a session that has ended leads back to the sign-in page.

/** The server said no, or did not answer. `message` is a sentence for the agent; `status` is 0 when nothing came back;
    `findings` say what a text breaks. */
export class Refused extends Error {
  constructor(message, status, code, findings = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.findings = findings;
  }
}

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? '';

/** Read. `background` marks what the page does by itself: it does not keep an idle session alive. */
export const get = (path, { background = false } = {}) =>
  call('GET', path, undefined, background ? { 'X-Background': '1' } : {});

/** Write. */
export const post = (path, body = {}) => call('POST', path, body, { 'X-CSRF-Token': token() });

/** Write a file as it is. */
export const upload = (path, file) => call('POST', path, file, { 'X-CSRF-Token': token(), 'Content-Type': file.type || 'application/octet-stream' });

export const remove = (path) => call('DELETE', path, undefined, { 'X-CSRF-Token': token() });

/** Back to the door; whatever is being written stays in this tab. */
export function signInAgain() {
  location.assign(`/desk/sign-in?next=${encodeURIComponent(location.pathname)}`);
}

async function call(method, path, body, headers) {
  let response;
  try {
    response = await fetch(`/api/desk/${path}`, {
      method,
      credentials: 'same-origin',
      headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
      body: body instanceof Blob || !body ? body : JSON.stringify(body),
    });
  } catch {
    throw new Refused("The desk can't be reached just now. Nothing is lost; please try again.", 0, 'unreachable');
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  const error = answer?.error ?? {};
  if (response.status === 401 && path !== 'session') signInAgain();
  throw new Refused(error.message ?? 'Something went wrong on our side. Please try again.', response.status, error.code, error.findings);
}
