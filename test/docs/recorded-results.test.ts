/** Every recorded result can be made again: `npm run test:peers` runs every script under test/golden. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { golden, scripts } from "../peers/records.js";

test("the script of every record is one that test:peers runs", () => {
  const there = readdirSync(golden, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(^|\/)record\w*\.py$/.test(name),
  );
  expect(scripts.map(({ script }) => script).toSorted()).toEqual(there.toSorted());
});
