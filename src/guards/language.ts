import { splitWords } from "./words.ts";

/** What a text shows of its language; `language` only where the stop words leave little doubt. */
interface LanguageGuess {
  script: string;
  language?: string;
}

// Fewer letters than this say nothing: a product name or a greeting in another script is no language switch.
const MIN_SCRIPT_LETTERS = 20;
// Share of the letters that the main script must have: below it the text is mixed, and we stay silent.
const MAIN_SCRIPT_SHARE = 0.7;
// Japanese prose is about half kana, Chinese has none: a tenth tells them apart through names and loans.
const KANA_SHARE = 0.1;
// The opening of a text tells its language; the rest would only cost time.
const MAX_READ = 4000;
// Stop words make up 30 to 50% of running text; lists of names and headings stay far below 15%.
const MIN_STOP_WORD_SHARE = 0.15;
const MIN_WORDS = 12;
// Near languages (Danish and Norwegian, Spanish and Portuguese) share stop words; the winner must lead clearly.
const MIN_LEAD = 1.4;

const SCRIPTS: readonly [string, RegExp][] = [
  ...["Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari", "Bengali", "Tamil", "Thai", "Hangul", "Han"].map(
    (script): [string, RegExp] => [script, new RegExp(`\\p{Script=${script}}`, "gu")],
  ),
  ["Kana", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
];

// The most frequent function words of each language, as its usual frequency lists give them.
const STOP_WORDS: Readonly<Record<string, string>> = {
  en: "the and to of a in is you for that it on are with your be this have or as if can not we at by will from our please i my was an has do they their",
  de: "der die das und zu den ist sie ihr ihre wir nicht ein eine mit auf für von im sich dem des auch als bitte haben werden wird können oder ich es bei uns um an nach dass wenn",
  fr: "le la les de des et à un une est vous pour que dans nous votre vos pas sur qui avec ce par plus ne au du en il sont avez si ou je notre cette être peut",
  es: "el la los las de y que en un una por con para no su es se lo del al si como más le puede está o nuestro usted tu esta este hemos ha son te sus pero",
  it: "il la i gli le di e che un una per è non con del della si in da sono su al come più ha o suo nostro questo alla può abbiamo nel dei ma ci anche",
  pt: "o a os as de e que em um uma para com não por se do da no na seu sua é ao mais como foi você está ou pode nos dos nosso à são pelo este mas",
  nl: "de het een en van is dat u uw op te in voor met niet zijn aan je wij we er om ook als bij kunt naar of heeft worden deze door onze dit maar ik",
  sv: "och att det som en på är av för med till den har du inte om ett vi din kan från eller var ska så jag när men detta ditt din oss vid",
  da: "og at det er en til på af for med den har du ikke om et vi din kan fra eller som så jeg når men dette dit os ved blive være dig",
  nb: "og å det er en til på av for med den har du ikke om et vi din kan fra eller som så jeg når men dette ditt oss ved bli være deg",
  fi: "ja on ei se että tai voi ole jos kun myös niin mutta sinun voit meidän tämä ovat kuin joka hän minä olet sen tämän me oli",
  pl: "i w na z do się nie to jest że o jak po od za dla przez są oraz może ale czy jego przy tym lub już jeśli ma proszę który być",
  cs: "a v na se je že to s z do o i k pro jako po by ale jsou od za si nebo může být jste vás váš prosím pokud která který",
  ro: "și de la în a cu pe nu un o este că pentru să din se sau mai care ce dumneavoastră vă ați fi sunt prin dacă dar acest",
  hu: "a az és hogy nem is egy van meg ez csak ha de vagy kell mint már el még ön azt lesz volt be ki",
  tr: "ve bir bu için ile de da olarak daha çok gibi en ne var olan veya sizin lütfen değil kadar ancak ya eğer her sonra",
  id: "yang dan di dengan untuk tidak dari ini itu anda kami akan pada ke dalam atau adalah dapat ada bisa juga oleh sudah saya jika",
  vi: "và của là có không cho được các với trong một bạn để này đã chúng tôi khi những người từ đến như vui lòng thể",
  ru: "и в не на что с по как это для вы мы к у от из за ваш вас или если но бы при его так вам же о до может пожалуйста",
  uk: "і в не на що з по як це для ви ми до у від із за ваш вас або якщо але при його так вам же та є щоб може будь",
  bg: "и в не на че с по как това за вие ние до от ви или ако но при да се са е ще вашия може като моля ги",
};

const LANGUAGES_BY_WORD = new Map<string, string[]>();
for (const [language, list] of Object.entries(STOP_WORDS)) {
  for (const word of new Set(list.split(" "))) {
    LANGUAGES_BY_WORD.set(word, [...(LANGUAGES_BY_WORD.get(word) ?? []), language]);
  }
}

/** True for a function word ("the", "und", "para") of any language known here; takes the folded word. */
export function isFunctionWord(folded: string): boolean {
  return LANGUAGES_BY_WORD.has(folded);
}

/** The main script of a text and, where clear, its language; undefined when the text is too short or too mixed. */
export function guessLanguage(fullText: string): LanguageGuess | undefined {
  const text = fullText.slice(0, MAX_READ);
  const script = mainScript(text);
  if (script === undefined) return undefined;
  if (script !== "Latin" && script !== "Cyrillic") return { script };

  const { words } = splitWords(text);
  if (words.length < MIN_WORDS) return { script };
  const hits = new Map<string, number>();
  for (const word of words) {
    for (const language of LANGUAGES_BY_WORD.get(word.folded) ?? []) {
      hits.set(language, (hits.get(language) ?? 0) + 1);
    }
  }
  const [first, second] = [...hits].sort((a, b) => b[1] - a[1]);
  if (first === undefined || first[1] / words.length < MIN_STOP_WORD_SHARE) return { script };
  if (second !== undefined && first[1] < second[1] * MIN_LEAD) return { script };
  return { script, language: first[0] };
}

/**
 * True when two texts are surely in different languages: another script, or both languages known and not the same.
 * Silent (false) for short or mixed texts and between near languages.
 */
export function languagesDiffer(a: LanguageGuess | undefined, b: LanguageGuess | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.script !== b.script) return true;
  return a.language !== undefined && b.language !== undefined && a.language !== b.language;
}

function mainScript(text: string): string | undefined {
  let letters = 0;
  const counts = new Map<string, number>();
  for (const [script, pattern] of SCRIPTS) {
    const count = text.match(pattern)?.length ?? 0;
    counts.set(script, count);
    letters += count;
  }
  // Chinese and Japanese say in one character what takes three or so letters elsewhere.
  const han = counts.get("Han") ?? 0;
  const kana = counts.get("Kana") ?? 0;
  if (letters + 2 * (han + kana) < MIN_SCRIPT_LETTERS) return undefined;
  if (han + kana >= letters * MAIN_SCRIPT_SHARE) {
    if (kana >= (han + kana) * KANA_SHARE) return "Japanese";
    return kana === 0 ? "Chinese" : undefined;
  }
  for (const [script, count] of counts) {
    if (count >= letters * MAIN_SCRIPT_SHARE) return script;
  }
  return undefined;
}
