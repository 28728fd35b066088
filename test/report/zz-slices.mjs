import { chromium } from "playwright-core";
const [name, w, scheme, from, to, h] = process.argv.slice(2);
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ") });
const p = await b.newPage({ viewport: { width: +w, height: +h }, colorScheme: scheme });
await p.goto(`file:///tmp/t/${name}.html`);
for (let i = +from; i <= +to; i++) { await p.evaluate((y) => scrollTo({top: y, behavior: "instant"}), i * (+h - 60)); await p.waitForTimeout(150); await p.screenshot({ path: `/tmp/t/s${i}.png` }); }
await b.close();
