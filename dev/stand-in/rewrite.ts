import { loosen, lowerStart, rephrase, splitLong } from "./rephrase.ts";
import {
  type Block,
  capitalise,
  countWords,
  FACT,
  hash,
  hideFacts,
  type Language,
  languageOf,
  overlap,
  pick,
  sharedRuns,
  splitBlocks,
  splitSentences,
} from "./text.ts";

export interface RewriteInput {
  customerMessage: string;
  agentReply: string;
  failureExplanation?: string | undefined;
  /** What was wrong with the last rewrite: the next one moves further from the agent's words. */
  problems?: string | undefined;
}

/** How close to the agent's words a rewrite may stay: share of word 5-grams, longest run of words. */
const CLOSE = { share: 0.42, run: 11 };
const CLOSE_AFTER_PROBLEMS = { share: 0.25, run: 7 };

/** A stretch this long, after everything was tried, is rather left out than sent again. */
const STUBBORN = 10;

/** Stretches of so many of the agent's words are parted, in rounds, until the rewrite is far enough away. */
const ROUNDS = [11, 9, 8, 7, 6, 6];

/** Longer replies are cut down to their most telling sentences. */
const LONG_WORDS = 260;
const KEEP_WORDS = 200;

const OPENINGS: Record<Language, [string, ...string[]]> = {
  en: [
    "Thanks for getting in touch about {gist}.",
    "Happy to clear this up about {gist}.",
    "Here is where things stand with {gist}.",
  ],
  de: ["Danke für Ihre Nachricht zu {gist}.", "Gern helfe ich weiter bei {gist}."],
  fr: ["Merci de votre message au sujet de {gist}.", "Voici ce qu'il en est de {gist}."],
  es: ["Gracias por escribirnos acerca de {gist}.", "Le cuento cómo está {gist}."],
};
const PLAIN_OPENINGS: Record<Language, [string, ...string[]]> = {
  en: [
    "Thanks for reaching out, and here is the answer.",
    "Happy to help with this one.",
    "Good question, and here is what applies.",
  ],
  de: ["Danke für Ihre Nachricht, gern helfe ich weiter."],
  fr: ["Merci de votre message, voici la réponse."],
  es: ["Gracias por su mensaje, aquí tiene la respuesta."],
};
const APOLOGIES: Record<Language, string> = {
  en: "I'm sorry about the trouble this has caused.",
  de: "Die Unannehmlichkeiten bedauere ich sehr.",
  fr: "Toutes mes excuses pour ce désagrément.",
  es: "Lamento mucho las molestias.",
};
const CLOSINGS: Record<Language, [string, ...string[]]> = {
  en: ["Just reply here if anything is still open.", "Write back any time if something remains unclear."],
  de: ["Antworten Sie einfach hier, falls noch etwas offen ist."],
  fr: ["Répondez simplement ici s'il reste une question."],
  es: ["Responda a este mensaje si queda alguna duda."],
};
const CONNECTIVES: Record<Language, [string, ...string[]]> = {
  en: ["In addition, ", "Besides that, ", "Beyond that, ", "As for the rest, "],
  de: ["Darüber hinaus gilt: ", "Ergänzend dazu: "],
  fr: ["En outre, ", "De plus, "],
  es: ["Por otro lado, ", "De igual modo, "],
};

const GREETING =
  /^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten tag|liebe[rs]?|bonjour|hola|buenos días|buenas tardes)\b([^.!?,\n]{0,40})[,!.]\s*/iu;
const THANKS =
  /^(?:thanks|thank you|happy to help|thanks so much|vielen dank|danke|merci|gracias)\b[^.!?]{0,120}[.!]$/iu;
const SORRY =
  /^(?:i['’]m |i am |we['’]re |we are )?(?:so |very )?(?:sorry|apologies)(?: about that| for that| to hear that)?[.!]$/i;
const FAREWELL =
  /^(?:(?:please )?(?:let (?:us|me) know|feel free|don['’]t hesitate|do not hesitate|reply|write|just reply|get back)\b[^.!?]{0,120}\b(?:if|question|help|else|any|need|unclear)|if (?:you have|there is|there's|there are) any(?:thing)?\b[^.!?]{0,20}\b(?:questions?|else|further)|(?:bei|für) (?:weitere[nr]?|rück)\s?fragen|n['’]hésitez pas|no dude en|si tiene (?:más|alguna)|si vous avez (?:d['’]autres|des) questions)/iu;
