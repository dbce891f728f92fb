/*
 * Kinds of personal data as tests plant them on every way out: one row for each kind that `redact` knows. A new kind
 * takes part by a row of its own.
 */
export interface PlantedKind {
  kind: string;
  /** The n-th value, n from 0 to 99. */
  value(n: number): string;
  /** No finder sees it: a failure's metadata gives it, as `METADATA` does. */
  known?: boolean;
}

const two = (n: number) => String(n).padStart(2, "0");

/** Fifteen digits and the one that makes them pass the Luhn check. */
function card(fifteen: string): string {
  const sum = [...fifteen].reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${fifteen}${(10 - (sum % 10)) % 10}`;
}

function iban(account: string): string {
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${two(Number(check))}${account}`;
}

export const PERSONAL_KINDS: PlantedKind[] = [
  { kind: "email", value: (n) => `k${n}pond@example.com` },
  { kind: "phone", value: (n) => `+1 202 555 01${two(n)}` },
  { kind: "card", value: (n) => card(`4111111111111${two(n)}`) },
  { kind: "iban", value: (n) => iban(`1000000000000000${two(n)}`) },
  { kind: "ip", value: (n) => `203.0.113.${n + 1}` },
  { kind: "name", value: (n) => (n % 2 === 0 ? "Ada Quillfeather" : "Quillfeather"), known: true },
];

/** Gives the names of the kind that metadata alone makes known. */
export const METADATA = { customer_name: "Ada Quillfeather" };

/** One value of each kind, the n-th, as a person would write them. */
export function plantedText(n: number): string {
  return PERSONAL_KINDS.map(({ value }) => value(n)).join(", ");
}

/** The same as far as a label (a topic, a category) may hold it; of those, as many as fit. */
export function plantedLabel(n: number, max = 100, kinds = PERSONAL_KINDS): string {
  const values = kinds.flatMap(({ value, known }) => (known ? [] : value(n)));
  return values.reduce((label, value) => {
    const longer = label === "" ? value : `${label}, ${value}`;
    return longer.length <= max ? longer : label;
  }, "");
}

/** Which planted values of a kind stand in a text, also where it is escaped as in an address or in JSON. */
export function tracesOf({ value }: PlantedKind, text: string): string[] {
  const spellings = [
    text,
    text.replaceAll("%40", "@").replaceAll("%20", " ").replaceAll("+", " "),
    text.replaceAll("%2B", "+"),
  ];
  const values = new Set(Array.from({ length: 100 }, (_, n) => value(n)));
  return [...values].filter((one) => spellings.some((spelling) => spelling.includes(one)));
}
