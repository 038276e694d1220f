//! Members get in, nobody else; and who stops being one is out.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::raw::Client;
use super::*;
use crate::link::LinkError;
use crate::link::limits::PENDING_INBOUND;

#[tokio::test]
async fn turns_a_stranger_with_a_valid_key_away_and_counts() {
    let (a, b) = pair().await;
    for strangers in 1..=3 {
        let stranger = Client::dial(9, &b).await;
        assert!(!stranger.is_open() && stranger.failed.borrow().is_some());
        eventually("counted", || b.link.strangers_refused() == strangers).await;
    }
    a.deliver_well(2, "members go on").await;
    assert_eq!((a.link.strangers_refused(), b.link.strangers_refused()), (0, 3));
}

#[tokio::test]
async fn a_node_that_does_not_know_us_takes_nothing() {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    let until = Instant::now() + Duration::from_millis(300);
    assert_eq!(a.link.deliver(&outgoing(2, "x"), until).await, Err(DeliverError::Deadline));
    assert!(b.inbound.as_mut().unwrap().try_recv().is_err());
    assert!(b.link.strangers_refused() >= 1);
}

#[tokio::test]
async fn somebody_else_at_a_members_address_gets_nothing() {
    let mut impostor = Node::start(3, vec![]).await;
    let a = Node::start(1, vec![member(2, impostor.link.listen_address())]).await;
    impostor.link.set_members(vec![a.member()]).await.unwrap();
    let until = Instant::now() + Duration::from_millis(300);
    assert_eq!(a.link.deliver(&outgoing(2, "x"), until).await, Err(DeliverError::Deadline));
    assert!(impostor.inbound.as_mut().unwrap().try_recv().is_err());
}

#[tokio::test]
async fn cuts_off_a_member_that_left_and_takes_it_back() {
    let (a, b) = pair().await;
    a.deliver_well(2, "before").await;
    b.link.set_members(vec![]).await.unwrap();
    eventually("a notices", || !a.connected(2)).await;
    let until = Instant::now() + Duration::from_millis(300);
    assert_eq!(a.link.deliver(&outgoing(2, "meanwhile"), until).await, Err(DeliverError::Deadline));
    b.link.set_members(vec![a.member()]).await.unwrap();
    a.deliver_well(2, "after").await;
}

#[tokio::test]
async fn what_waits_for_a_member_that_leaves_ends() {
    let a = Node::start(1, vec![member(2, nowhere())]).await;
    let (reply, ()) = tokio::join!(a.deliver(2, "x"), async {
        eventually("it waits", || a.link.status()[0].in_flight == 1).await;
        a.link.set_members(vec![]).await.unwrap();
    });
    assert_eq!(reply, Err(DeliverError::NotAMember { oin: oin(2) }));
}

#[tokio::test]
async fn a_changed_key_shuts_out_the_old_one() {
    let (a, b) = pair().await;
    a.deliver_well(2, "before").await;
    let changed = Member { key: member(8, nowhere()).key, ..a.member() };
    b.link.set_members(vec![changed]).await.unwrap();
    eventually("a notices", || !a.connected(2)).await;
    eventually("refused with the old key", || b.link.strangers_refused() > 0).await;
}

#[tokio::test]
async fn a_new_list_leaves_those_who_stay_alone() {
    let (a, b) = pair().await;
    a.deliver_well(2, "before").await;
    let since = b.link.status()[0].since;
    b.link.set_members(vec![a.member(), member(3, nowhere())]).await.unwrap();
    a.deliver_well(2, "after").await;
    assert_eq!(b.link.status()[0].since, since);
}

#[tokio::test]
async fn a_list_with_a_mistake_changes_nothing() {
    let (a, b) = pair().await;
    let good = b.member();
    let weak = Member { oin: oin(3), key: [0; 32], ..member(3, nowhere()) };
    let same_key = Member { oin: oin(3), ..good.clone() };
    let our_key = Member { oin: oin(3), ..a.member() };
    for (bad, oin) in [(weak, oin(3)), (same_key, oin(3)), (good.clone(), oin(2)), (our_key, oin(3))] {
        match a.link.set_members(vec![good.clone(), bad]).await {
            Err(LinkError::UnusableKey { oin: named } | LinkError::Duplicate { oin: named }) => assert_eq!(named, oin),
            other => panic!("{other:?}"),
        }
    }
    a.deliver_well(2, "still").await;
}

#[tokio::test]
async fn we_may_stand_in_our_own_list() {
    let (a, b) = pair().await;
    a.link.set_members(vec![a.member(), b.member()]).await.unwrap();
    a.deliver_well(2, "x").await;
    assert_eq!(a.link.status().len(), 1);
}

#[tokio::test]
async fn a_caller_that_never_shakes_hands_is_dropped() {
    let b = Node::start(2, vec![]).await;
    let mut caller = TcpStream::connect(b.link.listen_address()).await.unwrap();
    let began = Instant::now();
    // The node offers its protocol negotiation and then hangs up.
    timeout(PATIENCE, caller.read_to_end(&mut Vec::new())).await.unwrap().ok();
    assert!(began.elapsed() >= QUICK.handshake / 2);
}

#[tokio::test]
async fn silent_callers_do_not_keep_the_door_shut() {
    let patient = Limits { handshake: PATIENCE * 10, ..QUICK };
    let mut b = Node::start_at(2, anywhere(), vec![member(1, nowhere())], patient).await;
    b.answer();
    let mut silent = Vec::new();
    for _ in 0..3 * PENDING_INBOUND {
        silent.push(TcpStream::connect(b.link.listen_address()).await.unwrap());
    }
    let a = Node::start(1, vec![b.member()]).await;
    a.deliver_well(2, "through the crowd").await;
    drop(silent);
}
