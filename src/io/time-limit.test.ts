import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { timeLimit } from "./time-limit.js";

test("a limit among other signals holds after garbage collections", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let reason: unknown;
  // Nothing but the listener remains of the signals.
  (() => {
    const limit = AbortSignal.any([new AbortController().signal, timeLimit(0.2)]);
    limit.addEventListener("abort", () => {
      reason = limit.reason;
    });
  })();
  for (let waited = 0; waited < 5 && reason === undefined; waited += 0.02) {
    collect();
    await new Promise((done) => setTimeout(done, 20));
  }
  expect(reason).toMatchObject({ name: "TimeoutError" });
});
