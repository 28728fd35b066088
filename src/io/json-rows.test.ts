import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readJsonRows } from "./json-rows.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "json-rows-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function rowsOf(content: string): Promise<unknown[]> {
  const path = join(folder, "train.json");
  await writeFile(path, content);
  const rows: unknown[] = [];
  for await (const row of readJsonRows(path, "text")) rows.push(row);
  return rows;
}

const two = [{ text: 'a ]} "' }, { text: "b\\" }];
const [a, b] = two.map((row) => JSON.stringify(row));

test.each([
  ["a list", `[${a}, ${b}]\n`],
  ["a list over several lines", JSON.stringify(two, null, 2)],
  ["lines", `${a}\n${b}`],
  ["lines of Windows", `${a}\r\n\r\n${b}\r\n`],
  ["objects over several lines", two.map((row) => JSON.stringify(row, null, 2)).join("\n")],
  ["a list in a field", `{"version": "1", "data": [${a},${b}], "count": 2}`],
  ["an answer of the Hub's viewer", `{"rows":[{"row_idx":0,"row":${a},"truncated_cells":[]},{"row":${b}}]}`],
])("%s", async (_, content) => {
  expect(await rowsOf(content)).toEqual(two);
});

test("rows of any length, across the edges of blocks; NaN is null", async () => {
  const rows = Array.from({ length: 3 }, (_, i) => ({ text: `é😀"${i}`.repeat(200_000), score: null }));
  const content = `[${rows.map((row) => JSON.stringify(row).replace("null", "NaN")).join(",\n")}]`;
  expect(await rowsOf(content)).toEqual(rows);
  expect(await rowsOf("[]")).toEqual([]);
  expect(await rowsOf("")).toEqual([]);
});

test("an object with the column is a row, whatever lists it has beside it", async () => {
  const row = { text: "a", data: [{ b: 1 }] };
  expect(await rowsOf(`${JSON.stringify(row)}\n${JSON.stringify(row)}`)).toEqual([row, row]);
  expect(await rowsOf('{"train":[{"text":"a"}]}')).toEqual([{ train: [{ text: "a" }] }]);
});

test.each([
  ["cut off", `[${a}`, /row 2: the file ends before its rows do/],
  ["cut off in a text", `[${a}, {"text":"b`, /row 2: the file ends before its rows do/],
  ["a comma too many", `[${a},]`, /expected a row, received \]/],
  ["a comma too few", `[${a}\n${b}]`, /line 2, row 2: expected a comma/],
  ["commas between lines", `${a},\n${b}`, /expected a row, received a comma/],
  ["no JSON", `${a}\n{"text": tru}`, /line 2, row 2: Unexpected token/],
  ["more behind the list", `[${a}] ${b}`, /goes on behind the end of its list/],
  ["lines with lists", `{"data":[${a}]}\n{"data":[${b}]}`, /Unexpected/],
  ["two lists", `{"data":[${a}],"rows":[${b}]}`, /the fields data and rows: which holds its rows/],
  ["a list and a text", `{"data":[${a}],"text":"b"}`, /the fields data and text: which holds its rows/],
  ["shortened cells", `{"rows":[{"row":${a},"truncated_cells":["text"]}]}`, /cells text are cut short/],
])("%s is an error with its place", async (_, content, message) => {
  await expect(rowsOf(content)).rejects.toThrow(message);
});
