//! Requests of every method with arbitrary content: parsing never panics, names only fields that there are, and
//! never repeats what was given.

use assent_proto::convert::{Intent, Invalid, Violation, Violations, asked, intent};
use assent_proto::v1;
use proptest::prelude::*;
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};

use crate::requests::POLICY;

const TEXTS: &[&str] = &[
    "",
    " ",
    "contoso",
    "117A77B0-9360-443B-8795-C6DEDC750CF9",
    "018bcfe5-687b-7969-9a5a-5a123456789a",
    "2019-10-02",
    "2019-02-30",
    "zoe@fabrikam.example",
    "DE",
    "en-US",
    "fabrikam.example",
    "e\u{301}",
    "\u{0}",
    "a\nb",
    "ﷺ\u{202e}",
    "A reason.",
    "acceptance_confirmed",
    "https://contoso.example/1",
    "\u{feff}",
];

/// Bytes to choose by; zeros once they are used up.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % limit
    }

    fn number(&mut self) -> i64 {
        let magnitude = self.below(64);
        let number = (0..8).fold(0_i64, |number, _| number << 8 | self.below(256) as i64);
        [number >> magnitude, self.below(8) as i64, 1_570_005_000][self.below(3)]
    }

    fn message(&mut self, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        for field in of.fields() {
            // Most fields are given, so that the later ones are reached with the earlier ones well.
            if self.below(8) == 0 || depth > 6 {
                continue;
            }
            let value = if field.is_list() {
                let entries = [0, 1, 2, 3, 300][self.below(5)];
                Value::List((0..entries).map(|_| self.value(&field, depth)).collect())
            } else {
                self.value(&field, depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::String => Value::String(match self.below(TEXTS.len() + 2) {
                0 => "x".repeat(self.below(256)),
                1 => "yz".repeat(40_000),
                at => TEXTS[at - 2].to_owned(),
            }),
            Kind::Bytes => Value::Bytes(match self.below(4) {
                0 => POLICY.as_bytes().into(),
                1 => vec![0xff; self.below(256)].into(),
                _ => vec![7; 32].into(),
            }),
            Kind::Bool => Value::Bool(self.below(2) == 1),
            Kind::Int32 => Value::I32(self.number() as i32),
            Kind::Int64 => Value::I64(self.number()),
            Kind::Uint32 => Value::U32(self.number() as u32),
            Kind::Uint64 => Value::U64(self.number() as u64),
            Kind::Enum(_) => Value::EnumNumber(self.below(6) as i32 - 1),
            Kind::Message(of) => Value::Message(self.message(&of, depth + 1)),
            other => panic!("requests have no field of kind {other:?}"),
        }
    }
}

/// What became of a request.
enum Parsed {
    Written(Box<Result<Intent, Invalid>>),
    Read(Result<(), Invalid>),
    NotBuilt,
}

fn parse(method: &str, bytes: &[u8]) -> Parsed {
    macro_rules! methods {
        (write { $($write:literal: $w:ty = $writer:path;)* } read { $($read:literal: $r:ty = $reader:path;)* } not built { $($not:literal)* }) => {
            match method {
                "ImportAcceptances" => Parsed::Written(Box::new(intent::import_row(decode(bytes)).1)),
                "BatchAuthorizeOrders" => Parsed::Read(batch(&decode(bytes)).map_err(Invalid::from)),
                $($write => Parsed::Written(Box::new($writer(decode::<$w>(bytes)).map_err(Invalid::from))),)*
                $($read => Parsed::Read($reader(&decode::<$r>(bytes)).map(|_| ()).map_err(Invalid::from)),)*
                $($not)|* => Parsed::NotBuilt,
                other => panic!("{other} has no parser"),
            }
        };
    }
    methods! {
        write {
            "RecordOrderOutcome": v1::RecordOrderOutcomeRequest = intent::record_order_outcome;
            "ConfirmAcceptance": v1::ConfirmAcceptanceRequest = intent::confirm_acceptance;
            "AttestAcceptance": v1::AttestAcceptanceRequest = intent::attest_acceptance;
            "RecordDirectAcceptance": v1::RecordDirectAcceptanceRequest = intent::record_direct_acceptance;
            "SubmitEvidence": v1::SubmitEvidenceRequest = intent::submit_evidence;
            "ConfirmEvidence": v1::ConfirmEvidenceRequest = intent::confirm_evidence;
            "RejectEvidence": v1::RejectEvidenceRequest = intent::reject_evidence;
            "CorrectAcceptance": v1::CorrectAcceptanceRequest = intent::correct_acceptance;
            "VoidRecord": v1::VoidRecordRequest = intent::void_record;
            "WithdrawAcceptance": v1::WithdrawAcceptanceRequest = intent::withdraw_acceptance;
            "RecordCancellation": v1::RecordCancellationRequest = intent::record_cancellation;
            "PublishAgreementVersion": v1::PublishAgreementVersionRequest = intent::publish_agreement_version;
            "RetireAgreement": v1::RetireAgreementRequest = intent::retire_agreement;
            "PublishPolicy": v1::PublishPolicyRequest = intent::publish_policy;
            "RegisterPartner": v1::RegisterPartnerRequest = intent::register_partner;
            "RegisterCustomer": v1::RegisterCustomerRequest = intent::register_customer;
            "EstablishRelationship": v1::EstablishRelationshipRequest = intent::establish_relationship;
            "EndRelationship": v1::EndRelationshipRequest = intent::end_relationship;
            "SetPartnerStatus": v1::SetPartnerStatusRequest = intent::set_partner_status;
            "AuthorizeOrder": v1::AuthorizeOrderRequest = intent::record_decision;
            "ErasePersonalData": v1::ErasePersonalDataRequest = intent::erase_personal_data;
        }
        read {
            "StreamAuthorizeOrders": v1::StreamAuthorizeOrdersRequest = asked::stream_order;
            "ListEvidence": v1::ListEvidenceRequest = asked::list_evidence;
            "GetAcceptance": v1::GetAcceptanceRequest = asked::get_acceptance;
            "ListAcceptances": v1::ListAcceptancesRequest = asked::list_acceptances;
            "GetAcceptanceStatus": v1::GetAcceptanceStatusRequest = asked::get_acceptance_status;
            "WatchAcceptanceStatus": v1::WatchAcceptanceStatusRequest = asked::watch_acceptance_status;
            "ListCustomersNeedingAcceptance": v1::ListCustomersNeedingAcceptanceRequest = asked::list_customers_needing_acceptance;
            "ListObligations": v1::ListObligationsRequest = asked::list_obligations;
            "GetAgreement": v1::GetAgreementRequest = asked::get_agreement;
            "ListAgreements": v1::ListAgreementsRequest = asked::list_agreements;
            "GetAgreementTemplate": v1::GetAgreementTemplateRequest = asked::get_agreement_template;
            "GetPolicy": v1::GetPolicyRequest = asked::get_policy;
            "SimulatePolicy": v1::SimulatePolicyRequest = asked::simulate_policy;
            "GetPartner": v1::GetPartnerRequest = asked::get_partner;
            "GetCustomer": v1::GetCustomerRequest = asked::get_customer;
            "ListCustomers": v1::ListCustomersRequest = asked::list_customers;
            "ReadEvents": v1::ReadEventsRequest = asked::read_events;
            "GetHistory": v1::GetHistoryRequest = asked::get_history;
            "FindPerson": v1::FindPersonRequest = asked::find_person;
        }
        not built {
            "GetCheckpoint" "GetInclusionProof" "GetConsistencyProof" "ExportInquiry"
        }
    }
}

fn batch(request: &v1::BatchAuthorizeOrdersRequest) -> Result<(), Violations> {
    for (at, order) in asked::batch_authorize_orders(request)?.iter().enumerate() {
        asked::batch_order(at, order)?;
    }
    Ok(())
}

fn decode<M: Message + Default>(bytes: &[u8]) -> M {
    M::decode(bytes).unwrap()
}

/// Whether the path leads to a field of the message.
fn has_field(message: &MessageDescriptor, path: &str) -> bool {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let name = first.split_once('[').map_or(first, |(name, _)| name);
    let Some(field) = message.get_field_by_name(name) else { return false };
    if first.contains('[') && !field.is_list() {
        return false;
    }
    match (rest, field.kind()) {
        (None, _) => true,
        (Some(rest), Kind::Message(inner)) => has_field(&inner, rest),
        (Some(_), _) => false,
    }
}

fn check(method: &str, message: &DynamicMessage) {
    let parsed = match parse(method, &message.encode_to_vec()) {
        Parsed::NotBuilt => return,
        Parsed::Read(read) => read,
        Parsed::Written(written) => written.map(|intent| {
            assert!(method == "ImportAcceptances" || intent.method == method);
            assert!(intent.canonical().starts_with(&[1, 1]));
        }),
    };
    let Err(invalid) = parsed else { return };
    let Invalid::Fields(Violations(violations)) = invalid else { return };
    assert!(!violations.is_empty(), "{method} is refused for no reason");
    for Violation { field, description } in violations {
        assert!(has_field(&message.descriptor(), &field), "{method} has no field {field}");
        assert!(description.len() < 160 && !description.contains("yzyz"), "{method} {field}: {description}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn parsing_never_panics_and_names_only_fields_that_there_are(
        bytes in proptest::collection::vec(any::<u8>(), 0..600)
    ) {
        let pool = DescriptorPool::decode(assent_proto::DESCRIPTORS).unwrap();
        for service in pool.services().filter(|it| it.package_name() == "assent.v1") {
            for method in service.methods() {
                let message = Choices(bytes.iter()).message(&method.input(), 0);
                check(method.name(), &message);
            }
        }
    }
}
