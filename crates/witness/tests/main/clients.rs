use std::time::Duration;

use assent_evidence::{KeyPurpose, Note};
use assent_witness::{AddCheckpoint, Answer, ClientError, WitnessClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::ground::{Ground, Log, NOW, TIMEOUT, client, key, log_key, witness_key};

#[tokio::test]
async fn cosignatures_of_others_are_ignored_and_one_by_a_known_key_must_hold() {
    let request = Log::new(10, 10, 0).request(0, 10);
    let line = |number: u8, name: &str, text: &str| {
        let mut note = Note::unsigned(text.to_owned()).unwrap();
        note.cosign(&key(name, KeyPurpose::Witness, number), NOW).unwrap();
        format!("{}\n", note.signatures()[0])
    };
    let text = request.checkpoint.note().text();
    let (ours, others) = (line(200, "witness.example/w1", text), line(3, "witness.example/w2", text));
    let of_another = line(200, "witness.example/w1", &text.replace("10", "11"));

    let answer = answered(&request, "200 OK", "text/plain", &format!("{others}{ours}")).await.unwrap();
    let Answer::Cosigned(lines) = answer else { panic!("{answer:?}") };
    assert_eq!(lines.iter().map(|line| format!("{line}\n")).collect::<String>(), ours);
    for body in [&others, &of_another, &format!("{ours}{of_another}"), "", "\n", ours.trim()] {
        let answer = answered(&request, "200 OK", "text/plain", body).await;
        assert!(matches!(answer, Err(ClientError::Cosignature)), "{body:?}: {answer:?}");
    }
}

#[tokio::test]
async fn every_status_says_something_or_nothing() {
    let request = Log::new(10, 10, 0).request(0, 10);
    let cases = [
        ("409 Conflict", "text/x.tlog.size", "12\n", Some(Answer::Conflict { size: 12 })),
        ("409 Conflict", "text/x.tlog.size", "012\n", None),
        ("409 Conflict", "text/x.tlog.size", "12", None),
        ("409 Conflict", "text/plain", "no\n", Some(Answer::Fork)),
        ("422 No", "text/plain", "no\nmore", Some(Answer::Refused { status: 422, reason: "no".to_owned() })),
        ("404 No", "text/plain", "", Some(Answer::Refused { status: 404, reason: String::new() })),
        ("500 No", "text/plain", "no", None),
        ("503 No", "text/plain", "no", None),
        ("301 Moved", "text/plain", "there", None),
    ];
    for (status, content_type, body, expected) in cases {
        let answer = answered(&request, status, content_type, body).await;
        assert_eq!(answer.ok(), expected, "{status} {content_type} {body:?}");
    }
}

#[tokio::test]
async fn a_client_needs_an_address_and_a_witness_key() {
    let keys = vec![witness_key().verifier().clone()];
    for url in ["", "witness.example", "ftp://witness.example", "http://", "http://a b", "file:///etc/passwd"]
    {
        let made = WitnessClient::new(url, keys.clone(), TIMEOUT);
        assert!(matches!(made, Err(ClientError::Url)), "{url:?}");
    }
    let made = WitnessClient::new("http://witness.example", vec![log_key(1).verifier().clone()], TIMEOUT);
    assert!(matches!(made, Err(ClientError::Keys)));
}

#[tokio::test]
async fn a_witness_that_is_not_there_or_never_answers_is_no_answer() {
    let request = Log::new(10, 10, 0).request(0, 10);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let keys = vec![witness_key().verifier().clone()];
    let hasty = WitnessClient::new(&url, keys, Duration::from_millis(50)).unwrap();
    assert!(matches!(hasty.add_checkpoint(&request).await, Err(ClientError::Timeout)));
    drop(listener);
    assert!(matches!(client(&url).add_checkpoint(&request).await, Err(ClientError::Unreachable(_))));
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_and_the_witness_goes_on() {
    let (ground, log) = (Ground::new().await, Log::new(10, 10, 0));
    let address = ground.url.strip_prefix("http://").unwrap().to_owned();
    let post = |path: &str, body: &str| {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let too_long = "a".repeat(assent_witness::MAX_REQUEST_BYTES + 1);
    let cases = [
        ("HTTP/1.1 400", post("/add-checkpoint", "nonsense")),
        ("HTTP/1.1 400", post("/add-checkpoint", "")),
        ("HTTP/1.1 400", post("/add-checkpoint", &too_long)),
        ("HTTP/1.1 404", post("/", &log.request(0, 10).to_string())),
        ("HTTP/1.1 405", "GET /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n".to_owned()),
        ("HTTP/1.1 400", "nonsense\r\n\r\n".to_owned()),
        ("HTTP/1.1 200", post("/add-checkpoint", &log.request(0, 10).to_string())),
    ];
    for (status, sent) in cases {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        // Who is refused early may find the connection closed while it still sends.
        let _ = stream.write_all(sent.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(status), "{status}: {:?}: {answer}", &sent[..sent.len().min(60)]);
    }
}

/// What the client makes of one HTTP answer.
async fn answered(
    request: &AddCheckpoint,
    status: &str,
    content_type: &str,
    body: &str,
) -> Result<Answer, ClientError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let expected = request.to_string();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("the client connects");
        let mut sent = Vec::new();
        while !String::from_utf8_lossy(&sent).ends_with(&expected) {
            assert!(
                stream.read_buf(&mut sent).await.expect("the client sends") > 0,
                "the request is complete"
            );
        }
        stream.write_all(answer.as_bytes()).await.expect("the client reads");
        String::from_utf8_lossy(&sent).into_owned()
    });
    let answer = client(&format!("{url}/prefix/")).add_checkpoint(request).await;
    let sent = server.await.expect("the request arrived");
    assert!(sent.starts_with("POST /prefix/add-checkpoint HTTP/1.1\r\n"), "{sent}");
    answer
}
