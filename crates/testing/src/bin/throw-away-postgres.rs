//! A throw-away PostgreSQL to try things on: says its URL, and is gone when its input ends or when it is killed. With
//! `three` as its argument it is three nodes under Patroni.

use std::env;
use std::io::{self, Read as _};

use assent_testing::ha::HaCluster;
use assent_testing::postgres::{Cluster, ClusterOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match env::args().nth(1).as_deref() {
        Some("three") => {
            let cluster = HaCluster::spawn().await;
            serve(&cluster.url(), cluster.folder());
        }
        _ => {
            let cluster = Cluster::spawn(ClusterOptions::default()).await;
            serve(&cluster.url(), cluster.folder());
        }
    }
}

fn serve(url: &str, folder: &std::path::Path) {
    println!("{url}\n{}", folder.display());
    // What ends the wait is the end of the input, not what stands in it.
    let _ = io::stdin().read_to_end(&mut Vec::new());
}
