// Reads a HAR with other people's readers: node read-har.mjs FILE. Prints, as JSON, what each made of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { har } = require("har-validator");
const { importers } = require("insomnia-importers");
const { liHARToK6Script } = require("har-to-k6");

const text = readFileSync(process.argv[2], "utf8");
const archive = JSON.parse(text);
// Throws, with what is wrong, where it is not HAR 1.2.
await har(archive);
const insomnia = await (importers?.convert ?? require("insomnia-importers").convert)(text);
const { main } = await liHARToK6Script(archive);
console.log(
  JSON.stringify({
    insomnia: {
      type: insomnia.type?.id ?? null,
      requests: insomnia.data.resources
        .filter((one) => one._type === "request")
        .map(({ method, url, headers, body }) => ({ method, url, headers, text: body?.text ?? null })),
    },
    k6: main,
  }),
);
