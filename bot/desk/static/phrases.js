// Codes in words, for agents. A code without a phrase is shown as it is, readable.

const REASONS = {
  request_human: 'Asked for a person',
  customer_asked: 'Asked for a person',
  technical_failure: 'The assistant failed; please take over',
  not_understood: 'The assistant did not understand',
  two_failed_understandings: 'The assistant did not understand',
  counter_offers: 'Could not agree on terms',
  express_crisis: 'In crisis: people first, money never',
  crisis: 'In crisis: people first, money never',
  report_vulnerability: 'Told us about a vulnerability',
  vulnerability: 'Told us about a vulnerability',
  report_hardship: 'In financial hardship',
  hardship: 'In financial hardship',
  dispute: 'Disputes a charge',
  dispute_debt: 'Disputes a charge',
  attorney: 'Has an attorney or adviser',
  deceased: 'A death was reported',
  taken_over: 'Taken over from the assistant',
  locked_out: 'Could not prove who they are',
  frustration: 'Lost patience with the assistant',
};

export const ADJUSTMENTS = { write_off: 'Write-off', reduction: 'Reduction', increase: 'Increase', credit_used: 'Credit used' };

const PRONOUNS = { customer: 'Customer', bot: 'Assistant', system: 'System' };

export const CHANNELS = { web: 'Website', sms: 'SMS', whatsapp: 'WhatsApp', email: 'E-mail' };

/** "payment_problem" → "Payment problem". */
export function plain(code) {
  const words = String(code ?? '').replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const reason = (code) => REASONS[code] ?? plain(code);

export const actor = (who) => PRONOUNS[who] ?? who;

/** Who has not said who they are: on a phone by the end of its number, so that two are told apart. */
/** What tells strangers apart: the end of a number, the house of an e-mail address; null on the website. */
export const addressEnd = (channel, address) =>
  (channel === 'web' ? null : channel === 'email' ? address?.slice(address.lastIndexOf('@')) : address?.slice(-4));

export const nameless = (end) => (end ? `Not yet known · …${end}` : 'Not yet known');

/** Two initials for a face, or nothing. */
export function initials(name) {
  const words = (name ?? '').split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : null].map((word) => (word ? [...word][0] : '')).join('').toUpperCase();
}
