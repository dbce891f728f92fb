/**
 * What a text must hold for one of the finders of personal data to find something in it. They take many times longer
 * than these, and most texts hold nothing.
 */
const SIGNS = [
  // An e-mail address.
  /@/,
  // The shortest phone number and, further on, a card. Only IBANs may have fewer digits.
  /(?:\d\D*){7}/,
  // The beginning of an IBAN.
  /[A-Za-z]{2}\d\d/,
  // IP addresses of version 4, and of version 6: shortened, or with all its groups.
  /(?:\d{1,3}\.){3}\d/,
  /::|(?::[\dA-Fa-f]{1,4}){6}/,
  // Digits of other scripts, some of which the card finder counts.
  /[^\P{Nd}0-9]/u,
];

/** False only where no finder of personal data can find anything. */
export function mayHoldPersonalData(text: string): boolean {
  return SIGNS.some((sign) => sign.test(text));
}
