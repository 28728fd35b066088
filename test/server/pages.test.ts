/** The live view in a browser: from the list of runs to a completion before and after ablation. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appendJsonl } from "../../src/io/jsonl.js";
import { listen } from "../../src/server/listen.js";
import { axeFindings } from "../support/axe.js";
import { chromiumPath, openBrowser, withoutChromium } from "../support/browser.js";
import { writePlayableRun } from "../support/playable-run.js";

describe.skipIf(!chromiumPath)(`the live view in a browser ${withoutChromium}`, { timeout: 60_000 }, () => {
  const stop = new AbortController();
  const complaints: string[] = [];
  const requests: string[] = [];
  let folder: string;
  let url: string;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rewardscope-view-"));
    await writePlayableRun(folder, "one", { shared: true });
    await writePlayableRun(folder, "two");
    ({ url } = await listen({ folder, host: "127.0.0.1", port: 0, signal: stop.signal }));
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
  });
  afterAll(async () => {
    await browser?.close();
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  });

  const output = (column: string) => page.locator(`.column.${column} output`);
  const text = (column: string) => page.locator(`.column.${column} p`).innerText();
  const finished = (column: string) =>
    expect.poll(() => output(column).innerText(), { timeout: 20_000 }).toMatch(/reward -?\d/);

  test("curves move while a run goes on", async () => {
    await page.goto(url);
    await page.getByRole("link", { name: "one" }).click();
    const reward = page.locator("figure svg").first();
    expect(await reward.getAttribute("aria-label")).toContain("over 3 batches");
    await page.waitForTimeout(700);
    await appendJsonl(join(folder, "one", "tuning", "metrics.jsonl"), {
      batch: 4,
      "objective/scores": 0.9,
      "objective/kl": 4,
    });
    await expect.poll(() => reward.getAttribute("aria-label"), { timeout: 5000 }).toContain("over 4 batches");
  });

  test("a completion before and after ablation: two clicks from the run", async () => {
    await page.getByRole("link", { name: "Playground" }).click();
    await page.getByRole("button", { name: "Ablate the five most reward-related" }).click();
    for (const column of ["base", "tuned", "edited"]) await finished(column);
    expect(await page.locator("#chosen li").count()).toBe(2);
    for (const column of ["base", "tuned", "edited"]) expect(await text(column)).toMatch(/^This movie was./);
    expect(page.url()).toContain("ablate=tuned-1-1");
  });

  test("the address brings the same completion back", async () => {
    const before = [await text("base"), await text("tuned"), await text("edited")];
    await page.goto(page.url());
    for (const column of ["base", "tuned", "edited"]) await finished(column);
    expect([await text("base"), await text("tuned"), await text("edited")]).toEqual(before);
  });

  test("features are searched, steered by a slider, and taken out again", async () => {
    await page.getByRole("button", { name: "Clear all edits" }).click();
    await finished("tuned");
    await expect.poll(() => page.locator(".column.edited").isVisible()).toBe(false);
    await page.locator("#words").fill("layer 1 feature 2");
    expect(await page.locator("#found li").count()).toBe(1);
    expect(await page.locator("#found li").innerText()).toContain('fires on " good" <2>');
    await page.getByRole("button", { name: "steer tuned layer 1, feature 2" }).click();
    await finished("edited");
    await page.getByRole("slider", { name: "strength" }).fill("3");
    await expect.poll(() => page.url()).toContain("steer=tuned-1-2*3");
    await finished("edited");
    await page.getByRole("button", { name: "remove" }).click();
    expect(await page.locator("#chosen li").count()).toBe(0);
  });

  test("weights between the models, and parts put from one into the other", async () => {
    await page.getByLabel("Third column").selectOption("dose");
    await page.getByRole("slider", { name: "Dose" }).fill("0");
    await expect.poll(() => page.url()).toContain("dose=0");
    await finished("edited");
    await expect.poll(() => page.locator("#edited-title").innerText()).toBe("Dose 0");
    await expect.poll(async () => (await text("edited")) === (await text("base"))).toBe(true);
    await page.getByLabel("Third column").selectOption("parts of tuned in base");
    await page.getByRole("checkbox", { name: "MLP of layer 1" }).check();
    await expect.poll(() => page.url()).toContain("into-base=mlp-1");
    await finished("edited");
    await page.goto(page.url());
    await finished("edited");
    expect(await page.locator("#edited-title").innerText()).toBe("Base model with tuned's MLP of layer 1");
    await page.getByLabel("Third column").selectOption("tuned model");
    await expect.poll(() => page.locator(".column.edited").isVisible()).toBe(false);
  });

  test("features that both models share, put from one into the other", async () => {
    expect(await page.locator("#exchange").isVisible()).toBe(false);
    await page.getByLabel("Third column").selectOption("features of tuned in base");
    expect(await page.locator("#parts").isVisible()).toBe(false);
    await page.getByRole("checkbox", { name: "Layer 1, feature 3" }).check();
    await expect.poll(() => page.url()).toContain("features-into-base=shared-1-3");
    await page.getByRole("checkbox", { name: "Layer 0, feature 5" }).check();
    await expect.poll(() => page.url()).toContain("features-into-base=shared-1-3+shared-0-5");
    await finished("edited");
    await page.goto(page.url());
    await finished("edited");
    expect(await page.locator("#edited-title").innerText()).toBe(
      "Base model with tuned's features 1/3, 0/5 (layer/feature)",
    );
    expect(await page.getByRole("checkbox", { name: "Layer 0, feature 5" }).isChecked()).toBe(true);
    await page.getByLabel("Third column").selectOption("features of base in tuned");
    await expect.poll(() => page.url()).toContain("features-into-tuned=shared-1-3");
    await page.getByLabel("Third column").selectOption("tuned model");
    await expect.poll(() => page.locator(".column.edited").isVisible()).toBe(false);
    await page.goto(`${url}runs/two/playground`);
    await expect
      .poll(() => page.locator("#no-exchange").innerText())
      .toContain("no dictionaries that both models share");
    await page.goto(`${url}runs/one/playground`);
  });

  test("words that the reward pays for are marked, with their values", async () => {
    await page.locator("#prefix").fill("A wonderful, dull film");
    await page.getByRole("button", { name: "Complete" }).click();
    await finished("tuned");
    const marks = page.locator(".column.tuned mark");
    expect(await marks.first().innerText()).toBe("wonderful");
    expect(await marks.first().getAttribute("title")).toBe("+0.54");
    expect(await marks.nth(1).getAttribute("class")).toBe("bad");
  });

  test("which features fire on a text, token by token", async () => {
    await page.locator("#text").fill("A good film");
    await page.getByRole("button", { name: "Show activations" }).click();
    await expect.poll(() => page.locator("#heat span").count()).toBeGreaterThan(2);
    expect((await page.locator("#heat").innerText()).trim()).toBe("A good film");
    expect(await page.locator("#heat span[class^=h]").count()).toBeGreaterThan(0);
    await page.locator("#base-active button", { hasText: "show" }).first().click();
    expect(await page.locator("#shown").innerText()).toMatch(/^base layer/);
  });

  test("what the server refuses is shown", async () => {
    await page.route("**/complete", (route) =>
      route.fulfill({ status: 400, contentType: "application/json", body: '{"error":{"message":"no such feature"}}' }),
    );
    await page.getByRole("button", { name: "Another sample" }).click();
    await expect.poll(() => page.locator("#problem").innerText()).toBe("no such feature");
    await page.unroute("**/complete");
    complaints.splice(0, complaints.length, ...complaints.filter((line) => !line.includes("400")));
  });

  const paths = [
    "",
    "runs/one",
    "runs/one/playground",
    "runs/one/playground?features-into-base=shared-1-3",
    "compare?run=one&run=two",
  ];

  test.each(["light", "dark"] as const)("nothing serious for axe on any page, %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const path of paths) {
      await page.goto(url + path);
      const violations = await axeFindings(page);
      expect(
        violations.filter(({ impact }) => ["serious", "critical"].includes(impact)),
        path,
      ).toEqual([]);
    }
  });

  test("every page fits a phone, complains of nothing and asks nobody else", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of paths) {
      await page.goto(url + path);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(390);
    }
    expect(complaints).toEqual([]);
    expect(requests.filter((one) => !one.startsWith(url) && !one.startsWith("data:"))).toEqual([]);
  });
});
