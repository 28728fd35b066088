/**
 * Makes the pictures of README and docs anew from a finished run: `npm run screenshots -- RUN`. Look at each before you keep it.
 */
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { chromium } from "playwright-core";
import { listen } from "../src/server/listen.js";

const folder = resolve(process.argv[2] ?? "runs/default");
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
const docs = resolve(import.meta.dirname, "../docs");
const stop = new AbortController();
// The folder above, in which a run can be started; none is.
const { url, controlUrl, ended } = await listen({
  ...{ folder: dirname(folder), host: "127.0.0.1", port: 0, signal: stop.signal },
  program: [resolve(import.meta.dirname, "../dist/cli/main.js")],
});
const run = `${url}runs/${encodeURIComponent(basename(folder))}`;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const screens = [
  { name: "", viewport: { width: 1280, height: 900 } },
  { name: "-phone", viewport: { width: 390, height: 844 } },
];
for (const { name, viewport } of screens) {
  const page = await browser.newPage({ viewport, reducedMotion: "reduce" });
  const keep = (what: string) => page.screenshot({ path: `${docs}/${what}${name}.png` });
  await page.goto(`file://${folder}/report/index.html`);
  await keep("report");
  await page.goto(`${run}/playground?prefix=This+movie+was&seed=7`);
  await page.getByRole("button", { name: "Ablate the five most reward-related" }).click();
  await page.locator(".column.edited output:not(:empty)").waitFor();
  await page.waitForTimeout(2000); // Until all three have ended.
  await page.getByRole("heading", { name: "Completions" }).scrollIntoViewIfNeeded();
  await keep("playground");
  await page.goto(controlUrl!);
  await page.goto(`${url}new`);
  await page.locator("#name").fill("first");
  await page.locator("#state", { hasText: "No problem" }).waitFor();
  await keep("new-run");
  await page.close();
}
await browser.close();
stop.abort();
await ended;
process.exit(0);
