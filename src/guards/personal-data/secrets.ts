import { compile } from "./any-case.ts";
import { type Finder, type Found, found } from "./kinds.ts";
import { WordStarts } from "./word-starts.ts";

// Keys that their issuer marks with a prefix, as its documentation or the scanners of leaked keys describe them.
const PREFIXED = [
  "(?:sk|rk)[-_](?:[a-z]{2,12}[-_]){0,3}[A-Za-z0-9_-]{16,200}", // OpenAI, Anthropic, Stripe
  "gh[pousr]_[A-Za-z0-9]{20,255}",
  "github_pat_[A-Za-z0-9_]{20,255}",
  "glpat-[A-Za-z0-9_-]{16,200}",
  "(?:AKIA|ASIA)[A-Z0-9]{16}",
  "AIza[A-Za-z0-9_-]{30,60}",
  "ya29\\.[A-Za-z0-9_-]{20,500}",
  "xox[abeoprs]-[A-Za-z0-9-]{10,250}",
  "xapp-[A-Za-z0-9-]{10,250}",
  "npm_[A-Za-z0-9]{30,60}",
  "pypi-[A-Za-z0-9_-]{40,500}",
  "hf_[A-Za-z0-9]{30,60}",
  "SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}",
  "whsec_[A-Za-z0-9+/=]{20,100}",
  "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
  "dop_v1_[a-f0-9]{64}",
  "eyJ[A-Za-z0-9_-]{8,4000}\\.[A-Za-z0-9_-]{8,8000}(?:\\.[A-Za-z0-9_-]{0,2000})?", // a JSON Web Token
].join("|");
// A block that was cut off before its end is as secret; five hyphens end its body.
const KEY_BLOCK =
  /(?<!-)-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?/g;
const MARKED = compile(`(?<![A-Za-z0-9_-])(?:${PREFIXED})(?![A-Za-z0-9_])`, "y");
// What the marked ones begin with.
const MARKS =
  "sk-|sk_|rk-|rk_|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|AKIA|ASIA|AIza|ya29|xox|xapp-|npm_|pypi-|hf_|SG\\.|whsec_|shp|dop_v1_|eyJ";

const HEADER =
  /(?<![\p{L}\p{N}])(?:[Bb]earer|[Aa]uthorization:? ?[Bb]asic)[ :]{1,3}(?=[A-Za-z0-9._~+/=-]{0,199}\d)([A-Za-z0-9._~+/=-]{16,2000})/uy;
const URL_PASSWORD = /(?<=:\/\/[^\s:@/[\]]{1,64}:)[^\s:@/[\]]{3,128}(?=@)/g;

const PASSWORD_WORDS =
  "pass ?(?:word|code|phrase)|passwd|pwd|pw|log-?in code|pin(?:[ -]?code)?|passwor[dt]|kennwort|geheimzahl|zugangscode|mot de passe|mdp|code secret|contraseña|contrasena|clave(?: de acceso| secreta)?|codice segreto|parola d'ordine|senha|wachtwoord|(?:api|access|secret|private|client)[ _-]?(?:key|token|secret)|(?:auth|access|refresh|bearer)[ _-]token|api-?schlüssel|clé (?:api|secrète)|clave api|chiave (?:api|segreta)";
const WORDS = `${MARKS}|bearer|authorization|${PASSWORD_WORDS}`;
const CUE = String.raw`(?<![\p{L}\p{N}_])(?i:${PASSWORD_WORDS})(?![\p{L}\p{N}])`;
// Between the word and the secret: a mark, or "is"; a name of whose password it is may come in between.
const ANNOUNCED = compile(
  String.raw`${CUE}(?:['’]s)?(?: (?:for|für|pour|para|per|del?|of) (?:[\p{L}\p{N}._-]{1,30} ){0,2}[\p{L}\p{N}._-]{1,30})?["']?(?:\s{0,2}(?<mark>[:=→]|->|=>)\s{0,2}|,?\s{1,2}(?i:is|was|are|to|(?:should|would|must|set) (?:be|to)|ist|war|wäre|lautet|auf|est|c['’]est|serait|es|era|sería|è|é|sarebbe)[:]?\s{1,2}|[ ](?=["'«„“\x60]|\S{0,40}\d)(?=\S{0,40}\p{L}))(?<quote>["'«„“”\x60]?)(?<value>[^\s"«»„“”\x60]{4,128})(?<close>["'»“”\x60]?)`,
  "uy",
);
// What a form, a rule or a complaint says of a password.
const NOT_SECRET =
  /^(?:required|optional|incorrect|invalid|wrong|reset|forgotten|forgot|hidden|none|null|same|unknown|changed|expired|correct|protected|confidential|secret|must|should|needs?|minimum|maximum|change|enter|choose|falsch|ungültig|abgelaufen|vergessen|erforderlich|zurücksetzen|incorrecte?|oublié|expiré|obligatoire|incorrecta|olvidada|obligatoria|errata|sbagliata|scaduta|obbligatoria|https?:.*|www\..*|\*+|•+|x+|\.+)$/iu;
