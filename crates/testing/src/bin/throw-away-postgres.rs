//! A throw-away PostgreSQL server to try things on: says its URL, and is gone when its input ends or it is killed.

use std::io::{self, Read as _};

use assent_testing::postgres::{Cluster, ClusterOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    println!("{}", cluster.url());
    // What ends the wait is the end of the input, not what stands in it.
    let _ = io::stdin().read_to_end(&mut Vec::new());
}
