/**
 * Checks whether the files of runs were changed after their stages: sizes in every check, contents
 * in the background or before models are loaded, and again when a file changes.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import PQueue from "p-queue";
import { RewardscopeError } from "../errors.js";
import { type Damage, OutputChecks, refuseDamage, type Scope } from "../results/outputs.js";
import { type RunRecordData, readRecord } from "../results/run-record.js";
import { Unchanged } from "./unchanged.js";

/** Maximal number of records in memory, about 50 KB each. */
const MOST_RECORDS = 500;

/** Milliseconds in which a page is drawn. */
const LATER_MS = 1000;

/** Checks of all shown runs; contents are hashed one run at a time. */
export class RunChecks {
  private readonly checks = new Map<string, OutputChecks>();
  private readonly queue = new PQueue({ concurrency: 1 });
  private readonly queued = new Set<string>();
  private readonly records = new Unchanged<RunRecordData>(MOST_RECORDS);

  /** @param signal cancels pending checks in the background */
  constructor(signal?: AbortSignal) {
    signal?.addEventListener("abort", () => this.queue.clear(), { once: true });
  }

  private of(folder: string): OutputChecks {
    const checks = this.checks.get(folder) ?? new OutputChecks(folder);
    this.checks.set(folder, checks);
    return checks;
  }

  /** The content of run.json. @throws FormatError when it is damaged */
  record(folder: string): Promise<RunRecordData> {
    return this.records.of(folder, [join(folder, "run.json")], () => readRecord(folder));
  }

  /**
   * The damage that is known without reading files: different sizes, and differences found by
   * earlier checks of contents.
   * @throws FormatError when run.json is damaged
   */
  async glance(folder: string): Promise<Damage[]> {
    return this.of(folder).damage((await this.record(folder)).stages, { sizesOnly: true });
  }

  /**
   * Checks the contents of a run's files in the background; later calls of `glance` include the
   * result. It begins when the page that asks for it has been drawn, since hashing takes most of a core.
   */
  lookLater(folder: string): void {
    if (this.queued.has(folder)) return;
    this.queued.add(folder);
    const look = async (): Promise<void> => {
      this.queued.delete(folder);
      // The page of a run shows why it cannot be read.
      await this.record(folder)
        .then(({ stages }) => this.of(folder).damage(stages))
        .catch((error: unknown) => {
          if (!(error instanceof RewardscopeError)) throw error;
        });
    };
    // Waited for outside of the queue, in which runs take turns.
    void setTimeout(LATER_MS, undefined, { ref: false }).then(() => this.queue.add(look));
  }

  /**
   * @throws FormatError that names outputs that were changed after their stage, contents included
   */
  async requireWhole(folder: string, files?: Scope["files"]): Promise<void> {
    const { stages } = await this.record(folder);
    refuseDamage(folder, await this.of(folder).damage(stages, { files }));
  }
}
