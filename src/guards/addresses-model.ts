import { plainForms } from "./plain-forms.ts";

/** By what a text shows that it speaks to a model instead of to people. */
export type Address =
  | "ignore_instructions"
  | "new_role"
  | "system_text"
  | "prompt_tag"
  | "prompt_json"
  | "rating"
  | "lesson"
  | "commands_all";

/*
 * Each pattern meets lower-case text (`plainForms`). They look for two things together, a verb and what only a model
 * has (instructions, a prompt, a rating), because customers use each of the words alone. Gaps are bounded.
 */
const INSTRUCTIONS = {
  en: "instructions?|prompts?|guidelines|directives?|programming|system message|training",
  de: "anweisung(?:en)?|vorgaben|instruktionen|regeln",
  fr: "instructions?|consignes?|directives?|règles",
  es: "instrucci(?:ón|ones)|indicaciones|reglas|directrices",
  it: "istruzion[ei]|regole|direttive|indicazioni",
  pt: "instruç(?:ão|ões)|regras|diretrizes|orientações",
  ru: "инструкци[июяй]|указани[яей]|правила|предписания",
} as const;

const SIGNS: readonly (readonly [Address, string])[] = [
  // To forget what it was told.
  [
    "ignore_instructions",
    String.raw`\b(?:ignore|disregard|forget|override|bypass|(?:do not|don't|stop) follow(?:ing)? (?:your|these|those|the above|the previous|any))\b(?: \w+){0,4}? (?:${INSTRUCTIONS.en})\b`,
  ],
  [
    "ignore_instructions",
    String.raw`\b(?:ignore|disregard|forget) (?:everything|all|anything)(?: that)?(?: \w+){0,2} (?:above|before|previously|earlier)\b`,
  ],
  [
    "ignore_instructions",
    String.raw`(?<!\p{L})(?:ignorier\w*|missacht\w*|vergiss|vergessen sie|übergeh\w*)(?: \S+){0,5}? (?:${INSTRUCTIONS.de})`,
  ],
  [
    "ignore_instructions",
    String.raw`\b(?:ignor(?:e|ez|er)|oubli(?:e|ez|er)|ne (?:tiens|tenez) (?:pas|plus) compte)(?: \S+){0,5}? (?:${INSTRUCTIONS.fr})`,
  ],
  [
    "ignore_instructions",
    String.raw`\b(?:ignor[ae]n?|olvid[ae]n?|no sigas|haz caso omiso)(?: \S+){0,5}? (?:${INSTRUCTIONS.es})`,
  ],
  [
    "ignore_instructions",
    String.raw`\b(?:ignora(?:te)?|dimentica(?:te)?|non seguire)(?: \S+){0,5}? (?:${INSTRUCTIONS.it})`,
  ],
  [
    "ignore_instructions",
    String.raw`\b(?:ignor[ea]m?|esqueç[ae]m?|desconsider[ea])(?: \S+){0,5}? (?:${INSTRUCTIONS.pt})`,
  ],
  [
    "ignore_instructions",
    String.raw`(?:игнорируй(?:те)?|забудь(?:те)?|не следуй(?:те)?)(?: \S+){0,5}? (?:${INSTRUCTIONS.ru})`,
  ],
  ["ignore_instructions", `(?:忽略|无视|無視|忘记|忘掉|不要遵守).{0,12}?(?:指令|指示|提示|规则|規則|说明)`],
  ["ignore_instructions", `(?:指示|命令|プロンプト|ルール).{0,8}?(?:無視|忘れ)`],
  ["ignore_instructions", String.raw`(?:تجاهل|انس|تجاوز)(?: \S+){0,4}? ?(?:التعليمات|الأوامر|تعليمات|القواعد)`],

  // To be somebody else.
  [
    "new_role",
    String.raw`\byou are (?:now|no longer) (?:an? |the |in )?(?:\S+ ){0,4}?(?:assistant|ai|bot|model|chatbot|dan|hacker|admin|mode|restricted|bound)\b`,
  ],
  [
    "new_role",
    String.raw`\b(?:act as|pretend (?:to be|you are)|role-?play as|simulate) (?:an? |the |my )?(?:\w+ ){0,3}(?:ai|assistant|model|chatbot|dan|hacker|judge|developer mode)\b`,
  ],
  [
    "new_role",
    String.raw`\b(?:developer|god|dan|jailbreak|debug|admin(?:istrator)?) mode (?:is )?(?:on|enabled|activated|engaged)\b|\bjailbreak\b`,
  ],
  [
    "new_role",
    String.raw`\byour (?:new|real|actual|only|true) (?:task|role|goal|job|purpose|instructions?|persona) (?:is|are)\b`,
  ],
  ["new_role", String.raw`\bdu bist (?:jetzt|nun|ab sofort) (?:\S+ ){0,3}(?:assistent|ki|bot|modell)`],
  [
    "new_role",
    String.raw`\b(?:tu es|vous êtes) (?:maintenant|désormais) (?:\S+ ){0,3}(?:assistant|ia|modèle|bot)|\b(?:ahora eres|eres ahora) (?:\S+ ){0,3}(?:asistente|ia|modelo|bot)`,
  ],
  [
    "new_role",
    String.raw`\b(?:ora sei|adesso sei) (?:\S+ ){0,3}(?:assistente|ia|modello|bot)|\b(?:agora você é|você agora é) (?:\S+ ){0,3}(?:assistente|ia|modelo|bot)`,
  ],
  [
    "new_role",
    String.raw`(?:теперь ты|ты теперь) (?:\S+ ){0,3}(?:ассистент|помощник|ии|модель|бот)|(?:你现在是|你現在是).{0,12}(?:助手|模型|机器人)|あなたは(?:今|これ)から|أنت الآن (?:\S+ ){0,3}(?:مساعد|نموذج|روبوت)`,
  ],

  // To pass for the program.
  ["system_text", String.raw`\b(?:system|developer|hidden|secret|initial) prompts?\b|\bprompt injection\b`],
  [
    "system_text",
    String.raw`(?:^|[\n:.!?>-])\W{0,6}(?:system|admin|developer)[ _-]?(?:message|prompt|note|notice|override|instruction|update|command)s?\W{0,4}[:\n]`,
  ],
  [
    "system_text",
    String.raw`(?:^|[\n:.!?>-])\W{0,6}system\W{0,3}:\W{0,4}(?:you|ignore|the (?:reply|rating|user|customer|assistant|model|lesson)|new |all |from now|rate|always|never|please (?:rate|add|ignore)|override|add |set |maintenance)`,
  ],
  ["system_text", String.raw`(?:^|\n)\W{0,6}(?:assistant|human)\W{0,3}:\s`],
  [
    "system_text",
    String.raw`\[(?:system|assistant|developer|inst|/inst|admin)\]|#{2,}\s{0,2}(?:system|instructions?|assistant|developer|new instructions?)\b`,
  ],
  [
    "system_text",
    String.raw`\b(?:new|updated|revised|additional|override|important) (?:system )?(?:instructions?|directives?|prompt) (?:for (?:the )?(?:ai|model|assistant|judge|llm))?\s{0,2}[:=]`,
  ],
  [
    "system_text",
    String.raw`\b(?:end|begin|start) of (?:the )?(?:data|prompt|user input|customer message|system message|untrusted (?:data|text)|context)\b`,
  ],
  [
    "system_text",
    String.raw`\b(?:attention|note|message|instructions?|dear|hey|memo)\b[,:]? (?:to |for )?(?:the |all |any )?(?:ai|llm|language model|ai model|ai assistant|model|judge|grader|evaluator|rater|rewriter|classifier)\b`,
  ],
  [
    "system_text",
    String.raw`\b(?:systemprompt|systemnachricht|systemanweisung|invite système|message système|mensaje del? sistema|messaggio di sistema|mensagem do sistema)\b|системн(?:ое сообщение|ый промпт|ая инструкция)|系统(?:提示|消息|指令)|システム(?:プロンプト|メッセージ|指示)|رسالة النظام|موجه النظام`,
  ],
  [
    "system_text",
    String.raw`(?:^|\n)\W{0,4}(?:why it failed|failed reply|better reply|failure explanation|lessons? in force|new failures|reply to rate|known topics)\W{0,3}:`,
  ],

  // Tags and tokens of prompts, JSON as a model answers it.
  ["prompt_tag", String.raw`[<＜‹〈⟨]\s{0,3}[/／]?\s{0,3}[a-z]{2,20}(?:[_ -][a-z\d]{1,20}){1,4}\s{0,3}[>＞›〉⟩]`],
  [
    "prompt_tag",
    String.raw`[<＜‹〈⟨]\s{0,3}[/／]?\s{0,3}(?:system|assistant|user|human|developer|instructions?|prompt|conversation|customer|failure|lesson|agent|tool)\s{0,3}[>＞›〉⟩]`,
  ],
  ["prompt_tag", String.raw`[<＜]\s?[|｜]|[|｜]\s?[>＞]|\[/?inst\]|<<\/?sys>>|<\/?s>|<(?:start|end)_of_turn>`],
  [
    "prompt_json",
    String.raw`["'](?:role|op|usable_reference|failure_category|messages|changes|tool_calls?|accuracy|completeness|score_gain|better|topic)["']\s{0,3}:\s{0,3}["'[{\d tfn]`,
  ],

  // To be rated, taught or named.
  [
    "rating",
    String.raw`\b(?:rate|score|grade|mark|give|assign|award|set)\b.{0,50}?\b(?:reply|response|answer|rewrite|accuracy|completeness|tone|rating|scores?|scales?)\b.{0,50}?\b(?:100|hundred|perfect(?:ly)?|maximum|highest|full marks|top marks|10/10)\b`,
  ],
  [
    "rating",
    String.raw`\b(?:rate|score|grade)\b (?:this|it|me|everything|the (?:new|old|second|first|corrected|improved)\b.{0,20}?)(?: \w+){0,4}? (?:100|hundred|0|zero|perfect|10/10)\b`,
  ],
  [
    "rating",
    String.raw`\b(?:accuracy|completeness|tone|rating|usable_reference)\b\W{1,4}(?:=|:|is|to|of|must be)?\W{0,4}\b(?:100|hundred|true|perfect)\b`,
  ],
  [
    "rating",
    String.raw`\b(?:bewerte|bewerten sie|gib|geben sie|vergib)\b(?=.{0,80}?(?:antwort|punkt|bewertung|genauigkeit)).{0,60}?\b(?:100|hundert|höchst\w*|volle punktzahl)|(?<!\p{L})(?:note|notez|évalue[zr]?|attribue[zr]?|donne[zr]?)\b(?=.{0,80}?(?:réponse|note|score|points|exactitude)).{0,60}?\b(?:100|cent|maximale?)\b`,
  ],
  [
    "rating",
    String.raw`\b(?:califica|calificar|puntúa|valora|asigna)\b(?=.{0,80}?(?:respuesta|puntos|puntuación|exactitud)).{0,60}?\b(?:100|cien|máxim[ao])|\b(?:valuta|valutare|assegna|dai)\b(?=.{0,80}?(?:risposta|punti|punteggio|accuratezza)).{0,60}?\b(?:100|cento|massim[ao])\b|\b(?:avalie|atribua|pontue|dê)(?!\p{L})(?=.{0,80}?(?:resposta|pontos|pontuação|nota)).{0,60}?\b(?:100|cem|máxim[ao])`,
  ],
  [
    "rating",
    `(?:оцени(?:те)?|поставь(?:те)?|присвой)(?=.{0,80}?(?:ответ|балл|оценк)).{0,60}?(?:100|сто|максимальн)|(?:评分|打分|评为|給分|评价).{0,30}?(?:100|满分|滿分|最高分)|(?:評価|採点|スコア).{0,30}?(?:100|満点|最高)|(?:قيّم|قيم|امنح|أعط)(?=.{0,80}?(?:الرد|الإجابة|تقييم|درجة)).{0,50}?(?:100|١٠٠|مئة|الدرجة الكاملة)`,
  ],
  [
    "lesson",
    String.raw`\b(?:add|learn|store|remember|save|distil|keep|record)\b.{0,30}?\b(?:this|the following|as an?|a new|new)\b.{0,20}?\b(?:lessons?|rules?|guidance)\b.{0,20}?(?::|\bthat\b|\bfor\b)|\bnew lesson\s{0,2}:|\blesson \d\s{0,2}:`,
  ],
  [
    "lesson",
    String.raw`\b(?:retire|delete|drop|remove) (?:all|every|any|lesson|the) (?:other |current |existing )?lessons?\b`,
  ],
  [
    "lesson",
    String.raw`\b(?:set|name|call|classify|label|put)\b.{0,30}?\b(?:topic|failure category|failure_category|cluster)\b.{0,12}?(?:\bto\b|\bas\b|[:=])|\b(?:topic|failure_category|failure category)\s{0,2}[:=]\s{0,2}["']?\w`,
  ],
  [
    "lesson",
    String.raw`\b(?:neue lektion|nouvelle leçon|nueva lección|nuova lezione|nova lição)\s{0,2}:|новый урок\s{0,2}:|新(?:的)?(?:教训|课程|经验)\s{0,2}[:：]|新しい教訓\s{0,2}[:：]|درس جديد\s{0,2}:`,
  ],
  [
    "commands_all",
    String.raw`\b(?:tell|inform|send|direct|refer|redirect|advise|instruct|ask|give|offer|refund|answer)\b (?:to )?(?:all|every|other|any|each|future)(?: of)?(?: the| your| other)? (?:customers?|users?|clients?|people)\b`,
  ],
  [
    "commands_all",
    String.raw`\b(?:from now on|in (?:all|every) (?:future )?(?:reply|replies|answers?|responses?|conversations?|prompts?)|to (?:all|every) (?:future )?(?:customers?|users?|questions?|quer(?:y|ies)))\b,? (?:\w+ ){0,3}?(?:always|you (?:must|will|should|shall)|answer|reply|respond|say|tell|recommend|include|mention|add)\b`,
  ],
  [
    "commands_all",
    String.raw`\b(?:always|must) (?:answer|reply|respond|say|tell|recommend|include|mention|add|append|end)\b.{0,60}?\b(?:every|all|each) (?:repl(?:y|ies)|answers?|responses?|customers?|users?|messages?)\b`,
  ],
  [
    "commands_all",
    String.raw`\b(?:reply|respond|answer|output|say|print|write)\b (?:only|exactly|nothing but|verbatim)\b.{0,6}?(?:with|:|")|\brepeat (?:after me|the (?:text|words) above|everything above)\b|\b(?:reveal|print|show|output|leak) (?:me )?(?:your|the) (?:\w+ )?(?:instructions|rules|prompt|secrets?|api keys?)\b`,
  ],
  [
    "commands_all",
    String.raw`\b(?:ab jetzt|von nun an|in zukunft)\b.{0,40}?\b(?:allen?|jede[mrn]?) (?:kund\w+|nutzer\w*|antwort\w*)|\b(?:désormais|à partir de maintenant)\b.{0,60}?\b(?:tous les|chaque) (?:clients?|utilisateurs?|réponses?)`,
  ],
  [
    "commands_all",
    String.raw`\b(?:a partir de ahora|de ahora en adelante)\b.{0,60}?\b(?:todos los|cada) (?:clientes?|usuarios?|respuestas?)|\bd'ora in poi\b.{0,60}?\b(?:tutti i|ogni) (?:clienti|utenti|cliente|risposta)|\b(?:a partir de agora|de agora em diante)\b.{0,60}?\b(?:todos os|cada) (?:clientes?|usuários?|resposta)`,
  ],
  [
    "commands_all",
    `(?:с этого момента|отныне).{0,60}?(?:всем|каждому|всех) (?:клиент|пользовател)|(?:从现在开始|从现在起|從現在起).{0,30}?(?:所有|每个|每一)|(?:今後|これから).{0,20}?(?:すべて|全て|全員)|(?:من الآن فصاعدا|من الآن).{0,50}?(?:جميع|كل) (?:العملاء|عميل|المستخدمين)`,
  ],
];

const PATTERNS = SIGNS.map(([address, source]) => [address, new RegExp(source, "su")] as const);

/**
 * Tells whether a text speaks to a model: asks it to forget its instructions, to be somebody else, to rate, to learn or
 * to tell all customers something; passes for the program; or holds tags, tokens or JSON of prompts. Encodings,
 * look-alike letters and invisible characters are seen through.
 * A sign is no proof: what follows from it should cost a person a look, and nobody a reply.
 * @returns the first sign; null for a text that speaks to people
 */
export function addressesTheModel(text: string): Address | null {
  const forms = plainForms(text);
  return PATTERNS.find(([, pattern]) => forms.some((form) => pattern.test(form)))?.[0] ?? null;
}
