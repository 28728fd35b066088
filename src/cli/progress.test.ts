import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { Stage } from "../pipeline/run/stage.js";
import { progressObserver } from "./progress.js";

const stage: Stage = { name: "tune", title: "tuning", needs: [], settings: () => 0, outputs: [], run: async () => {} };

function sink() {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

test("without a terminal, a line every five seconds at most", () => {
  const { stream, text } = sink();
  let ms = 0;
  const observer = progressObserver({ stream, isTerminal: false, now: () => ms });
  const progress = observer.stageStarts(stage, 2, 11);
  progress.start(100, "batches");
  for (let done = 1; done <= 100; done++) {
    ms += 100;
    progress.update(done, "reward 1.20");
  }
  progress.end();
  observer.stageEnds(stage, "done", 10);
  observer.stageEnds(stage, "upToDate", 0);
  expect(text().split("\n")).toEqual([
    "[2/11] tuning",
    "[2/11] tuning: 50/100 batches, 5 s left, reward 1.20",
    "[2/11] tuning: 100/100 batches, 0 s left, reward 1.20",
    "[2/11] tuning: done in 10 s",
    "tuning: up to date",
    "",
  ]);
});

test("a stage that stops without ending its progress leaves no bar behind", () => {
  const { stream, text } = sink();
  const terminal = Object.assign(stream, { isTTY: true, columns: 80, cursorTo() {}, clearLine() {}, moveCursor() {} });
  const observer = progressObserver({ stream: terminal, isTerminal: true, now: () => 0 });
  observer.stageStarts(stage, 1, 1).start(10, "batches");
  observer.stageEnds(stage, "stopped", 3);
  expect(text()).toContain("[1/1] tuning [");
  expect(text().trimEnd().endsWith("[1/1] tuning: stopped after 3 s")).toBe(true);
});
