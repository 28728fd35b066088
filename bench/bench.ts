/**
 * Times our work against the Python libraries': all processes of a row are started, warmed up, and then take turns, so that what
 * else the machine does meets them alike. `npm run bench -- --help` says how.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { parseArgs } from "node:util";
import { saveModel } from "../src/model/load.js";
import { randomModel } from "./random-model.js";
import { rows } from "./rows.js";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string" },
    repeats: { type: "string", default: "7" },
    python: { type: "string" },
    trl: { type: "string" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`npm run bench -- [--rows ${rows.map(({ id }) => id).join(",")}] [--repeats 7] [--python VENV/bin/python] [--trl VENV/bin/python] [--out FILE]
Without --python (bench/peers/requirements.txt) and --trl (bench/peers/requirements-trl.txt), ours alone is timed.`);
  process.exit(0);
}

/** A process that works when it is told to. */
class Worker {
  readonly seconds: number[] = [];
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async start(name: string, command: string, args: readonly string[]): Promise<Worker> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const reader: Interface = createInterface({ input: child.stdout! });
    const worker = new Worker(name, child, reader[Symbol.asyncIterator]());
    const said = await worker.next();
    if (said !== "ready") throw new Error(`${name}: expected "ready", received ${said}`);
    return worker;
  }

  private async next(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended (${this.child.exitCode ?? this.child.signalCode})`);
    return value;
  }

  async once(): Promise<void> {
    this.child.stdin!.write("go\n");
    this.seconds.push(Number(await this.next()));
  }

  end(): void {
    this.child.kill();
  }
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
const median = (values: readonly number[]) => {
  const list = sorted(values);
  const half = Math.floor(list.length / 2);
  return list.length % 2 === 1 ? list[half] : (list[half - 1] + list[half]) / 2;
};
const shown = (seconds: number) => (seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(2)} s`);

const folder = mkdtempSync(join(tmpdir(), "rewardscope-bench-"));
const model = join(folder, "model");
const random = await randomModel();
await saveModel(random, model);
await random.dispose();

const wanted = options.rows?.split(",");
const table: string[] = [];
const record: object[] = [];
for (const row of rows.filter(({ id }) => !wanted || wanted.includes(id))) {
  const args = [model, ...(row.arguments ?? [])];
  const ours = ["--import", "tsx", join(import.meta.dirname, "work", `${row.work}.ts`), ...args];
  const workers = [
    await Worker.start("matrix products", process.execPath, [
      "--import",
      "tsx",
      join(import.meta.dirname, "work", "matmul.ts"),
    ]),
    await Worker.start("ours", process.execPath, ours),
  ];
  for (const { name, script, venv, args: more = [] } of row.peers) {
    const python = venv === "ours" ? process.execPath : options[venv];
    if (!python) continue;
    const given =
      venv === "ours"
        ? ["--import", "tsx", join(import.meta.dirname, "work", script), ...args]
        : [join(import.meta.dirname, "peers", script), ...args, ...more];
    try {
      workers.push(await Worker.start(name, python, given));
    } catch (error) {
      console.error(`${row.id}: ${name} does not run: ${(error as Error).message}`);
    }
  }
  for (let i = 0; i < Number(options.repeats); i++) for (const worker of workers) await worker.once();
  for (const worker of workers) worker.end();
  const [machine, own, ...peers] = workers;
  const speed = (2 * 2048 ** 3) / median(machine.seconds) / 1e9;
  const share = row.gflop ? row.gflop / median(own.seconds) / speed : undefined;
  record.push({
    row: row.id,
    gigaflopsPerSecond: speed,
    seconds: Object.fromEntries(workers.map(({ name, seconds }) => [name, seconds])),
  });
  const cells = [
    row.title,
    shown(median(own.seconds)),
    share === undefined ? "" : `${(100 * share).toFixed(0)}% of ${speed.toFixed(0)} GFLOP/s`,
  ];
  if (peers.length === 0) table.push(`| ${[...cells, "", "", "", row.target].join(" | ")} |`);
  for (const peer of peers) {
    const ratios = sorted(peer.seconds.map((seconds, i) => seconds / own.seconds[i]));
    const ratio = [ratios[0], median(ratios), ratios[ratios.length - 1]].map((value) => value.toFixed(2)).join(" / ");
    table.push(`| ${[...cells, peer.name, shown(median(peer.seconds)), ratio, row.target].join(" | ")} |`);
  }
  console.log(table.slice(-Math.max(1, peers.length)).join("\n"));
}
rmSync(folder, { recursive: true });

const machine = `${cpus().length} cores, ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
if (options.out)
  writeFileSync(
    options.out,
    `${JSON.stringify({ machine, version, repeats: Number(options.repeats), rows: record }, null, 1)}\n`,
  );
console.log(`\n${machine}\n
| work | ours | products' share | peer | theirs | ratio min / median / max | at least |
| --- | --- | --- | --- | --- | --- | --- |
${table.join("\n")}`);
process.exit(0);
