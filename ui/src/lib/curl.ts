/** A command that posts an unsigned event to the listener: the quickest way to see a delivery from outside. */
export function sampleCurl(address: string): string {
  const body = {
    type: "batch.succeeded",
    version: "v1",
    timestamp: "2026-01-22T12:00:00Z",
    data: { id: "batches/from-curl", output_file_uri: "files/from-curl" },
  };
  return `curl -i ${quoted(address)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** Quotes for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
