/**
 * The default run beside the same work in Python, in turns: `npm run bench:default -- --python VENV/bin/python --trl
 * VENV-TRL/bin/python --repeats 1`. Prints a table by stage, one of results of both sides, and peak memory. Without --trl the
 * Python side starts at the run's tuned model. `--set key=value` changes the run, and so both sides, as for a trial on
 * small amounts. Linux only, since memory and processor time are read from /proc.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { comparedResults } from "./default-results.js";
import { writeInputs } from "./work/default-inputs.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string" },
    trl: { type: "string" },
    repeats: { type: "string", default: "1" },
    set: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
  },
});
const { python, trl } = options;
if (!python) throw new Error("--python: expected the Python of bench/peers/requirements.txt, received none");

/** One side of one turn. */
interface Side {
  /** Of the whole process or processes. */
  wall: number;
  seconds: Record<string, number>;
  processor: Record<string, number>;
  peakGiB: number;
}

/** What the Python side prints in its last line. */
interface PythonLine extends Omit<Side, "wall"> {
  amounts: Record<string, Record<string, number>>;
  results: Record<string, unknown>;
}

/** Ticks of /proc per second, on every Linux of today. */
const TICKS = 100;

/** Processor time and peak memory of a process, read from /proc while it runs. */
class Watched {
  private readonly samples: { at: number; processor: number }[] = [];
  peakGiB = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly child: ChildProcess) {
    this.timer = setInterval(() => this.sample(), 200);
  }

  private sample(): void {
    try {
      const after = readFileSync(`/proc/${this.child.pid}/stat`, "utf8").split(") ")[1].split(" ");
      this.samples.push({ at: Date.now(), processor: (Number(after[11]) + Number(after[12])) / TICKS });
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8"));
      if (peak) this.peakGiB = Number(peak[1]) / 2 ** 20;
    } catch {
      // The process has ended.
    }
  }

  /** Processor seconds between two times. */
  between(start: string, end: string): number {
    const until = (time: string) => this.samples.findLast(({ at }) => at <= Date.parse(time))?.processor ?? 0;
    return until(end) - until(start);
  }

  /** Waits for the end of the process. @returns its output */
  async ended(): Promise<string> {
    let output = "";
    this.child.stdout!.on("data", (data) => {
      output += data;
    });
    this.child.stderr!.on("data", (data) => {
      output += data;
    });
    const code = await new Promise((resolve) => this.child.on("close", resolve));
    clearInterval(this.timer);
    if (code !== 0) throw new Error(`${this.child.spawnargs.join(" ")} ended with ${code}:\n${output.slice(-4000)}`);
    return output;
  }
}

async function timed(command: string, args: readonly string[]) {
  const started = performance.now();
  const watched = new Watched(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
  const output = await watched.ended();
  return { wall: (performance.now() - started) / 1000, watched, output };
}

interface StageRecord {
  status: string;
  seconds: number;
  startedAt: string;
  endedAt: string;
}

async function ourTurn(folder: string): Promise<Side> {
  const set = options.set.flatMap((one) => ["--set", one]);
  const main = join(import.meta.dirname, "..", "dist", "cli", "main.js");
  const { wall, watched } = await timed(process.execPath, [main, "run", "default", "--out", folder, ...set]);
  const { stages } = JSON.parse(readFileSync(join(folder, "run.json"), "utf8")) as {
    stages: Record<string, StageRecord>;
  };
  const done = Object.entries(stages).filter(([, { status }]) => status === "done");
  return {
    wall,
    seconds: Object.fromEntries(done.map(([name, { seconds }]) => [name, seconds])),
    processor: Object.fromEntries(
      done.map(([name, { startedAt, endedAt }]) => [name, watched.between(startedAt, endedAt)]),
    ),
    peakGiB: watched.peakGiB,
  };
}

/** @param tuned our tuned model, which stands in for that of TRL where there is none */
async function pythonTurn(inputs: string, folder: string, tuned: string): Promise<Side & { lines: PythonLine[] }> {
  const script = (name: string) => join(import.meta.dirname, "peers", "default_run", name);
  const turns = [];
  if (trl) turns.push(await timed(trl, [script("tune.py"), inputs, folder]));
  turns.push(await timed(python!, [script("run.py"), inputs, trl ? folder : tuned]));
  const lines = turns.map(({ output }) => {
    const line = output
      .trim()
      .split("\n")
      .findLast((one) => one.startsWith("{"));
    // Python writes NaN where a statistic is undefined.
    return JSON.parse(line!.replaceAll(/\bNaN\b/g, "null")) as PythonLine;
  });
  return {
    wall: turns.reduce((sum, { wall }) => sum + wall, 0),
    seconds: Object.assign({}, ...lines.map(({ seconds }) => seconds)),
    processor: Object.assign({}, ...lines.map(({ processor }) => processor)),
    peakGiB: Math.max(...turns.map(({ watched }) => watched.peakGiB)),
    lines,
  };
}

const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};
const total = (values: Record<string, number>) => Object.values(values).reduce((sum, value) => sum + value, 0);

