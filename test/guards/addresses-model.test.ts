import { describe, expect, it } from "vitest";
import { addressesTheModel } from "../../src/guards/addresses-model.ts";
import { PLANTED_TEXTS } from "../support/planted-texts.ts";

const TO_PEOPLE = [
  "Please ignore my previous message, the parcel has just come.",
  "I forgot my password and the reset link does not work.",
  "I want to talk to a human, not to an AI.",
  "Can I add a lesson on Tuesday to my course?",
  "I would rate your service 2 out of 10.",
  "You are now charging me twice for the same order.",
  "System: Windows 11, browser: Firefox. The app crashes at start.",
  "The agent told me to send the item back, what is the topic of form B?",
  "Do you ship to all customers in Norway?",
  "Bitte ignorieren Sie meine letzte Mail, die Anleitung lag dem Paket bei.",
  "Ich habe vergessen, die Rechnung zu bezahlen.",
  "Je vous donne mon numéro de client : 100-200.",
  "Olvidé mi contraseña, ¿qué hago?",
  "Я забыл пароль.",
  "密码忘记了，怎么办？",
  "<p>My order <b>A-1001</b> is late.</p>",
  "Order 5f2b9c1e-3d4a-4f6b-8c7d-9e0f1a2b3c4d and token YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo1Njc4",
  "a < b && c > d gives an error in your formula field: 100% wrong",
];

describe("a text that speaks to the model", () => {
  it.each(PLANTED_TEXTS.filter(({ kind }) => kind !== "plain untruths").map(({ kind, text }) => [kind, text]))(
    "does not pass for one that speaks to people: %s",
    (_, text) => {
      expect(addressesTheModel(text), text.slice(-200)).not.toBeNull();
      expect(addressesTheModel(`Hello, where is my refund?\n\n${text}\n\nThanks`)).not.toBeNull();
    },
  );

  it.each(TO_PEOPLE)("is not seen in what a customer says to people: %s", (text) => {
    expect(addressesTheModel(text)).toBeNull();
  });

  it("is found in time however long the text is, and whatever it is made of", () => {
    const began = performance.now();
    for (const piece of ["a", "<", "%41", "&#97;", "ignore ", "rate the ", "a b ", "</a", "\u200B", "QUJD", "我"])
      addressesTheModel(piece.repeat(50_000 / piece.length));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
