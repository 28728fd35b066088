import { expect, test } from "vitest";
import { escapeText, html, trusted, visibleText } from "./html.js";

test("texts in templates are escaped, HTML is not", () => {
  const inner = html`<b>${"<i>"}</b>`;
  expect(String(html`<p title="${"\"x\" & 'y'"}">${inner}${trusted("<hr>")}</p>`)).toBe(
    '<p title="&quot;x&quot; &amp; &#39;y&#39;"><b>&lt;i&gt;</b><hr></p>',
  );
});

test("nothing stands for undefined, null and false; lists are joined; zero is a number", () => {
  expect(String(html`[${undefined}${null}${false}${["a", html`<br>`, ["<"]]}${0}]`)).toBe("[a<br>&lt;0]");
});

test("control characters, lone surrogates and direction overrides become visible", () => {
  expect(visibleText("a\u0000b\u0007\u007f\u0085")).toBe("a\u2400b\u2407\u2421\ufffd");
  expect(visibleText("x\ud83dy \u{1f600}")).toBe("x\ufffdy \u{1f600}");
  expect(visibleText("\u202Eabc\u2069")).toBe("[U+202E]abc[U+2069]");
  expect(visibleText("one\r\ntwo\tthree")).toBe("one\ntwo\tthree");
  expect(escapeText("<\u0001>")).toBe("&lt;\u2401&gt;");
});
