/** The clock of the ages; ticks every second. */
export class Clock {
  now = $state(Date.now());

  /** Keeps it going, until the answer is called. */
  tick(): () => void {
    const timer = setInterval(() => (this.now = Date.now()), 1000);
    return () => clearInterval(timer);
  }
}
