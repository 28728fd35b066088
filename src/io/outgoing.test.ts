import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ConfigError } from "../errors.js";
import { outgoingFetch } from "./outgoing.js";

/** The requests that the proxy received, e.g. `GET http://hub.test/x` or `CONNECT hub.test:443`. */
let asked: string[] = [];
let proxy: Server;
let site: Server;
let proxyAddress: string;
let siteAddress: string;

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => response.end(`by the proxy ${body}`.trim()));
  });
  proxy.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  site = createServer((_, response) => void response.end("directly"));
  [proxyAddress, siteAddress] = [await listen(proxy), await listen(site)];
});
afterAll(() => {
  for (const server of [proxy, site]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  asked = [];
});

const ask = async (env: NodeJS.ProcessEnv, url: string, init?: RequestInit) =>
  (await outgoingFetch(env)(url, init)).text();

test("http:// goes to the proxy with its whole address, and its answers come back", async () => {
  const env = { HTTP_PROXY: `http://user:secret@${proxyAddress}` };
  expect(await ask(env, "http://hub.test/api?x=1")).toBe("by the proxy");
  expect(await ask(env, "http://hub.test/v1", { method: "POST", body: "{}" })).toBe("by the proxy {}");
  const authorization = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  expect(asked).toEqual([`GET http://hub.test/api?x=1 ${authorization}`, `POST http://hub.test/v1 ${authorization}`]);
});

test("https:// goes through a tunnel of HTTPS_PROXY, else of HTTP_PROXY; an address needs no scheme", async () => {
  for (const env of [{ https_proxy: proxyAddress }, { HTTP_PROXY: proxyAddress, HTTPS_PROXY: "" }]) {
    await expect(ask(env, "https://hub.test/api")).rejects.toThrow("fetch failed");
  }
  expect(asked).toEqual(["CONNECT hub.test:443", "CONNECT hub.test:443"]);
});

test("NO_PROXY, and this machine, are asked directly", async () => {
  const env = { HTTP_PROXY: proxyAddress, NO_PROXY: "elsewhere.test, .hub.test" };
  expect(await ask(env, `http://${siteAddress}/`)).toBe("directly");
  await expect(ask(env, "http://a.hub.test:1/")).rejects.toThrow("fetch failed");
  await expect(ask({ ...env, NO_PROXY: "x, *" }, "http://hub.test:1/")).rejects.toThrow("fetch failed");
  expect(asked).toEqual([]);
  expect(await ask(env, "http://other.test/")).toBe("by the proxy");
});

test("without a proxy it is Node's fetch; a value that is no address is told without showing it", async () => {
  expect(await ask({ HTTPS_PROXY: proxyAddress }, `http://${siteAddress}/`)).toBe("directly");
  expect(await ask({ HTTP_PROXY: " " }, `http://${siteAddress}/`)).toBe("directly");
  for (const wrong of ["socks5://user:secret@host:1", "http://user:secret@host:port"]) {
    const opening = () => outgoingFetch({ https_proxy: wrong });
    expect(opening).toThrow(ConfigError);
    expect(opening).toThrow(/https_proxy: expected the address of a proxy/);
    expect(opening).not.toThrow(/secret/);
  }
});
