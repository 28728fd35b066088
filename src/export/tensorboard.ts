/** Export of the tuning curves and samples as a TensorBoard event file. */
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readRun } from "../results/read-run.js";
import { fileVersion, scalarsEvent, textsEvent } from "../tracking/event-file.js";
import { sampleTexts } from "../tracking/sample-texts.js";

/**
 * Writes `events.out.tfevents.0000000000.rewardscope`: the metrics of every batch by TRL's names, and the
 * sampled completions.
 * @throws FormatError when the run has no metrics
 */
export async function writeTensorboard(run: string, folder: string): Promise<void> {
  const { metrics, samples } = await readRun(run);
  if (metrics.length === 0)
    throw new FormatError(run, "the run has no metrics of tuning", { help: "Only a run that tunes a model has." });
  // Events have the batch as their time: the export of a run is always the same bytes.
  const records = [fileVersion(0)];
  for (const { batch, ...values } of metrics) {
    const place = { time: batch, step: batch };
    records.push(scalarsEvent(place, values));
    const here = samples.filter((sample) => sample.batch === batch);
    if (here.length > 0) records.push(textsEvent(place, sampleTexts(here)));
  }
  await writeFileAtomic(join(folder, "events.out.tfevents.0000000000.rewardscope"), Buffer.concat(records));
}
