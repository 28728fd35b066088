/** Replies of a language model, answers of its server and kept replies, spoilt at random: used, or refused in words. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { RunError } from "../../src/errors.js";
import { BadReply } from "../../src/interpret/llm/chat.js";
import { type OpenAiChatOptions, openAiChat } from "../../src/interpret/llm/openai-chat.js";
import {
  parseExplanation,
  parseLevels,
  parseMarks,
  parseSubstitutes,
  parseVerdict,
} from "../../src/interpret/llm/parse-replies.js";
import { Rng } from "../../src/rng.js";
import { chatServer } from "../support/chat-server.js";
import { changeBytes, changeJsonText, changeText, jsonOrBytes, mutationCount } from "../support/mutations.js";

const folder = mkdtempSync(join(tmpdir(), "rewardscope-replies-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Milliseconds of processor time that a reply may take to be understood. */
const AT_ONCE_MS = 1000;

/** Pieces that mean something to a form of reply, to Markdown or to JSON, or nothing. */
const pieces = [
  ..."{}[]\"'`:,.|*\\\t\r\n\0 01-",
  ...[
    "<think>",
    "</think>",
    "<|channel|>final<|message|>",
    "```json\n",
    "```",
    "\n\n",
    "**",
    "| ",
    " | ",
    "\r\n",
    "\u2028",
  ],
  ...[
    "yes",
    "No.",
    "YES!",
    "not",
    "true",
    "null",
    "NaN",
    "11",
    "1e999",
    "99999999999999999999",
    "1\t1\n",
    "2: 0\n",
    "\ufeff",
    "\ud800",
  ],
  ...[
    '{"answer": "no"}',
    '{"explanation": ""}',
    '"__proto__":',
    '{"',
    '"}',
    "\\u0000",
    '\\"',
    "{".repeat(5_000),
    "}".repeat(5_000),
  ],
  ...[
    '{"a":'.repeat(5_000),
    "\t".repeat(5_000),
    " ".repeat(5_000),
    '"'.repeat(5_001),
    "1\n".repeat(5_000),
    "<think>".repeat(2_000),
  ],
];

const tokens = [" The", " film", "|", "\t", "1", ":", " good", "\n", "", " 10"];
const isTexts = (list: unknown): boolean =>
  Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === "string");

const forms: Readonly<Record<string, { replies: string[]; check(reply: string): void }>> = {
  explanation: {
    replies: [
      '{"explanation": "words of praise"}',
      '<think>It {may} be praise.</think>\nHere it is:\n```json\n{\n  "Explanation": "words of \\"praise\\""\n}\n```\nIs that right?',
    ],
    check(reply) {
      const explanation = parseExplanation(reply);
      expect(explanation.trim()).toBe(explanation);
      expect(explanation.length).toBeGreaterThan(0);
      expect(explanation.length).toBeLessThanOrEqual(1000);
    },
  },
  verdict: {
    replies: [
      '{"answer": "yes", "reason": "it is praise"}',
      "No. It is about towns.",
      'Thoughts first.\n{"answer": false}',
      "**Yes**",
    ],
    check(reply) {
      const { yes, reason } = parseVerdict(reply);
      expect(typeof yes).toBe("boolean");
      expect(reason.length).toBeGreaterThan(0);
    },
  },
  marks: {
    replies: [
      "1\t0\n2\t1\n3\t0\n4\t1\n5\t1\n",
      "| 1 | 0 |\n| 2 | 1 |\n| 3 | 0 |\n| 4 | 0 |\n| 5 | 1 |",
      "1: 1\n\n2: 0\n\n3: 1\n4: 0\n5: 0",
    ],
    check(reply) {
      const marks = parseMarks(reply, 5);
      expect(marks).toHaveLength(5);
      expect(marks.every((mark) => typeof mark === "boolean")).toBe(true);
    },
  },
  levels: {
    replies: [
      tokens.map((token, i) => `${token.trim()}\t${i}\n`).join(""),
      `\`\`\`\n${tokens.map((token, i) => `${token.trim()}: ${10 - i}\r\n`).join("")}\`\`\``,
    ],
    check(reply) {
      const levels = parseLevels(reply, tokens);
      expect(levels).toHaveLength(tokens.length);
      expect(levels.every((level) => Number.isInteger(level) && level >= 0 && level <= 10)).toBe(true);
    },
  },
  substitutes: {
    replies: [
      '{"negative": ["bad", "dull"], "neutral": ["long", "new"]}',
      '```\n{"neutral": ["long"], "negative": ["bad"], "why": {"a": [1]}}\n```',
    ],
    check(reply) {
      const { negative, neutral } = parseSubstitutes(reply);
      expect([isTexts(negative), isTexts(neutral)]).toEqual([true, true]);
    },
  },
};

