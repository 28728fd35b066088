/** Files of texts, spoilt at random: each is read, or refused in words that name it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import type { Rng } from "../../src/rng.js";
import { loadCorpus } from "../../src/text/corpus.js";
import { loadLexicon } from "../../src/text/lexicon.js";
import { changeBytes, changeJsonText, changeText, tryFaults } from "../support/mutations.js";

const folder = mkdtempSync(join(tmpdir(), "rewardscope-texts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const words = [
  "plain",
  "",
  " ",
  'said "so"',
  "a, b; c\td",
  "two\nlines",
  "\u00e9t\u00e9 \u6f22\u5b57 \u{1f642}",
  "null",
  "\\n",
  "[{",
];
const rows = Array.from({ length: 40 }, (_, i) => ({ text: `${i}: ${words[i % words.length]}`, label: i % 2 }));
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const table = (separator: string, end: string) =>
  ["text", "label"].join(separator) +
  end +
  rows.map(({ text, label }) => quoted(text) + separator + label + end).join("");
const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const contents: Readonly<Record<string, string | Uint8Array>> = {
  "comma.csv": table(",", "\n"),
  "semicolon.csv": table(";", "\r\n"),
  "tab.tsv": table("\t", "\n"),
  "lines.jsonl": lines,
  "marked.jsonl": Buffer.from(`\ufeff${lines}`, "utf16le"),
  "list.json": JSON.stringify(rows, null, 1),
  "field.json": JSON.stringify({ version: "1", data: rows }),
  "viewer.json": JSON.stringify({
    features: [],
    rows: rows.map((row, i) => ({ row_idx: i, row, truncated_cells: [] })),
  }),
  "plain.txt": rows.map(({ text }) => `${text}\n`).join(""),
  "lines.jsonl.gz": gzipSync(lines),
  "comma.csv.gz": gzipSync(table(",", "\n")),
};

/** Pieces that mean something to one of the formats. */
const pieces = [
  ..."\"',;\t\r\n\0\\{}[]:",
  ...['""', '"\n', '\r\n"', "\n\n", "\r", "\ufeff", "\u2028", "\u0085", "\ud800", "\\u0000", "\\ud83d", "#", "=1+1"],
  ...[
    "null",
    "NaN",
    "-Infinity",
    "1e999",
    "true",
    "text",
    "label",
    '"text":',
    '"text":null,',
    '{"text":"x"}',
    "[[",
    "]}",
  ],
  ...[
    '"data":[{}]',
    '"rows":[',
    "__proto__",
    "constructor",
    "a".repeat(100_000),
    "[".repeat(5_000),
    '"'.repeat(5_000),
    ",".repeat(5_000),
  ],
];

/** Bytes of any file; of a text also its text, of JSON also its tree. */
function spoil(rng: Rng, content: Buffer): Uint8Array {
  const kind = rng.uniform();
  if (kind < 0.3 || content[0] === 0x1f) return changeBytes(rng, content);
  const encoding = content[0] === 0xff ? "utf16le" : "utf8";
  const text = content.toString(encoding);
  if (kind < 0.5 && /^[[{]/.test(text)) {
    const [first, ...others] = text.startsWith('{"text"') ? text.split("\n") : [text];
    const changed = Buffer.from(changeJsonText(rng, first));
    return Buffer.concat([changed, Buffer.from(others.map((line) => `\n${line}`).join(""))]);
  }
  let changed = text;
  for (let times = rng.integer(3); times >= 0; times--) changed = changeText(rng, changed, pieces);
  return Buffer.from(changed, encoding);
}

/** Every text of a file, which has at most as many characters as the file can hold. */
async function readTexts(path: string): Promise<void> {
  let last = -1;
  for await (const { text, id } of loadCorpus(path)) {
    expect(typeof text).toBe("string");
    expect(text.trim()).not.toBe("");
    expect(id).toBeGreaterThan(last);
    last = id;
  }
}

test.each(Object.keys(contents))("%s", { timeout: 600_000 }, async (name) => {
  const path = join(folder, name);
  writeFileSync(path, contents[name]);
  await tryFaults({ name, path, counts: [60, 400], change: spoil, use: () => readTexts(path) });
});

test("a lexicon", { timeout: 600_000 }, async () => {
  const path = join(folder, "lexicon.txt");
  writeFileSync(
    path,
    Array.from(
      { length: 60 },
      (_, i) => `word${String.fromCharCode(97 + (i % 26))}\t${(i % 9) - 4}\t0.5\t[1, 2]\n`,
    ).join(""),
  );
  await tryFaults({
    name: "lexicon",
    path,
    counts: [60, 400],
    change: spoil,
    use: async () => {
      for (const value of loadLexicon(path).values()) expect(Number.isFinite(value)).toBe(true);
    },
  });
});
