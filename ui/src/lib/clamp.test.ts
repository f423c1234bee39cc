import { describe, expect, it } from "vitest";
import { clamped } from "./clamp";

describe("a long value", () => {
  it("keeps both ends, counted in characters", () => {
    const long = `${"😀".repeat(1000)}END`;
    const cut = clamped(long);
    expect(cut?.length).toBe(1003);
    expect(cut?.head).toBe("😀".repeat(240));
    expect(cut?.tail).toBe(`${"😀".repeat(57)}END`);
  });

  it("is whole up to 360 characters", () => {
    expect(clamped("x".repeat(360))).toBeNull();
    expect(clamped("😀".repeat(360))).toBeNull();
    expect(clamped("x".repeat(361))).not.toBeNull();
  });
});
