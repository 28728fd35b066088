import { expect, test } from "vitest";
import { deliverTo, type Entry, type Sender } from "./delivery.js";
import { RequestFailed } from "./server-request.js";
import type { Outcome, Tracker } from "./tracker.js";

/** No waiting between two attempts. */
const AT_ONCE = [0, 0];

function open(sender: Sender): { tracker: Tracker; lines: string[] } {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const run = { folder: "", name: "run", project: "p", settings: {}, clock: () => new Date(0), log };
  return { tracker: deliverTo(sender, "mlflow", run, AT_ONCE), lines };
}

const begin = (tracker: Tracker) => tracker.series({ name: "tune", after: 0, continues: false });
const steps = (entries: readonly Entry[]) => entries.map(({ step }) => step);

test("entries arrive once and in order, those that came while a request was on its way together", async () => {
  const sent: number[][] = [];
  const ends: Outcome[] = [];
  const { tracker, lines } = open({
    send: async (entries) => void sent.push(steps(entries)),
    finish: async (outcome) => void ends.push(outcome),
  });
  const series = begin(tracker);
  for (let step = 1; step <= 150; step++) series.log(step, { loss: step });
  await tracker.close("done");
  expect(sent.flat()).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
  expect(sent.length).toBeLessThan(5);
  expect(ends).toEqual(["done"]);
  expect(lines).toEqual([]);
});

test("a request that fails for a moment is sent again, with one warning", async () => {
  let failures = 3;
  const sent: number[][] = [];
  const { tracker, lines } = open({
    async send(entries) {
      if (failures-- % 2 === 1) throw new RequestFailed("http://server answered 503", 503);
      sent.push(steps(entries));
    },
  });
  const series = begin(tracker);
  series.log(1, {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  series.log(2, {});
  await tracker.close("done");
  expect(sent).toEqual([[1], [2]]);
  expect(lines).toEqual(["warning: tracking by mlflow: http://server answered 503; it is tried again"]);
});

test.each([
  [503, 3, 2],
  [403, 1, 1],
])("after %i in every answer, tracking ends after %i requests with one line", async (status, requests, count) => {
  let asked = 0;
  let finished = false;
  const { tracker, lines } = open({
    async send() {
      asked++;
      throw new RequestFailed(`http://server answered ${status}`, status);
    },
    async finish() {
      finished = true;
    },
  });
  const series = begin(tracker);
  for (let step = 1; step <= 3; step++) series.log(step, {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  series.log(4, {});
  await tracker.close("done");
  expect(asked).toBe(requests);
  expect(finished).toBe(false);
  expect(lines).toHaveLength(count);
  expect(lines.at(-1)).toBe(
    `tracking by mlflow stopped: http://server answered ${status}; the run and its own logs go on`,
  );
});

test("a server that never answers costs neither memory nor time", async () => {
  const { tracker, lines } = open({
    send: (_, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new RequestFailed("no answer")))),
  });
  const series = begin(tracker);
  const begun = performance.now();
  for (let step = 1; step <= 5000; step++) series.log(step, { loss: step });
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(lines).toEqual([
    "tracking by mlflow stopped: the server is too slow, 2000 steps wait for it; the run and its own logs go on",
  ]);
  await tracker.close("stopped");
  expect(performance.now() - begun).toBeLessThan(2000);
  expect(lines).toHaveLength(1);
});
