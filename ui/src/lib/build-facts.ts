/** The system as the page is told: `Linux x86_64`, `macOS`, `Windows`; empty where it is none of them. */
export function systemOf(userAgent: string): string {
  const linux = /\bLinux(?: ([\w-]+))?/.exec(userAgent);
  if (linux) return linux[1] ? `Linux ${linux[1]}` : "Linux";
  // Their processor stands there as it once was, whatever it is.
  if (/\bMac OS X\b|\bMacintosh\b/.test(userAgent)) return "macOS";
  return /\bWindows NT\b/.test(userAgent) ? "Windows" : "";
}

/** What draws the window there. */
function engineOf(system: string): string {
  if (system.startsWith("Linux")) return "WebKitGTK";
  return system === "Windows" ? "WebView2" : "WebKit";
}

/** `Linux x86_64, WebKitGTK 2.48.3`; no more than what is known. */
export function runsOn(userAgent: string, webview: string | null): string {
  const system = systemOf(userAgent);
  return [system, webview && `${engineOf(system)} ${webview}`].filter(Boolean).join(", ");
}

/** The folder of a file, of either kind of path. */
export function folderOf(path: string): string {
  const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  if (at < 0) return "";
  // The root keeps its sign.
  const folder = path.slice(0, at);
  return folder === "" || /^[A-Za-z]:$/.test(folder) ? path.slice(0, at + 1) : folder;
}
