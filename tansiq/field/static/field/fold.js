// A name as it is searched: no case, accents, tashkeel or hamza; ة as ه, ى as ي. The same folding as tansiq.core.language.

const LETTERS = {
  "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i",
  "ł": "l", "ŧ": "t", "þ": "th", "ß": "ss", "ʼ": " ", "ʾ": "", "ʿ": "",
};
const DROPPED = /[\u0640\u0610-\u061a\u064b-\u065f\u0670\u0674\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\ufe00-\ufe0f\u0300-\u036f\p{Cf}]/gu;

export function fold(text) {
  const plain = text.normalize("NFKC").toLowerCase().normalize("NFKD").replace(DROPPED, "");
  const letters = Array.from(plain, char => LETTERS[char] ?? digit(char)).join("");
  return letters.replace(/[^\p{L}\p{N}\p{M}]+/gu, " ").trim();
}

function digit(char) {
  const code = char.codePointAt(0);
  for (const zero of [0x660, 0x6f0]) {
    if (code >= zero && code <= zero + 9) return String(code - zero);
  }
  return char;
}

export const has_words = (folded, words) => words.every(word => folded.includes(word));