/** A reply changed as JSON where it is, and else as text. */
function spoil(rng: Rng, reply: string): string {
  let changed = reply;
  if (reply.startsWith("{") && rng.uniform() < 0.4) changed = Buffer.from(changeJsonText(rng, reply)).toString("utf8");
  for (let times = rng.integer(3); times >= 0; times--) changed = changeText(rng, changed, pieces);
  return changed;
}

describe("replies", () => {
  test.each(Object.entries(forms))("%s", { timeout: 300_000 }, (name, { replies, check }) => {
    for (const reply of replies) check(reply);
    const found = { used: 0, refused: 0 };
    let longest = 0;
    for (let i = 0; i < mutationCount(100, 400); i++) {
      const rng = Rng.fromSeed(1, "replies", name, String(i));
      const reply = spoil(rng, replies[rng.integer(replies.length)]);
      const shown = `${name} ${i}: ${JSON.stringify(reply.slice(0, 2000))}`;
      const started = process.cpuUsage();
      try {
        check(reply);
        found.used++;
      } catch (error) {
        if (!(error instanceof BadReply)) throw new Error(shown, { cause: error });
        // The message goes to the model.
        expect(error.message.length, shown).toBeLessThan(500);
        found.refused++;
      }
      const { user, system } = process.cpuUsage(started);
      longest = Math.max(longest, (user + system) / 1000);
      expect(longest, shown).toBeLessThan(AT_ONCE_MS);
    }
    expect(Math.min(found.used, found.refused)).toBeGreaterThan(0);
    console.log(`replies, ${name}: ${JSON.stringify(found)}, longest ${Math.round(longest)} ms`);
  });
});

const optionsOf = (baseURL: string, cacheFolder: string): OpenAiChatOptions => ({
  ...{ baseURL, cacheFolder, model: "m", apiKey: "very-secret", temperature: 0 },
  ...{ maxReplyTokens: 100, maxTokens: 1e9, requestsPerMinute: 1e6, maxConcurrent: 1, timeoutSeconds: 5, retries: 1 },
});

const question = (i: number) => [{ role: "user", content: `question ${i}` }] as const;

const completion = {
  id: "1",
  object: "chat.completion",
  created: 0,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "an answer", refusal: null }, finish_reason: "stop" }],
  usage: { prompt_tokens: 60, completion_tokens: 40, total_tokens: 100 },
};

