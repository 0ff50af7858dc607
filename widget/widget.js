/*!
 * Good Terms: the chat widget. One file, no dependency, no build step. Apache-2.0.
 *
 *   <script src="https://help.example.com/widget.js" data-goodterms async></script>
 *
 * Attributes: data-goodterms (required; its value may name another server, ending in "/"), data-title, data-locale, data-accent
 * (a CSS colour), data-position ("end" or "start"), data-open, data-identity-token (or a function window.goodtermsIdentity that gives
 * the token or a promise of it; nothing when nobody is signed in). The page may call goodterms.open(), .close() and .forget().
 *
 * What it keeps: the session and what is not yet sent, in localStorage. The transcript stays on the server. A message carries a
 * client_id from the moment it is written, so sending it again after a lost answer, a reload or from another tab changes nothing.
 */
(() => {
  "use strict";

  const script = document.currentScript || document.querySelector("script[data-goodterms]");
  if (!script || !script.hasAttribute("data-goodterms") || window.goodterms?.open) return;

  const setting = (name) => script.getAttribute(`data-${name}`) || "";
  const base = new URL(setting("goodterms") || ".", script.src);
  const LONGEST = 8000; // characters in one message; the server refuses more
  const TAKEOVER_MS = 3_000; // how long another tab has to send what it wrote before this one does
  const IDLE_MS = 20_000; // how often a closed or hidden widget asks for news

  // ---------------------------------------------------------------- words

  const WORDS = {
    en: {
      title: "Account help",
      open: "Open chat",
      close: "Close chat",
      unread: "{n} new",
      conversation: "Conversation",
      hello: "Hello, good to see you",
      intro: "I’m an automated assistant, not a person. Ask me about your account in your own words.",
      human: "A person from our team is a message away: just ask.",
      write: "Write a message",
      send: "Send",
      you: "You",
      assistant: "Assistant",
      team: "Our team",
      new_below: "New messages",
      by_bot: "Automated assistant",
      by_queue: "Waiting for a person",
      by_agent: "{name} is with you",
      writing: "The assistant is writing",
      writing_agent: "{name} is writing",
      sending: "Sending",
      sent: "Sent",
      unsent: "Waiting to send",
      failed: "Not sent",
      retry: "Try again",
      edit: "Edit",
      offline: "You’re offline. What you write is kept, and sent when you’re back.",
      connecting: "Connecting again. Nothing you wrote is lost.",
      next: "You’re next. A person will join you here.",
      place: "You’re number {n} in line. A person will join you here.",
      soon: "A person will join you here.",
      fresh: "For your privacy the earlier chat has ended. This is a new one.",
      long: "One message holds 8,000 characters, and this is {n} more. Could you send it in two parts?",
      card: "You never need to type a card number here.",
      forget: "Clear this chat from this device",
      forget_ask: "Clear this chat from this device?",
      forget_yes: "Clear",
      forget_no: "Keep",
      invoices: "Your invoices",
      due: "Due {date}",
      was_due: "Was due {date} · {n} days ago",
      was_due_1: "Was due {date} · yesterday",
      held: "On hold while we look into it",
      past: "Past due",
      total: "Total",
      pay: "Pay {amount}",
      pay_note: "Opens a secure payment page in a new tab.",
      tab: "(opens a new tab)",
      options: "Ways to spread it",
      times: "{n} payments",
      weekly: "{n} weekly payments",
      biweekly: "{n} payments, every two weeks",
      monthly: "{n} monthly payments",
      once: "1 payment",
      each: "{amount} each",
      last: "{amount} each, the last {last}",
      vary: "{low} to {high}",
      span: "{first} to {end}",
      all_dates: "All dates and amounts",
      choose: "Choose this plan",
      chosen: "Chosen",
      plan: "Your plan",
      quote: "Proposed",
      agreed: "Agreed",
      active: "In place",
      completed: "Completed",
      broken: "Let’s look again",
      cancelled: "Ended",
      done: "Paid",
      paid_of: "{paid} of {total} paid",
      thanks: "Payment received. Thank you.",
      paid_at: "Paid",
      left: "Still open",
      settled: "Nothing is left to pay.",
      credit: "Credit",
      reference: "Reference",
      statement: "Open your statement",
      unknown: "Something is here that this window cannot show. Ask me to put it in words.",
    },
    es: {
      title: "Ayuda con su cuenta",
      open: "Abrir el chat",
      close: "Cerrar el chat",
      unread: "{n} nuevos",
      conversation: "Conversación",
      hello: "Hola, qué gusto saludarle",
      intro: "Soy un asistente automático, no una persona. Pregúnteme sobre su cuenta con sus propias palabras.",
      human: "Una persona de nuestro equipo está a un mensaje: solo pídalo.",
      write: "Escriba un mensaje",
      send: "Enviar",
      you: "Usted",
      assistant: "Asistente",
      team: "Nuestro equipo",
      new_below: "Mensajes nuevos",
      by_bot: "Asistente automático",
      by_queue: "Esperando a una persona",
      by_agent: "{name} está con usted",
      writing: "El asistente está escribiendo",
      writing_agent: "{name} está escribiendo",
      sending: "Enviando",
      sent: "Enviado",
      unsent: "Por enviar",
      failed: "No enviado",
      retry: "Reintentar",
      edit: "Editar",
      offline: "No hay conexión. Guardamos lo que escriba y lo enviamos cuando vuelva.",
      connecting: "Conectando de nuevo. No se pierde nada de lo que escribió.",
      next: "Usted sigue. Una persona le atenderá aquí.",
      place: "Su lugar en la fila es el {n}. Una persona le atenderá aquí.",
      soon: "Una persona le atenderá aquí.",
      fresh: "Para proteger su privacidad, el chat anterior terminó. Este es nuevo.",
      long: "Un mensaje admite 8.000 caracteres y sobran {n}. ¿Podría enviarlo en dos partes?",
      card: "Nunca hace falta escribir aquí un número de tarjeta.",
      forget: "Borrar este chat de este dispositivo",
      forget_ask: "¿Borrar este chat de este dispositivo?",
      forget_yes: "Borrar",
      forget_no: "Conservar",
      invoices: "Sus facturas",
      due: "Vence el {date}",
      was_due: "Venció el {date} · hace {n} días",
      was_due_1: "Venció el {date} · ayer",
      held: "En pausa mientras lo revisamos",
      past: "Vencido",
      total: "Total",
      pay: "Pagar {amount}",
      pay_note: "Abre una página de pago segura en otra pestaña.",
      tab: "(abre otra pestaña)",
      options: "Maneras de repartirlo",
      times: "{n} pagos",
      weekly: "{n} pagos semanales",
      biweekly: "{n} pagos, cada dos semanas",
      monthly: "{n} pagos mensuales",
      once: "1 pago",
      each: "{amount} cada uno",
      last: "{amount} cada uno, el último {last}",
      vary: "{low} a {high}",
      span: "{first} a {end}",
      all_dates: "Todas las fechas y montos",
      choose: "Elegir este plan",
      chosen: "Elegido",
      plan: "Su plan",
      quote: "Propuesto",
      agreed: "Acordado",
      active: "En curso",
      completed: "Completado",
      broken: "Veámoslo de nuevo",
      cancelled: "Terminado",
      done: "Pagado",
      paid_of: "{paid} de {total} pagado",
      thanks: "Pago recibido. Gracias.",
      paid_at: "Pagado",
      left: "Queda por pagar",
      settled: "No queda nada por pagar.",
      credit: "Saldo a favor",
      reference: "Referencia",
      statement: "Abrir su estado de cuenta",
      unknown: "Hay algo que esta ventana no puede mostrar. Pídame que se lo explique.",
    },
    pt: {
      title: "Ajuda com sua conta",
      open: "Abrir o chat",
      close: "Fechar o chat",
      unread: "{n} novas",
      conversation: "Conversa",
      hello: "Olá, que bom ver você",
      intro: "Sou um assistente automático, não uma pessoa. Pergunte sobre sua conta com suas palavras.",
      human: "Uma pessoa da nossa equipe está a uma mensagem: é só pedir.",
      write: "Escreva uma mensagem",
      send: "Enviar",
      you: "Você",
      assistant: "Assistente",
      team: "Nossa equipe",
      new_below: "Novas mensagens",
      by_bot: "Assistente automático",
      by_queue: "Esperando uma pessoa",
      by_agent: "{name} está com você",
      writing: "O assistente está escrevendo",
      writing_agent: "{name} está escrevendo",
      sending: "Enviando",
      sent: "Enviada",
      unsent: "A enviar",
      failed: "Não enviada",
      retry: "Tentar de novo",
      edit: "Editar",
      offline: "Você está sem conexão. Guardamos o que escrever e enviamos quando voltar.",
      connecting: "Conectando de novo. Nada do que você escreveu se perde.",
      next: "Você é a próxima pessoa da fila. Alguém da nossa equipe vai atender você aqui.",
      place: "Você é o número {n} da fila. Uma pessoa vai atender você aqui.",
      soon: "Uma pessoa vai atender você aqui.",
      fresh: "Para sua privacidade, o chat anterior terminou. Este é novo.",
      long: "Uma mensagem comporta 8.000 caracteres e sobraram {n}. Pode enviar em duas partes?",
      card: "Você nunca precisa digitar um número de cartão aqui.",
      forget: "Apagar este chat deste aparelho",
      forget_ask: "Apagar este chat deste aparelho?",
      forget_yes: "Apagar",
      forget_no: "Manter",
      invoices: "Suas faturas",
      due: "Vence em {date}",
      was_due: "Venceu em {date} · há {n} dias",
      was_due_1: "Venceu em {date} · ontem",
      held: "Em pausa enquanto verificamos",
      past: "Vencido",
      total: "Total",
      pay: "Pagar {amount}",
      pay_note: "Abre uma página de pagamento segura em outra aba.",
      tab: "(abre outra aba)",
      options: "Formas de dividir",
      times: "{n} parcelas",
      weekly: "{n} parcelas semanais",
      biweekly: "{n} parcelas, a cada duas semanas",
      monthly: "{n} parcelas mensais",
      once: "1 parcela",
      each: "{amount} cada",
      last: "{amount} cada, a última {last}",
      vary: "{low} a {high}",
      span: "{first} a {end}",
      all_dates: "Todas as datas e valores",
      choose: "Escolher este plano",
      chosen: "Escolhido",
      plan: "Seu plano",
      quote: "Proposto",
      agreed: "Combinado",
      active: "Em andamento",
      completed: "Concluído",
      broken: "Vamos rever",
      cancelled: "Encerrado",
      done: "Paga",
      paid_of: "{paid} de {total} pagos",
      thanks: "Pagamento recebido. Obrigado.",
      paid_at: "Pago em",
      left: "Ainda em aberto",
      settled: "Não há mais nada a pagar.",
      credit: "Crédito",
      reference: "Referência",
      statement: "Abrir seu extrato",
      unknown: "Há algo que esta janela não consegue mostrar. Peça que eu explique em palavras.",
    },
  };

  /** The page's locale, as a tag that Intl accepts: data-locale, else the page's language, else the browser's. */
  const locale = [setting("locale"), document.documentElement.lang, navigator.language, "en"].find((tag) => {
    try {
      return tag && Intl.getCanonicalLocales(tag).length;
    } catch {
      return false;
    }
  });
  const words = WORDS[locale.slice(0, 2).toLowerCase()] || WORDS.en;
  const language = words === WORDS.pt ? "pt-BR" : words === WORDS.es ? "es" : "en";

  /** One of our words with its {names} filled in. */
  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  const title = setting("title") || words.title;

  // ---------------------------------------------------------------- money and dates

  // Digits after the point as the server counts them (CLDR). Browsers disagree about some currencies, so they are not asked.
  const NO_DIGITS =
    "AFN ALL BIF CLP DJF GNF IQD IRR ISK JPY KMF KPW KRW LAK LBP MGA MMK PYG RSD RWF SOS SYP UGX UYI VND VUV XAF XOF XPF YER";
  const THREE_DIGITS = "BHD JOD KWD LYD OMR TND";
  const digitsOf = (currency) => (NO_DIGITS.includes(currency) ? 0 : THREE_DIGITS.includes(currency) ? 3 : 2);

  /** `minor` units of `currency` as the locale writes them. Throws TypeError for what is not a whole number. */
  function money(minor, currency) {
    if (!Number.isSafeInteger(minor)) throw new TypeError("an amount is a whole number of minor units");
    const digits = digitsOf(currency);
    const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(locale, style).format(minor / 10 ** digits);
  }

  /** A calendar day ("2026-03-01") or an instant, as the locale writes a day. Throws RangeError for neither. */
  function day(value) {
    const date = new Date(value);
    const dated = /^\d{4}-\d\d-\d\d$/.test(value); // a due date is a day, not an instant: the same in every time zone
    const thisYear = (dated ? date.getUTCFullYear() : date.getFullYear()) === new Date().getFullYear();
    const shape = { day: "numeric", month: "short", ...(thisYear ? {} : { year: "numeric" }), ...(dated ? { timeZone: "UTC" } : {}) };
    return new Intl.DateTimeFormat(locale, shape).format(date);
  }

  const hour = (value) => new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(new Date(value));

  // ---------------------------------------------------------------- what is kept in the browser

  const PREFIX = `goodterms:${base.href}:`;

  /** localStorage or sessionStorage where the browser allows it, else memory: the chat works either way. */
  function keeper(name) {
    try {
      window[name].setItem(`${PREFIX}probe`, "1");
      window[name].removeItem(`${PREFIX}probe`);
      return window[name];
    } catch {
      const kept = new Map();
      return {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
        key: (i) => [...kept.keys()][i] ?? null,
        get length() {
          return kept.size;
        },
      };
    }
  }

  const shared = keeper("localStorage"); // every tab of this site
  const own = keeper("sessionStorage"); // this tab

  function read(key) {
    try {
      return JSON.parse(shared.getItem(PREFIX + key));
    } catch {
      return null;
    }
  }

  function write(key, value) {
    try {
      shared.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      /* full: the session then lasts as long as the page */
    }
  }

  /** Run `job` in one tab at a time. A tab that the browser froze must not silence the others, so waiting has an end. */
  async function exclusive(name, job) {
    if (!navigator.locks) return job();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 15_000);
    let began = false;
    try {
      return await navigator.locks.request(PREFIX + name, { signal: patience.signal }, () => {
        began = true;
        clearTimeout(timer);
        return job();
      });
    } catch (error) {
      if (began || error.name !== "AbortError") throw error;
      return job();
    } finally {
      clearTimeout(timer);
    }
  }

  // ---------------------------------------------------------------- the server

  /** A request that did not succeed. `status` is 0 when there was no answer; `after` is what Retry-After asked for, in ms. */
  class Failure extends Error {
    constructor(status, message = "", after = 0) {
      super(message);
      this.status = status;
      this.after = after;
    }
  }

  function headersOf(token, more = {}) {
    return token ? { Authorization: `Bearer ${token}`, ...more } : more;
  }

  async function failureOf(response) {
    const body = await response.json().catch(() => ({}));
    const after = Number(response.headers.get("Retry-After")) * 1000 || 0;
    return new Failure(response.status, typeof body?.error?.message === "string" ? body.error.message : "", after);
  }

  /** Ask the server for JSON. Throws Failure. */
  async function ask(method, path, { token, body, signal, patience = 20_000 } = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    signal?.addEventListener("abort", () => stop.abort(), { once: true });
    if (signal?.aborted) stop.abort();
    try {
      const response = await fetch(new URL(path, base), {
        method,
        credentials: "omit",
        cache: "no-store",
        signal: stop.signal,
        headers: headersOf(token, body ? { "Content-Type": "application/json" } : {}),
        body: body && JSON.stringify(body),
      });
      if (!response.ok) throw await failureOf(response);
      return response.status === 204 ? null : await response.json();
    } catch (error) {
      throw error instanceof Failure ? error : new Failure(0, error.message);
    } finally {
      clearTimeout(timer);
    }
  }

  const pauses = new Set();
  const wake = () => pauses.forEach((end) => end());

  /** Wait `ms`, or until the browser is online again, the page is looked at, or the customer asks to try now. */
  function pause(ms) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      pauses.add(end);
    });
  }

  /** Half a second doubling to thirty, spread so that many browsers do not come back at once. */
  const backoff = (tries, asked = 0) =>
    Math.max(asked, Math.min(30_000, 500 * 2 ** Math.min(tries - 1, 6)) * (0.75 + Math.random() / 2));

  // ---------------------------------------------------------------- the session

  let session = read("session");
  let starting = null;
  let anew = false; // the session is so new that its first messages are news, not history

  /** The signed identity that the page offers, null when nobody is signed in, undefined when the page could not say. */
  async function identity() {
    try {
      const token = typeof window.goodtermsIdentity === "function" ? await window.goodtermsIdentity() : setting("identity-token");
      return token || null;
    } catch {
      return undefined;
    }
  }

  /** Who a token is about, as a short fingerprint: enough to notice that somebody else uses this browser now. */
  function fingerprint(token) {
    if (!token) return "";
    let about = token;
    try {
      about = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub || token;
    } catch {
      /* not a JWT: the whole of it then */
    }
    let hash = 2166136261;
    for (const character of String(about)) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
    return (hash >>> 0).toString(36);
  }

  /** The session of this browser; begun when there is none. Throws Failure. */
  function begin() {
    starting ||= exclusive("session", async () => {
      session = read("session");
      if (session) return session;
      if (!view.isOpen() && !queue().length) throw new Failure(0, "nobody is here"); // closed or cleared meanwhile
      const token = await identity();
      const start = (extra) => ask("POST", "api/chat/sessions", { body: { locale: new Intl.Locale(locale).baseName, ...extra } });
      const created = await (token
        ? start({ identity_token: token }).catch((failure) => {
            if (failure.status < 400 || failure.status >= 500 || failure.status === 429) throw failure;
            return start({}); // the page's token has run out: the customer can still prove who they are by chat
          })
        : start({}));
      session = { conversation_id: created.conversation_id, token: created.token, who: fingerprint(token) };
      write("session", session);
      anew = true;
      return session;
    }).finally(() => {
      starting = null;
    });
    return starting;
  }

  /** The server no longer knows `token`: drop it, unless another tab has begun anew already. */
  function expired(token) {
    return exclusive("session", async () => {
      if (read("session")?.token === token) shared.removeItem(`${PREFIX}session`);
      session = read("session");
    });
  }

  /** Forget this browser's session, queue and draft, and close the chat, in every tab. The server keeps what it has. */
  function forget() {
    write("forgotten", Date.now()); // first of all, so that no other tab begins anew when it sees the session go
    for (const item of queue()) drop(item);
    for (const key of ["session", "read"]) shared.removeItem(PREFIX + key);
    forgotten();
  }

  function forgotten() {
    own.removeItem(`${PREFIX}draft`);
    unkept.clear();
    seen.clear();
    session = conversation = cursor = null;
    caughtUp = false;
    view.close();
    view.clear();
    refollow();
  }

  // ---------------------------------------------------------------- what is to be sent

  // One storage key an item, in order of writing, so that two tabs never overwrite each other's.
  const ownItems = new Set(); // what was written in this tab, by its `at`
  const unkept = new Map(); // items that must not be written down: they look like card numbers (P3)
  let counter = 0;

  /** What is not yet with the server, oldest first. */
  function queue() {
    const items = [...unkept.values()];
    for (let i = 0; i < shared.length; i++) {
      const key = shared.key(i);
      if (!key?.startsWith(`${PREFIX}out:`)) continue;
      const item = read(key.slice(PREFIX.length));
      if (item) items.push(item);
    }
    return items.sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  const waiting = (item) => unkept.has(item.at) || read(`out:${item.at}`) !== null;

  function keep(item) {
    if (item.text && cardNumber(item.text)) return void unkept.set(item.at, item);
    try {
      shared.setItem(`${PREFIX}out:${item.at}`, JSON.stringify(item));
    } catch {
      unkept.set(item.at, item);
    }
  }

  function drop(item) {
    unkept.delete(item.at);
    shared.removeItem(`${PREFIX}out:${item.at}`);
  }

  /** Take `{text}` or `{payload, title}` to be sent: it is on the screen and kept before this returns. */
  function send(content) {
    const client_id = uuid();
    const at = `${String(Date.now()).padStart(14, "0")}-${String(++counter).padStart(4, "0")}-${client_id.slice(0, 8)}`;
    ownItems.add(at);
    keep({ at, client_id, ...content });
    view.outgoing(queue());
    flush();
  }

  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((byte, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
  }

  /** How long, in ms, `item` is still for the tab that wrote it to send. */
  const theirs = (item) => (ownItems.has(item.at) ? 0 : Number(item.at.split("-")[0]) + TAKEOVER_MS - Date.now());

  let flushing = false;

  /** Send what waits, in order, each once. What the server will never take is marked and does not hold up the rest. */
  async function flush() {
    if (flushing) return;
    flushing = true;
    let tries = 0;
    try {
      for (;;) {
        const item = queue().find((one) => !one.failed);
        if (!item) break;
        const left = theirs(item);
        if (left > 0) {
          // What another tab sends is gone before that; looked at now and then, since storage tells late of it.
          await pause(Math.min(left, 250));
          continue;
        }
        try {
          await exclusive("send", () => post(item));
          tries = 0;
        } catch (failure) {
          if (!(failure instanceof Failure)) throw failure;
          if ([400, 409, 413, 422].includes(failure.status)) {
            if (waiting(item)) keep({ ...item, failed: failure.message || say("failed") });
          } else {
            tries += 1;
            view.stalled(item, true);
            if (failure.status !== 401 || tries > 1) await pause(backoff(tries, failure.after));
          }
        }
        view.outgoing(queue());
      }
    } finally {
      flushing = false;
    }
  }

  async function post(item) {
    if (!waiting(item)) return; // another tab has sent it
    const { token } = await begin();
    if (token !== followed) refollow();
    const content = item.payload === undefined ? { text: item.text } : { payload: item.payload, title: item.title };
    try {
      const { message_id } = await ask("POST", "api/chat/messages", { token, body: { client_id: item.client_id, ...content } });
      if (!waiting(item)) return; // forgotten meanwhile
      drop(item);
      view.connected(true);
      view.accepted(item, message_id);
    } catch (failure) {
      if (failure.status === 401) await expired(token);
      throw failure;
    }
  }

  // ---------------------------------------------------------------- what arrives

  let conversation = null; // whose messages are on the screen
  let cursor = null; // the newest of them
  let caughtUp = false;
  let following = false;
  let followed = null; // the token that we listen with
  let link = new AbortController();
  let streams = true; // until something between us and the server turns out not to let them through
  let streamFailures = 0;
  const seen = new Set();

  const listening = () => view.isOpen() && document.visibilityState === "visible";

  /** Begin to listen, or do so anew: opened, closed, looked at, another session. */
  function refollow() {
    link.abort();
    wake();
    if (!following) follow();
  }

  /** Listen for as long as there is a session or the chat is open: by stream, by long poll, or now and then when nobody looks. */
  async function follow() {
    following = true;
    let tries = 0;
    while (session || view.isOpen()) {
      link = new AbortController();
      const { signal } = link;
      const started = Date.now();
      followed = null;
      try {
        const { token, conversation_id } = await begin();
        if (signal.aborted) continue;
        followed = token;
        if (conversation && conversation !== conversation_id) {
          cursor = null;
          caughtUp = false;
          view.newConversation();
        }
        conversation = conversation_id;
        if (!caughtUp) await pull(token, 0, signal);
        else if (!listening()) {
          await pause(IDLE_MS);
          await pull(token, 0, signal);
        } else if (streams) await stream(token, signal);
        else await pull(token, 25, signal);
        tries = 0;
        view.connected(true);
      } catch (failure) {
        if (signal.aborted) continue;
        if (!(failure instanceof Failure)) console.error(failure);
        if (failure.status === 401 && followed) await expired(followed);
        if (failure.status === 404) cursor = null; // it is not a message of this conversation any more; what we show is not shown again
        tries = Date.now() - started > 10_000 ? 1 : tries + 1;
        if (tries > 1 || !navigator.onLine) view.connected(false);
        if (failure.status !== 401 || tries > 1) await pause(backoff(tries, failure.after));
      }
    }
    following = false;
  }

  /** Ask once for what is newer than the cursor; `wait` seconds long when there is nothing. */
  async function pull(token, wait, signal) {
    const query = new URLSearchParams({ wait, ...(cursor ? { after: cursor } : {}) });
    const page = await ask("GET", `api/chat/messages?${query}`, { token, signal, patience: wait * 1000 + 15_000 });
    const before = cursor;
    view.batch(!caughtUp && !anew, () => {
      page.messages.forEach(receive);
      if (page.state) view.state(page.state);
    });
    caughtUp ||= anew || cursor === before; // a long history comes in pages, the last of them empty
    anew = false;
  }

  /** Read the event stream until it ends, which is a Failure. Read by fetch: EventSource cannot carry our token. */
  async function stream(token, signal) {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), 10_000); // a proxy that buffers gives nothing at all
    signal.addEventListener("abort", () => silence.abort(), { once: true });
    let alive = false;
    try {
      const headers = headersOf(token, { Accept: "text/event-stream", ...(cursor ? { "Last-Event-ID": cursor } : {}) });
      const response = await fetch(new URL("api/chat/events", base), {
        headers,
        credentials: "omit",
        cache: "no-store",
        signal: silence.signal,
      });
      if (!response.ok) throw await failureOf(response);
      if (!response.body || !(response.headers.get("Content-Type") || "").startsWith("text/event-stream")) throw new Failure(406);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) throw new Failure(0, "the stream ended");
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), 60_000);
        if (!alive) view.connected(true);
        alive = true;
        streamFailures = 0;
        const blocks = (rest + value).split(/\r?\n\r?\n/);
        rest = blocks.pop();
        view.batch(false, () => blocks.forEach(takeEvent));
      }
    } catch (error) {
      if (!alive && !signal.aborted && error.status !== 401 && error.status !== 429) {
        streamFailures += 1;
        if (
          silence.signal.aborted ||
          (error.status >= 400 && error.status < 500 && !(error.status === 404 && cursor)) ||
          streamFailures > 2
        )
          streams = false;
      }
      throw error instanceof Failure ? error : new Failure(0, error.message);
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  function takeEvent(block) {
    let kind = "message";
    const data = [];
    for (const line of block.split(/\r?\n/)) {
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) || [];
      if (field === "event") kind = value;
      if (field === "data") data.push(value);
    }
    if (!data.length) return;
    const content = JSON.parse(data.join("\n"));
    if (kind === "message") receive(content);
    if (kind === "state") view.state(content);
  }

  /** Tell the person who speaks with the customer what they have read (`read`), or that they write (`typing`). */
  function sign(signs) {
    if (!followed) return;
    ask("POST", "api/chat/signs", { token: followed, body: signs }).catch(() => {}); // worth no second try
  }

  function receive(message) {
    if (seen.has(message.id)) return;
    seen.add(message.id);
    cursor = message.id;
    view.incoming(message);
  }

  // ---------------------------------------------------------------- drawing

  /** An element. Children that are strings become text, never markup: no data is ever parsed as HTML here. */
  function h(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child != null && child !== false));
    return node;
  }

  const SHAPES = {
    chat: "M20.5 11.7a8 8 0 0 1-8.1 7.8H4.2l1.6-3.2a7.6 7.6 0 0 1-1.4-4.6 8 8 0 0 1 16.1 0zM9 12.6c1.6 2 5.2 2 6.8 0",
    down: "M6 9.5l6 6 6-6",
    up: "M12 19V6M6.5 11.5L12 6l5.5 5.5",
    out: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
    tick: "M5 12.5l4.5 4.5L19 7.5",
    clock: "M12 7.5V12l3 2M12 3.5a8.5 8.5 0 1 0 .01 0z",
    bin: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
    page: "M7 3.5h6.5L18 8v12.5H7zM13.5 3.5V8H18",
    lock: "M6.5 11h11v8.5h-11zM9 11V8a3 3 0 0 1 6 0v3",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", SHAPES[name]);
    svg.append(path);
    return svg;
  }

  const hidden = (text) => h("span", { class: "sr" }, text);

  /** `url` when it is a web address that is safe to open, else null. */
  function safe(url) {
    try {
      const address = new URL(url, base);
      return /^https?:$/.test(address.protocol) ? address.href : null;
    } catch {
      return null;
    }
  }

  function anchor(url, props, ...children) {
    const href = safe(url);
    if (!href) throw new TypeError("not a web address");
    return h("a", { href, target: "_blank", rel: "noopener noreferrer", ...props }, ...children, hidden(` ${words.tab}`));
  }

  /** `text` with its web addresses as links. */
  function linked(text) {
    return text.split(/(https?:\/\/[^\s<>"'`]+)/).flatMap((part, i) => {
      if (i % 2 === 0) return part ? [part] : [];
      const url = part.replace(/[.,;:!?)\]}]+$/, "");
      return safe(url) ? [anchor(url, {}, url), part.slice(url.length)] : [part];
    });
  }

  /** `text` without its listed lines ("• …", "1. …"): a card beside it shows the same list. */
  function unlisted(text) {
    const lines = (text ?? "").split("\n").filter((line) => !/^(?:•|\d+\.)\s/.test(line));
    return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
  }

  /** Whether `text` holds what looks like a payment card's number: 13 to 19 digits that pass the Luhn check (P3). */
  function cardNumber(text) {
    return (text.match(/\d(?:[ .-]?\d){12,18}/g) || []).some((run) => {
      const digits = run.replace(/\D/g, "");
      const sum = [...digits]
        .reverse()
        .reduce((total, digit, i) => total + (i % 2 ? (digit * 2) % 9 || (digit === "9" ? 9 : 0) : +digit), 0);
      return sum % 10 === 0;
    });
  }

  // ---------------------------------------------------------------- cards

  const row = (label, ...value) => h("div", { class: "row" }, h("dt", {}, label), h("dd", {}, ...value));

  /** "3 monthly payments", by the days between the first two. */
  function rhythm(instalments) {
    if (instalments.length === 1) return say("once");
    const gap = (new Date(instalments[1].due_on) - new Date(instalments[0].due_on)) / 86_400_000;
    const kind = gap === 7 ? "weekly" : gap === 14 ? "biweekly" : gap >= 28 && gap <= 31 ? "monthly" : "times";
    return say(kind, { n: instalments.length });
  }

  /** "$50.00 each, the last $49.99": odd cents are shown, not rounded away (K8). */
  function amounts(instalments, currency) {
    const all = instalments.map(({ amount }) => amount);
    const first = money(all[0], currency);
    if (all.every((amount) => amount === all[0])) return all.length === 1 ? first : say("each", { amount: first });
    if (all.slice(0, -1).every((amount) => amount === all[0]))
      return say("last", { amount: first, last: money(all.at(-1), currency) });
    return say("vary", { low: money(Math.min(...all), currency), high: money(Math.max(...all), currency) });
  }

  function dates(instalments, currency) {
    return h(
      "ol",
      { class: "dates" },
      instalments.map(({ due_on, amount, status }) => {
        const done = status === "paid" || status === "succeeded";
        return h(
          "li",
          done ? { class: "done" } : {},
          status && h("span", { class: "dot" }, done && icon("tick")),
          h("span", { class: "when" }, day(due_on), done && ` · ${words.done}`),
          h("b", {}, money(amount, currency)),
        );
      }),
    );
  }

  // Each takes a card and gives an element, or throws when the card is not what the design says: the message's text is shown then.
  // `offer(payload, title)` gives the button that chooses.
  const CARDS = {
    invoices({ currency, total, overdue, items }) {
      const standing = ({ due_on, days_late, disputed }) => {
        if (disputed) return words.held; // nothing presses for what is in dispute (C9)
        const date = day(due_on);
        return days_late > 0 ? say(days_late === 1 ? "was_due_1" : "was_due", { date, n: days_late }) : say("due", { date });
      };
      return h(
        "section",
        { class: "card", "aria-label": words.invoices },
        h(
          "ul",
          { class: "plain" },
          items.map((item) =>
            h(
              "li",
              { class: "invoice" },
              h(
                "div",
                {},
                h("span", {}, item.description || item.number),
                h("small", {}, item.description ? `${item.number} · ` : "", standing(item)),
              ),
              h("b", {}, money(item.amount, currency)),
            ),
          ),
        ),
        h(
          "dl",
          { class: "sums" },
          overdue !== total && row(words.past, money(overdue, currency)),
          row(words.total, money(total, currency)),
        ),
      );
    },

    pay_link({ url, amount, currency }) {
      return h(
        "section",
        { class: "card" },
        anchor(url, { class: "main" }, say("pay", { amount: money(amount, currency) }), icon("out")),
        h("p", { class: "aside" }, icon("lock"), words.pay_note),
      );
    },

    plan_options({ currency, options }, offer) {
      return h(
        "section",
        { class: "card options", "aria-label": words.options },
        options.map(({ payload, instalments, title: named }, i) => {
          const name = rhythm(instalments);
          const sum = amounts(instalments, currency);
          return h(
            "article",
            { class: "option", "aria-label": `${name}, ${sum}` },
            h("h3", {}, name),
            h("p", {}, sum),
            h("p", { class: "aside" }, say("span", { first: day(instalments[0].due_on), end: day(instalments.at(-1).due_on) })),
            instalments.length > 1 &&
              h("details", { open: i === 0 }, h("summary", {}, words.all_dates), dates(instalments, currency)),
            offer(payload, named || `${name}: ${sum}`, words.choose),
          );
        }),
      );
    },

    plan_schedule({ currency, status, instalments }) {
      const total = instalments.reduce((sum, { amount }) => sum + amount, 0);
      const paid = instalments.reduce(
        (sum, one) => sum + (one.status === "paid" || one.status === "succeeded" ? one.amount : 0),
        0,
      );
      return h(
        "section",
        { class: "card", "aria-label": words.plan },
        h(
          "header",
          {},
          h("h3", {}, words.plan),
          Object.hasOwn(WORDS.en, status ?? "") && h("span", { class: "chip" }, say(status)),
        ),
        h("p", {}, `${rhythm(instalments)}: ${amounts(instalments, currency)}`),
        paid > 0 && [
          h("progress", { max: total, value: paid, "aria-label": words.plan }),
          h("p", { class: "aside" }, say("paid_of", { paid: money(paid, currency), total: money(total, currency) })),
        ],
        dates(instalments, currency),
        h("dl", { class: "sums" }, row(words.total, money(total, currency))),
      );
    },

    receipt({ payment_id, amount, currency, paid_at, balance, review }) {
      return h(
        "section",
        { class: "card receipt", "aria-label": words.thanks },
        h("span", { class: "seal" }, icon("tick")),
        h("h3", {}, money(amount, currency)),
        h("p", {}, words.thanks),
        h(
          "dl",
          {},
          row(words.paid_at, `${day(paid_at)}, ${hour(paid_at)}`),
          payment_id && row(words.reference, h("span", { class: "code" }, String(payment_id))),
          balance > 0 && row(words.left, money(balance, currency)),
          balance < 0 && row(words.credit, money(-balance, currency)),
        ),
        balance === 0 && !review && h("p", { class: "aside" }, words.settled),
      );
    },

    statement({ url, title }) {
      return h("section", { class: "card" }, anchor(url, { class: "main soft" }, icon("page"), title || words.statement));
    },
  };

  // ---------------------------------------------------------------- colours

  /** The accent as the page gave it, moved just as far as AA contrast asks (4.5 to 1) on light and on dark ground. */
  function accents(colour) {
    if (!colour) return { light: "#1d6b5f", dark: "#84ccbb" };
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = "#1d6b5f";
    probe.fillStyle = colour || "#1d6b5f";
    const rgb = (/^#(..)(..)(..)$/.exec(probe.fillStyle) || [0, "1d", "6b", "5f"]).slice(1).map((pair) => parseInt(pair, 16));
    const light = (parts) =>
      parts.reduce((sum, part, i) => {
        const c = part / 255;
        return sum + [0.2126, 0.7152, 0.0722][i] * (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      }, 0);
    const towards = (goal, ground) => {
      for (let step = 0; step <= 20; step++) {
        const mixed = rgb.map((part) => Math.round(part + (goal - part) * (step / 20)));
        const [low, high] = [light(mixed), light(ground)].sort((a, b) => a - b);
        if ((high + 0.05) / (low + 0.05) >= 4.6) return `rgb(${mixed})`;
      }
      return `rgb(${goal},${goal},${goal})`;
    };
    return { light: towards(0, [242, 239, 233]), dark: towards(255, [44, 54, 52]) };
  }

  const STYLE = `
:host { all: initial !important; }
@media print { :host { display: none !important; } }
*, ::before, ::after { box-sizing: border-box; }
.gt { color-scheme: light dark; --ground: #fcfbf8; --raised: #fff; --soft: #f2efe9; --ink: #22302d; --quiet: #596663; --line: #e3ddd3; --edge: #86908d;
  --warm: #fdf3dd; --warm-ink: #654a11; --accent: var(--light); --on: #fff; --tint: #e9f1ee; --shade: 0 1px 2px #1f2d2a14, 0 16px 48px -8px #1f2d2a3d;
  font: 400 max(16px, 1rem)/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, system-ui, sans-serif; color: var(--ink);
  position: fixed; z-index: 2147483000; inset-block-end: calc(20px + env(safe-area-inset-bottom)); inset-inline-end: 20px; text-align: start; }
.gt.start { inset-inline: 20px auto; }
@media (prefers-color-scheme: dark) { .gt { --ground: #151b1a; --raised: #1d2524; --soft: #263130; --ink: #e9efed; --quiet: #a8b5b2; --line: #35423f; --edge: #7c8a87;
  --warm: #332b19; --warm-ink: #f0dcab; --accent: var(--dark); --on: #0e1a18; --tint: #20312d; --shade: 0 16px 48px #000a; } }
[hidden] { display: none !important; }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
svg { inline-size: 1.25em; block-size: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; flex: none; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; min-block-size: 44px; min-inline-size: 44px; border: 0; background: none; border-radius: 12px; padding: 8px 14px; touch-action: manipulation; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
textarea:focus-visible, h2:focus-visible { outline: 0; }
h2, h3, p, ol, ul, dl, dd { margin: 0; padding: 0; }
h2, h3 { font-size: 1em; font-weight: 650; }
ol, ul { list-style: none; }
a { color: var(--accent); text-underline-offset: 2px; overflow-wrap: anywhere; }
small, .aside { font-size: .84em; color: var(--quiet); }
.launcher { inline-size: 60px; block-size: 60px; border-radius: 50%; padding: 0; display: grid; place-items: center; margin-inline-start: auto; position: relative;
  background: var(--accent); color: var(--on); box-shadow: var(--shade); transition: transform .16s; }
.start .launcher { margin-inline: 0 auto; }
.launcher:hover { transform: scale(1.05); }
.launcher:focus-visible { outline-offset: 3px; }
.launcher svg { inline-size: 30px; block-size: 30px; }
.badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 24px; padding: 0 7px; border-radius: 12px; font-size: 14px; font-weight: 650; line-height: 24px;
  background: var(--raised); color: var(--accent); border: 1px solid var(--line); }
.panel { position: absolute; inset-block-end: 76px; inset-inline-end: 0; inline-size: min(400px, calc(100vw - 40px)); block-size: min(700px, calc(100vh - 120px)); block-size: min(700px, calc(100dvh - 120px));
  display: flex; flex-direction: column; overflow: hidden; background: var(--ground); border: 1px solid var(--line); border-radius: 20px; box-shadow: var(--shade); animation: rise .2s ease-out; }
.start .panel { inset-inline: 0 auto; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
@keyframes appear { from { opacity: 0; transform: translateY(6px); } }
.panel > header { display: flex; align-items: center; gap: 12px; padding: 12px 8px 12px 18px; padding-inline: 18px 8px; background: var(--raised); border-block-end: 1px solid var(--line); }
.panel > header div { flex: 1; min-inline-size: 0; }
.panel > header p { font-size: .84em; color: var(--quiet); }
.panel > header button { padding: 0; margin-inline-start: -8px; display: grid; place-items: center; color: var(--quiet); }
.panel > header button:hover { background: var(--soft); color: var(--ink); }
.face { display: grid; place-items: center; flex: none; inline-size: 40px; block-size: 40px; border-radius: 50%; background: var(--tint); color: var(--accent); font-weight: 650; font-size: .9em; }
.strip { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; padding: 10px 18px; font-size: .9em; background: var(--tint); border-block-end: 1px solid var(--line); }
.strip.warm { background: var(--warm); color: var(--warm-ink); }
.strip > span { flex: 1 1 12em; }
.strip:empty { display: none; }
.scroll { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 22px 18px 14px; position: relative; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.scroll:focus-visible { outline-offset: -4px; border-radius: 8px; }
.intro { text-align: center; padding: 6px 14px 22px; }
.intro .face { inline-size: 56px; block-size: 56px; margin: 0 auto 12px; }
.intro .face svg { inline-size: 30px; block-size: 30px; }
.intro h3 { font-size: 1.2em; margin-block-end: 6px; }
.intro p { color: var(--quiet); font-size: .94em; text-wrap: balance; }
.intro p + p { margin-block-start: 4px; }
.log li.msg, .log li.note { margin-block-start: 16px; animation: appear .18s ease-out; }
.log li.msg.more { margin-block-start: 6px; }
.log li.full + li.more { margin-block-start: 16px; }
.log[aria-busy] li { animation: none; }
.note { max-inline-size: 34em; margin-inline: auto; text-align: center; font-size: .84em; color: var(--quiet); padding-inline: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.msg .note { align-self: center; text-wrap: balance; }
.msg { display: flex; flex-direction: column; align-items: flex-start; }
.who { display: flex; align-items: center; gap: 8px; margin-block-end: 5px; font-size: .84em; font-weight: 600; color: var(--quiet); }
.who .face { inline-size: 26px; block-size: 26px; font-size: .72em; }
.who .face svg { inline-size: 17px; block-size: 17px; }
.more .who { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
.bubble { max-inline-size: 88%; padding: 10px 15px; border-radius: 6px 18px 18px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid transparent; }
[dir="rtl"] .bubble, .bubble:dir(rtl) { border-radius: 18px 6px 18px 18px; }
.agent .bubble { background: var(--raised); border-color: var(--line); }
.me { align-items: flex-end; }
.me .bubble { background: var(--accent); color: var(--on); border-radius: 18px 18px 6px; }
.me.later .bubble { background: var(--tint); color: var(--ink); border-color: var(--edge); border-style: dashed; }
.foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0 6px; margin-block-start: 4px; font-size: .78em; color: var(--quiet); }
.foot svg { inline-size: 14px; block-size: 14px; }
.foot button { color: var(--accent); font-weight: 600; padding: 4px 8px; }
.followed .foot { display: none; }
.offers { display: flex; flex-wrap: wrap; gap: 8px; margin-block-start: 10px; inline-size: 100%; }
.strip .offers { margin: 0; inline-size: auto; }
.offer { border: 1.5px solid var(--accent); color: var(--accent); background: var(--raised); border-radius: 22px; padding: 8px 18px; font-weight: 600; text-align: start; overflow-wrap: anywhere; }
.offer:hover { background: var(--tint); }
.offer:disabled { cursor: default; border-color: var(--line); color: var(--quiet); background: none; font-weight: 400; }
.offer.chosen:disabled { border-color: var(--accent); background: var(--tint); color: var(--ink); font-weight: 600; }
.card { inline-size: 100%; margin-block-start: 8px; padding: 16px; background: var(--raised); border: 1px solid var(--line); border-radius: 16px; font-variant-numeric: tabular-nums; }
.card > header { display: flex; align-items: center; justify-content: space-between; gap: 8px; margin-block-end: 4px; }
.chip { font-size: .8em; font-weight: 600; padding: 2px 10px; border-radius: 12px; background: var(--tint); color: var(--accent); }
.invoice { display: flex; justify-content: space-between; gap: 14px; padding-block: 12px; border-block-end: 1px solid var(--line); }
.invoice:first-child { padding-block-start: 0; }
.invoice small { display: block; }
b { font-weight: 600; white-space: nowrap; }
.row { display: flex; justify-content: space-between; align-items: baseline; gap: 14px; padding-block: 3px; }
dt { color: var(--quiet); }
dd { text-align: end; overflow-wrap: anywhere; font-weight: 600; }
.sums { padding-block-start: 10px; }
.sums .row:last-child { font-size: 1.08em; }
.sums .row:last-child dt { color: var(--ink); font-weight: 600; }
.main { display: flex; align-items: center; justify-content: center; gap: 8px; min-block-size: 52px; padding: 10px 18px; border-radius: 14px; text-decoration: none; font-weight: 650; font-size: 1.06em; background: var(--accent); color: var(--on); }
.main:hover { filter: brightness(1.07); }
.main.soft { background: var(--tint); color: var(--accent); }
.aside { display: flex; align-items: center; gap: 6px; }
.main + .aside { justify-content: center; margin-block-start: 10px; }
.aside svg { inline-size: 15px; block-size: 15px; }
.options { padding: 0; background: none; border: 0; display: grid; gap: 10px; }
.option { padding: 16px; background: var(--raised); border: 1px solid var(--line); border-radius: 16px; }
.option.chosen { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.option .offer { inline-size: 100%; text-align: center; margin-block-start: 8px; }
summary { min-block-size: 44px; display: flex; align-items: center; justify-content: space-between; cursor: pointer; color: var(--accent); font-size: .9em; font-weight: 600; border-radius: 8px; }
summary::-webkit-details-marker { display: none; }
summary::after { content: ""; inline-size: 8px; block-size: 8px; border: solid currentColor; border-width: 0 2px 2px 0; transform: translateY(-2px) rotate(45deg); margin-inline-end: 4px; }
[open] > summary::after { transform: translateY(2px) rotate(225deg); }
.dates { margin-block: 4px; }
.dates li { display: flex; align-items: center; gap: 10px; padding-block: 5px; }
.when { flex: 1; }
.dot { display: grid; place-items: center; inline-size: 20px; block-size: 20px; border: 1.5px solid var(--edge); border-radius: 50%; flex: none; }
.dot svg { inline-size: 13px; block-size: 13px; stroke-width: 3; }
.done .dot { background: var(--accent); border-color: var(--accent); color: var(--on); }
.done { color: var(--quiet); }
.card .dates { margin-block: 10px 6px; }
.card > .dates + .sums { border-block-start: 1px solid var(--line); }
progress { appearance: none; inline-size: 100%; block-size: 8px; border: 0; border-radius: 4px; overflow: hidden; background: var(--soft); margin-block: 10px 4px; color: var(--accent); }
progress::-webkit-progress-bar { background: var(--soft); }
progress::-webkit-progress-value { background: var(--accent); border-radius: 4px; }
progress::-moz-progress-bar { background: var(--accent); }
.receipt { text-align: center; padding-block-start: 20px; }
.seal { display: inline-grid; place-items: center; inline-size: 48px; block-size: 48px; border-radius: 50%; background: var(--tint); color: var(--accent); margin-block-end: 8px; }
.receipt h3 { font-size: 1.6em; line-height: 1.2; }
.receipt dl { margin-block-start: 14px; padding-block-start: 10px; border-block-start: 1px solid var(--line); }
.receipt > .aside { justify-content: center; margin-block-start: 6px; }
.code { font-size: .84em; font-weight: 400; }
.typing { display: inline-flex; gap: 5px; padding: 15px 16px; margin-block-start: 12px; border-radius: 6px 18px 18px; background: var(--soft); }
.typing i { inline-size: 7px; block-size: 7px; border-radius: 50%; background: var(--quiet); animation: breathe 1.3s infinite ease-in-out; }
.typing i:nth-of-type(2) { animation-delay: .18s; }
.typing i:nth-of-type(3) { animation-delay: .36s; }
@keyframes breathe { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; } }
.below { position: absolute; inset-block-end: 8px; inset-inline: 0; margin-inline: auto; inline-size: max-content; background: var(--raised); border: 1px solid var(--line); border-radius: 22px; box-shadow: var(--shade); color: var(--accent); font-weight: 600; font-size: .9em; display: flex; align-items: center; gap: 6px; }
.middle { flex: 1; min-block-size: 0; position: relative; display: flex; flex-direction: column; }
form { background: var(--raised); border-block-start: 1px solid var(--line); padding: 12px; padding-block-end: calc(12px + var(--floor, 0px)); }
.field { display: flex; align-items: flex-end; gap: 4px; padding: 3px; border: 1.5px solid var(--edge); border-radius: 26px; background: var(--ground); }
.field:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
textarea { flex: 1; min-inline-size: 0; min-block-size: 44px; max-block-size: 9em; padding: 10px 4px 10px 15px; padding-inline: 15px 4px; border: 0; background: none; resize: none; line-height: 1.5; overflow-y: auto; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
.go { border-radius: 50%; padding: 0; display: grid; place-items: center; background: var(--accent); color: var(--on); }
.go[aria-disabled] { background: var(--soft); color: var(--quiet); cursor: default; }
.hint { font-size: .86em; padding: 0 8px 8px; }
.hint:empty { display: none; }
@media (max-width: 520px), (max-height: 480px) {
  .panel, .start .panel { position: fixed; inset: var(--top, 0) 0 auto; inline-size: 100%; block-size: 100vh; block-size: var(--tall, 100dvh); border: 0; border-radius: 0; --floor: env(safe-area-inset-bottom); padding-inline: env(safe-area-inset-left) env(safe-area-inset-right); }
  .panel > header { padding-block-start: calc(12px + env(safe-area-inset-top)); }
  .full .launcher { display: none; }
}
@media (max-height: 480px) { .panel > header { padding-block: 4px; } .intro .face { display: none; } form { padding-block: 6px calc(6px + var(--floor, 0px)); } .scroll { padding-block-start: 12px; } }
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; } .typing i { opacity: .7; } }
@media (forced-colors: active) { .bubble, .option, .typing { border: 1px solid; } .launcher, .go, .main, .seal, .chip { border: 1px solid; } }
`;

  const NARROW = matchMedia("(max-width: 520px), (max-height: 480px)");

  // ---------------------------------------------------------------- the view

  const view = (() => {
    let entries = []; // what the server said and we show, oldest first
    const pending = new Map(); // client_id → the bubble of what is not yet in the transcript
    const settled = new Set(); // client_ids that are in the transcript
    const taken = new Map(); // message_id → client_id of what the server has accepted
    const stalls = new Set();
    let state = { holder: "bot", position: null, agent: null };
    let openNow = false;
    let unread = 0;
    let due = 0; // when the customer last said something that has no answer yet
    let dueTimer = 0;
    let agentWrote = 0; // when the person at the other end last touched a key
    let toldTyping = 0;
    let toldRead = null;
    let fresh = null; // the first new bubble of this batch
    let atHistory = false;
    let lastDay = "";
    let pinned = true; // at the end, and to stay there when the room shrinks

    // -- the parts, in reading order
    const face = h("span", { class: "face", "aria-hidden": "true" }, icon("chat"));
    const holderLine = h("p", { id: "holder" });
    const heading = h("h2", { id: "title", tabindex: "-1" }, title);
    const forgetButton = h(
      "button",
      { type: "button", "aria-label": words.forget, title: words.forget, click: () => confirmForget() },
      icon("bin"),
    );
    const closeButton = h(
      "button",
      { type: "button", "aria-label": words.close, title: words.close, click: () => close() },
      icon("down"),
    );
    const queueStrip = h("div", { class: "strip", role: "status", hidden: true });
    const askStrip = h("div", { class: "strip", role: "group", "aria-label": words.forget_ask, hidden: true });
    const linkStrip = h("div", { class: "strip warm", role: "status" });
    const list = h("ol");
    const log = h(
      "div",
      { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": words.conversation },
      list,
    );
    const typing = h("div", { role: "status" });
    const intro = h(
      "div",
      { class: "intro" },
      h("span", { class: "face" }, icon("chat")),
      h("h3", {}, words.hello),
      h("p", {}, words.intro),
      h("p", {}, words.human),
    );
    const scroll = h(
      "div",
      {
        class: "scroll",
        tabindex: "0",
        role: "group",
        "aria-label": title,
        scroll: () => {
          pinned = nearBottom();
          if (atBottom()) below.hidden = true;
        },
      },
      intro,
      log,
      typing,
    );
    const below = h(
      "button",
      { type: "button", class: "below", hidden: true, click: () => toBottom() },
      icon("down"),
      words.new_below,
    );
    const field = h("textarea", {
      rows: "1",
      "aria-label": words.write,
      placeholder: words.write,
      "aria-describedby": "hint",
      enterkeyhint: "send",
      dir: "auto",
      autocomplete: "off",
      input: () => typed(),
      keydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit();
      },
    });
    const go = h("button", { type: "submit", class: "go", "aria-label": words.send, "aria-disabled": "true" }, icon("up"));
    const hint = h("p", { class: "hint", id: "hint", role: "status" });
    const form = h(
      "form",
      { submit: (event) => (event.preventDefault(), submit()) },
      hint,
      h("div", { class: "field" }, field, go),
    );
    const panel = h(
      "section",
      { class: "panel", role: "dialog", "aria-labelledby": "title", "aria-describedby": "holder", lang: language, hidden: true },
      h("header", {}, face, h("div", {}, heading, holderLine), forgetButton, closeButton),
      queueStrip,
      askStrip,
      linkStrip,
      h("div", { class: "middle" }, scroll, below),
      form,
    );
    const badge = h("span", { class: "badge", "aria-hidden": "true", hidden: true });
    const launcher = h("button", {
      type: "button",
      class: "launcher",
      "aria-haspopup": "dialog",
      lang: language,
      click: () => (openNow ? close() : open()),
    });
    const root = h("div", { class: `gt${/^(start|left)$/.test(setting("position")) ? " start" : ""}` }, panel, launcher);

    // -- opening and closing

    function mount() {
      const host = h("good-terms-chat");
      const shadow = host.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet(); // not a <style>: pages with a strict content policy allow this one
      sheet.replaceSync(STYLE);
      shadow.adoptedStyleSheets = [sheet];
      const { light, dark } = accents(setting("accent"));
      root.style.setProperty("--light", light);
      root.style.setProperty("--dark", dark);
      shadow.append(root);
      panel.addEventListener("keydown", (event) => keys(event, shadow));
      new ResizeObserver(() => pinned && toBottom()).observe(scroll);
      NARROW.addEventListener("change", fit);
      window.visualViewport?.addEventListener("resize", fit);
      window.visualViewport?.addEventListener("scroll", fit);
      document.body.append(host);
      field.value = own.getItem(`${PREFIX}draft`) || "";
      typed();
      drawState();
      drawLauncher();
      outgoing(queue());
    }

    /** Show the chat. `restored` means that the page was only loaded anew, so the focus stays where it is. */
    function open(restored = false) {
      if (openNow) return;
      openNow = true;
      panel.hidden = false;
      own.setItem(`${PREFIX}open`, "1");
      unread = 0;
      if (cursor) write("read", cursor);
      fit();
      drawLauncher();
      toBottom();
      if (!restored) (NARROW.matches ? heading : field).focus(); // on a phone the field would raise the keyboard over the greeting
      refollow();
    }

    function close() {
      if (!openNow) return;
      openNow = false;
      panel.hidden = true;
      own.removeItem(`${PREFIX}open`);
      fit();
      drawLauncher();
      launcher.focus();
      refollow();
    }

    /** On a phone the chat is the whole screen above the keyboard, and the page below does not scroll. */
    function fit() {
      const full = openNow && NARROW.matches;
      const screen = window.visualViewport;
      root.classList.toggle("full", full);
      panel.toggleAttribute("aria-modal", full);
      if (full) panel.setAttribute("aria-modal", "true");
      if (full && screen && screen.scale === 1) {
        panel.style.setProperty("--tall", `${screen.height}px`);
        panel.style.setProperty("--top", `${screen.offsetTop}px`);
      }
      if (full !== fit.locked) document.documentElement.style.overflow = full ? "hidden" : "";
      fit.locked = full;
    }
    fit.locked = false;

    function keys(event, shadow) {
      if (event.key === "Escape" && !event.isComposing) {
        event.stopPropagation();
        if (!askStrip.hidden) confirmForget(false);
        else close();
      }
      if (event.key !== "Tab" || !NARROW.matches) return;
      const stops = [...panel.querySelectorAll("button, a, textarea, summary, [tabindex='0']")].filter(
        (stop) => !stop.disabled && stop.getClientRects().length,
      );
      const edge = event.shiftKey ? stops[0] : stops.at(-1);
      if (shadow.activeElement === edge || shadow.activeElement === heading) {
        if (shadow.activeElement === heading && !event.shiftKey) return;
        event.preventDefault();
        (event.shiftKey ? stops.at(-1) : stops[0]).focus();
      }
    }

    function drawLauncher() {
      badge.hidden = !unread;
      badge.textContent = unread > 9 ? "9+" : unread;
      launcher.replaceChildren(icon(openNow ? "down" : "chat"), badge);
      launcher.setAttribute("aria-expanded", openNow);
      launcher.setAttribute(
        "aria-label",
        openNow ? words.close : `${words.open}: ${title}${unread ? `, ${say("unread", { n: unread })}` : ""}`,
      );
    }

    function confirmForget(ask = true) {
      askStrip.hidden = !ask;
      if (!ask) return forgetButton.focus();
      const no = h("button", { type: "button", class: "offer", click: () => confirmForget(false) }, words.forget_no);
      askStrip.replaceChildren(
        h("span", {}, words.forget_ask),
        h(
          "button",
          {
            type: "button",
            class: "offer",
            click: () => {
              askStrip.hidden = true;
              forget();
            },
          },
          words.forget_yes,
        ),
        no,
      );
      no.focus();
    }

    // -- writing

    const tooLong = () => Math.max(0, [...field.value.trim()].length - LONGEST);

    function typed() {
      field.style.height = "auto";
      if (field.scrollHeight) field.style.height = `${field.scrollHeight}px`;
      const over = tooLong();
      const text = over
        ? say("long", { n: new Intl.NumberFormat(locale).format(over) })
        : cardNumber(field.value)
          ? words.card
          : "";
      if (hint.textContent !== text) hint.textContent = text;
      if (state.holder === "agent" && field.value && Date.now() - toldTyping > 3_500) {
        toldTyping = Date.now();
        sign({ typing: true });
      }
      go.toggleAttribute("aria-disabled", !field.value.trim() || over > 0);
      if (go.hasAttribute("aria-disabled")) go.setAttribute("aria-disabled", "true");
      try {
        if (field.value && !cardNumber(field.value)) own.setItem(`${PREFIX}draft`, field.value);
        else own.removeItem(`${PREFIX}draft`);
      } catch {
        /* full: the draft is then only on the screen */
      }
    }

    function submit() {
      const text = field.value.trim();
      if (!text || tooLong()) return field.focus();
      field.value = "";
      typed();
      field.focus();
      send({ text });
      toBottom();
    }

    function choose(entry, offer) {
      entry.pressed = offer.title;
      (NARROW.matches ? scroll : field).focus({ preventScroll: true });
      send({ payload: offer.payload, title: offer.title });
      drawOffers();
      toBottom();
    }

    // -- bubbles

    function initials(name) {
      const parts = name.trim().split(/\s+/);
      return [parts[0], parts.length > 1 ? parts.at(-1) : ""]
        .map((part) => [...part][0] || "")
        .join("")
        .toLocaleUpperCase(locale);
    }

    function speaker(message) {
      if (message.author === "customer") return { name: words.you };
      if (message.author === "bot") return { name: words.assistant, face: icon("chat") };
      const name = message.agent?.name || (message.author === "agent" && state.agent?.name) || words.team;
      return { name, face: name === words.team ? icon("chat") : initials(name) };
    }

    /** The bubble of `message` with its card and buttons. */
    function bubble(message) {
      const mine = message.author === "customer";
      const who = speaker(message);
      const entry = { offers: [] };
      const offer = (payload, chosenTitle, label) => {
        const button = h(
          "button",
          {
            type: "button",
            class: "offer",
            click: () =>
              choose(
                entry,
                entry.offers.find((one) => one.button === button),
              ),
          },
          label,
        );
        entry.offers.push({ button, payload, title: chosenTitle });
        return button;
      };
      let card = null;
      try {
        card = Object.hasOwn(CARDS, message.card?.kind ?? "") ? CARDS[message.card.kind](message.card, offer) : null;
      } catch {
        entry.offers = []; // not the card that the design describes: its text says the same
      }
      const said = card ? unlisted(message.text) : message.text;
      const text = said || (message.card && !card ? words.unknown : mine ? words.chosen : "");
      entry.inCard = new Set(card ? (message.card.options ?? []).map(({ payload }) => payload) : []);
      const full = card || message.buttons?.length ? " full" : "";
      if (message.author === "system") {
        const note = text && h("p", { class: "note", dir: "auto" }, linked(text));
        return Object.assign(entry, { li: h("li", { class: `msg system${full}` }, note, card) });
      }
      const foot = h("div", { class: "foot" });
      const li = h(
        "li",
        { class: `msg ${mine ? "me" : message.author}${full}` },
        h(
          "div",
          { class: mine ? "who sr" : "who" },
          who.face && h("span", { class: "face", "aria-hidden": "true" }, who.face),
          h("span", {}, who.name),
        ),
        text && h("div", { class: "bubble", dir: "auto" }, mine ? text : linked(text)),
        card,
        foot,
      );
      return Object.assign(entry, { li, foot, name: who.name });
    }

    function buttons(entry, message) {
      const choices = (message.buttons ?? []).filter(({ payload }) => !entry.inCard?.has(payload));
      if (!choices.length) return;
      const group = h(
        "div",
        { class: "offers" },
        choices.map(({ title: label, payload }) => {
          const button = h(
            "button",
            { type: "button", class: "offer", dir: "auto", click: () => choose(entry, { payload, title: label }) },
            label,
          );
          entry.offers.push({ button, payload, title: label });
          return button;
        }),
      );
      entry.group = group;
      entry.li.insertBefore(group, entry.foot || null);
    }

    function stamp(entry, message, tick) {
      const time = message.created_at ? [h("time", { datetime: message.created_at }, hour(message.created_at))] : [];
      entry.foot?.replaceChildren(
        ...time,
        ...(tick
          ? [icon(tick === "sent" ? "tick" : "clock"), h("span", { class: tick === "unsent" ? "" : "sr" }, words[tick])]
          : []),
      );
    }

    /** Something from the transcript: the bubble of what we sent takes its place in it, anything else is drawn. */
    function incoming(message) {
      const client = message.client_id || taken.get(message.id);
      const local = pending.get(client);
      const mine = message.author === "customer";
      if (client) settled.add(client);
      let entry = local;
      if (local) {
        pending.delete(client);
        local.li.classList.remove("later");
        local.li.querySelector(".bubble").textContent = message.text || local.text; // what was redacted stays redacted
        const first = [...pending.values()]
          .map((one) => one.li)
          .find((li) => li.compareDocumentPosition(local.li) & Node.DOCUMENT_POSITION_FOLLOWING);
        if (first) list.insertBefore(local.li, first);
      } else {
        entry = bubble(message);
        daybreak(message);
        buttons(entry, message);
        place(entry.li);
        if (!mine) fresh ||= entry.li;
      }
      stamp(entry, message, mine ? "sent" : "");
      Object.assign(entry, { id: message.id, author: message.author, text: message.text });
      const last = entries.at(-1);
      if (last && last.author === entry.author && last.name === entry.name && last.li.nextElementSibling === entry.li) {
        last.li.classList.add("followed");
        entry.li.classList.add("more");
      }
      entries.push(entry);
      due = mine && (!atHistory || Date.now() - new Date(message.created_at) < 60_000) ? Date.now() : 0;
      if (message.author === "agent") agentWrote = 0;
      if (!mine && !openNow && !atHistory) unread += 1;
    }

    const place = (li) => list.insertBefore(li, pending.values().next().value?.li ?? null);

    /** A line that names the day, when it is another than the last bubble's. */
    function daybreak({ created_at }) {
      const today = created_at && new Date(created_at).toDateString();
      if (!today || today === lastDay) return;
      lastDay = today;
      const ago = Math.round((new Date(today) - new Date(new Date().toDateString())) / 86_400_000);
      const name = ago > -2 ? new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(ago, "day") : day(created_at);
      place(h("li", { class: "note" }, name.charAt(0).toLocaleUpperCase(locale) + name.slice(1)));
    }

    /** Draw what waits to be sent, and remove what another tab has sent or dropped. */
    function outgoing(items) {
      const waitingIds = new Set(items.map((item) => item.client_id));
      for (const [client, entry] of pending) {
        if (waitingIds.has(client) || [...taken.values()].includes(client)) continue;
        entry.li.remove();
        pending.delete(client);
      }
      for (const item of items) {
        if (settled.has(item.client_id)) continue;
        let entry = pending.get(item.client_id);
        if (!entry) {
          entry = {
            ...bubble({ author: "customer", text: item.text ?? item.title }),
            author: "customer",
            text: item.text ?? item.title,
          };
          pending.set(item.client_id, entry);
          list.append(entry.li);
        }
        const stalled = stalls.has(item.client_id) || !navigator.onLine;
        entry.li.classList.toggle("later", Boolean(item.failed) || stalled);
        if (item.failed) {
          entry.foot.replaceChildren(
            h("span", { role: "status" }, item.failed),
            h("button", { type: "button", click: () => again(item) }, words.retry),
            h("button", { type: "button", click: () => edit(item) }, words.edit),
          );
        } else {
          stamp(entry, {}, stalled ? "unsent" : "sending");
          if (stalled) entry.foot.append(h("button", { type: "button", click: wake }, words.retry));
        }
      }
      drawOffers();
    }

    function again(item) {
      keep({ ...item, failed: undefined });
      outgoing(queue());
      field.focus();
      flush();
    }

    function edit(item) {
      drop(item);
      outgoing(queue());
      field.value = [item.text ?? item.title, field.value].filter(Boolean).join("\n");
      typed();
      field.focus();
    }

    /** The server has `item`; the transcript will bring it as `id`, or has done so already. */
    function accepted(item, id) {
      stalls.delete(item.client_id);
      const entry = pending.get(item.client_id);
      if (!entry) return;
      if (seen.has(id)) {
        entry.li.remove();
        pending.delete(item.client_id);
        return;
      }
      taken.set(id, item.client_id);
      entry.li.classList.remove("later");
      stamp(entry, { created_at: new Date().toISOString() }, "sent");
      due = Date.now();
      drawTyping();
    }

    // -- what may be pressed, who is speaking, what is going on

    /** Only the newest choice is live: until it is pressed or answered in words, and while waiting for as long as that lasts. */
    function drawOffers() {
      let live = null;
      if (state.holder === "queue" || !pending.size) {
        for (let i = entries.length - 1; i >= 0 && !live; i--) {
          if (entries[i].offers.length) live = entries[i];
          else if (
            state.holder === "queue"
              ? /bot|agent/.test(entries[i].author)
              : entries[i].author !== "system" && entries[i].author !== "bot"
          )
            break;
        }
      }
      if (live?.pressed || (state.holder === "agent" && live?.author === "bot")) live = null; // the bot does not answer over a person
      entries.forEach((entry, i) => {
        if (!entry.offers.length) return;
        const answer = entries.slice(i + 1).find((one) => one.author === "customer")?.text;
        for (const { button, title: label } of entry.offers) {
          const chosen = entry !== live && label === (entry.pressed || answer);
          button.disabled = entry !== live;
          button.classList.toggle("chosen", chosen);
          const option = button.closest(".option");
          option?.classList.toggle("chosen", chosen);
          if (option) button.textContent = chosen ? words.chosen : words.choose;
        }
        const home = entry === live && state.holder === "queue" && entry.offers.length < 3 ? queueStrip : entry.li;
        if (entry.group && entry.group.parentNode !== home)
          home.insertBefore(entry.group, home === entry.li ? entry.foot || null : null);
      });
    }

    function drawState() {
      const name = state.agent?.name || words.team;
      face.replaceChildren(state.holder === "agent" && state.agent?.name ? initials(name) : icon("chat"));
      holderLine.textContent = say(/^(queue|agent)$/.test(state.holder) ? `by_${state.holder}` : "by_bot", { name });
      queueStrip.hidden = state.holder !== "queue";
      const place = state.position === 1 ? words.next : state.position > 1 ? say("place", { n: state.position }) : words.soon;
      if (queueStrip.firstChild?.textContent !== place || queueStrip.hidden) {
        queueStrip.querySelector("span")?.remove();
        if (!queueStrip.hidden) queueStrip.prepend(h("span", {}, place));
      }
      drawOffers();
      drawTyping();
    }

    function drawTyping() {
      clearTimeout(dueTimer);
      const byAgent = state.holder === "agent";
      const left = (byAgent ? agentWrote + 6_000 : due + 60_000) - Date.now();
      const show = left > 0 && (byAgent ? agentWrote > 0 : due && state.holder === "bot");
      const was = typing.firstChild;
      const who = byAgent ? say("writing_agent", { name: state.agent?.name || words.team }) : words.writing;
      if (show && !was) typing.append(h("div", { class: "typing" }, h("i"), h("i"), h("i"), hidden(who)));
      if (!show && was) typing.replaceChildren();
      if (show) dueTimer = setTimeout(drawTyping, left);
      if (show && !was && nearBottom()) toBottom();
    }

    function connected(yes) {
      const text = !navigator.onLine ? words.offline : yes ? "" : words.connecting;
      if (linkStrip.textContent !== text) linkStrip.textContent = text;
    }

    const nearBottom = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
    const atBottom = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 8;

    function toBottom() {
      scroll.scrollTop = scroll.scrollHeight;
      below.hidden = true;
    }

    /** While a person speaks with them: what is before their eyes. */
    function tellRead() {
      if (state.holder !== "agent" || !cursor || cursor === toldRead || !listening()) return;
      toldRead = cursor;
      sign({ read: cursor });
    }

    /** Run `work`, which brings messages, then settle what depends on them once. History is not read aloud. */
    function batch(history, work) {
      const stuck = nearBottom();
      atHistory = history;
      fresh = null;
      if (history) log.setAttribute("aria-busy", "true");
      work();
      atHistory = false;
      drawOffers();
      drawTyping();
      if (history && !openNow) {
        const at = entries.findIndex(({ id }) => id === read("read"));
        unread = at < 0 ? 0 : entries.slice(at + 1).filter(({ author }) => author !== "customer").length;
      }
      if (openNow && cursor && cursor !== read("read")) write("read", cursor);
      tellRead();
      if (history || !fresh) {
        if (stuck || history) toBottom();
      } else if (stuck) {
        const top = fresh.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop - 14;
        scroll.scrollTop = Math.min(top, scroll.scrollHeight); // a tall card is read from its beginning
      } else below.hidden = !openNow;
      if (history) setTimeout(() => log.removeAttribute("aria-busy"), 300);
      drawLauncher();
    }

    return {
      mount,
      open,
      close,
      batch,
      incoming,
      outgoing,
      accepted,
      connected,
      isOpen: () => openNow,
      state(next) {
        if (next.typing && next.typing !== state.typing) agentWrote = Date.now();
        state = { holder: "bot", position: null, agent: null, ...next };
        if (state.holder !== "bot") due = 0;
        drawState();
      },
      stalled(item) {
        stalls.add(item.client_id);
      },
      newConversation() {
        entries.forEach(({ offers }) => offers.forEach(({ button }) => (button.disabled = true)));
        entries = [];
        due = 0;
        place(h("li", { class: "note" }, words.fresh));
      },
      clear() {
        entries = [];
        for (const kept of [pending, settled, taken, stalls]) kept.clear();
        list.replaceChildren();
        lastDay = "";
        due = unread = 0;
        field.value = "";
        typed();
        queueStrip.replaceChildren();
        this.state({});
        drawLauncher();
      },
    };
  })();

  // ---------------------------------------------------------------- begin

  async function start() {
    view.mount();
    const token = await identity();
    if (session && token !== undefined && fingerprint(token) !== session.who) forget(); // somebody else uses this browser now
    const kept = own.getItem(`${PREFIX}open`) && !NARROW.matches;
    if (kept || (script.hasAttribute("data-open") && setting("open") !== "false")) view.open(true);
    else if (session) refollow();
    flush();
  }

  window.addEventListener("storage", (event) => {
    if (!event.key?.startsWith(PREFIX)) return;
    const key = event.key.slice(PREFIX.length);
    if (key === "forgotten") forgotten();
    if (key === "session" && read("session")?.token !== session?.token) {
      session = read("session");
      refollow();
    }
    if (key.startsWith("out:")) {
      view.outgoing(queue());
      flush();
    }
  });
  window.addEventListener("online", refollow);
  window.addEventListener("offline", () => (view.connected(false), view.outgoing(queue())));
  document.addEventListener("visibilitychange", refollow);
  window.addEventListener("pageshow", (event) => event.persisted && refollow());

  window.goodterms = { open: () => view.open(), close: () => view.close(), forget };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
