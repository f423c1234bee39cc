// Sends one delivery signed with the npm package `standardwebhooks`: node send.mjs URL SECRET ID BODY
import { Webhook } from "standardwebhooks";

const [url, secret, id, body] = process.argv.slice(2);
const now = new Date();
const headers = {
  "content-type": "application/json",
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
  "webhook-signature": new Webhook(secret).sign(id, now, body),
};
const response = await fetch(url, { method: "POST", headers, body });
console.log(response.status);
