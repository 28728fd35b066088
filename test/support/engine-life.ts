/** A process that uses the C API hard, and ends as its argument says; see test/faults/engine-life.test.ts. */
import { readFileSync } from "node:fs";
import { Graph } from "../../src/graph/builder.js";
import { encodeOnnx } from "../../src/onnx/encode.js";
import { chooseBackend } from "../../src/runtime/choose-backend.js";
import { Engine } from "../../src/runtime/engine.js";
import type { Tensor } from "../../src/runtime/tensor.js";

const RUNS = 10_000;
const SESSIONS = 200;
const ABORTED = 100;

/** x [rows, 8] through a matrix, `times` times: twice x each time. */
function doubled(times: number): Uint8Array {
  const g = new Graph("doubled");
  const twice = g.input("twice", [8, 8]);
  let y = g.input("x", ["rows", 8]);
  for (let i = 0; i < times; i++) y = g.matMul(y, twice);
  g.output("y", y);
  return encodeOnnx(g);
}

const twice: Tensor = { dims: [8, 8], data: Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 2 : 0)) };

function rows(count: number): Tensor {
  return { dims: [count, 8], data: Float32Array.from({ length: count * 8 }, (_, i) => i) };
}

function check(y: ArrayLike<number>, factor: number, what: string): void {
  for (let i = 0; i < y.length; i++)
    if (y[i] !== i * factor) throw new Error(`${what}: index ${i} is ${y[i]}, expected ${i * factor}`);
}

/** Threads and resident MiB of this process. */
function taken(): { threads: number; mebibytes: number } {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string): number => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))![1]);
  return { threads: field("Threads"), mebibytes: field("VmRSS") / 1024 };
}

const collectGarbage = globalThis.gc!;

/** Runs whose buffers nobody else holds, with garbage collected in their midst; every answer is checked. */
async function manyRuns(runs: number): Promise<void> {
  const { backend } = await chooseBackend("c-api");
  const session = await backend.createSession(doubled(1));
  for (let run = 0; run < runs; run++) {
    const count = run % 37;
    const place: Tensor = { dims: [count, 8], data: new Float32Array(count * 8) };
    const results = session.run({ x: rows(count), twice }, { y: run % 2 ? place : null });
    if (run % 100 === 0) collectGarbage();
    check((await results).y.data as Float32Array, 2, `run ${run}`);
  }
  await session.release();
}

/** Sessions made and released, some of them while they run or while others do. */
async function manySessions(): Promise<void> {
  const { backend } = await chooseBackend("c-api");
  for (let round = 0; round < SESSIONS; round++) {
    const session = await backend.createSession(doubled(3));
    const runs = [1, 5, 9].map((count) => session.run({ x: rows(count), twice }, { y: null }));
    if (round % 2) await session.release();
    for (const run of runs) check((await run).y.data as Float32Array, 8, `session ${round}`);
    await session.release();
    if (round % 20 === 0) collectGarbage();
  }
}

/** Runs that are aborted at many moments: each gives all of its answer or fails as aborted. */
async function abortedRuns(): Promise<number> {
  const { backend } = await chooseBackend("c-api");
  const session = await backend.createSession(doubled(400));
  let aborted = 0;
  for (let run = 0; run < ABORTED; run++) {
    const controller = new AbortController();
    const answer = session.run(
      { x: rows(4000), twice: { dims: [8, 8], data: identity } },
      { y: null },
      controller.signal,
    );
    setTimeout(() => controller.abort(new Error("enough")), run / 20);
    await answer.then(
      ({ y }) => check(y.data as Float32Array, 1, `aborted run ${run}`),
      (error: Error) => {
        if (error.message !== "enough") throw error;
        aborted++;
      },
    );
  }
  await session.release();
  return aborted;
}

const identity = Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0));

/** An engine with a run of seconds under way. */
async function runningEngine(): Promise<{ engine: Engine; run: Promise<string> }> {
  const engine = new Engine({ backend: "c-api" });
  const g = new Graph("long");
  const x = g.input("x", [500, 500]);
  let y = x;
  for (let i = 0; i < 400; i++) y = g.matMul(y, x);
  g.output("y", y);
  const program = await engine.load(g);
  const feeds = { x: { dims: [500, 500], data: new Float32Array(250_000) } };
  const run = program.run({ feeds, fetch: ["y"] }).then(
    () => "done",
    (error: Error) => error.message,
  );
  await new Promise((resolve) => setTimeout(resolve, 30));
  return { engine, run };
}

const endings: Record<string, () => Promise<void>> = {
  async work() {
    await manyRuns(RUNS / 10);
    const before = taken();
    await manyRuns(RUNS);
    await manySessions();
    const aborted = await abortedRuns();
    const after = taken();
    const grown = {
      threads: after.threads - before.threads,
      mebibytes: Math.round(after.mebibytes - before.mebibytes),
    };
    process.stdout.write(JSON.stringify({ aborted, grown }));
  },
  /** Engines closed in the midst of a run. */
  async close() {
    const outcomes: string[] = [];
    let threads = 0;
    for (let i = 0; i < 5; i++) {
      const { engine, run } = await runningEngine();
      await engine.close();
      outcomes.push(await run);
      if (i === 0) threads = taken().threads;
    }
    process.stdout.write(JSON.stringify({ outcomes, moreThreads: taken().threads - threads }));
  },
  /** The process ends in the midst of a run. */
  async exit() {
    await runningEngine();
    process.exit(7);
  },
  /** An engine that nobody uses. */
  async unused() {
    new Engine({ backend: "c-api" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
  /** Nobody waits for the run. */
  async leave() {
    const { engine } = await runningEngine();
    await engine.describe();
  },
};

await endings[process.argv[2]]();
