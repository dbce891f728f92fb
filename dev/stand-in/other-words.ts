/*
 * Other ways to say it, by language: `as written > instead`, where nothing instead drops the word. Function words only,
 * and none that touches a number, a negation or a promise.
 */
const ENGLISH = `
a >; about > regarding; also > in addition; an >; and > &; are not > aren't; aren't > are not;
as well as > along with; because > since; but > yet; can also > may also; cannot > can't; do not > don't;
does not > doesn't; doesn't > does not; don't > do not; due to > because of; during > throughout; each > every;
every > each; for example > for instance; have to > need to; however > still; i'm > I am;
if > in case; in order to > so as to; in the > within the; including > such as; is not > isn't; isn't > is not;
it is > it's; it's > it is; its > the; many > a lot of; may > might; more information > further details;
need to > have to; or > or else; our > the; please > kindly; should > ought to; some > certain;
such as > like; the >; their > the; there is > there's; these > those; this > that; through > via;
until > till; we are > we're; we can > we are able to; we will > we'll; we're > we are; when > once;
which > that; will not > won't; won't > will not; you are > you're; you can > you are able to;
you will > you'll; you'll > you will; you're > you are; your > the
`;

const GERMAN = `
aber > doch; außerdem > zudem; bitte > gern; damit > sodass; das >; dem >; den >; der >; des >; die >; ein >;
eine >; einem >; einen >; einer >; falls > wenn; oder > oder auch; und > sowie; wenn > falls; zudem > außerdem
`;

const FRENCH = `
aussi > également; car > puisque; cela > ceci; des >; et > ainsi que; la >; le >; les >; mais > toutefois;
ou > ou bien; un >; une >
`;

const SPANISH = `
el >; la >; las >; los >; o > o bien; pero > aunque; porque > ya que; también > además; un >; una >;
y > así como
`;

export const OTHER_WORDS: Readonly<Record<string, Record<string, string>>> = {
  en: read(ENGLISH),
  de: read(GERMAN),
  fr: read(FRENCH),
  es: read(SPANISH),
};

export const OPENINGS: Readonly<Record<string, string[]>> = {
  en: [
    "Thanks for your message, and here is what applies.",
    "Happy to help, so here is what you need to know.",
    "Good question, and this is how things look.",
  ],
  de: ["Danke für Ihre Nachricht, gern helfe ich weiter."],
  fr: ["Merci de votre message, voici la réponse."],
  es: ["Gracias por su mensaje, aquí tiene la respuesta."],
};

function read(list: string): Record<string, string> {
  return Object.fromEntries(
    list
      .trim()
      .split(/;\s+/)
      .map((line) => {
        const [from = "", to = ""] = line.split(">");
        return [from.trim(), to.trim()];
      }),
  );
}
