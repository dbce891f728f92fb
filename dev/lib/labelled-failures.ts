/** Made-up failures of topics that a router can tell apart. */
const TOPICS = 20;
const FAILURES_PER_TOPIC = 12;

const NOUNS = [
  "refund",
  "card",
  "parcel",
  "invoice",
  "password",
  "address",
  "voucher",
  "account",
  "delivery",
  "warranty",
];
const VERBS = ["lost", "late"];

export function topicOf(topic: number): string {
  return `${NOUNS[topic % NOUNS.length]}_${VERBS[Math.floor(topic / NOUNS.length)]}`;
}

/** Messages of one topic share its words, among words that all share. */
export function messageOf(topic: number, turn: number): string {
  const [noun, verb] = topicOf(topic).split("_");
  const asides = ["please help", "what can I do", "since last week", "this is urgent", "thank you", "I wrote before"];
  return `Hello, my ${noun} is ${verb}, ${asides[turn % asides.length]}. Number ${turn}: when will the ${verb} ${noun} be sorted out?`;
}

/** Some failures of each topic, as NDJSON. */
export function labelledFailures(): ReadableStream {
  const lines: string[] = [];
  for (let topic = 0; topic < TOPICS; topic++) {
    for (let turn = 0; turn < FAILURES_PER_TOPIC; turn++) lines.push(`${JSON.stringify(failure(topic, turn))}\n`);
  }
  return new Blob(lines).stream();
}

function failure(topic: number, turn: number) {
  return {
    original_prompt: messageOf(topic, turn),
    ai_reply: "Please see our website.",
    agent_reply: "We have sent it again today.",
    failure_explanation: `It did not say what happens with the ${topicOf(topic)} next, case ${turn}.`,
    failure_category: turn % 3 === 0 ? "tone" : "missing_information",
    topic: topicOf(topic),
  };
}
