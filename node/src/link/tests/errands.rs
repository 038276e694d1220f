//! What members come for beside deliveries: each gets the answer that belongs to it.

use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::frame::{RejectCode, Watch};

use super::*;
use crate::link::{Errand, Watching};

fn words() -> Vec<SignedAmendment> {
    vec![SignedAmendment { amendment: Blob(b"words".to_vec()), signature: Blob(b"signature".to_vec()) }]
}

/// A node that tells number 1, and who comes to the other.
async fn visited() -> (Node, mpsc::Receiver<Watching>, mpsc::Receiver<Inbound>, CancellationToken) {
    let a = Node::start(1, vec![]).await;
    let (inbound, kept) = mpsc::channel(1);
    let (watching, errands) = mpsc::channel(4);
    let stop = CancellationToken::new();
    let config = LinkConfig { oin: oin(2), key: seed(2), listen: anywhere() };
    let (b, _) = Link::start_watched(config, vec![a.member()], inbound, watching, stop.clone()).await.unwrap();
    a.link.set_members(vec![member(2, b.listen_address())]).await.unwrap();
    (a, errands, kept, stop)
}

#[tokio::test]
async fn amendments_arrive_with_who_brings_them_and_are_answered() {
    let (a, mut errands, _kept, stop) = visited().await;
    let there = oin(2);
    for code in [None, Some(RejectCode::Contradicted)] {
        let answer = async {
            let Some(Watching { from, errand: Errand::Amend(brought), reply }) = errands.recv().await else {
                panic!("amendments were brought");
            };
            assert_eq!((from, brought), (oin(1), words()));
            match code {
                None => drop(reply.amended()),
                Some(code) => reply.reject(code),
            }
        };
        let (said, ()) = tokio::join!(a.link.amend(&there, words(), Instant::now() + PATIENCE), answer);
        assert_eq!(said, Ok(code.map_or(Ok(()), Err)));
    }
    stop.cancel();
}

#[tokio::test]
async fn an_answer_to_something_else_is_no_answer() {
    let (a, mut errands, _kept, stop) = visited().await;
    let there = oin(2);
    let until = Instant::now() + PATIENCE;
    let answer = async {
        if let Ok(Some(Watching { reply, .. })) = tokio::time::timeout_at(until, errands.recv()).await {
            drop(reply.amended());
        }
    };
    let (said, ()) = tokio::join!(a.link.watch(&there, Watch::default(), until), answer);
    assert!(said.is_err(), "{said:?}");
    stop.cancel();
}

#[tokio::test]
async fn a_node_that_keeps_no_journal_says_so() {
    let (a, _b) = pair().await;
    let said = a.link.amend(&oin(2), words(), Instant::now() + PATIENCE).await;
    assert_eq!(said, Ok(Err(RejectCode::UnknownVersion)));
}
