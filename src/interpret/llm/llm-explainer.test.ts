import { expect, test } from "vitest";
import { loadPrompts } from "../../text/prompts.js";
import type { Chat } from "./chat.js";
import { EXCERPTS_PER_QUESTION, llmExplainer } from "./llm-explainer.js";

/** Token n has the text " n"; the explanation describes even tokens. */
const tokenText = (id: number) => ` ${id}`;
const excerpts = Array.from({ length: EXCERPTS_PER_QUESTION + 5 }, (_, i) => ({ tokens: [i, 100, 101], start: 0 }));

/**
 * Answers by the first number of each line, and records the questions; the first `slips` answers
 * are malformed.
 */
function evenNumbers(slips: string[] = []): { chat: Chat; questions: string[] } {
  const questions: string[] = [];
  return {
    questions,
    chat: {
      model: "test",
      async ask(messages) {
        const { content } = messages[0];
        questions.push(content);
        const lines = [...content.matchAll(/^(\d+)\t.*?(\d+)/gm)];
        const text =
          slips.shift() ?? lines.map(([, line, number]) => `${line}\t${Number(number) % 2 === 0 ? 1 : 0}`).join("\n");
        return { text, kept: String(questions.length) };
      },
    },
  };
}
const explainerOf = (chat: Chat) =>
  llmExplainer({ chat, prompts: loadPrompts(), rewardDescription: "numbers", tokenText });

test("detection asks in portions whose order says nothing, and puts the answers back in order", async () => {
  const { chat, questions } = evenNumbers();
  const told = await explainerOf(chat).detect({ explanation: "even numbers" }, excerpts);
  expect(told).toEqual(excerpts.map((_, i) => i % 2 === 0));
  expect(questions).toHaveLength(2);
  const asked = questions.flatMap((question) =>
    [...question.matchAll(/^\d+\t.*?(\d+) 100/gm)].map(([, n]) => Number(n)),
  );
  expect([...asked].sort((a, b) => a - b)).toEqual(excerpts.map((_, i) => i));
  expect(asked).not.toEqual(excerpts.map((_, i) => i));
  // The order depends only on the texts.
  const again = evenNumbers();
  await explainerOf(again.chat).detect({ explanation: "even numbers" }, excerpts.toReversed());
  expect(again.questions).toEqual(questions);
});

test("a reply that cannot be used is asked for again; after three, and for a failed explanation, there is no answer", async () => {
  const few = excerpts.slice(0, 2);
  const slip = evenNumbers(["yes"]);
  expect(await explainerOf(slip.chat).detect({ explanation: "even" }, few)).toEqual([true, false]);
  expect(slip.questions).toHaveLength(2);
  const lost = evenNumbers(["yes", "1\t1", "1\t2\n2\t0"]);
  expect(await explainerOf(lost.chat).detect({ explanation: "even" }, few)).toBeUndefined();
  expect(lost.questions).toHaveLength(3);
  const silent = evenNumbers();
  expect(await explainerOf(silent.chat).detect({ explanation: "none", failed: true }, few)).toBeUndefined();
  expect(silent.questions).toHaveLength(0);
});
