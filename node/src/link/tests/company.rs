//! More than two: every pair finds each other, and one that hangs does not slow the others down.

use super::*;

#[tokio::test]
async fn five_nodes_reach_each_other_in_all_directions() {
    let mut nodes = Vec::new();
    for number in 1..=5 {
        nodes.push(Node::start(number, vec![]).await);
    }
    let members: Vec<_> = nodes.iter().map(Node::member).collect();
    for node in &mut nodes {
        node.link.set_members(members.clone()).await.unwrap();
        node.answer();
    }
    let deliveries = nodes.iter().flat_map(|from| {
        let others = nodes.iter().filter(|to| to.number != from.number);
        others.map(move |to| async move {
            for round in 0..10 {
                from.deliver_well(to.number, &format!("{} to {}: {round}", from.number, to.number)).await;
            }
        })
    });
    futures::future::join_all(deliveries).await;
}

#[tokio::test]
async fn a_member_that_takes_but_never_answers_delays_nobody_else() {
    let (a, b) = pair().await;
    let hanging = Node::start(3, vec![a.member()]).await;
    a.link.set_members(vec![b.member(), hanging.member()]).await.unwrap();
    let stuck: Vec<_> = (0..2000)
        .map(|_| {
            let link = a.link.clone();
            tokio::spawn(async move { link.deliver(&outgoing(3, "x"), Instant::now() + PATIENCE).await })
        })
        .collect();
    eventually("all room is taken", || a.link.status()[1].in_flight == crate::link::limits::OUTBOUND_IN_FLIGHT).await;
    for round in 0..20 {
        a.deliver_well(2, &format!("{round}")).await;
    }
    stuck.iter().for_each(tokio::task::JoinHandle::abort);
    eventually("what nobody waits for is gone", || a.link.status()[1].in_flight == 0).await;
}
