import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Turns } from "./turns.js";

const ROUNDS = 20_000;

/** Adds 1 to a number in two steps, so that two threads at once would lose some. */
const thread = `
  const { workerData: { memory, number } } = require("node:worker_threads");
  (async () => {
    const { register } = await import("tsx/esm/api");
    register();
    const { Turns } = await import(${JSON.stringify(new URL("./turns.ts", import.meta.url).href)});
    const [turns, count] = [new Turns(memory), new Float64Array(number)];
    for (let i = 0; i < ${ROUNDS}; i++) turns.take(() => { const before = count[0]; count[0] = before + 1; });
  })();`;

test("one thread at a time works, and no turn is lost", { timeout: 60_000 }, async () => {
  const turns = new Turns();
  const number = new SharedArrayBuffer(8);
  const ended = [1, 2, 3].map(() => {
    const worker = new Worker(thread, { eval: true, workerData: { memory: turns.memory, number } });
    return new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
  });
  await Promise.all(ended);
  expect(new Float64Array(number)[0]).toBe(3 * ROUNDS);
});

test("a turn ends with work that fails", () => {
  const turns = new Turns();
  expect(() =>
    turns.take(() => {
      throw new Error("failed");
    }),
  ).toThrow("failed");
  expect(turns.take(() => 3)).toBe(3);
});
