/** Waiting for many promises of which one may fail. */

/**
 * As Promise.all, but an error comes only when all have ended: what is under way is not abandoned, its replies are kept.
 * @throws the first rejection in order
 */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
