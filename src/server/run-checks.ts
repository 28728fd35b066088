/**
 * Checks whether the files of runs were changed after their stages: sizes in every check, contents
 * in the background or before models are loaded, and again when a file changes.
 */
import PQueue from "p-queue";
import { RewardscopeError } from "../errors.js";
import { type Damage, OutputChecks, refuseDamage, type Scope } from "../results/outputs.js";
import { readRecord } from "../results/run-record.js";

export class RunChecks {
  private readonly checks = new Map<string, OutputChecks>();
  private readonly queue = new PQueue({ concurrency: 1 });
  private readonly queued = new Set<string>();

  /** @param signal cancels pending checks in the background */
  constructor(signal?: AbortSignal) {
    signal?.addEventListener("abort", () => this.queue.clear(), { once: true });
  }

  private of(folder: string): OutputChecks {
    const checks = this.checks.get(folder) ?? new OutputChecks(folder);
    this.checks.set(folder, checks);
    return checks;
  }

  /**
   * The damage that is known at once: different sizes, and differences found by earlier checks of
   * contents.
   * @throws FormatError when run.json is damaged
   */
  async glance(folder: string): Promise<Damage[]> {
    return this.of(folder).damage((await readRecord(folder)).stages, { sizesOnly: true });
  }

  /**
   * Checks the contents of a run's files in the background; later calls of `known` include the
   * result.
   */
  lookLater(folder: string): void {
    if (this.queued.has(folder)) return;
    this.queued.add(folder);
    void this.queue.add(async () => {
      this.queued.delete(folder);
      // An unreadable run is reported where it is shown.
      await readRecord(folder)
        .then(({ stages }) => this.of(folder).damage(stages))
        .catch((error: unknown) => {
          if (!(error instanceof RewardscopeError)) throw error;
        });
    });
  }

  /**
   * @throws FormatError that names outputs that were changed after their stage, contents included
   */
  async requireWhole(folder: string, files?: Scope["files"]): Promise<void> {
    const { stages } = await readRecord(folder);
    refuseDamage(folder, await this.of(folder).damage(stages, { files }));
  }
}
