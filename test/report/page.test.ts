/** The report as a reader's browser shows it: opened from disk, clicked through. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeReport } from "../../src/report/write-report.js";
import { chromiumPath, openBrowser, withoutChromium } from "../support/browser.js";
import { exampleRun, writeRun } from "../support/example-run.js";

describe.skipIf(!chromiumPath)(`the report in a browser ${withoutChromium}`, { timeout: 60_000 }, () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rewardscope-"));
    await writeRun(folder, exampleRun());
    const file = await writeReport(folder);
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const tableOf = (caption: string) =>
    page.locator(".table", { has: page.locator("caption", { hasText: caption }) }).first();
  const download = async (click: () => Promise<void>) => {
    const [saved] = await Promise.all([page.waitForEvent("download"), click()]);
    return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), "utf8") };
  };

  test("a table is ordered by its columns, and back", async () => {
    const table = tableOf("Reward of completions");
    const head = table.locator("thead th").nth(2);
    const column = () => table.locator("tbody tr td:nth-child(3)").allInnerTexts();
    const listed = await column();
    const numbers = async () =>
      (await column()).map((text) => Number.parseFloat(text.replace("−", "-"))).filter((x) => !Number.isNaN(x));
    await head.getByRole("button").click();
    expect(await head.getAttribute("aria-sort")).toBe("descending");
    expect(await numbers()).toEqual((await numbers()).toSorted((a, b) => b - a));
    await head.getByRole("button").press("Enter");
    expect(await numbers()).toEqual((await numbers()).toSorted((a, b) => a - b));
    await head.getByRole("button").click();
    expect(await column()).toEqual(listed);
  });

  test("tables and figures are saved as files", async () => {
    const table = tableOf("Reward of completions");
    const csv = await download(() => table.getByRole("button", { name: /as CSV/ }).click());
    expect(csv.name).toMatch(/^reward-of-completions.*\.csv$/);
    expect(csv.text.split("\n").length).toBe((await table.locator("tr").count()) + 1);
    expect(csv.text).toContain('"0.21 [0.14, 0.28]"');
    const json = await download(() => table.getByRole("button", { name: /as JSON/ }).click());
    expect(JSON.parse(json.text)).toHaveLength(await table.locator("tbody tr").count());
    const svg = await download(() =>
      page
        .locator("figure")
        .first()
        .getByRole("button", { name: /as SVG/ })
        .click(),
    );
    expect(svg.text).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  });

  test("features are filtered, ordered, and linked to", async () => {
    const shown = page.locator(".feature:visible");
    await page.locator("select[name=model]").selectOption("base");
    expect(await shown.locator(".model.tuned").count()).toBe(0);
    await page.locator("select[name=order]").selectOption("choice");
    const values = await shown.evaluateAll((items) => items.map((item) => item.getAttribute("data-choice")));
    const cosines = values.map(Number);
    expect(cosines.length).toBeGreaterThan(5);
    expect(cosines).toEqual(cosines.toSorted((a, b) => b - a));
    const hidden = page.locator(".feature:not(:visible)").last();
    const id = await hidden.getAttribute("id");
    expect(id).toMatch(/^feature-(tuned|base)-\d+-\d+$/);
    await page.goto(`${page.url().split("#")[0]}#${id}`);
    await expect.poll(() => page.locator(`#${id}`).isVisible()).toBe(true);
    expect(await page.locator(`#${id} details`).getAttribute("open")).not.toBeNull();
  });

  test("one goes from feature to feature, and to its like in the other model", async () => {
    await page.goto(page.url().split("#")[0]);
    await page.locator("select[name=model]").selectOption("tuned");
    const here = () => page.url().split("#")[1];
    await page.locator("button[name=next]").click();
    const first = here();
    await page.locator("button[name=next]").click();
    expect(here()).not.toBe(first);
    await page.locator("button[name=previous]").click();
    expect(here()).toBe(first);
    await page.locator("button[name=random]").click();
    expect(here()).toMatch(/^feature-tuned-/);
    const card = page.locator(`#${here()}`);
    expect(await card.textContent()).toMatch(/75% of the highest activation[\s\S]*Promotes[\s\S]*Suppresses/);
    const related = page.locator('.feature[data-model="tuned"][data-related="yes"]').first();
    expect(await related.textContent()).toMatch(/Change of the reward by ablating only this feature-0\.\d+ \[/);
    await card.getByRole("link", { name: /^feature \d+$/ }).click();
    expect(here()).toMatch(/^feature-base-/);
  });

  test("words are found in scatter plots, and rows in long tables", async () => {
    const figure = page.locator("figure", { has: page.getByRole("searchbox") }).first();
    const title = (await figure.locator("circle title").first().textContent())!;
    await figure.getByRole("searchbox").fill(title.split(":")[0]);
    expect(await figure.locator("output").innerText()).toBe(title);
    expect(await figure.locator("circle.hit").count()).toBeGreaterThan(0);
    const table = page.locator(".table", { has: page.locator("input.rows") }).first();
    const all = await table.locator("tbody tr:visible").count();
    await table.locator("input.rows").fill("no such words");
    expect(await table.locator("tbody tr:visible").count()).toBe(0);
    await table.locator("input.rows").fill("");
    expect(await table.locator("tbody tr:visible").count()).toBe(all);
  });

  test.each(["light", "dark"] as const)("nothing serious for axe, %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const violations = await page.evaluate(
      `${axe}; axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, first: nodes[0].html.slice(0, 200) })))`,
    );
    expect(
      (violations as { impact: string }[]).filter(({ impact }) => ["serious", "critical"].includes(impact)),
    ).toEqual([]);
  });

  test("it fits a phone, complains of nothing and asks nobody", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    expect(
      requests.filter((url) => !url.startsWith("file:") && !url.startsWith("blob:") && !url.startsWith("data:")),
    ).toEqual([]);
  });
});
