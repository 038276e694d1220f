//! What somebody who counts frames sees of a pair in slots: the same, whatever was said.

use tokio::sync::watch;
use weegnet_protocol::codec;
use weegnet_protocol::frame::{Frame, RequestId, Watch};
use weegnet_protocol::slot::{Emptier, Filler, PIECES_PER_SLOT, SLOT_BYTES};

use super::raw::{Client, delivery, framed, receive, send_frame};
use super::*;

const SLOT: Millis = Millis(900_000);

/// A node that writes in slots to number 2, and who makes slots begin.
async fn in_slots() -> (Node, watch::Sender<u64>) {
    let (hand, beat) = watch::channel(0);
    let members = vec![Member { slot: SLOT, ..member(2, nowhere()) }];
    (Node::start_in_slots(1, anywhere(), members, Beat::Hand(beat), QUICK).await, hand)
}

/// What the node writes on a stream, seen from number 2.
struct Capture {
    client: Client,
    stream: libp2p::Stream,
    emptier: Emptier,
}

impl Capture {
    /// Of its own stream, on which it has begun to count slots.
    async fn of_deliveries(node: &Node) -> Capture {
        let mut client = Client::dial(2, node).await;
        let stream = client.accepted().await;
        let mut capture = Capture { client, stream, emptier: Emptier::default() };
        let link = node.link.clone();
        tokio::spawn(async move { link.watch(&oin(2), Watch::default(), Instant::now() + PATIENCE).await });
        let at_once = receive(&mut capture.stream).await;
        assert!(matches!(at_once, Some(Frame::Watch { .. })), "looking at a log waits for no slot: {at_once:?}");
        capture
    }

    /// Of its replies on ours.
    async fn of_replies(node: &Node) -> Capture {
        let client = Client::dial(2, node).await;
        let mut stream = client.open().await;
        send_frame(&mut stream, &Frame::Watch { watch: Watch::default(), request: RequestId(1) }).await;
        assert!(matches!(receive(&mut stream).await, Some(Frame::Reject { .. })));
        Capture { client, stream, emptier: Emptier::default() }
    }

    /// The sizes of all frames of one slot, and what they bring.
    async fn slot(&mut self, hand: &watch::Sender<u64>) -> (Vec<usize>, Vec<Frame>) {
        hand.send_modify(|slot| *slot += 1);
        let (mut sizes, mut brought) = (Vec::new(), Vec::new());
        for _ in 0..PIECES_PER_SLOT {
            let frame = receive(&mut self.stream).await.expect("a piece");
            sizes.push(codec::encode(&frame).len());
            let Frame::Slot { piece } = frame else { panic!("outside a slot: {frame:?}") };
            let values = self.emptier.frames(&piece.0).expect("a piece");
            brought.extend(values.iter().map(|value| codec::decode::<Frame>(value).expect("a frame")));
        }
        (sizes, brought)
    }
}

fn said(frames: &[Frame]) -> Vec<String> {
    let text = |frame: &Frame| match frame {
        Frame::Deliver { statement, .. } => String::from_utf8(statement.body.0.clone()).expect("a text"),
        other => panic!("no delivery: {other:?}"),
    };
    frames.iter().map(text).collect()
}

/// Hands over statements and returns when all of them wait.
async fn queue(node: &Node, texts: &[String]) {
    let before = node.link.status()[0].in_flight;
    for text in texts {
        let (link, outgoing) = (node.link.clone(), outgoing(2, text));
        tokio::spawn(async move { link.deliver(&outgoing, Instant::now() + PATIENCE).await });
    }
    eventually("all wait", || node.link.status()[0].in_flight == before + texts.len()).await;
}

