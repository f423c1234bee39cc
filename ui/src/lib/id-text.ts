/** Longer ones are no ids, and shorter ones are words. */
const LONGEST = 256;
const SHORTEST = 6;
/** What the service names its things with. */
const NAMED = /(^|\/)(batches|files|interactions|operations|webhooks)\/[\w-]+/;
const PLAIN = /^[A-Za-z][\w.:-]*$|^\d+[A-Za-z_-][\w-]*$/;
const MOMENT = /^\d{4}-\d\d-\d\d/;

/**
 * Whether a string may be the id of something that Pollux knows: a message, a job, a file, a webhook, or an address of
 * the service that names one. It asks for little, so that few are asked about in vain.
 */
export function mayBeId(text: string): boolean {
  if (text.length < SHORTEST || text.length > LONGEST || /[\s"'<>{}]/.test(text)) return false;
  if (NAMED.test(text)) return true;
  // Words have no digits, and ids nearly always.
  return PLAIN.test(text) && !MOMENT.test(text) && (/\d/.test(text) || text.startsWith("msg_"));
}
