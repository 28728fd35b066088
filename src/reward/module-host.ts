/**
 * The program of a module's child process. Its arguments are the module's path and the parent's
 * process number. It loads the module and answers calls until the parent ends or disconnects.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf } from "../io/atomic.js";
import type { ModuleCall, ModuleProblem, ModuleReport } from "./module-protocol.js";
import { checkValues, describe } from "./module-values.js";

const [path, parent] = process.argv.slice(2);
const url = pathToFileURL(path).href;
const name = `the reward ${path}`;
/** Maximal number of characters of an error's message. */
const LONGEST_MESSAGE = 1000;
const channel = process.send!.bind(process);
// Only this program may write to the channel.
process.send = undefined;

/** Sends a message and then calls `then`, even if the parent has ended. */
function send(report: ModuleReport, then: () => void = () => {}): void {
  channel(report, undefined, undefined, then);
}

/** The problem of any thrown value; reading even its message may throw. */
function problemOf(cause: unknown, prefix: string): ModuleProblem {
  try {
    const said = messageOf(cause) || (cause instanceof Error ? cause.name : "an empty text was thrown");
    const message = said.startsWith("[object ") ? `${describe(cause)} was thrown` : said;
    return {
      message: prefix + message.slice(0, LONGEST_MESSAGE),
      at: placeIn(cause instanceof Error ? (cause.stack ?? "") : ""),
    };
  } catch {
    return { message: `${prefix}something was thrown that cannot be shown` };
  }
}

/** The first position in the module among the lines of a stack trace. */
function placeIn(stack: string): string | undefined {
  const places = [url, path].flatMap((file) => {
    const found = stack.indexOf(`${file}:`);
    return found < 0 ? [] : [stack.slice(found + file.length)];
  });
  const [at] = places.flatMap((rest) => /^(:\d+){1,2}/.exec(rest)?.[0] ?? []);
  return at && path + at;
}

function crash(event: "uncaughtException" | "unhandledRejection", words: string): void {
  process.on(event, (cause) => {
    // Errors are left to the module's own listener if it has one.
    if (process.listenerCount(event) > 1) return;
    send({ kind: "crashed", problem: problemOf(cause, `${name}: ${words}: `) }, () => process.exit(1));
  });
}

/**
 * Ends this process after the parent. The channel closes then, but a module that blocks the thread
 * would not notice.
 */
function watchParent(): void {
  const watch = `
    const { workerData: parent } = require("node:worker_threads");
    const lives = () => { try { return process.kill(parent, 0) && process.ppid === parent; } catch { return false; } };
    setInterval(() => { if (!lives()) process.kill(process.pid, "SIGKILL"); }, 1000);`;
  new Worker(watch, { eval: true, workerData: Number(parent), execArgv: [] }).unref();
  process.on("disconnect", () => process.exit());
}

/** Makes Linux end this process rather than the run when memory runs out. */
function giveWayForMemory(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Not on Linux, or not permitted in a container.
  }
}

async function answer(reward: (texts: string[]) => unknown, { id, texts }: ModuleCall): Promise<ModuleReport> {
  try {
    // The module gets a copy, which it may change; errors show the original texts.
    const values = checkValues(name, texts, await reward([...texts]));
    return "message" in values ? { kind: "failed", id, problem: values } : { kind: "values", id, values };
  } catch (cause) {
    return { kind: "failed", id, problem: problemOf(cause, `${name} failed: `) };
  }
}

async function load(): Promise<ModuleReport> {
  let reward: unknown;
  try {
    reward = ((await import(url)) as { default?: unknown }).default;
  } catch (cause) {
    const problem = problemOf(cause, "cannot be loaded: ");
    const help = cause instanceof SyntaxError ? `node --check ${path} shows the place.` : undefined;
    return { kind: "refused", problem: { ...problem, ...(!problem.at && { help }) } };
  }
  if (typeof reward !== "function") {
    const message = `expected a function as default export, received ${describe(reward)}`;
    return {
      kind: "refused",
      problem: { message, help: "export default (texts) => texts.map((text) => text.length);" },
    };
  }
  const known = reward as (texts: string[]) => unknown;
  process.on("message", async (call: ModuleCall) => send(await answer(known, call)));
  return { kind: "loaded" };
}

crash("uncaughtException", "uncaught exception");
crash("unhandledRejection", "unhandled rejection");
// Ctrl-C reaches every process of a terminal; the parent decides whether this one ends.
process.on("SIGINT", () => {}).on("SIGTERM", () => {});
giveWayForMemory();
watchParent();
send(await load());
