import { expect, test } from "vitest";
import { formatDuration } from "./duration.js";

test("durations", () => {
  expect([0.4, 59.6, 75, 3599.6, 7384].map(formatDuration)).toEqual([
    "0 s",
    "1 min 00 s",
    "1 min 15 s",
    "1 h 00 min",
    "2 h 03 min",
  ]);
});
