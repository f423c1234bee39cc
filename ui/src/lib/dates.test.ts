import { expect, it } from "vitest";
import { clockText, dayText, two, weekday } from "./dates";

const at = new Date(2026, 10, 7, 4, 5, 9).getTime();

it("writes days and times in one way", () => {
  expect(two(7)).toBe("07");
  expect(dayText(at, new Date(2026, 0, 1).getTime())).toBe("7 Nov");
  expect(dayText(new Date(at), new Date(2027, 0, 1).getTime())).toBe("7 Nov 2026");
  expect(clockText(at)).toBe("04:05");
  expect(clockText(at, true)).toBe("04:05:09");
  expect(weekday(at)).toBe("Saturday");
});
