/** Those that fit what is typed; all where nothing is, or where it is already one of them. */
export function fitting(choices: readonly string[], typed: string, most = 8): string[] {
  const text = typed.trim().toLowerCase();
  const all = [...new Set(choices)];
  if (text === "" || all.some((one) => one.toLowerCase() === text)) return all.slice(0, most);
  return all.filter((one) => one.toLowerCase().includes(text)).slice(0, most);
}
