//! A write whose answer is lost on the way: it is sent again by the client, and carried out once.

use assent_testing::Proxy;

use super::story::told;
use super::{LANGUAGES, stderr, stdout};
use crate::support::{head, server, within};

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_sent_again_with_the_id_that_the_client_gave_it_and_stored_once() {
    let server = server().await;
    for language in LANGUAGES {
        let customer = format!("fabrikam-{language:?}").to_lowercase();
        let partner = format!("contoso-{language:?}").to_lowercase();
        within(server.registered(&partner, &customer)).await;
        let proxy = Proxy::to(server.address()).await;
        let url = format!("http://{}", proxy.address());
        // The one write of the story to which the caller gives no id.
        let passes = proxy.swallow_answer_to(b"order-4711");
        let before = head(&server).await;
        let lose = async {
            within(passes).await.unwrap_or_else(|_| panic!("{language:?} records no outcome"));
            // The acceptance, the outcome, and that the customer has purchases: stored, as everybody knows but the client.
            within(async { while head(&server).await < before + 3 {} }).await;
            proxy.cut().await;
        };
        let arguments = ["--partner", &partner, "--customer", &customer];
        let (ran, ()) = tokio::join!(language.run(&url, &arguments), lose);
        assert!(ran.status.success(), "{language:?}: {}", stderr(&ran));
        // It reads its events last: one outcome is among them.
        assert_eq!(stdout(&ran), told(&partner, &customer, true), "{language:?}");
    }
}
