/** Tracks an interrupted series by the trackers themselves, and compares what they have of it with what was logged. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Series } from "../../src/tracking/tracker.js";
import { openTrackers } from "../../src/tracking/trackers.js";
import { pythonOf, runProgram } from "./environments.js";
import type { Row } from "./table.js";

type Log = (line: string) => void;

const TOKEN = "sesame";
const KEY = "objective/kl";
const valueAt = (step: number): number => Math.sin(step);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a server and waits until it answers. */
async function serve(program: string, args: readonly string[], env: Record<string, string>, url: string) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore", detached: true });
  for (let tries = 0; child.exitCode === null && tries < 240; tries++) {
    if (await fetch(url).catch(() => undefined)) return { stop: () => process.kill(-child.pid!) };
    await sleep(500);
  }
  if (child.exitCode === null) process.kill(-child.pid!);
  throw new Error(`${program} ${args.join(" ")} does not answer at ${url}`);
}

/** One process of the run, which logs the steps after `after` up to `last`. */
async function logSteps(folder: string, env: Record<string, string>, series: Series, last: number): Promise<void> {
  const lines: string[] = [];
  const run = {
    ...{ folder, name: "peer", project: "peers", settings: { "ppo.batches": "64" } },
    clock: () => new Date(),
    log: (line: string) => void lines.push(line),
  };
  const tracker = openTrackers({ to: ["tensorboard", "mlflow", "trackio"], project: "peers" }, run, env);
  const tracked = tracker.series(series);
  for (let step = series.after + 1; step <= last; step++) {
    tracked.log(step, { [KEY]: valueAt(step) });
    // So that requests have few steps each.
    await sleep(20);
  }
  await tracker.close("done");
  if (lines.length > 0) throw new Error(lines.join("\n"));
}

/** Rows of steps that are missing, doubled or of another value, of 30 steps of which 5 were logged twice. */
export async function compareTrackers(work: string, log: Log): Promise<Row[]> {
  const python = await pythonOf("trackers", log);
  log("tracking a series by mlflow and trackio");
  const [mlflowPort, trackioPort] = [await freePort(), await freePort()];
  const [mlflow, trackio] = [mlflowPort, trackioPort].map((port) => `http://127.0.0.1:${port}`);
  const folder = join(work, "tracked");
  const store = `sqlite:///${join(work, "mlflow.db")}`;
  const own = {
    ...{ TRACKIO_DIR: join(work, "trackio"), TRACKIO_WRITE_TOKEN: TOKEN },
    ...{ GRADIO_SERVER_PORT: `${trackioPort}`, MLFLOW_TRACKING_URI: mlflow },
  };
  const serving = [
    await serve(
      join(dirname(python), "mlflow"),
      ["server", "--port", `${mlflowPort}`, "--workers", "1", "--backend-store-uri", store],
      {},
      `${mlflow}/health`,
    ),
  ];
  try {
    const show = "import trackio; trackio.show(open_browser=False, block_thread=True)";
    serving.push(await serve(python, ["-c", show], own, trackio));
    const env = { ...own, TRACKIO_SERVER_URL: trackio };
    await logSteps(folder, env, { name: "tune", after: 0, continues: false }, 20);
    await logSteps(folder, env, { name: "tune", after: 15, continues: true }, 30);
    const script = join(import.meta.dirname, "load_tracked.py");
    const output = await runProgram(python, [script, folder, "peers", KEY], own);
    const readings = JSON.parse(output.trim().split("\n").at(-1)!) as Record<string, [number, number][]>;
    return Object.entries(readings).map(([peer, found]) => ({
      check: "steps of a resumed series that differ",
      peer,
      worst: differing(found, 30),
      bound: 0,
    }));
  } finally {
    for (const { stop } of serving) stop();
  }
}

/** Steps that are not there once with their value, in single precision, and others that are there. */
function differing(found: readonly (readonly [number, number])[], count: number): number {
  const wrong = Array.from({ length: count }, (_, i) => i + 1).filter((step) => {
    const values = found.filter(([at]) => at === step).map(([, value]) => Math.fround(value));
    return values.length !== 1 || values[0] !== Math.fround(valueAt(step));
  });
  return wrong.length + found.filter(([step]) => step < 1 || step > count).length;
}
