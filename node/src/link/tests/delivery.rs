//! Statements arrive, replies come back, and whatever happens in between costs time only.

use weegnet_protocol::codec::MAX_BYTES;
use weegnet_protocol::frame::RejectCode;

use super::*;
use crate::link::LinkError;

#[tokio::test]
async fn delivers_and_brings_the_receipt_back() {
    let (a, _b) = pair().await;
    a.deliver_well(2, "a question").await;
}

#[tokio::test]
async fn says_who_delivered_and_brings_a_reject_back() {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    let (reply, ()) = tokio::join!(a.deliver(2, "a question"), async {
        let inbound = b.next().await;
        assert_eq!((inbound.from, &inbound.statement), (oin(1), &statement("a question")));
        inbound.reply.reject(RejectCode::WrongAudience);
    });
    assert_eq!(reply, Ok(Reply::Reject(RejectCode::WrongAudience)));
}

#[tokio::test]
async fn a_forgotten_delivery_is_answered_busy() {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    let (reply, ()) = tokio::join!(a.deliver(2, "a question"), async { drop(b.next().await) });
    assert_eq!(reply, Ok(Reply::Reject(RejectCode::Busy)));
}

#[tokio::test]
async fn both_directions_work_after_simultaneous_dials() {
    let (mut a, b) = pair().await;
    a.answer();
    for round in 0..20 {
        let (there, back) = (format!("there {round}"), format!("back {round}"));
        tokio::join!(a.deliver_well(2, &there), b.deliver_well(1, &back));
    }
    assert!(a.connected(2) && b.connected(1));
}

#[tokio::test]
async fn keeps_a_thousand_in_flight() {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    let texts: Vec<_> = (0..1000).map(|number| format!("question {number}")).collect();
    let deliveries = futures::future::join_all(texts.iter().map(|text| a.deliver_well(2, text)));
    tokio::join!(deliveries, async {
        let mut held = Vec::new();
        while held.len() < texts.len() {
            held.push(b.next().await);
        }
        assert_eq!(a.link.status()[0].in_flight, texts.len());
        for inbound in held.into_iter().rev() {
            let receipt = receipt(&inbound.statement);
            inbound.reply.receipt(receipt);
        }
    });
    assert_eq!(a.link.status()[0].in_flight, 0);
}

#[tokio::test]
async fn more_than_fits_waits_for_room() {
    let (a, _b) = pair().await;
    let texts: Vec<_> = (0..3000).map(|number| format!("question {number}")).collect();
    futures::future::join_all(texts.iter().map(|text| a.deliver_well(2, text))).await;
}

#[tokio::test]
async fn large_statements_pass_and_larger_ones_are_refused_at_home() {
    let (a, _b) = pair().await;
    let large = "x".repeat(MAX_BYTES - 100);
    futures::future::join_all((0..200).map(|_| a.deliver_well(2, &large))).await;
    let reply = a.deliver(2, &"x".repeat(MAX_BYTES)).await;
    assert!(matches!(reply, Err(DeliverError::TooLarge { bytes }) if bytes > MAX_BYTES));
}

#[tokio::test]
async fn reconnects_after_the_peer_restarts_at_the_same_address() {
    let (a, mut b) = pair().await;
    a.deliver_well(2, "before").await;
    for round in 0..3 {
        let address = b.stop().await;
        eventually("a notices", || !a.connected(2)).await;
        let restart = async {
            eventually("a waits", || a.link.status()[0].in_flight == 1).await;
            let mut b = Node::start_at(2, address, vec![a.member()], QUICK).await;
            b.answer();
            b
        };
        ((), b) = tokio::join!(a.deliver_well(2, "waiting"), restart);
        a.deliver_well(2, &format!("after {round}")).await;
    }
}

#[tokio::test]
async fn what_was_unanswered_is_delivered_again_after_a_restart() {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    tokio::join!(a.deliver_well(2, "a question"), async {
        let unanswered = b.next().await;
        let address = b.stop().await;
        // The answer that comes too late goes nowhere.
        unanswered.reply.reject(RejectCode::Expired);
        let mut b = Node::start_at(2, address, vec![a.member()], QUICK).await;
        let again = b.next().await;
        let receipt = receipt(&again.statement);
        again.reply.receipt(receipt);
        eventually("the receipt is there", || a.link.status()[0].in_flight == 0).await;
    });
}

