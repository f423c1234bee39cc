/** Lengths of time as they are typed: exact, where `span` and `length` round to what is worth reading. */
const UNITS = [
  { name: "d", ms: 86_400_000, names: ["d", "day", "days"] },
  { name: "h", ms: 3_600_000, names: ["h", "hr", "hour", "hours"] },
  { name: "min", ms: 60_000, names: ["min", "m", "mins", "minute", "minutes"] },
  { name: "s", ms: 1000, names: ["s", "sec", "secs", "second", "seconds"] },
  { name: "ms", ms: 1, names: ["ms", "msec", "millisecond", "milliseconds"] },
] as const;
const DAYS_FROM_MS = 72 * 3_600_000;

/**
 * `500 ms`, `2.5 s`, `1 min 30 s`, `48 h`, `3 d`: to the millisecond, and `readDuration` reads it back as the same.
 * Hours go up to 72, as the service's documents count them.
 */
export function durationText(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  const parts: string[] = [];
  let left = ms;
  for (const unit of UNITS) {
    if (unit.name === "d" && ms < DAYS_FROM_MS) continue;
    if (unit.name === "s") {
      if (left) parts.push(`${left / 1000} s`);
      break;
    }
    const n = Math.floor(left / unit.ms);
    left -= n * unit.ms;
    if (n) parts.push(`${n} ${unit.name}`);
  }
  return parts.join(" ");
}

const EXAMPLES = "such as 500 ms, 5 s, 1 min 30 s or 4 h";

/** Milliseconds from a text like `5 s` or `1 h 30 min`, or what is wrong with it. */
export function readDuration(text: string, least: number, most: number): { value: number } | { error: string } {
  const typed = text.trim().toLowerCase();
  if (typed === "") return { error: `A duration, ${EXAMPLES}.` };
  if (/^-/.test(typed)) return { error: `At least ${durationText(least)}.` };
  if (/^0+(\.0+)?$/.test(typed)) return least > 0 ? { error: `At least ${durationText(least)}.` } : { value: 0 };
  if (/^\d+([.,]\d+)?$/.test(typed)) return { error: `${typed} of what? Add ms, s, min, h or d.` };
  if (!/^(\d+(\.\d+)?\s*[a-z]+\s*)+$/.test(typed)) return { error: `A duration, ${EXAMPLES}.` };

  let sum = 0;
  let before = Infinity;
  for (const [, digits = "", name = ""] of typed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const unit = UNITS.find((one) => (one.names as readonly string[]).includes(name));
    if (!unit) return { error: `“${name}” is not a unit of time here: use ms, s, min, h or d.` };
    if (unit.ms >= before) return { error: "Each unit once, the largest first, such as 1 min 30 s." };
    before = unit.ms;
    sum += Number(digits) * unit.ms;
  }
  const value = Math.round(sum);
  // 0.001 s is one millisecond, whatever binary fractions make of it.
  if (Math.abs(sum - value) > 1e-4) return { error: "Whole milliseconds only." };
  if (value < least) return { error: `At least ${durationText(least)}.` };
  if (value > most) return { error: `At most ${durationText(most)}.` };
  return { value };
}
