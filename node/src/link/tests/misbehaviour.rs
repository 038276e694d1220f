//! A member whose client is not ours: what it breaks is its own stream, or at worst its own connection.

use futures::{AsyncWriteExt, FutureExt};
use weegnet_protocol::codec::{self, MAX_BYTES};
use weegnet_protocol::frame::{Frame, RejectCode, RequestId};

use super::raw::{Client, delivery, framed, receive, send, send_frame, works};
use super::*;
use crate::link::limits::{CONNECTIONS_PER_PEER, INBOUND_IN_FLIGHT_BYTES};

/// A node that answers, with two members: 1, played by hand, and 3, a node of ours.
async fn node_and_neighbour(limits: Limits) -> (Node, Node) {
    let mut node = Node::start_at(2, anywhere(), vec![], limits).await;
    node.answer();
    let neighbour = Node::start(3, vec![node.member()]).await;
    node.link.set_members(vec![member(1, nowhere()), neighbour.member()]).await.unwrap();
    (node, neighbour)
}

fn violations(node: &Node) -> u64 {
    node.link.status()[0].violations
}

#[tokio::test]
async fn a_client_that_is_not_ours_gets_its_receipt() {
    let (node, _) = node_and_neighbour(QUICK).await;
    let client = Client::dial(1, &node).await;
    assert!(works(&mut client.open().await).await);
}

#[tokio::test]
async fn bytes_that_are_no_frame_close_that_stream_and_no_other() {
    let (node, neighbour) = node_and_neighbour(QUICK).await;
    let client = Client::dial(1, &node).await;
    let mut good = client.open().await;
    let value = codec::encode(&delivery(1, "x"));
    let reject = codec::encode(&Frame::Reject { request: RequestId(1), code: RejectCode::Busy });
    let cases: [(&str, Vec<u8>); 8] = [
        ("empty", framed(&[])),
        ("too large", (MAX_BYTES as u32 + 1).to_be_bytes().to_vec()),
        ("far too large", u32::MAX.to_be_bytes().to_vec()),
        ("not CBOR", framed(&[0xff; 40])),
        ("trailing bytes", framed(&[&value[..], &[0]].concat())),
        ("another value", framed(&[0x83, 1, 2, 3])),
        ("not the one encoding", framed(&[&[0xb8, 0x01], &value[1..]].concat())),
        ("a reply", framed(&reject)),
    ];
    for (number, (what, bytes)) in cases.into_iter().enumerate() {
        let mut bad = client.open().await;
        send(&mut bad, &bytes).await;
        assert!(receive(&mut bad).await.is_none(), "{what}");
        eventually(what, || violations(&node) == number as u64 + 1).await;
        assert!(works(&mut good).await, "{what}");
    }
    neighbour.deliver_well(2, "x").await;
}

#[tokio::test]
async fn a_frame_that_stops_half_way_closes_its_stream() {
    let (node, neighbour) = node_and_neighbour(QUICK).await;
    let client = Client::dial(1, &node).await;
    let (mut quiet, mut stalling) = (client.open().await, client.open().await);
    let frame = framed(&codec::encode(&delivery(1, "x")));
    send(&mut stalling, &frame[..frame.len() - 1]).await;
    neighbour.deliver_well(2, "meanwhile").await;
    assert!(receive(&mut stalling).await.is_none());
    assert!(works(&mut quiet).await, "saying nothing between frames is fine");
}

#[tokio::test]
async fn streams_without_a_word_hurt_nobody() {
    let (node, neighbour) = node_and_neighbour(QUICK).await;
    let client = Client::dial(1, &node).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(client.open().await);
    }
    neighbour.deliver_well(2, "x").await;
    assert!(works(&mut client.open().await).await);
}

#[tokio::test]
async fn a_flood_of_streams_costs_the_connection_and_nobody_else() {
    let (node, neighbour) = node_and_neighbour(QUICK).await;
    let client = Client::dial(1, &node).await;
    let mut streams = Vec::new();
    while client.is_open() && streams.len() < 1000 {
        streams.extend(client.try_open("/weegnet/deliver/1").await);
    }
    client.closed().await;
    neighbour.deliver_well(2, "x").await;
    assert!(works(&mut Client::dial(1, &node).await.open().await).await);
}

