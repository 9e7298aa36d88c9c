"""A client in Python: asks about an order, confirms an acceptance, watches the answer change, records the order, and reads
what was recorded.

The modules come from the proto files:

    python -m grpc_tools.protoc -Iproto --python_out=OUT --grpc_python_out=OUT proto/assent/v1/*.proto \
        proto/assent/event/v1/*.proto proto/google/rpc/*.proto

Deadlines and retries are those of the service config that the API ships, which gRPC carries out itself. It keeps the
deadline to itself, though; `Defaults` sets it on the call, so that the server learns of it and waits no longer either.
"""

import argparse
import json
import pathlib
import uuid

import grpc
from assent.v1 import acceptance_pb2, acceptance_pb2_grpc, audit_pb2, audit_pb2_grpc
from assent.v1 import authorization_pb2, authorization_pb2_grpc, enums_pb2

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"
SERVICE_CONFIG = (PROTO / "assent/v1/service_config.json").read_text()


def with_request_id(request):
    """The same write with a request id, where it takes one and has none.

    gRPC sends a call again below its interceptors: every attempt has the id that its call was given here, so that a write
    whose answer was lost is carried out once. An order is a write only where it is to be recorded.
    """
    fields = request.DESCRIPTOR.fields_by_name
    if "request_id" not in fields or request.HasField("request_id"):
        return request
    if "record" in fields and not request.record:
        return request
    given = type(request)()
    given.CopyFrom(request)
    given.request_id = str(uuid.uuid4())
    return given


class Defaults(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Puts on each call its deadline, its id in the server's logs, the credential, and on each write its request id.

    The credential is read from its file for each call, so that whoever renews it only has to replace the file.
    """

    def __init__(self, token_file):
        self.token_file = token_file
        self.timeouts = {}
        for entry in json.loads(SERVICE_CONFIG)["methodConfig"]:
            timeout = float(entry["timeout"].removesuffix("s")) if "timeout" in entry else None
            for name in entry["name"]:
                self.timeouts[name["service"], name.get("method")] = timeout

    def _timeout(self, path):
        service, method = path.lstrip("/").split("/")
        return self.timeouts.get((service, method), self.timeouts.get((service, None)))

    def _with_defaults(self, details):
        metadata = [*(details.metadata or []), ("x-request-id", str(uuid.uuid4()))]
        if self.token_file:
            token = pathlib.Path(self.token_file).read_text().strip()
            metadata.append(("authorization", f"Bearer {token}"))
        return details._replace(timeout=details.timeout or self._timeout(details.method), metadata=metadata)

    def intercept_unary_unary(self, proceed, details, request):
        return proceed(self._with_defaults(details), with_request_id(request))

    def intercept_unary_stream(self, proceed, details, request):
        return proceed(self._with_defaults(details), request)


def connect(server, ca_file, token_file):
    options = [
        ("grpc.service_config", SERVICE_CONFIG),
        ("grpc.enable_retries", 1),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ]
    scheme, _, target = server.rstrip("/").partition("://")
    if scheme == "https":
        roots = pathlib.Path(ca_file).read_bytes() if ca_file else None
        channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)
    elif token_file and target.rsplit(":", 1)[0] not in ("127.0.0.1", "localhost", "[::1]"):
        raise SystemExit("a token is sent over https:// or to this machine only")
    else:
        channel = grpc.insecure_channel(target, options)
    return grpc.intercept_channel(channel, Defaults(token_file))


def shown(answer):
    """The decision and why: a denial is an answer, not an error."""
    decision = enums_pb2.Decision.Name(answer.decision).removeprefix("DECISION_")
    reasons = [enums_pb2.ReasonCode.Name(it.code).removeprefix("REASON_CODE_") for it in answer.reasons]
    return " ".join([decision, *reasons])


def authorize(orders, partner, customer, min_position=None):
    order = authorization_pb2.AuthorizeOrderRequest(
        partner_id=partner,
        customer_id=customer,
        transaction=enums_pb2.TRANSACTION_KIND_NEW_PURCHASE,
        min_position=min_position,
    )
    return orders.AuthorizeOrder(order)


def confirm(acceptances, partner, customer):
    """Confirms, and sends the same once more, as a process does that ended before it knew the answer.

    What is sent again by another process needs an id of one's own, which is stored before the first attempt.
    """
    request = acceptance_pb2.ConfirmAcceptanceRequest(
        partner_id=partner,
        customer_id=customer,
        agreement_id="microsoft-customer-agreement",
        contact={"first_name": "Anna", "last_name": "Keller", "email": "anna.keller@fabrikam.example"},
        accepted_on="2026-01-12",
        request_id=str(uuid.uuid4()),
    )
    first = acceptances.ConfirmAcceptance(request)
    print(f"confirmed version {first.acceptance.version}")
    again = acceptances.ConfirmAcceptance(request)
    same = again.position == first.position
    print(f"sent again replayed={str(again.replayed).lower()} same position={str(same).lower()}")
    return first.position


def record_placed(orders, partner, customer, decided):
    """Tells what became of the order. The channel gives it its request id, for as often as it sends it."""
    outcome = authorization_pb2.RecordOrderOutcomeRequest(
        partner_id=partner,
        customer_id=customer,
        order_ref="order-4711",
        transaction=enums_pb2.TRANSACTION_KIND_NEW_PURCHASE,
        outcome=enums_pb2.ORDER_OUTCOME_PLACED,
        occurred_at=decided.evaluated_at,
    )
    recorded = orders.RecordOrderOutcome(outcome)
    print(f"recorded replayed={str(recorded.replayed).lower()}")


def is_allowed(status):
    return any(
        it.transaction == enums_pb2.TRANSACTION_KIND_NEW_PURCHASE
        and it.decision.decision == enums_pb2.DECISION_ALLOWED
        for it in status.decisions
    )


def main():
    parser = argparse.ArgumentParser()
    for flag in ["--server", "--partner", "--customer"]:
        parser.add_argument(flag, required=True)
    parser.add_argument("--ca-file")
    parser.add_argument("--token-file")
    given = parser.parse_args()

    channel = connect(given.server, given.ca_file, given.token_file)
    orders = authorization_pb2_grpc.AuthorizationServiceStub(channel)
    acceptances = acceptance_pb2_grpc.AcceptanceServiceStub(channel)
    audit = audit_pb2_grpc.AuditServiceStub(channel)

    before = authorize(orders, given.partner, given.customer)
    print(f"before {shown(before)}")

    # From the position of the answer above: whatever is recorded after it is told, whenever the watch arrives.
    watch = acceptances.WatchAcceptanceStatus(
        acceptance_pb2.WatchAcceptanceStatusRequest(
            partner_id=given.partner, customer_ids=[given.customer], from_position=before.position
        )
    )
    position = confirm(acceptances, given.partner, given.customer)
    for change in watch:
        if change.HasField("status") and is_allowed(change.status.status):
            print("watched NEW_PURCHASE ALLOWED")
            break
    watch.cancel()

    # At least what the confirmation has written, also from another replica.
    after = authorize(orders, given.partner, given.customer, position)
    print(f"after {shown(after)}")
    record_placed(orders, given.partner, given.customer, after)

    chosen = audit_pb2.EventFilter(partner_id=given.partner, customer_id=given.customer)
    for page in audit.ReadEvents(audit_pb2.ReadEventsRequest(from_position=1, filter=chosen)):
        for event in page.events:
            print(f"event of {event.stream} revision {event.revision}")


if __name__ == "__main__":
    main()
