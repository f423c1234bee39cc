import { describe, expect, it } from "vitest";
import type { Target } from "../ipc/generated";
import { hostOf, isHttps, nameOfUrl, readAddress, shortAddress, targetName } from "./targets";

// The same table as in the back end (outbound::target): what is told while typing is what is sent to.
describe("addresses as they are typed", () => {
  it.each([
    ["http://localhost:3000/hook?a=b#part", "http://localhost:3000/hook?a=b", true],
    [" https://hooks.example.com ", "https://hooks.example.com/", false],
    ["localhost:3000/hook", "http://localhost:3000/hook", true],
    ["3000", "http://localhost:3000/", true],
    [":3000/hook", "http://localhost:3000/hook", true],
    ["127.0.0.1:8080", "http://127.0.0.1:8080/", true],
    ["127.9.8.7", "http://127.9.8.7/", true],
    ["[::1]:8080/x", "http://[::1]:8080/x", true],
    ["http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", true],
    ["http://[::ffff:10.0.0.7]/", "http://[::ffff:a00:7]/", false],
    ["http://app.localhost/", "http://app.localhost/", false],
    ["app.localhost:3000", "https://app.localhost:3000/", false],
    ["http://LOCALHOST./", "http://localhost./", true],
    ["localhost.:3000/x", "http://localhost.:3000/x", true],
    ["hooks.example.com/x", "https://hooks.example.com/x", false],
    ["http://10.0.0.7/", "http://10.0.0.7/", false],
    ["http://localhost.example.com/", "http://localhost.example.com/", false],
    ["http://notlocalhost/", "http://notlocalhost/", false],
  ])("%s", (text, url, local) => expect(readAddress(text)).toEqual({ url, local }));

  it.each([
    "",
    " ",
    "/hook",
    "ftp://localhost/",
    "mailto:a@b",
    "file:///etc/passwd",
    "http://",
    "http://:0/",
    "javascript:alert(1)",
    "two words",
  ])("%j is none", (text) => {
    expect(readAddress(text)).toHaveProperty("error");
  });

  it("a password is not kept, and not repeated", () => {
    const read = readAddress("http://ada:hunter2@localhost/");
    expect(read).toHaveProperty("error", expect.stringContaining("password"));
    expect(JSON.stringify(read)).not.toContain("hunter2");
  });
});

describe("addresses as they are read", () => {
  it.each([
    ["http://localhost:3000/", "localhost:3000"],
    ["http://localhost:3000/hook?a=b", "localhost:3000/hook?a=b"],
    ["https://localhost:3443/", "https://localhost:3443"],
    ["http://hooks.example.com/x", "http://hooks.example.com/x"],
    ["not a url", "not a url"],
  ])("%s", (url, short) => expect(shortAddress(url)).toBe(short));

  it("by name where there is one", () => {
    const target: Target = {
      id: 1,
      project: null,
      name: "dev",
      url: "http://localhost:3000/",
      local: true,
      confirmed: true,
      any_certificate: false,
      used_ms: null,
    };
    expect(nameOfUrl(target.url, [target])).toBe("dev");
    expect(nameOfUrl(target.url, [{ ...target, name: null }])).toBe("localhost:3000");
    expect(targetName({ ...target, name: null })).toBe("localhost:3000");
    expect(hostOf("https://a.example:8443/x")).toBe("a.example:8443");
    expect([isHttps("HTTPS://a/"), isHttps("http://https:/")]).toEqual([true, false]);
  });
});
