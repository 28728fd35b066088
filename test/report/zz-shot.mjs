import { chromium } from "playwright-core";
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ") });
for (const [w, scheme] of [[1280,"light"],[390,"light"],[1280,"dark"],[390,"dark"]]) for (const name of process.argv.slice(2)) {
  const p = await b.newPage({ viewport: { width: w, height: w > 500 ? 900 : 844 }, colorScheme: scheme });
  p.on("console", (m) => console.log("console", m.type(), m.text())); p.on("pageerror", (e) => console.log("error", e)); p.on("request", (r) => r.url().startsWith("file:") || r.url().startsWith("data:") || console.log("REQUEST", r.url()));
  await p.goto(`file:///tmp/t/${name}.html`);
  console.log(name, w, scheme, "scrollWidth", await p.evaluate(() => document.documentElement.scrollWidth), "height", await p.evaluate(() => document.documentElement.scrollHeight));
  await p.screenshot({ path: `/tmp/t/${name}-${w}-${scheme}.png`, fullPage: true });
  await p.close();
}
await b.close();