#[tokio::test]
async fn as_much_is_written_in_every_slot_whoever_was_asked_about() {
    let answer = |kind: &str| vec![format!("{kind}{}", ".".repeat(900 - kind.len()))];
    let question = vec!["q".repeat(12_000)];
    let mut seen = Vec::new();
    for (what, texts) in [
        ("nobody asked", vec![]),
        ("a sealed question", question),
        ("hit", answer("known")),
        ("miss or withheld", answer("no statement")),
    ] {
        let (node, hand) = in_slots().await;
        let mut capture = Capture::of_deliveries(&node).await;
        let (before, silence) = capture.slot(&hand).await;
        assert_eq!(silence, [], "{what}");
        queue(&node, &texts).await;
        let (sizes, brought) = capture.slot(&hand).await;
        assert_eq!(said(&brought), texts, "{what}: it waits for its slot and leaves in it");
        // Were there more in the slot before, they would be read here instead of what was said last.
        queue(&node, &["last".to_owned()]).await;
        let (after, brought) = capture.slot(&hand).await;
        assert_eq!(said(&brought), ["last"], "{what}");
        seen.push([before, sizes, after]);
        drop(capture.client);
    }
    assert!(seen.iter().flatten().all(|sizes| *sizes == seen[0][0]), "{seen:?}");
    assert_eq!(seen[0][0], [SLOT_BYTES + 16; PIECES_PER_SLOT]);
}

#[tokio::test]
async fn what_comes_in_a_slot_is_answered_in_one() {
    let (mut node, hand) = in_slots().await;
    let mut capture = Capture::of_replies(&node).await;
    let (cover, silence) = capture.slot(&hand).await;
    assert_eq!(silence, []);
    let mut waiting = vec![framed(&codec::encode(&delivery(7, "who?")))];
    let piece = Filler::default().piece(|| waiting.pop());
    send_frame(&mut capture.stream, &Frame::Slot { piece }).await;
    let Inbound { statement, reply, .. } = node.next().await;
    let expected = receipt(&statement);
    let _written = reply.receipt(expected.clone());
    let (sizes, brought) = capture.slot(&hand).await;
    assert_eq!(brought, [Frame::Receipt { request: RequestId(7), receipt: expected }]);
    assert_eq!(sizes, cover);
}

#[tokio::test]
async fn what_does_not_fit_goes_on_in_the_next_slot() {
    let (node, hand) = in_slots().await;
    let mut capture = Capture::of_deliveries(&node).await;
    // A hundred thousand bytes, and a slot has 65,536.
    let texts: Vec<_> = (0..8).map(|at| at.to_string().repeat(12_500)).collect();
    for text in &texts {
        queue(&node, std::slice::from_ref(text)).await;
    }
    let (first, brought) = capture.slot(&hand).await;
    let (second, more) = capture.slot(&hand).await;
    assert_eq!(said(&[brought.clone(), more].concat()), texts);
    assert_eq!((brought.len(), first), (5, second));
}

#[tokio::test]
async fn where_slots_end_what_waited_leaves_at_once() {
    let (node, hand) = in_slots().await;
    let mut capture = Capture::of_deliveries(&node).await;
    queue(&node, &["who?".to_owned()]).await;
    node.link.set_members(vec![member(2, nowhere())]).await.unwrap();
    let mut stream = capture.client.accepted().await;
    let found = async {
        loop {
            match receive(&mut stream).await {
                Some(Frame::Deliver { statement: brought, .. }) => return brought,
                Some(Frame::Watch { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(found.await, statement("who?"));
    drop(hand);
}

#[tokio::test]
async fn a_piece_within_a_piece_ends_the_stream() {
    let (node, _hand) = in_slots().await;
    let mut capture = Capture::of_replies(&node).await;
    let inner = Frame::Slot { piece: Blob(b"inner".to_vec()) };
    let mut waiting = vec![framed(&codec::encode(&inner))];
    let piece = Filler::default().piece(|| waiting.pop());
    send_frame(&mut capture.stream, &Frame::Slot { piece }).await;
    assert_eq!(receive(&mut capture.stream).await, None);
}

#[tokio::test]
async fn a_statement_and_its_receipt_pass_between_two_nodes_in_slots() {
    let (hand, beat) = watch::channel(0);
    let a = Node::start_in_slots(1, anywhere(), vec![], Beat::Hand(beat.clone()), QUICK).await;
    let known = vec![Member { slot: SLOT, ..a.member() }];
    let mut b = Node::start_in_slots(2, anywhere(), known, Beat::Hand(beat), QUICK).await;
    a.link.set_members(vec![Member { slot: SLOT, ..b.member() }]).await.unwrap();
    b.answer();
    let mut slots = interval(Duration::from_millis(5));
    let passing = async {
        loop {
            slots.tick().await;
            hand.send_modify(|slot| *slot += 1);
        }
    };
    tokio::select! {
        () = a.deliver_well(2, "who?") => {}
        () = passing => {}
    }
}
