/** Chromium, where it is installed. Elsewhere the tests of pages are skipped, and their names say so. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Of CHROMIUM, else of Debian's packages; undefined where there is none. */
export const chromiumPath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);

/** What the name of a suite that needs it ends in. */
export const withoutChromium = "(skipped without Chromium: CHROMIUM, /usr/bin/chromium)";

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
}
