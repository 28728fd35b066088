import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import { type BadRow, loadPreferences, type PreferenceOptions } from "./load-preferences.js";
import type { Preference } from "./preference.js";

const golden = resolve(import.meta.dirname, "../../../test/golden/parquet/preferences.parquet");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-preferences-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function all(source: string, options: PreferenceOptions = {}): Promise<Preference[]> {
  const preferences: Preference[] = [];
  for await (const preference of loadPreferences(source, options)) preferences.push(preference);
  return preferences;
}

const pairs = [0, 1, 2].map((i) => ({ prompt: `Number ${i}`, chosen: ` is ${i}.`, rejected: ` is ${i + 1}.` }));
const lines = pairs.map((pair) => JSON.stringify(pair)).join("\n");

test("JSON Lines, zipped or not, lists, splits of a folder", async () => {
  writeFileSync(join(folder, "a.jsonl"), `${lines}\n`);
  writeFileSync(join(folder, "b.json"), JSON.stringify(pairs));
  mkdirSync(join(folder, "set"));
  writeFileSync(join(folder, "set", "train.jsonl.gz"), gzipSync(lines));
  writeFileSync(join(folder, "set", "test.jsonl"), JSON.stringify(pairs[1]));
  expect(await all(join(folder, "a.jsonl"))).toEqual(pairs);
  expect(await all(join(folder, "b.json"))).toEqual(pairs);
  expect(await all(join(folder, "set"))).toEqual(pairs);
  expect(await all(join(folder, "set"), { limit: 2 })).toEqual(pairs.slice(0, 2));
  expect(await all(join(folder, "set"), { split: "test" })).toEqual([pairs[1]]);
});

test("Parquet with conversations and scores, as UltraFeedback's", async () => {
  expect(await all(golden)).toEqual(
    [0, 1, 2].map((i) => ({
      prompt: [{ role: "user", content: `Number ${i}?` }],
      chosen: [{ role: "assistant", content: `It is ${i}, \u{1f642}.` }],
      rejected: [{ role: "assistant", content: `It is ${i + 1}.` }],
      scores: { chosen: 8.5, rejected: i },
    })),
  );
  const spoilt = readFileSync(golden);
  spoilt.fill(0xff, 60, 90);
  writeFileSync(join(folder, "a.parquet"), spoilt);
  await expect(all(join(folder, "a.parquet"))).rejects.toThrow(FormatError);
});

test("every bad row is named with file and line; whoever asks for them gets the others", async () => {
  const file = join(folder, "train.jsonl");
  writeFileSync(
    file,
    [JSON.stringify(pairs[0]), "", '{"prompt": "a"', '{"text": "b"}', JSON.stringify(pairs[2])].join("\n"),
  );
  const failure = all(file);
  await expect(failure).rejects.toThrow(FormatError);
  await expect(failure).rejects.toThrow(
    new RegExp(
      `2 rows are no preferences\n  ${file}, line 3: expected one JSON value: .*\n  ${file}, line 4: expected prompt, chosen and rejected.* received the fields text\n  help: `,
    ),
  );
  const bad: BadRow[] = [];
  expect(await all(file, { onBadRow: (row) => bad.push(row) })).toEqual([pairs[0], pairs[2]]);
  expect(bad.map(({ place }) => place)).toEqual(["line 3", "line 4"]);
  writeFileSync(file, Array.from({ length: 50 }, () => "{}").join("\n"));
  await expect(all(file)).rejects.toThrow(/50 rows are no preferences\n(.*\n){20} {2}and 30 more\n/);
});

test("files of texts are none", async () => {
  writeFileSync(join(folder, "train.txt"), "a");
  await expect(all(folder)).rejects.toThrow(/expected files that end in \.parquet, \.jsonl, \.ndjson or \.json/);
});
