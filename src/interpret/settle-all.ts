/** Waits for many promises, of which some may fail. */

/**
 * Like Promise.all, but throws only after all have ended, so that replies of running requests are
 * saved.
 * @throws the first rejection in order
 */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
