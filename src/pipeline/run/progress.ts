/** How long work reports where it stands. What is done with it (a bar, lines, nothing) is the caller's affair. */

/** Progress of one piece of work that counts up to a known total. May be started again for a second part. */
export interface Progress {
  /**
   * @param unit what is counted, in the plural: batches, texts, tokens
   * @param done what an earlier run had done already; it does not count for the pace
   */
  start(total: number, unit: string, done?: number): void;
  /** @param note what else is worth a glance, e.g. the mean reward */
  update(done: number, note?: string): void;
  end(): void;
}