test("answers of the server are a reply that is kept, or one error without the key", { timeout: 600_000 }, async () => {
  const server = await chatServer(() => "well");
  const found = { used: 0, refused: 0 };
  let longest = 0;
  try {
    for (let i = 0; i < mutationCount(60, 600); i++) {
      const rng = Rng.fromSeed(1, "answers", String(i));
      const body = Buffer.from(jsonOrBytes(rng, Buffer.from(JSON.stringify(completion)))).toString("utf8");
      const status = rng.uniform() < 0.8 ? 200 : [201, 204, 400, 404, 422, 429, 500, 503][rng.integer(8)];
      server.next.length = 0;
      for (let times = 0; times < 8; times++) server.next.push({ status, body });
      const shown = `answer ${i}, status ${status}: ${body.slice(0, 2000)}`;
      const cache = join(folder, "answers", String(i));
      const chat = await openAiChat(optionsOf(server.baseURL, cache));
      const started = performance.now();
      try {
        const reply = await chat.ask(question(i));
        found.used++;
        expect(typeof reply.text, shown).toBe("string");
        expect(reply.fault !== undefined || reply.text.trim() !== "", shown).toBe(true);
        // What was paid for is there when the run goes on.
        const asked = server.seen.length;
        const again = await openAiChat(optionsOf(server.baseURL, cache));
        expect([again.damaged, await again.ask(question(i))], shown).toEqual([[], reply]);
        expect(again.spent, shown).toEqual(chat.spent);
        expect(server.seen.length, shown).toBe(asked);
      } catch (error) {
        found.refused++;
        expect(error, `${shown}\n${error instanceof Error ? error.stack : error}`).toBeInstanceOf(RunError);
        const { message } = error as RunError;
        expect(message, shown).toContain(server.baseURL);
        expect(message, shown).not.toMatch(/very-secret|\[object|internal:|Cannot read|not a function/);
        expect(message.length, shown).toBeLessThan(2000);
      }
      longest = Math.max(longest, performance.now() - started);
      expect(longest, shown).toBeLessThan(10_000);
    }
  } finally {
    await server.close();
  }
  expect(Math.min(found.used, found.refused)).toBeGreaterThan(0);
  console.log(`answers: ${JSON.stringify(found)}, longest ${Math.round(longest)} ms`);
});

test.each<[string, string, number, (response: ServerResponse) => void, RegExp]>([
  ["stops in the middle", "stops", 2, () => {}, /timed out/],
  [
    "comes drop by drop",
    "drips",
    2,
    (response) => void setInterval(() => response.write(" "), 100).unref(),
    /timed out/,
  ],
  [
    "is larger than any reply",
    "large",
    40,
    (response) => void response.end(" ".repeat(17 * 2 ** 20)),
    /the answer is not a chat completion \(the answer has more than 16 MiB\)/,
  ],
])("an answer that %s ends with an error in time", { timeout: 60_000 }, async (_, name, seconds, goOn, message) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"choices": [');
    goOn(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const chat = await openAiChat({ ...optionsOf(baseURL, join(folder, name)), timeoutSeconds: seconds, retries: 0 });
    const started = performance.now();
    await expect(chat.ask(question(0))).rejects.toThrow(message);
    expect(performance.now() - started).toBeLessThan(1000 * seconds + 10_000);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("kept replies are what they were, or are asked for anew", { timeout: 600_000 }, async () => {
  let answers = 0;
  const server = await chatServer(() => `answer ${++answers}`);
  const cache = join(folder, "kept");
  const found = { used: 0, anew: 0 };
  try {
    const first = await openAiChat(optionsOf(server.baseURL, cache));
    const reply = await first.ask(question(0));
    const file = join(cache, readdirSync(cache)[0]);
    const content = readFileSync(file);
    for (let i = 0; i < mutationCount(60, 400); i++) {
      const rng = Rng.fromSeed(1, "kept", String(i));
      const spoilt = rng.uniform() < 0.5 ? changeBytes(rng, content) : jsonOrBytes(rng, content);
      writeFileSync(file, spoilt);
      const shown = `kept reply ${i}: ${Buffer.from(spoilt).toString("latin1").slice(0, 2000)}`;
      const asked = server.seen.length;
      const chat = await openAiChat(optionsOf(server.baseURL, cache));
      const again = await chat.ask(question(0));
      if (server.seen.length === asked) {
        found.used++;
        expect([again, chat.damaged], shown).toEqual([reply, []]);
      } else {
        found.anew++;
        expect([again.text, chat.damaged], shown).toEqual([`answer ${answers}`, [readdirSync(cache)[0]]]);
      }
      writeFileSync(file, content);
    }
  } finally {
    await server.close();
  }
  console.log(`kept replies: ${JSON.stringify(found)}`);
});