const PIN = /pin|geheimzahl|code/i;

/** Keys, tokens, private keys, and passwords that a word announces; the value is as it is written. */
export function findSecrets(text: string): Found[] {
  const secrets = [KEY_BLOCK, URL_PASSWORD].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => found(match.index, match[0], match[0])),
  );
  for (let at = STARTS.next(text, 0); at >= 0; at = STARTS.next(text, at + 1)) {
    const secret = secretAt(text, at);
    if (secret !== undefined) secrets.push(secret);
  }
  return withoutOverlaps(secrets);
}

const STARTS = new WordStarts(WORDS);

export const SECRETS: Finder = {
  kind: "secret",
  sign: /-----BEGIN |:\/\/[^\s:@/[\]]{1,64}:[^\s:@/[\]]{3,128}@/u,
  cue: { words: WORDS, at: (text, index) => secretAt(text, index) !== undefined },
  find: findSecrets,
};

function secretAt(text: string, at: number): Found | undefined {
  const marked = matchAt(MARKED, text, at);
  if (marked !== null) return found(at, marked[0], marked[0]);
  const header = matchAt(HEADER, text, at);
  if (header !== null) return endingWith(header, header[1] ?? "");
  const announced = matchAt(ANNOUNCED, text, at);
  if (announced === null) return undefined;
  const { value = "", quote = "", close = "", mark } = announced.groups ?? {};
  const secret = value.replace(/[.,;:)\]'’]+$/u, "");
  const end = at + announced[0].length;
  const before = announced[0].slice(0, announced[0].length - close.length - value.length);
  // A sentence or a line ends there, so that it is no word of one.
  const isAlone = /^(?:$|\s{0,2}[\r\n]|\s\p{Lu})/u.test(text.slice(end, end + 4));
  const isOne = isSecret(secret, { quoted: quote !== "", afterMark: mark !== undefined, isAlone, cue: before });
  return isOne ? found(at + before.length, secret, secret) : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

interface Announced {
  quoted: boolean;
  /** A colon or the like stands before it, which only a value follows; after "is", prose may. */
  afterMark: boolean;
  /** Nothing else follows in its line. */
  isAlone: boolean;
  cue: string;
}

function isSecret(value: string, { quoted, afterMark, isAlone, cue }: Announced): boolean {
  if (value.length < 4 || /^\[|@\S+\.\p{L}{2}/u.test(value) || NOT_SECRET.test(value)) return false;
  const plain = value.replace(/[!?]+$/u, "");
  if (NOT_SECRET.test(plain) || plain.length < 4) return false;
  if (quoted) return true;
  if (/^\d+$/.test(plain)) return plain.length >= 6 || PIN.test(cue);
  if (/^[\p{L}\p{M}'’-]+$/u.test(plain)) return (afterMark && isAlone) || /\p{Ll}\p{Lu}/u.test(plain);
  return plain.length >= 5 && (/\d/.test(plain) || afterMark || /[^\p{L}\p{M}'’/.,-]/u.test(plain));
}

function endingWith(match: RegExpExecArray, raw: string): Found {
  return found(match.index + match[0].length - raw.length, raw, raw);
}

/** The longest of those that overlap, in the order of the text. */
function withoutOverlaps(all: Found[]): Found[] {
  const kept: Found[] = [];
  for (const one of all.sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  }
  return kept;
}
