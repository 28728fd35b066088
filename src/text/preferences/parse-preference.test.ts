import { describe, expect, test } from "vitest";
import { parsePreference, parseTranscript, RowFault } from "./parse-preference.js";

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

const dialogue = {
  prompt: [user("Hi"), assistant("Hello."), user("Which colour?")],
  chosen: [assistant("Blue.")],
  rejected: [assistant("Red, blue.")],
};
const before = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Which colour?\n\nAssistant:";

test.each<[string, unknown]>([
  ["a prompt of its own", dialogue],
  [
    "the prompt inside both answers",
    { chosen: [...dialogue.prompt, ...dialogue.chosen], rejected: [...dialogue.prompt, ...dialogue.rejected] },
  ],
  [
    "the prompt apart and inside both answers",
    {
      prompt: dialogue.prompt,
      chosen: [...dialogue.prompt, ...dialogue.chosen],
      rejected: [...dialogue.prompt, ...dialogue.rejected],
    },
  ],
  ["HH-RLHF's transcripts", { chosen: `${before} Blue.`, rejected: `${before} Red, blue.` }],
  ["a transcript as the prompt", { prompt: before, chosen: " Blue.", rejected: " Red, blue." }],
  ["single messages", { ...dialogue, chosen: dialogue.chosen[0], rejected: dialogue.rejected[0] }],
])("a conversation in pairs, %s: the same record", (_, row) => {
  expect(parsePreference(row)).toEqual(dialogue);
});

test("rows like UltraFeedback's: a text as prompt, whole conversations, scores", () => {
  const row = {
    prompt: "Which colour?",
    prompt_id: "a1",
    messages: [user("Which colour?"), assistant("Blue.")],
    chosen: [user("Which colour?"), assistant("Blue.")],
    rejected: [user("Which colour?"), assistant("Red.")],
    score_chosen: 8.5,
    score_rejected: 4,
  };
  expect(parsePreference(row)).toEqual({
    prompt: [user("Which colour?")],
    chosen: [assistant("Blue.")],
    rejected: [assistant("Red.")],
    scores: { chosen: 8.5, rejected: 4 },
  });
});

test("texts in pairs: the prompt apart, or the beginning that both have; a blank belongs to the answer", () => {
  const record = { prompt: "The sky is", chosen: " blue.", rejected: " green." };
  expect(parsePreference(record)).toEqual(record);
  expect(parsePreference({ chosen: "The sky is blue.", rejected: "The sky is green." })).toEqual(record);
  expect(parsePreference({ chosen: "A \u{1f642}!", rejected: "A \u{1f643}!" })).toEqual({
    prompt: "A ",
    chosen: "\u{1f642}!",
    rejected: "\u{1f643}!",
  });
});

test("one answer with a label", () => {
  const record = { prompt: "The sky is", completion: " blue.", label: true };
  expect(parsePreference(record)).toEqual(record);
  expect(parsePreference({ ...record, label: 0 })).toEqual({ ...record, label: false });
  const messages = { prompt: [user("Sky?")], completion: [assistant("Blue.")], label: false };
  expect(parsePreference(messages)).toEqual(messages);
  expect(parsePreference({ ...messages, prompt: "Sky?" })).toEqual(messages);
});

test("transcripts: speakers only behind an empty line, an answer that is asked for is none", () => {
  expect(parseTranscript("\n\nHuman: One\n\nTwo\nHuman: three\n\nAssistant: Four ")).toEqual([
    user("One\n\nTwo\nHuman: three"),
    assistant("Four"),
  ]);
  expect(parseTranscript(before)).toEqual(dialogue.prompt);
  expect(parseTranscript("A Human: no")).toBeUndefined();
});

describe("rows that are none", () => {
  test.each<[unknown, string]>([
    [["a"], 'expected an object, received ["a"]'],
    [{ text: "a", label: 1 }, "received the fields text, label"],
    [{ messages: [user("a")] }, "received the fields messages"],
    [{ chosen: "a" }, "rejected: expected a text or messages, received nothing"],
    [{ prompt: "a", chosen: "b", rejected: null }, "rejected: expected a text or messages, received null"],
    [{ prompt: "a", chosen: "b", rejected: "b" }, "chosen and rejected are the same"],
    [{ chosen: "b", rejected: "c" }, "expected the same beginning, the prompt"],
    [{ chosen: [user("a")], rejected: [user("b")] }, "expected the same first message, the prompt"],
    [{ prompt: "a", chosen: "b", rejected: [assistant("c")] }, "expected both as texts or both as messages"],
    [
      { prompt: "a", chosen: [{ role: "user" }], rejected: "c" },
      'chosen, message 1: expected { role, content } with texts, received {"role":"user"}',
    ],
    [{ prompt: "a", completion: "b", label: "yes" }, 'label: expected true or false, received "yes"'],
    [{ completion: "b", label: true }, "prompt: expected a text or messages, received nothing"],
    [{ prompt: [], completion: "b", label: true }, "prompt: expected a text or messages, received []"],
  ])("%j", (row, message) => {
    expect(() => parsePreference(row)).toThrow(RowFault);
    expect(() => parsePreference(row)).toThrow(message);
  });
});
