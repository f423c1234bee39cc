/** Contrast as WCAG 2.2 defines it, for the test over the colours of tokens.css. */
export type Rgb = { r: number; g: number; b: number };

/** `#rrggbb` or `#rrggbbaa`. */
export function parseHex(hex: string): Rgb & { a: number } {
  const part = (at: number) => parseInt(hex.slice(at, at + 2), 16);
  return { r: part(1), g: part(3), b: part(5), a: hex.length > 7 ? part(7) / 255 : 1 };
}

/** A translucent colour laid over an opaque one. */
export function composite(over: Rgb & { a: number }, under: Rgb): Rgb {
  const mix = (a: number, b: number) => a * over.a + b * (1 - over.a);
  return { r: mix(over.r, under.r), g: mix(over.g, under.g), b: mix(over.b, under.b) };
}

/** 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance({ r, g, b }: Rgb): number {
  const linear = (value: number) => {
    const s = value / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
