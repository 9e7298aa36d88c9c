// A client in JavaScript: asks about an order, confirms an acceptance, watches the answer change, and reads what was
// recorded. The services are read from the proto files when it starts.
//
// Deadlines and retries are those of the service config that the API ships, which grpc-js carries out itself.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const PROTO = fileURLToPath(new URL("../../../proto", import.meta.url));
const SERVICE_CONFIG = readFileSync(`${PROTO}/assent/v1/service_config.json`, "utf8");

// Positions are 64-bit: as strings they stay exact.
const definition = loadSync(
  ["acceptance", "audit", "authorization"].map((it) => `assent/v1/${it}.proto`),
  { includeDirs: [PROTO], longs: String, enums: String, keepCase: true, defaults: true, oneofs: true },
);
const { assent } = grpc.loadPackageDefinition(definition);

// Puts on each call what it lacks: its id in the server's logs, and the credential. The token is read from its file for
// each call, so that whoever renews it only has to replace the file.
function defaults(tokenFile) {
  return (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set("x-request-id", randomUUID());
        if (tokenFile) metadata.set("authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
        next(metadata, listener);
      },
    });
}

function connect({ server, "ca-file": caFile, "token-file": tokenFile }) {
  const { protocol, host, hostname } = new URL(server);
  const isTls = protocol === "https:";
  if (tokenFile && !isTls && !["127.0.0.1", "localhost", "[::1]"].includes(hostname)) {
    throw new Error("a token is sent over https:// or to this machine only");
  }
  const credentials = isTls
    ? grpc.credentials.createSsl(caFile ? readFileSync(caFile) : null)
    : grpc.credentials.createInsecure();
  const options = {
    "grpc.service_config": SERVICE_CONFIG,
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.max_receive_message_length": 64 * 1024 * 1024,
    interceptors: [defaults(tokenFile)],
  };
  return {
    orders: new assent.v1.AuthorizationService(host, credentials, options),
    acceptances: new assent.v1.AcceptanceService(host, credentials, options),
    audit: new assent.v1.AuditService(host, credentials, options),
  };
}

const ask = (client, method, request) =>
  new Promise((resolve, reject) => {
    client[method](request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });

// The decision and why: a denial is an answer, not an error.
const shown = (answer) =>
  [
    answer.decision.replace("DECISION_", ""),
    ...answer.reasons.map((it) => it.code.replace("REASON_CODE_", "")),
  ].join(" ");

// Confirms, and sends the same once more, as after a lost answer: the request id makes it one.
async function confirm(acceptances, about) {
  const request = {
    ...about,
    agreement_id: "microsoft-customer-agreement",
    contact: { first_name: "Anna", last_name: "Keller", email: "anna.keller@fabrikam.example" },
    accepted_on: "2026-01-12",
    request_id: randomUUID(),
  };
  const first = await ask(acceptances, "ConfirmAcceptance", request);
  console.log(`confirmed version ${first.acceptance.version}`);
  const again = await ask(acceptances, "ConfirmAcceptance", request);
  console.log(`sent again replayed=${again.replayed} same position=${again.position === first.position}`);
  return first.position;
}

const isAllowed = (status) =>
  status.decisions.some(
    (it) => it.transaction === "TRANSACTION_KIND_NEW_PURCHASE" && it.decision.decision === "DECISION_ALLOWED",
  );

const { values: given } = parseArgs({
  options: Object.fromEntries(
    ["server", "ca-file", "token-file", "partner", "customer"].map((it) => [it, { type: "string" }]),
  ),
});
const { orders, acceptances, audit } = connect(given);
const about = { partner_id: given.partner, customer_id: given.customer };
const order = { ...about, transaction: "TRANSACTION_KIND_NEW_PURCHASE" };

const before = await ask(orders, "AuthorizeOrder", order);
console.log(`before ${shown(before)}`);

// From the position of the answer above: whatever is recorded after it is told, whenever the watch arrives.
const watch = acceptances.WatchAcceptanceStatus({
  partner_id: given.partner,
  customer_ids: [given.customer],
  from_position: before.position,
});
const position = await confirm(acceptances, about);
for await (const change of watch) {
  if (change.status && isAllowed(change.status.status)) {
    console.log("watched NEW_PURCHASE ALLOWED");
    break;
  }
}
watch.cancel();

// At least what the confirmation has written, also from another replica.
const after = await ask(orders, "AuthorizeOrder", { ...order, min_position: position });
console.log(`after ${shown(after)}`);

const pages = audit.ReadEvents({ from_position: 1, filter: about });
for await (const page of pages) {
  for (const event of page.events) console.log(`event of ${event.stream} revision ${event.revision}`);
}

for (const client of [orders, acceptances, audit]) client.close();
