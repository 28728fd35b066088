import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { FormatError, RunError } from "../../src/errors.js";
import { moduleReward } from "../../src/reward/module.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reward-"));
});

async function written(name: string, code: string): Promise<string> {
  await writeFile(join(folder, name), code);
  return join(folder, name);
}

test("the default export values texts, at once or later", async () => {
  const now = await moduleReward(await written("now.mjs", "export default (texts) => texts.map((t) => t.length);"));
  expect(await now(["a", "", "abc"])).toEqual([1, 0, 3]);
  const later = await moduleReward(await written("later.mjs", "export default async (texts) => texts.map(() => 0.5);"));
  expect(await later(["a", "b"])).toEqual([0.5, 0.5]);
});

test("texts are copies, and what is printed comes with the module's name", async () => {
  const printed: string[] = [];
  const code = `export default (texts) => {
    console.log("given", texts.length);
    const values = Float64Array.from(texts, (text) => text.length);
    texts.fill("overwritten");
    texts.length = 1;
    return values;
  };`;
  const reward = await moduleReward(await written("overwrites.mjs", code), { print: (line) => printed.push(line) });
  const texts = ["first text", "\ud83d"];
  expect(await reward(texts)).toEqual([10, 1]);
  expect(texts).toEqual(["first text", "\ud83d"]);
  await reward.dispose?.();
  expect(printed).toEqual(["[overwrites.mjs] given 2"]);
  await expect(reward(texts)).rejects.toThrow("was disposed of");
});

test("calls at the same time get their own values", async () => {
  const code = `export default async (texts) => {
    await new Promise((resolve) => setTimeout(resolve, 100 / (1 + texts.length)));
    return texts.map(() => texts.length);
  };`;
  const reward = await moduleReward(await written("slow.mjs", code));
  expect(await Promise.all([reward(["a"]), reward(["b", "c"]), reward([])])).toEqual([[1], [2, 2], []]);
  await reward.dispose?.();
});

test("a file that changed is read anew", async () => {
  expect(await (await moduleReward(await written("changed.mjs", "export default () => [1];")))(["a"])).toEqual([1]);
  expect(await (await moduleReward(await written("changed.mjs", "export default () => [2];")))(["a"])).toEqual([2]);
});

test.each([
  ["no-function.mjs", "export default 5;", /no-function.mjs: expected a function as default export, received number 5/],
  ["none.mjs", "export const reward = () => [];", /received nothing/],
  ["syntax.mjs", "export default (texts =>", /syntax.mjs: cannot be loaded/],
  ["throws.mjs", "throw new Error('no key');", /throws.mjs: cannot be loaded: no key/],
])("%s is refused", async (name, code, message) => {
  const file = await written(name, code);
  await expect(moduleReward(file)).rejects.toThrow(FormatError);
  await expect(moduleReward(file)).rejects.toThrow(message);
});

test("a missing file is named", async () => {
  await expect(moduleReward(join(folder, "nowhere.mjs"))).rejects.toThrow(/nowhere.mjs: no such file/);
});

test.each([
  ["few.mjs", "export default () => [1];", /few.mjs: expected a list of 2 numbers, received 1/],
  ["no-list.mjs", "export default () => 1;", /expected a list of 2 numbers, received number 1/],
  ["nan.mjs", "export default () => [1, NaN];", /nan.mjs, text 1 of 2: expected a finite number, received number NaN/],
  ["words.mjs", "export default () => ['1', 2];", /text 0 of 2: .*received string 1\n.*"first text"/],
  ["error.mjs", "export default () => { throw new Error('offline'); };", /error.mjs failed: offline/],
])("what %s gives is refused", async (name, code, message) => {
  const reward = await moduleReward(await written(name, code));
  const given = Promise.resolve(reward(["first text", "second text"]));
  await expect(given).rejects.toThrow(RunError);
  await expect(given).rejects.toThrow(message);
});
