import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import type { Tokenizer } from "../../model/language-model.js";
import { createChatTemplate } from "../../model/tokenizer/chat-template.js";
import type { PairTemplate } from "./pair-template.js";
import { lackingPreferences, readPreferences } from "./preferences.js";

/** A token per character. */
const tokenizer = { encode: (text: string) => Array.from(text, (one) => one.charCodeAt(0)) } as Tokenizer;
const audit = { ...parseConfig({}, "test").audit, preferenceRows: 20 };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-preferences-"));
  file = join(folder, "rows.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (rows: readonly unknown[]) => writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
const read = (template?: PairTemplate, mostTokens = 100) =>
  readPreferences(file, audit, { tokenizer, template, mostTokens, signal: new AbortController().signal });
const textOf = (ids: readonly number[]) => String.fromCharCode(...ids);

const pair = (i: number) => ({ prompt: `Number ${i}`, chosen: " is it.", rejected: " is not." });
const pairs = (count: number) => Array.from({ length: count }, (_, i) => pair(i));

test("as many as are asked for; those that are too long or none are left out and counted", async () => {
  write([{ ...pair(0), chosen: "x".repeat(200) }, { text: "none" }, ...pairs(30)]);
  const found = await read();
  expect(found.pairs).toHaveLength(20);
  expect(found).toMatchObject({ form: "none", longer: 1, bad: 1, firstBad: { file, place: "line 2" } });
  expect(found.pairs[3].given).toBe("Number 3".length);
  expect(lackingPreferences(file, found, 100)).toBeUndefined();
});

test("conversations in a template, or without one as transcripts; the whole of an unpaired answer", async () => {
  const user = { role: "user", content: "Hi" };
  const answer = (content: string) => [{ role: "assistant", content }];
  write([
    { prompt: [user], chosen: answer("Yes"), rejected: answer("No") },
    { prompt: [user], completion: answer("Yes"), label: true },
  ]);
  const source =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
  const chat = { of: "tuned" as const, render: createChatTemplate(source, {}, "template").render };
  const found = await read(chat);
  expect(found.form).toBe("tuned");
  expect(textOf(found.pairs[0].chosen)).toBe("<user>Hi<assistant>Yes");
  expect(found.completions[0]).toMatchObject({ given: "<user>Hi<assistant>".length, wanted: true });
  const plain = await read();
  expect(plain.form).toBe("transcript");
  expect(textOf(plain.pairs[0].rejected)).toBe("\n\nHuman: Hi\n\nAssistant: No");
});

test("a template that refuses a conversation refuses the row", async () => {
  const source = "{{ raise_exception('no system message') }}";
  const chat = { of: "base" as const, render: createChatTemplate(source, {}, "template").render };
  write([{ prompt: [{ role: "system", content: "a" }], chosen: "b", rejected: "c" }, ...pairs(2)]);
  const found = await read(chat);
  expect([found.pairs.length, found.bad]).toEqual([2, 1]);
  expect(found.firstBad!.problem).toContain("no system message");
});

test("too few: one sentence says how many there are, and what is wrong with the first that is none", async () => {
  write([...pairs(3), { text: "none" }, { prompt: "a", completion: "b", label: true }]);
  const lacking = lackingPreferences(file, await read(), 100)!;
  expect(lacking.expected).toContain("at least 20 pairs (prompt, chosen, rejected), or 10 completions of each label");
  expect(lacking.received).toBe(
    `3 pairs; 1 wanted and 0 unwanted completions; 1 rows that are none, the first in ${file}, line 4: expected prompt, chosen and rejected, or prompt, completion and label, received the fields text in ${file}`,
  );
});