#[tokio::test]
async fn an_unknown_stream_protocol_is_declined() {
    let (node, _) = node_and_neighbour(QUICK).await;
    let client = Client::dial(1, &node).await;
    assert!(client.try_open("/ipfs/id/1.0.0").await.is_none());
    assert!(client.try_open("/weegnet/deliver/2").await.is_none());
    assert!(works(&mut client.open().await).await);
}

#[tokio::test]
async fn a_member_that_floods_and_never_reads_stalls_only_itself() {
    // So that nothing but the wait for its reading can end it.
    let limits = Limits { write: Duration::from_millis(500), silence: PATIENCE * 10, ..QUICK };
    let (node, neighbour) = node_and_neighbour(limits).await;
    let client = Client::dial(1, &node).await;
    let mut flood = client.open().await;
    let frame = framed(&codec::encode(&delivery(1, &"x".repeat(20))));
    let batch = frame.repeat(1000);
    let flooding = timeout(PATIENCE, async { while flood.write_all(&batch).await.is_ok() {} });
    // Its replies fill its window; then nobody reads it any more, and at last the stream is closed.
    let (mut flooding, mut rounds) = (Box::pin(flooding.fuse()), 0);
    loop {
        tokio::select! {
            ended = &mut flooding => break ended.unwrap(),
            () = neighbour.deliver_well(2, "meanwhile") => rounds += 1,
        }
    }
    assert!(rounds > 0);
    neighbour.deliver_well(2, "after").await;
}

#[tokio::test]
async fn a_member_whose_deliveries_nobody_answers_is_not_read_further() {
    let mut node = Node::start(2, vec![member(1, nowhere())]).await;
    let client = Client::dial(1, &node).await;
    let mut stream = client.open().await;
    let large = delivery(1, &"x".repeat(60_000));
    let room = INBOUND_IN_FLIGHT_BYTES / codec::encode(&large).len();
    let sending = tokio::spawn(async move {
        for _ in 0..room + 2 {
            send_frame(&mut stream, &large).await;
        }
        stream
    });
    let mut held = Vec::new();
    while held.len() < room {
        held.push(node.next().await);
    }
    let _stream = sending.await.unwrap();
    let inbound = node.inbound.as_mut().unwrap();
    assert!(timeout(Duration::from_millis(100), inbound.recv()).await.is_err(), "one more than there is room for");
    held.clear();
    node.next().await;
    node.next().await;
}

#[tokio::test]
async fn a_connection_without_heartbeat_is_closed() {
    let limits = Limits { silence: Duration::from_millis(300), beat: Duration::from_millis(50), ..QUICK };
    let (node, _) = node_and_neighbour(limits).await;
    let client = Client::dial(1, &node).await;
    let _stream = client.open().await;
    client.closed().await;
    eventually("seen", || !node.connected(1)).await;
}

#[tokio::test]
async fn a_connection_with_heartbeat_stays() {
    let limits = Limits { silence: Duration::from_millis(400), beat: Duration::from_millis(50), ..QUICK };
    let a = Node::start_at(1, anywhere(), vec![], limits).await;
    let b = Node::start_at(2, anywhere(), vec![a.member()], limits).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    eventually("connected", || a.connected(2) && b.connected(1)).await;
    let since = a.link.status()[0].since;
    let seen = || a.link.status()[0].last_seen.map_or(0, |seen| seen.as_millis());
    let much_later = seen() + 1500;
    eventually("beats for longer than the silence allowed", || seen() > much_later).await;
    assert_eq!(a.link.status()[0].since, since);
}

#[tokio::test]
async fn a_newer_connection_evicts_the_oldest() {
    let (node, _) = node_and_neighbour(QUICK).await;
    let mut clients = Vec::new();
    for _ in 0..=CONNECTIONS_PER_PEER {
        clients.push(Client::dial(1, &node).await);
    }
    clients[0].closed().await;
    for client in &clients[1..] {
        assert!(works(&mut client.open().await).await);
    }
}

#[tokio::test]
async fn a_reply_to_nothing_closes_our_stream() {
    let node = Node::start(2, vec![member(1, nowhere())]).await;
    let mut client = Client::dial(1, &node).await;
    let mut ours = client.accepted().await;
    let frame = Frame::Reject { request: RequestId(5), code: RejectCode::Busy };
    send_frame(&mut ours, &frame).await;
    assert!(receive(&mut ours).await.is_none());
    eventually("counted", || violations(&node) == 1).await;
}
