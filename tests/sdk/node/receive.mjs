// A receiver that verifies static deliveries with the npm package `standardwebhooks`: node receive.mjs SECRETS.json
//
// The first line says where it listens; then a line a request, which says which of the secrets matched. The file is
// read anew each time.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const [secretsFile] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const matches = (secret, body, headers) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
};

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  const secrets = JSON.parse(readFileSync(secretsFile, "utf8"));
  const matched = secrets.map((secret) => matches(secret, body, request.headers));
  const verified = matched.includes(true);
  print({ headers: request.headers, body, verified, matched });
  response.writeHead(verified ? 200 : 401).end();
});
server.listen(0, "127.0.0.1", () => print({ listening: `http://127.0.0.1:${server.address().port}/hook` }));
