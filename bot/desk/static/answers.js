// Looking for an answer by any of its words, without accents.
import { byId } from './dom.js';
import { folded } from './folded.js';

const seek = byId('seek');
const answers = [...document.querySelectorAll('.answer')].map((answer) => [answer, folded(answer.textContent)]);

seek.addEventListener('input', () => {
  const words = folded(seek.value).split(/\s+/);
  let there = 0;
  for (const [answer, text] of answers) {
    answer.hidden = !words.every((word) => text.includes(word));
    there += answer.hidden ? 0 : 1;
  }
  byId('found').textContent = seek.value.trim() ? `${there} of ${answers.length}` : '';
});
