/** A run from its configuration to its end, in a browser alone. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { sha256File } from "../../src/io/hash.js";
import { listen } from "../../src/server/listen.js";
import { axeFindings } from "../support/axe.js";
import { chromiumPath, openBrowser, withoutChromium } from "../support/browser.js";
import { programs, start } from "../support/program.js";
import { writeTinyInputs } from "../support/tiny-run.js";

describe.skipIf(!chromiumPath)(`a run from the page ${withoutChromium}`, { timeout: 400_000 }, () => {
  const stop = new AbortController();
  const complaints: string[] = [];
  let folder: string;
  let url: string;
  let controlUrl: string;
  let text: string;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rewardscope-view-"));
    const inputs = join(folder, ".inputs");
    await writeTinyInputs(inputs);
    const [model, texts] = [join(inputs, "model"), join(inputs, "texts.jsonl")];
    const tiny = parse(await readFile(join(import.meta.dirname, "../support/tiny.yaml"), "utf8"));
    const corpus = { ...tiny.corpus, source: texts, splits: { tune: "all", rest: "all" } };
    text = stringify({ ...tiny, model, corpus });
    const served = await listen({
      ...{ folder, host: "127.0.0.1", port: 0, signal: stop.signal },
      program: programs.rewardscope,
    });
    url = served.url;
    controlUrl = served.controlUrl!;
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  });

  const problems = (shown: Page) => shown.locator("#problems li").allInnerTexts();

  test("without the key the page says where to get it, and starts nothing", async () => {
    await page.goto(`${url}new`);
    await expect.poll(() => page.locator("#refusal").innerText()).toContain("open the address");
    expect(await page.getByRole("button", { name: "Start" }).isDisabled()).toBe(true);
  });

  test("the key leaves the address at once, and is there for the other pages", async () => {
    await page.goto(controlUrl);
    await expect.poll(() => page.url()).toBe(url);
    await page.getByRole("link", { name: "New run" }).first().click();
    await expect.poll(() => page.locator("#text").inputValue()).toContain("ppo:");
    await expect.poll(() => page.locator("#state").innerText()).toContain("No problem found");
  });

  test("problems are told as one types, all at once, and nothing starts with them", async () => {
    await page.locator("#text").fill("ppo: { batches: 0, klCof: 1 }\ncorpus: nowhere.csv\n");
    await expect.poll(() => problems(page)).toHaveLength(3);
    const told = (await problems(page)).join("\n");
    expect(told).toMatch(/ppo\.batches: expected/);
    expect(told).toMatch(/ppo\.klCof: .*did you mean .*klCoef/);
    expect(told).toMatch(/corpus\.source: .*nowhere\.csv/);
    await page.locator("#name").fill("first");
    await page.getByRole("button", { name: "Start" }).click();
    await expect.poll(() => page.locator("#state").innerText()).toBe("Not accepted:");
    expect(page.url()).toBe(`${url}new`);
  });

  test("a run is planned, started, stopped, continued, and ends with the command line's bytes", async () => {
    await page.locator("#text").fill(text);
    await expect.poll(() => problems(page)).toHaveLength(0);
    await page.getByRole("button", { name: "Dry run" }).click();
    await expect.poll(() => page.locator("#planned tr").count(), { timeout: 60_000 }).toBeGreaterThan(10);
    expect(await page.locator("#planned tr").first().innerText()).toMatch(/tune\s+runs: has not run/);

    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL(`${url}runs/first`, { timeout: 60_000 });
    await expect.poll(() => page.locator("#progress figure").count(), { timeout: 60_000 }).toBeGreaterThan(0);
    await page.getByRole("button", { name: "stop first" }).click();
    const status = () => page.locator("#progress .status").first().innerText();
    await expect.poll(status, { timeout: 60_000 }).toBe("stopped");
    expect(await page.locator(".log").innerText()).toContain("Stopped. To continue");
    expect(await readFile(join(folder, "first", "run.json"), "utf8")).not.toContain(
      '"report": {\n      "status": "done"',
    );
    await page.getByRole("button", { name: "resume first" }).click();
    await expect.poll(status, { timeout: 60_000 }).toBe("running");
    await expect.poll(status, { timeout: 240_000 }).toBe("done");
    expect(await page.getByRole("heading", { name: "Training of the dictionaries" }).isVisible()).toBe(true);
    await expect.poll(() => page.getByRole("button", { name: /first/ }).count()).toBe(0);

    const file = join(folder, ".inputs", "config.yaml");
    await writeFile(file, text);
    const straight = join(folder, ".straight");
    const { code, stderr } = await start("rewardscope", ["run", file, "--out", straight]).ended;
    expect(code, stderr).toBe(0);
    for (const name of ["tuned/model.safetensors", "results.json", "features.jsonl", "tuning/metrics.jsonl"])
      expect(await sha256File(join(folder, "first", name)), name).toBe(await sha256File(join(straight, name)));
  });

  test.each(["light", "dark"] as const)("axe finds nothing on the pages that control, %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const path of ["", "new", "runs/first"]) {
      await page.goto(url + path);
      if (path === "new") await page.locator("#text").fill("ppo: 3\n");
      if (path === "new") await expect.poll(() => problems(page)).toHaveLength(1);
      expect(await axeFindings(page), path).toEqual([]);
    }
  });

  test("the pages that control fit a phone and are worked by keyboard", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ["", "new", "runs/first"]) {
      await page.goto(url + path);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(390);
    }
    await page.goto(`${url}new`);
    await expect.poll(() => page.locator("#text").inputValue()).toContain("ppo:");
    const [preset, name] = [await page.locator("#preset").boundingBox(), await page.locator("#name").boundingBox()];
    const label = await page.getByText("Name of the run's folder").boundingBox();
    expect(label!.y - preset!.y - preset!.height, "label and the field above it").toBeGreaterThan(8);
    expect(name!.width, "a field is as wide as the page").toBeGreaterThan(340);
    await page.locator("#name").focus();
    const reached: (string | null)[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate("document.activeElement.id"));
    }
    expect(reached).toEqual(["text", "plan", "estimate", "start"]);
    expect(complaints).toEqual([]);
  });
});
