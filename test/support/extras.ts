/**
 * Real reviews, and records made of them, in a folder `shared` beside the project: extras that a clean checkout does not have. A test
 * that needs one is skipped without it, and its name says so.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

/** A test that is given the path of `../shared/EXTRA`. */
export function testWithExtra(extra: string, name: string, run: (path: string) => Promise<void> | void): void {
  const path = join(import.meta.dirname, "../../../shared", extra);
  test.skipIf(!existsSync(path))(`${name} (skipped without ../shared/${extra})`, () => run(path));
}
