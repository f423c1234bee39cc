import { expect, it } from "vitest";
import { folderOf, runsOn } from "./build-facts";

const LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0";

it("says what it runs on, and nothing that is not known", () => {
  expect(runsOn(LINUX, "2.48.3")).toBe("Linux x86_64, WebKitGTK 2.48.3");
  expect(runsOn(LINUX.replace("x86_64", "aarch64"), null)).toBe("Linux aarch64");
  expect(runsOn(MAC, "19618.1.15")).toBe("macOS, WebKit 19618.1.15");
  expect(runsOn(WINDOWS, "131.0.2903.51")).toBe("Windows, WebView2 131.0.2903.51");
  expect(runsOn("jsdom", null)).toBe("");
});

it("names the folder of a file on any system", () => {
  expect(folderOf("/home/ada/.local/share/pollux/pollux.db")).toBe("/home/ada/.local/share/pollux");
  expect(folderOf("/pollux.db")).toBe("/");
  expect(folderOf("C:\\Users\\ada\\pollux.db")).toBe("C:\\Users\\ada");
  expect(folderOf("C:\\pollux.db")).toBe("C:\\");
});
