import { visibleText } from "../lib/visible-text.ts";
import { addressesTheModel } from "./addresses-model.ts";
import type { FactKind } from "./fact-text.ts";
import { extractFacts } from "./facts.ts";
import { findPersonalData } from "./personal-data.ts";
import { plainForms } from "./plain-forms.ts";

/** Why a text may not go into everybody's prompts as a lesson. */
export type LessonProblem =
  | "empty"
  | "hidden"
  | "markup"
  | "link"
  | "contact"
  | "personal_data"
  | "amount"
  | "number"
  | "to_the_model"
  | "secret"
  | "tool"
  | "payment";

const BY_FACT: Partial<Record<FactKind, LessonProblem>> = {
  url: "link",
  email: "contact",
  phone: "contact",
  amount: "amount",
  "card number": "personal_data",
  IBAN: "personal_data",
  "IP address": "personal_data",
  placeholder: "personal_data",
};

/** Code, tags and JSON; and long runs without a space, which are keys, wallets and encodings. */
const MARKUP = /[<>{}[\]`|\\]|\$\(|[\w+/=-]{40}/;

/** Five digits and more: an order, an account, a phone. What a lesson may count is smaller; dates and years are. */
const NUMBER =
  /\p{Nd}(?:[ .,/-]?\p{Nd}){4,}|\b(?:zero|one|two|three|four|five|six|seven|eight|nine)(?:[ ,-]{1,2}(?:zero|one|two|three|four|five|six|seven|eight|nine)){4,}\b/u;

/** Addresses spelled so that no finder takes them for one: "example dot com", "a at example", "@handle". */
const SPELLED_ADDRESS =
  /\bhttps?\b|\bwww\b|:\/\/|\b[a-z\d-]{2,40} ?(?:\(dot\)| dot | punkt | point | punto | ponto )\s?(?:com|net|org|io|info|app|dev|shop|xyz|example|test|invalid)\b|\b[a-z\d-]{2,40}\.(?:example|test|invalid|xyz|top|click|link|zip)\b/;
const HANDLE = /(?:^|\s)@[\w.]{3,}|\b(?:whatsapp|telegram|signal|wechat|discord|t\.me)\b/;

const SECRET =
  /\bsystem ?prompts?\b|\b(?:api|secret|access|private|admin) ?(?:keys?|tokens?)\b|\bcredentials?\b|\b(?:your|its|own|internal|hidden|secret) (?:instructions|prompt|rules|guidelines)\b|\b(?:ask|request|collect|require|obtain|confirm|give|share|reveal|send|tell|provide|enter|need)\w*\b.{0,40}?\b(?:passwords?|passphrases?|passcodes?|pins?|cvv|cvc|security code|one-?time (?:code|password)|otp|card (?:number|details)|social security|seed phrase)\b|\b(?:passwort|kennwort|mot de passe|contraseña|senha)\b.{0,40}?\b(?:nennen|mitteilen|angeben|senden|fragen|communiquer|donner|envoyer|demander|enviar|pedir|decir|informar)\b|\b(?:frag\w*|bitte\w*|demand\w*|pid\w*|solicit\w*|chied\w*|peç\w*)\b.{0,40}?(?:passwor\w*|kennwort|mot de passe|contraseña|senha|codice|pin\b)|(?:спрос|запрос|узна)\S*.{0,30}?парол|(?:索要|询问|要求|提供).{0,12}?密码|パスワード.{0,10}?(?:聞|尋|求)|(?:اطلب|اسأل).{0,30}?كلمة (?:المرور|السر)/su;

const TOOL =
  /\b(?:call|invoke|use|run|execute|trigger)\b (?:\w+ ){0,4}?(?:tools?|functions?|commands?|scripts?|code|sql|shell|plug-?ins?|endpoints?)\b|\b(?:tool|function) calls?\b|\b(?:delete|drop|export|dump)\b (?:\w+ ){0,3}?(?:database|tables?|records|data|accounts?)\b|\b(?:rufe?|nutze|verwende|führe)\b.{0,30}?\b(?:werkzeug|funktion|befehl|tool|skript)|\b(?:appelle[zr]?|utilise[zr]?|exécute[zr]?)\b.{0,30}?\b(?:outil|fonction|commande|script)|\b(?:usa|utiliza|ejecuta|llama a|esegui|chiama|use|execute|chame)\b.{0,30}?\b(?:herramienta|función|comando|strumento|funzione|ferramenta|função)|(?:вызови|запусти|используй|выполни)\S*.{0,30}?(?:инструмент|функци|команд|скрипт)|(?:调用|执行|运行).{0,12}?(?:工具|函数|命令|脚本)|(?:ツール|関数|コマンド).{0,8}?(?:呼|実行|使)|(?:استخدم|نفذ|شغل).{0,30}?(?:أداة|الأداة|أمر|دالة)/su;

const PAYMENT =
  /\b(?:pay|send|transfer|wire|deposit|move|remit)\b(?!.{0,30}refund).{0,60}?\b(?:accounts?|wallet|iban|paypal|money|funds|payments?)\b|\biban\b|\bbtc\b|\b(?:bitcoin|crypto ?(?:currency|wallet)?|gift ?cards?|western union)\b|(?<!\p{L})(?:überweis\w*|zahl(?:en|t)?)\b.{0,50}?\b(?:konto|iban|geld)\b|\b(?:vire[zr]?|transfére[zr]?|paye[zr]?|verse[zr]?)\b.{0,50}?\b(?:compte|iban|argent)\b|\b(?:transfier[ae]n?|pag(?:ue|a|ar)n?|envíen?|transfira|deposite|versa(?:re)?|paga(?:re)?)\b.{0,50}?\b(?:cuenta|dinero|conta|dinheiro|conto|denaro|iban)\b|(?:перевед|перевест|оплат|отправ)\S*.{0,40}?(?:счет|счёт|карт|деньги|кошел)|(?:转账|汇款|付款|支付).{0,20}?(?:账户|帐户|账号|钱包)|(?:口座|ウォレット).{0,12}?(?:振|送|支払)|(?:حو[لّ]|ادفع|أرسل).{0,40}?(?:حساب|محفظة|المال)/su;

const BY_PATTERN: readonly (readonly [LessonProblem, RegExp])[] = [
  ["number", NUMBER],
  ["link", SPELLED_ADDRESS],
  ["contact", HANDLE],
  ["secret", SECRET],
  ["tool", TOOL],
  ["payment", PAYMENT],
];

/**
 * Whether a text that no person wrote for the purpose may stand in everybody's prompts as a lesson: it must be plain
 * words about how to answer. Without links, contacts, amounts, numbers and personal data; without markup; without a word
 * to the model about its instructions, tools or secrets, or to anybody about paying. Rather refuses a good lesson, which
 * a person can still write by hand, than lets a planted one through.
 * @returns the first problem; null for a lesson
 */
export function checkLesson(text: string): LessonProblem | null {
  if (!/\p{L}/u.test(text)) return "empty";
  if (visibleText(text) !== text) return "hidden";
  if (MARKUP.test(text)) return "markup";
  if (findPersonalData(text).length > 0) return "personal_data";
  for (const { kind } of extractFacts(text)) {
    const problem = BY_FACT[kind];
    if (problem !== undefined) return problem;
  }
  if (addressesTheModel(text) !== null) return "to_the_model";
  const forms = plainForms(text);
  return BY_PATTERN.find(([, pattern]) => forms.some((form) => pattern.test(form)))?.[0] ?? null;
}
