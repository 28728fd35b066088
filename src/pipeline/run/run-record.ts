/** run.json with its configuration checked. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkConfig } from "../../config/check-config.js";
import type { Config } from "../../config/config.js";
import { withPlainTraining } from "../../config/plain-training.js";
import { ConfigError, FormatError } from "../../errors.js";
import { RUN_FORMAT, type RunRecordData, readRecord, type StageRecord } from "../../results/run-record.js";

/** The content of run.json. */
export type RunRecord = Omit<RunRecordData, "config"> & { config: Config };

/** A stage that has not run. */
export const pendingStage: StageRecord = { status: "pending", settings: null, inputs: {} };

/**
 * Reads and checks run.json of a run folder, regardless of the format of the folder's files.
 * @throws FormatError when the folder has no run.json or it is damaged; names the first fault
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  return withConfig(folder, await readRecord(folder));
}

/**
 * Reads and checks run.json of a run folder in which stages are to run.
 * @throws ConfigError when its files have another format than stages read and write; FormatError as
 *   `readRunRecord`
 */
export async function readResumableRecord(folder: string): Promise<RunRecord> {
  const record = await readRecord(folder);
  if (record.format === RUN_FORMAT) return withConfig(folder, record);
  const expected = `run files of format ${RUN_FORMAT} (${wayOut(folder, record)})`;
  throw new ConfigError("rewardscope", [{ path: folder, expected, received: `format ${record.format}` }]);
}

/** Advice for a folder of another format. */
function wayOut(folder: string, { format }: RunRecordData): string {
  if (format > RUN_FORMAT)
    return "a newer version of rewardscope wrote these: run that one, or begin a new folder with --out";
  const tuned = join(folder, "tuned");
  const keep = existsSync(tuned) ? `; --base MODEL --tuned ${tuned} keeps the tuned model` : "";
  return `its report and results can still be read; to run stages, begin a new folder with --out${keep}`;
}

function withConfig(folder: string, record: RunRecordData): RunRecord {
  const { config, issues } = checkConfig(withPlainTraining(record.config));
  if (issues.length === 0) return { ...record, config };
  const [{ path, expected, received }] = issues;
  throw new FormatError(join(folder, "run.json"), `config.${path}: expected ${expected}, received ${received}`, {
    help: "A damaged run cannot be continued: run again into a new folder.",
  });
}
