/** Twice the size that a row shows, for sharp screens: about 3 kB as a JPEG. */
const WIDTH = 112;
const HEIGHT = 64;
/** What cannot be drawn by then is left without a picture. */
const PATIENCE_MS = 10_000;

/** A still of a video as a JPEG data URL; null where this system cannot decode or draw it. */
export async function still(url: string): Promise<string | null> {
  // Not the one that the user sees: seeking would move what they watch.
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  const when = (event: string) =>
    new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error("cannot be decoded"));
      video.addEventListener(event, () => resolve(), { once: true });
      video.addEventListener("error", fail, { once: true });
      limit.signal.addEventListener("abort", fail, { once: true });
    });
  try {
    const ready = when("loadeddata");
    video.src = url;
    await ready;
    if (Number.isFinite(video.duration)) {
      const there = when("seeked");
      // Many begin in black.
      video.currentTime = Math.min(1, video.duration / 3);
      await there;
    }
    return drawn(video);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    video.removeAttribute("src");
    video.load();
  }
}

/** The middle of it fills the picture. */
function drawn(video: HTMLVideoElement): string | null {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  if (!context || video.videoWidth === 0) return null;
  const scale = Math.max(WIDTH / video.videoWidth, HEIGHT / video.videoHeight);
  const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
  context.drawImage(video, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
  const url = canvas.toDataURL("image/jpeg", 0.75);
  return url.startsWith("data:image/jpeg;base64,") ? url : null;
}
