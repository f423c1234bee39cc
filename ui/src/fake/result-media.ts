/** Files in memory. */
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A picture, 320 × 180: a bitmap, which every engine can show. */
export function picture(): Uint8Array<ArrayBuffer> {
  const [width, height, head] = [320, 180, 54];
  const bytes = new Uint8Array(head + width * height * 3);
  const view = new DataView(bytes.buffer);
  bytes.set(encode("BM"));
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, head, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      bytes.set(
        [90 + (y * 120) / height, 60 + (x * 120) / width, 210 - (y * 150) / height],
        head + (y * width + x) * 3,
      );
  return bytes;
}

export const someJson = (): Uint8Array<ArrayBuffer> =>
  encode(JSON.stringify({ name: "files/meta", states: ["ACTIVE"], size: 2400, more: { deep: [1, 2, 3] } }));

/** Lines of text, no more than is asked for. */
export function plainText(size: number, limit: number): Uint8Array<ArrayBuffer> {
  const line = "2026-11-29T14:14:07Z  row judged, nothing to say about it\n";
  return encode(line.repeat(Math.ceil(Math.min(size, limit) / line.length)).slice(0, Math.min(size, limit)));
}
