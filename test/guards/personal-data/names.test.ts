import { describe, expect, it } from "vitest";
import { findNames } from "../../../src/guards/personal-data/names.ts";
import { redact } from "../../../src/guards/personal-data.ts";

const namesIn = (text: string) => findNames(text).map((found) => found.value);

describe("names", () => {
  it.each([
    ["Hi Anna,\nwhere is it?", "Anna"],
    ["hi anna, where is it?", "anna"],
    ["Hello Tom thanks for the reply", "Tom"],
    ["Dear Mr. O'Brien,", "O'Brien"],
    ["HI SIOBHAN,", "SIOBHAN"],
    ["Good morning Mary-Ann!", "Mary-Ann"],
    ["My name is Priya Patel and I wait.", "Priya Patel"],
    ["my name is tom miller, hello", "tom miller"],
    ["This is Kwame Okafor speaking", "Kwame Okafor"],
    ["I'm Will Young, a client", "Will Young"],
    ["It is late.\n\nBest,\nTom Miller", "Tom Miller"],
    ["It is late.\n\nKind regards,\n\nJ. R. Hargreaves\nLeeds", "J. R. Hargreaves"],
    ["It is late. Thanks, Rose", "Rose"],
    ["It is late.\n— Tom", "Tom"],
    ["Thanks Anna, I will try.", "Anna"],
    ["I spoke to Mrs Thornbury.", "Thornbury"],
    ["Ask my husband Peter.", "Peter"],
    ["Hallo Jürgen,", "Jürgen"],
    ["Sehr geehrte Frau Dr. Öztürk,", "Öztürk"],
    ["Mein Name ist Karl-Heinz von der Linden.", "Karl-Heinz von der Linden"],
    ["Ich heiße Anke und warte.", "Anke"],
    ["So geht das nicht.\nMit freundlichen Grüßen\nGudrun Krause", "Gudrun Krause"],
    ["So geht das nicht. LG Uwe", "Uwe"],
    ["Bonjour Élodie,", "Élodie"],
    ["Je m’appelle Jean-Pierre N'Diaye.", "Jean-Pierre N'Diaye"],
    ["Je suis Camille, et j'attends", "Camille"],
    ["C'est long.\nCordialement,\nGaëlle Lefèvre", "Gaëlle Lefèvre"],
    ["Estimada Lucía:", "Lucía"],
    ["Me llamo José de la Cruz.", "José de la Cruz"],
    ["No llega.\nUn saludo,\nBegoña", "Begoña"],
    ["Gentile Sig.ra Bevilacqua,", "Bevilacqua"],
    ["Mi chiamo Niccolò D'Angelo.", "Niccolò D'Angelo"],
    ["Aspetto.\nCordiali saluti\nChiara Rossi", "Chiara Rossi"],
    ["Nome: Luca Zanetti", "Luca Zanetti"],
  ])("one that is given away is not overlooked: %s", (text, name) => {
    expect(namesIn(text)).toEqual([name]);
  });

  it.each([
    "Hi team, hello there! Hello everyone,",
    "Dear customer,\nDear Sir or Madam,\nDear Customer Service,\nDear Support,",
    "Hi, Please help. Hello Where is my order? Hi Can you help?",
    "Hello Delivery was late again",
    "It is done.\nBest regards",
    "It is done.\nKind regards,\nThe Acme Support Team",
    "It is done.\nRegards,\nAcme Ltd",
    "Thanks, I will. Thank you very much! Thanks Amazon!",
    "Best of all, it works. Best Practices are here.",
    "My name is misspelled. My name is not on it. Your name is required.",
    "This is practical. It's open. This is Monday. I am British and tired.",
    "May 5 is fine. Will you come? Mark it as done. A rose is a rose.",
    "Liebe Kundinnen und Kunden,\nLiebe Grüße",
    "Sehr geehrte Damen und Herren,\nGuten Tag zusammen,",
    "Es geht.\nMit freundlichen Grüßen\nIhr Kundenservice",
    "Ich bin Kunde. Ich bin Student in Köln. Die Frau ist da.",
    "Bonjour Madame, Cher client, Bonjour à tous,",
    "Je suis client chez vous. Merci beaucoup !",
    "Estimado cliente: Buenos días, Hola a todos,",
    "Soy cliente. Muchas gracias. Un saludo",
    "Gentile Cliente, Buongiorno a tutti, Grazie mille",
    "- Apples\n- Pears\n- Refunds",
  ])("words are not taken for one: %s", (text) => {
    expect(namesIn(text)).toEqual([]);
  });

  it("a name that one text gives away does not stay in another", () => {
    const { texts, found, values } = redact([
      "Hi Tom,\nmy lamp is broken.\nBest,\nAnna Schmidt",
      "Anna asked Tom Miller; Ms Schmidt waits, ANNA SCHMIDT too. Miller's lamp, not Annabel's.",
    ]);
    expect(texts).toEqual([
      "Hi [NAME_1],\nmy lamp is broken.\nBest,\n[NAME_2]",
      "[NAME_2] asked [NAME_1] Miller; Ms [NAME_2] waits, [NAME_2] too. Miller's lamp, not Annabel's.",
    ]);
    expect(found).toEqual([
      { kind: "name", placeholder: "[NAME_1]", count: 2 },
      { kind: "name", placeholder: "[NAME_2]", count: 4 },
    ]);
    expect([...values]).toEqual([
      ["[NAME_1]", "Tom"],
      ["[NAME_2]", "Anna Schmidt"],
    ]);
  });

  it("a first name does not become another person than the full name in a later text", () => {
    expect(redact(["Hi Tom,", "It was Tom.\nBest,\nTom Miller", "Miller is out."]).texts).toEqual([
      "Hi [NAME_1],",
      "It was [NAME_1].\nBest,\n[NAME_1]",
      "[NAME_1] is out.",
    ]);
  });

  it("names that the caller knows do not stay, though nothing gives them away", () => {
    const names = ["Mark Hope", "Öykü Demir"];
    const { texts } = redact(["So Mark Hope wrote. Mark my words, and hope for Mark, said öykü demir. Demir left."], {
      names,
    });
    expect(texts).toEqual(["So [NAME_1] wrote. Mark my words, and hope for [NAME_1], said [NAME_2]. [NAME_2] left."]);
    expect(redact(texts, { names }).texts).toEqual(texts);
  });

  it("a name that is a word does not take the word with it", () => {
    const { texts } = redact(["Hi Will,\nWill you send it? On May 5 will do. I asked Will.\nThanks, May"]);
    expect(texts).toEqual(["Hi [NAME_1],\nWill you send it? On May 5 will do. I asked [NAME_1].\nThanks, [NAME_2]"]);
  });
});
