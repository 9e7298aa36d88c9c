// A client in JavaScript: asks about an order, confirms an acceptance, watches the answer change, records the order, and
// reads what was recorded. The services are read from the proto files when it starts.
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

// The unary methods whose requests have these fields, by the path that calls name them by.
const methods = Object.values(definition).flatMap((it) => Object.values(it).filter((it) => it.path && !it.requestStream));
const taking = (name) =>
  new Set(methods.filter((it) => it.requestType.type.field.some((it) => it.name === name)).map((it) => it.path));
const takeRequestId = taking("request_id");
const takeRecord = taking("record");

// Whether a message is a write that has no request id yet. An order is one only where it is to be recorded.
const lacksRequestId = ({ path }, message) =>
  takeRequestId.has(path) && !message.request_id && (!takeRecord.has(path) || message.record);

// Puts on each call what it lacks: its id in the server's logs, the credential, and on a write its request id. gRPC sends
// a call again below its interceptors: every attempt has the id that its call was given here, so that a write whose answer
// was lost is carried out once. The token is read from its file for each call, so that whoever renews it only has to
// replace the file.
function defaults(tokenFile) {
  return (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set("x-request-id", randomUUID());
        if (tokenFile) metadata.set("authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
        next(metadata, listener);
      },
      sendMessage(message, next) {
        const isBare = lacksRequestId(options.method_definition, message);
        next(isBare ? { ...message, request_id: randomUUID() } : message);
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

// Confirms, and sends the same once more, as a process does that ended before it knew the answer: what is sent again by
// another process needs an id of one's own, which is stored before the first attempt.
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

// What became of the order. The interceptor gives it its request id, for as often as it is sent.
const recorded = await ask(orders, "RecordOrderOutcome", {
  ...order,
  order_ref: "order-4711",
  outcome: "ORDER_OUTCOME_PLACED",
  occurred_at: after.evaluated_at,
});
console.log(`recorded replayed=${recorded.replayed}`);

const pages = audit.ReadEvents({ from_position: 1, filter: about });
for await (const page of pages) {
  for (const event of page.events) console.log(`event of ${event.stream} revision ${event.revision}`);
}

for (const client of [orders, acceptances, audit]) client.close();
