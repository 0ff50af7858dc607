// In how many parts a text message is sent: 160 or 153 characters of the phone's own alphabet (GSM 03.38), else 70 or 67.
const PLAIN = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
const DOUBLE = new Set('^{}\\[~]|€\f');
// What goes out in its plain form, so that one fine quote does not cost a part.
const TIDY = { '‘': "'", '’': "'", '“': '"', '”': '"', '–': '-', '—': '-', '…': '...', '\u00a0': ' ' };

/** `{parts, left}`: the number of parts of `text`, and how many characters the last one still holds. */
export function segments(text) {
  const tidy = [...text].map((letter) => TIDY[letter] ?? letter).join('');
  const letters = [...tidy];
  const plain = letters.every((letter) => PLAIN.has(letter) || DOUBLE.has(letter));
  const length = plain ? letters.reduce((sum, letter) => sum + (DOUBLE.has(letter) ? 2 : 1), 0) : tidy.length;
  const [whole, part] = plain ? [160, 153] : [70, 67];
  if (length <= whole) return { parts: length ? 1 : 0, left: whole - length };
  const parts = Math.ceil(length / part);
  return { parts, left: parts * part - length };
}