const UNHAPPY =
  /\b(?:angry|furious|upset|unacceptable|ridiculous|frustrat\w+|annoy\w+|disappoint\w+|third time|again and again|still (?:no|not|haven't|waiting)|fed up|worried|unverschämt|verärgert|enttäuscht|immer noch nicht|déçue?|inadmissible|toujours pas|enfadad[oa]|indignante|todavía no)\b/iu;
const COLD = /\b(?:tone|rude|cold|curt|dismissive|apolog\w+|empath\w+|impolite|blam\w+)\b/iu;

/**
 * Rewrites an agent's reply in other words, by rules alone: the same inputs give the same text. Every fact in it
 * (number, date, address, id, quoted name) comes from the agent's reply or the customer's message.
 */
export function rewriteReply(input: RewriteInput): string {
  const language = languageOf(input.agentReply);
  const { hidden, show } = hideFacts(input.agentReply.trim());
  const { opening, body, closing } = compose(hidden, input, language, show);
  const limit = input.problems ? CLOSE_AFTER_PROBLEMS : CLOSE;
  let text = body;
  for (const run of ROUNDS) {
    const close = overlap(text, hidden);
    if (close.share <= limit.share && close.run < limit.run) break;
    text = loosen(text, hidden, language, run);
  }
  if (input.problems) text = withoutStubborn(text, hidden);
  return [opening, show(text), closing]
    .filter((part) => part.trim() !== "")
    .join("")
    .trim();
}

/** The body keeps its facts hidden; opening and closing hold only facts of the customer's message. */
function compose(hidden: string, input: RewriteInput, language: Language, show: (text: string) => string) {
  const greeting = GREETING.exec(hidden);
  const blocks = splitBlocks(greeting ? hidden.slice(greeting[0].length) : hidden);
  const kept = shorten(blocks, input.customerMessage, show);
  let farewell = false;
  let said = 0;
  const used = new Set<string>();
  let body = "";
  for (const block of kept) {
    const sentences = splitSentences(block.text)
      .filter((sentence) => {
        const leaves = FAREWELL.test(sentence) && !hasFact(sentence);
        farewell ||= leaves;
        return !leaves && !(said === 0 && (THANKS.test(sentence) || SORRY.test(sentence)) && !hasFact(sentence));
      })
      .flatMap((sentence) => splitLong(sentence, language));
    if (sentences.length === 0) continue;
    const words = turnAround(sentences).map((sentence) => {
      const other = rephrase(sentence, language);
      if (/[.!?:…]["”’)]?$/.test(sentence))
        return said++ > 0 && block.bullet === "" ? connect(other, language, used) : other;
      said++;
      return other.replace(/\.$/, "");
    });
    const gap = body === "" ? "" : block.tight ? "\n" : "\n\n";
    body += `${gap}${block.bullet === "" ? "" : `${block.bullet} `}${words.join(" ")}`;
  }
  const who = greeting?.[1]?.trim();
  const first = openingFor(input, language);
  const opening = who
    ? `${HELLO[language]} ${show(who)}, ${/^I/.test(first) ? first : first.charAt(0).toLowerCase() + first.slice(1)}`
    : first;
  return {
    opening: opening + (body.includes("\n") || body.startsWith("-") ? "\n\n" : " "),
    body: body.trim(),
    closing: farewell ? `\n\n${pick(CLOSINGS[language], input.customerMessage)}` : "",
  };
}

/** Leaves out the sentences that could not be parted, as long as others remain. */
function withoutStubborn(text: string, source: string): string {
  const stubborn = sharedRuns(text, source, STUBBORN);
  const lines = text.split("\n").map((line) => {
    const kept = splitSentences(line).filter((sentence) => sharedRuns(sentence, source, STUBBORN).length === 0);
    return kept.length === 0 && line.trim() !== "" ? null : kept.join(" ");
  });
  const rest = lines
    .filter((line) => line !== null)
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  return stubborn.length === 0 || rest === "" ? text : rest;
}

const HELLO: Record<Language, string> = { en: "Hello", de: "Guten Tag", fr: "Bonjour", es: "Hola" };

function hasFact(text: string): boolean {
  return /[\uE000-\uF8FF]/.test(text);
}

const TIED =
  /^(?:yes|no|sure|oh|sorry|this|that|these|those|it|they|then|also|however|but|and|so|once|after|even|otherwise|in addition|next|first|finally|there|he|she|both|such|besides|beyond|for (?:example|instance)|dies|das|danach|es|sie|außerdem|cela|ensuite|esto|además|luego)\b/iu;

/** Two neighbouring sentences change places where neither leans on what came before it. */
function turnAround(sentences: string[]): string[] {
  const turned = [...sentences];
  for (let i = 0; i + 1 < turned.length; i++) {
    const [one = "", other = ""] = [turned[i], turned[i + 1]];
    const next = turned[i + 2] ?? "";
    if (one.endsWith(":") || TIED.test(one) || TIED.test(other) || TIED.test(next) || other.endsWith(":")) continue;
    turned[i] = other;
    turned[i + 1] = one;
    i++;
  }
  return turned;
}

/** Puts a connective before a sentence that stands by itself; not before each, and none twice. */
function connect(sentence: string, language: Language, used: Set<string>): string {
  const small = lowerStart(sentence);
  if (hash(sentence) % 4 !== 0 || TIED.test(sentence) || small === sentence || language === "de") return sentence;
  const connective = pick(CONNECTIVES[language], sentence);
  if (used.has(connective)) return sentence;
  used.add(connective);
  return connective + small;
}

/** Keeps what answers the customer and holds facts; everything, where the reply is of a usual length. */
function shorten(blocks: Block[], customerMessage: string, show: (text: string) => string): Block[] {
  const total = blocks.reduce((sum, { text }) => sum + countWords(text), 0);
  if (total <= LONG_WORDS) return blocks;
  const asked = new Set(telling(customerMessage));
  const units = blocks.flatMap((block, at) =>
    splitSentences(block.text).map((text, nth) => {
      const words = telling(show(text));
      const answers = words.filter((word) => asked.has(word)).length;
      const facts = text.match(/[\uE000-\uF8FF]/g)?.length ?? 0;
      const value = (2 * answers + facts + 1) / Math.sqrt(words.length + 4) + (at === 0 && nth === 0 ? 1 : 0);
      return { at, nth, text, value, words: countWords(text) };
    }),
  );
  let room = KEEP_WORDS;
  const chosen = [...units]
    .sort((a, b) => b.value - a.value)
    .filter(({ words }) => {
      if (words > room) return false;
      room -= words;
      return true;
    });
  return blocks.flatMap((block, at) => {
    const text = chosen
      .filter((unit) => unit.at === at)
      .sort((a, b) => a.nth - b.nth)
      .map((unit) => unit.text)
      .join(" ");
    return text === "" ? [] : [{ ...block, text }];
  });
}

function telling(text: string): string[] {
  return (
    text
      .toLowerCase()
      .match(/\p{L}{4,}/gu)
      ?.map((word) => word.slice(0, 6)) ?? []
  );
}

function openingFor({ customerMessage, failureExplanation, agentReply }: RewriteInput, language: Language): string {
  const sorry =
    UNHAPPY.test(customerMessage) || COLD.test(failureExplanation ?? "") || /\b(?:sorry|apolog)/i.test(agentReply);
  const gist = gistOf(customerMessage, language);
  const opening = gist
    ? pick(OPENINGS[language], customerMessage).replace("{gist}", gist)
    : pick(PLAIN_OPENINGS[language], customerMessage);
  return sorry ? `${APOLOGIES[language]} ${opening}` : opening;
}

const ENDS_GIST =
  /^(?:is|are|was|were|has|have|had|do|does|did|will|would|can|could|should|and|but|or|so|because|when|if|that|which|who|to|from|since|after|before|by|as|not|isn't|hasn't|didn't|doesn't|won't|never|still|today|yesterday|again|now|yet|please|I|you|it|they|we|my|our|says?|said|shows?|arrived?|keeps?|got|get|went|came|come|ist|sind|war|wurde|wird|hat|habe|noch|nicht|est|sont|était|a|ne|n'est|no|está|es|fue|ha|ago|instead|reset|broke|broken|broke|changed|for|on|at|of|with|one|two|three|four|five|six|seven|eight|nine|ten|twelve|last|this|next|twice|via|during|while|about|into|through|delivered|debía|llegar|sigue|toujours)$/i;

/** What the customer writes about, as "your …"; empty where the message does not say it in this simple way. */
function gistOf(message: string, language: Language): string {
  const mine = {
    en: /\b(?:my|our)\s+/i,
    de: /\b(?:meine[nmrs]?|unsere[nmrs]?)\s+/i,
    fr: /\b(?:mon|ma|mes|notre|nos)\s+/i,
    es: /\b(?:mi|mis|nuestr[oa]s?)\s+/i,
  };
  const start = mine[language].exec(message);
  if (!start) return "";
  const rest = message.slice(start.index + start[0].length);
  const words: string[] = [];
  for (const raw of rest.split(/\s+/)) {
    const word = raw.replace(/[.,;:!?)"”]+$/, "");
    if (word === "" || ENDS_GIST.test(word) || /[("“<]/.test(word)) break;
    words.push(word);
    if (word !== raw || words.length === 3) break;
  }
  while (
    /^(?:for|of|in|on|at|with|the|a|an|my|for|zu|von|mit|für|de|du|des|pour|avec|del|con|para|about|same)$/i.test(
      words.at(-1) ?? "",
    )
  )
    words.pop();
  if (words.length === 0) return "";
  return `${YOUR[language]} ${words.join(" ")}`;
}

// German and Spanish decline the pronoun with its noun, which rules as simple as these do not know.
const YOUR: Record<Language, string> = { en: "your", de: "Ihrem Anliegen:", fr: "votre demande :", es: "su consulta:" };

/** A short answer to a plain chat, which says what wrote it. */
export function placeholderReply(customerMessage: string): string {
  const facts = customerMessage.match(FACT)?.slice(0, 3) ?? [];
  const gist = gistOf(customerMessage, "en");
  const about = gist || (facts.length > 0 ? facts.join(", ") : "your request");
  return `${capitalise(`thanks for your message about ${about}.`)} This is a placeholder written by the stand-in, which is no language model and cannot answer it.`;
}
