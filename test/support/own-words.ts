const ADJECTIVES = ["blue", "late", "cold", "round", "heavy", "soft", "early", "green", "loud", "narrow", "plain"];
const NOUNS = ["chair", "lamp", "shelf", "carpet", "mirror", "kettle", "blanket", "drawer", "curtain", "ladder"];

/** Words that the n-th text shares with no other, as good as: so that two are no near duplicates. n from 0 to 109. */
export function ownWords(n: number): string {
  return Array.from({ length: 12 }, (_, at) => {
    const adjective = ADJECTIVES[(n * (at + 1) + at) % ADJECTIVES.length];
    return `${adjective} ${NOUNS[(n * (at + 3) + Math.floor(n / 10) + at) % NOUNS.length]}`;
  }).join(", ");
}
