/** A series that is killed after batch 3 with a checkpoint at batch 2, and goes on, as TensorBoard's tracker writes it. */
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { openTensorboard } from "../../../src/tracking/tensorboard.js";
import type { TrackedRun } from "../../../src/tracking/tracker.js";

/** The values of a batch; those after the interruption tell themselves apart by the sign. */
export const valuesOf = (batch: number, sign: 1 | -1) => ({ "objective/kl": sign * batch, "objective/scores": 0.5 });

/** Writes into `folder`; the clock stands still, so the later file needs a second of its own. */
export async function writeInterrupted(folder: string): Promise<void> {
  const lines: string[] = [];
  const run: TrackedRun = {
    ...{ folder, name: "run", project: "rewardscope", settings: {} },
    clock: () => new Date("2020-01-01T00:00:00Z"),
    log: (line) => void lines.push(line),
  };
  const first = openTensorboard(run).series({ name: "tune", after: 0, continues: false });
  for (const batch of [1, 2, 3]) first.log(batch, valuesOf(batch, 1));
  first.text(2, { "samples/0": "the second, 1" });
  first.text(3, { "samples/0": "the third, 1" });
  const place = join(folder, "tensorboard", "tune");
  const [torn] = await readdir(place);
  await appendFile(join(place, torn), Buffer.from([64, 0, 0]));
  const second = openTensorboard(run).series({ name: "tune", after: 2, continues: true });
  for (const batch of [3, 4]) second.log(batch, valuesOf(batch, -1));
  second.text(3, { "samples/0": "the third, -1" });
  if (lines.length > 0) throw new Error(lines.join("\n"));
}
