/** Writes the exports of invented runs that record.py reads. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { exportRun } from "../../../src/export/exports.js";
import { exampleRun, writeRun } from "../../support/example-run.js";
import { writePlayableRun } from "../../support/playable-run.js";

const run = join(await mkdtemp(join(tmpdir(), "rewardscope-export-")), "run");
await writeRun(run, exampleRun());
for (const name of ["tables", "dataset", "tensorboard"] as const) await exportRun(run, name, join(process.argv[2], name));
const playable = await writePlayableRun(dirname(run), "playable");
for (const name of ["saedashboard", "neuronpedia", "delphi"] as const)
  await exportRun(playable, name, join(process.argv[2], name));
