/** All problems of a file, in one error. */
import { FormatError } from "../errors.js";

/** @throws FormatError that lists the problems, if there are any */
export function throwProblems(file: string, problems: readonly string[]): void {
  const [first, ...more] = problems;
  if (first === undefined) return;
  if (more.length === 0) throw new FormatError(file, first);
  throw new FormatError(file, `${problems.length} problems\n${problems.map((line) => `  ${line}`).join("\n")}`);
}
