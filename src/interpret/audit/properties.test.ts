import { expect, test } from "vitest";
import type { AuditedText } from "./audited-text.js";
import { propertyColumns } from "./properties.js";

const textOf = (text: string, ids: number[], ended = false): AuditedText => ({
  origin: "base",
  unit: 0,
  prompt: "",
  text,
  ids,
  logRatios: new Float64Array(ids.length),
  ended,
});

test("properties of two texts, counted by hand", () => {
  const answer =
    "# Advice\n\n- **Perhaps** you should rest.\n2. I think it is GREAT! 🎬\n\nWhat do you think, you idiot? It is great.";
  const declined = "I'm sorry, but I cannot help with that.";
  const columns = propertyColumns([textOf(answer, [1, 2, 3], true), textOf(declined, [1, 2])], {
    valences: new Map([["great", 3.1], ["idiot", -2.3], ["sorry", -0.3]]), // biome-ignore format: values
    frequentWords: new Set(["it", "is"]),
  });
  const of = Object.fromEntries(columns.map(({ name, values }) => [name, [...values]]));
  expect(of.sentiment[0]).toBeCloseTo(2 * 3.1 - 2.3, 12);
  expect(of).toMatchObject({
    length: [3, 2],
    ended: [1, 0],
    insults: [1, 0],
    // perhaps, and think twice
    hedging: [3, 0],
    refusal: [0, 1],
    firstPerson: [1, 2],
    secondPerson: [3, 0],
    formatting: [2, 0],
    lists: [2, 0],
    lineBreaks: [5, 0],
    emoji: [1, 0],
    exclamations: [1, 0],
    questions: [1, 0],
    capitals: [1, 0],
    numbers: [1, 0],
    frequentWords: [4, 0],
  });
});

test("pairs of words that occurred before", () => {
  const [column] = propertyColumns([textOf("the film is the film is long", [])], {
    valences: new Map(),
    frequentWords: new Set(),
  }).filter(({ name }) => name === "repetition");
  // "the film", "film is" come twice.
  expect([...column.values]).toEqual([2]);
});