#[tokio::test]
async fn gives_up_at_the_deadline_and_keeps_nothing() {
    let a = Node::start(1, vec![member(2, nowhere())]).await;
    let until = Instant::now() + Duration::from_millis(50);
    let reply = a.link.deliver(&outgoing(2, "a question"), until).await;
    assert_eq!(reply, Err(DeliverError::Deadline));
    assert_eq!(a.link.status()[0].in_flight, 0);
}

#[tokio::test]
async fn an_answer_after_the_deadline_harms_nothing() {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    let late = {
        let delivery = a.deliver(2, "late");
        tokio::select! {
            _ = delivery => panic!("nobody answered"),
            late = b.next() => late,
        }
    };
    late.reply.reject(RejectCode::Expired);
    b.answer();
    a.deliver_well(2, "next").await;
    assert_eq!(a.link.status()[0].violations, 0);
}

#[tokio::test]
async fn an_unknown_addressee_is_refused_at_once() {
    let a = Node::start(1, vec![]).await;
    assert_eq!(a.deliver(9, "x").await, Err(DeliverError::NotAMember { oin: oin(9) }));
}

#[tokio::test]
async fn stops_within_a_second_and_says_so() {
    let a = Node::start(1, vec![]).await;
    let b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member(), member(3, nowhere())]).await.unwrap();
    let deliver = |to| {
        let link = a.link.clone();
        tokio::spawn(async move { link.deliver(&outgoing(to, "x"), Instant::now() + PATIENCE).await })
    };
    let (unanswered, unreachable) = (deliver(2), deliver(3));
    eventually("both wait", || a.link.status().iter().all(|peer| peer.in_flight == 1) && a.connected(2)).await;
    let (link, began) = (a.link.clone(), Instant::now());
    a.stop().await;
    assert!(began.elapsed() < Duration::from_secs(1));
    for waiting in [unanswered, unreachable] {
        assert_eq!(waiting.await.unwrap(), Err(DeliverError::Stopped));
    }
    assert_eq!(link.deliver(&outgoing(2, "x"), Instant::now() + PATIENCE).await, Err(DeliverError::Stopped));
    assert!(matches!(link.set_members(vec![]).await, Err(LinkError::Stopped)));
}

#[tokio::test]
async fn says_when_the_address_is_in_use() {
    let a = Node::start(1, vec![]).await;
    let config = LinkConfig { oin: oin(2), key: seed(2), listen: a.link.listen_address() };
    let second = Link::start(config, vec![], mpsc::channel(1).0, CancellationToken::new()).await;
    assert!(matches!(second, Err(LinkError::AddressInUse { address }) if address == a.link.listen_address()));
}

#[tokio::test]
async fn a_stopped_link_leaves_its_address_free() {
    let a = Node::start(1, vec![]).await;
    let address = a.stop().await;
    std::net::TcpListener::bind(address).unwrap();
}

#[tokio::test]
async fn listens_on_every_interface_when_asked() {
    let b = Node::start_at(2, "0.0.0.0:0".parse().unwrap(), vec![], QUICK).await;
    let port = b.link.listen_address().port();
    assert_ne!(port, 0);
    let a = Node::start(1, vec![Member { address: ([127, 0, 0, 1], port).into(), ..b.member() }]).await;
    b.link.set_members(vec![a.member()]).await.unwrap();
    eventually("connected", || a.connected(2)).await;
}

/// The library reads the variable itself, so only a process of its own shows that we look first.
#[test]
fn refuses_to_start_where_session_keys_would_be_written() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "link::tests::delivery::with_key_logging"])
        .env("SSLKEYLOGFILE", "keys")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "run by refuses_to_start_where_session_keys_would_be_written"]
async fn with_key_logging() {
    let config = LinkConfig { oin: oin(2), key: seed(2), listen: anywhere() };
    let started = Link::start(config, vec![], mpsc::channel(1).0, CancellationToken::new()).await;
    assert!(matches!(started, Err(LinkError::KeyLogging)));
}
