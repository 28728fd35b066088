import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { logBytes, logTail } from "./log-tail.js";

test("of a run that is continued, only what this process printed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-log-"));
  expect([await logBytes(folder), await logTail(folder)]).toEqual([0, ""]);
  await writeFile(join(folder, "run.log"), "the first process\n");
  const before = await logBytes(folder);
  expect(await logTail(folder, before)).toBe("");
  await appendFile(join(folder, "run.log"), "error: é\n");
  expect(await logTail(folder, before)).toBe("error: é\n");
  expect(await logTail(folder)).toBe("the first process\nerror: é\n");
  // Longer than what is read: from a whole line on.
  await appendFile(join(folder, "run.log"), `${"x".repeat(9000)}\nlast\n`);
  expect(await logTail(folder, before)).toBe("last\n");
  await rm(folder, { recursive: true });
});
