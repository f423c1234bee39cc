/**
 * Days and times of the day as the window writes them, in local time: `19 Nov`, `14:02`, `14:02:11`. For titles there
 * is `moment` of `format.ts`, which is exact.
 */
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** `07` */
export const two = (n: number): string => String(n).padStart(2, "0");

/** `19 Nov`; with the year where it is not this one. */
export function dayText(day: Date | number, now: number): string {
  const date = new Date(day);
  const year = date.getFullYear() === new Date(now).getFullYear() ? "" : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()]}${year}`;
}

/** `14:02`, and to the second `14:02:11`. */
export function clockText(time: Date | number, fine = false): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}${fine ? `:${two(date.getSeconds())}` : ""}`;
}

/** `Saturday` */
export function weekday(ms: number): string {
  return WEEKDAYS[new Date(ms).getDay()] ?? "";
}
