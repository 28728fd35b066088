import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { DecodingThread } from "../../src/io/decoding-thread.js";

let decoder: DecodingThread | undefined;
afterEach(() => decoder?.end());

/** A thread that answers a request by running the code `answer`. */
function open(answer: string, { heap = 32, signal }: { heap?: number; signal?: AbortSignal } = {}): DecodingThread {
  const code = `
    const { parentPort } = require("node:worker_threads");
    parentPort.postMessage({ place: "row group 2 of 3", seconds: 1 });
    parentPort.on("message", () => { ${answer} });`;
  const thread = new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: heap } });
  decoder = new DecodingThread(thread, { path: "a.parquet", column: "text", heap, signal });
  return decoder;
}

test("a thread that never comes to anything is ended, and the file and its row group are named", async () => {
  const waiting = open("for (;;);").next();
  await expect(waiting).rejects.toThrow(FormatError);
  await expect(waiting).rejects.toThrow(/^a\.parquet: row group 2 of 3: 1 s of decoding came to nothing/);
  await expect(decoder?.next()).rejects.toThrow(/came to nothing/);
});

test("one that goes on step by step may take longer than a step", async () => {
  const steps = `
    const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    for (let i = 0; i < 5; i++) { wait(); parentPort.postMessage({ place: "page " + i, seconds: 1 }); }
    parentPort.postMessage({ texts: ["a"], done: true });`;
  expect(await open(steps).next()).toEqual({ texts: ["a"], done: true });
});

test("one that takes too much memory is ended", async () => {
  const growing = open('const all = []; for (;;) all.push("x".repeat(1000) + all.length);').next();
  await expect(growing).rejects.toThrow(/row group 2 of 3: decoding it takes more than 32 MiB/);
});

test("one that throws or ends is a damaged file", async () => {
  // Later, since an error may overtake the message with the place.
  const later = (code: string) => open(`setTimeout(() => { ${code} }, 100)`).next();
  await expect(later('throw new TypeError("no such thing")')).rejects.toThrow(/row group 2 of 3: no such thing/);
  await expect(later("process.exit(0)")).rejects.toThrow(/row group 2 of 3: the thread that decodes it ended/);
});

test("whoever stops the work does not wait for it", async () => {
  const controller = new AbortController();
  const waiting = open("for (;;);", { signal: controller.signal }).next();
  setTimeout(() => controller.abort(new Error("stopped")), 100);
  const begin = performance.now();
  await expect(waiting).rejects.toThrow("stopped");
  expect(performance.now() - begin).toBeLessThan(900);
});