const folder = mkdtempSync(join(tmpdir(), "rewardscope-default-run-"));
const inputs = join(folder, "inputs.json");
const turns: { ours: Side; theirs: Awaited<ReturnType<typeof pythonTurn>> }[] = [];
let results: readonly (readonly string[])[] = [];
for (let i = 0; i < Number(options.repeats); i++) {
  const run = join(folder, `run-${i}`);
  const ours = await ourTurn(run);
  await writeInputs(run, inputs);
  const theirs = await pythonTurn(inputs, join(folder, `tuned-${i}`), join(run, "tuned"));
  turns.push({ ours, theirs });
  results = await comparedResults(run, Object.assign({}, ...theirs.lines.map((line) => line.results)));
  console.error(`turn ${i + 1}: ours ${ours.wall.toFixed(1)} s, in Python ${theirs.wall.toFixed(1)} s`);
}
rmSync(folder, { recursive: true });

const of = (side: "ours" | "theirs", value: (of: Side) => number | undefined) => {
  const found = turns.map((turn) => value(turn[side])).filter((one) => one !== undefined);
  return found.length > 0 ? median(found) : undefined;
};
const shown = (seconds: number | undefined) =>
  seconds === undefined ? "-" : seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0);
/** A line of the table: seconds of both, their ratio, and processor seconds of both. */
function line(name: string, seconds: (of: Side) => number | undefined, processor: (of: Side) => number | undefined) {
  const [own, peer] = [of("ours", seconds), of("theirs", seconds)];
  const ratio = own !== undefined && peer !== undefined && own >= 0.05 ? (peer / own).toFixed(2) : "-";
  return [
    ...[name, shown(own), shown(peer), ratio],
    ...[shown(of("ours", processor)), shown(of("theirs", processor))],
  ].join(" | ");
}
const withoutTuning = (side: Side) => (trl ? 0 : (side.seconds.tune ?? 0));
const stages = Object.keys(turns[0].ours.seconds);
const table = [
  ...stages.map((name) =>
    line(
      `\`${name}\``,
      (side) => side.seconds[name],
      (side) => side.processor[name],
    ),
  ),
  line(
    "start and end of processes",
    (side) => side.wall - total(side.seconds),
    () => undefined,
  ),
  line(
    trl ? "all" : "all but `tune`",
    (side) => side.wall - withoutTuning(side),
    (side) => total(side.processor) - (trl ? 0 : (side.processor.tune ?? 0)),
  ),
];
const machine = `${cpus().length} cores, ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
if (options.out) writeFileSync(options.out, `${JSON.stringify({ machine, turns, results }, null, 1)}\n`);
const peak = (side: "ours" | "theirs") => of(side, ({ peakGiB }) => peakGiB)!.toFixed(2);
console.log(`${machine}

| stage | ours, s | in Python, s | ratio | processor, ours | processor, Python |
| --- | --- | --- | --- | --- | --- |
${table.map((one) => `| ${one} |`).join("\n")}

Peak memory: ours ${peak("ours")} GiB, in Python ${peak("theirs")} GiB.

| result | ours | in Python |
| --- | --- | --- |
${results.map((one) => `| ${one.join(" | ")} |`).join("\n")}`);
