/** Text for looking in: small letters, no accents. */
export const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
