// In how many parts a text message is sent: 160 or 153 characters of the phone's own alphabet (GSM 03.38), else 70 or 67.
const PLAIN = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
const DOUBLE = new Set('^{}\\[~]|€\f');
// What goes out in its plain form, so that one fine quote does not cost a part.
const TIDY = { '‘': "'", '’': "'", '“': '"', '”': '"', '–': '-', '—': '-', '…': '...', '\u00a0': ' ' };

// Accents that the alphabet lacks go out without them, save in what looks like a name.
const without = (text) => text.replace(/(^|[.!?]\s+)?([\p{L}\p{M}]+)/gu, (whole, start, word) => {
  const isName = start === undefined && /^\p{Lu}/u.test(word);
  return isName ? whole : [...whole].map((letter) => (PLAIN.has(letter) ? letter : letter.normalize('NFD').replace(/\p{M}/gu, ''))).join('');
});

/** `{parts, left}`: the number of parts of `text`, and how many characters the last one still holds. */
export function segments(text) {
  const fine = [...text].map((letter) => TIDY[letter] ?? letter).join('');
  const isPlain = (given) => [...given].every((letter) => PLAIN.has(letter) || DOUBLE.has(letter));
  const tidy = isPlain(fine) || !isPlain(without(fine)) ? fine : without(fine);
  const [letters, plain] = [[...tidy], isPlain(tidy)];
  const length = plain ? letters.reduce((sum, letter) => sum + (DOUBLE.has(letter) ? 2 : 1), 0) : tidy.length;
  const [whole, part] = plain ? [160, 153] : [70, 67];
  if (length <= whole) return { parts: length ? 1 : 0, left: whole - length };
  const parts = Math.ceil(length / part);
  return { parts, left: parts * part - length };
}
