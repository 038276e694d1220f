//! Who is about to record: tasks that can run now. The writer lets them come before it closes a batch, so that they
//! share one sync; it never waits for a task that waits itself, so a lone entry goes at once.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Longest that a batch stays open for tasks that can run: 5 ms. Only a machine that is out of breath gets there.
const MAX_LINGER: Duration = Duration::from_millis(5);

/// How long it looks again before it sleeps: 20 µs. Whoever has just sent an entry waits within one or two, and waking a
/// thread costs more than that.
const SPIN: Duration = Duration::from_micros(20);

/// Counts the attended tasks that can run or are running.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    awake: AtomicUsize,
    writer: OnceLock<Thread>,
    /// Attended tasks that have not ended.
    living: watch::Sender<usize>,
}

impl Crowd {
    /// For the writer: returns when no attended task can run, at the latest after [`MAX_LINGER`].
    pub(super) fn linger(&self) {
        let writer = self.writer.get_or_init(thread::current);
        debug_assert_eq!(writer.id(), thread::current().id(), "there is one writer");
        let began = Instant::now();
        while self.awake.load(Ordering::SeqCst) > 0 {
            if began.elapsed() < SPIN {
                std::hint::spin_loop();
                continue;
            }
            let Some(left) = MAX_LINGER.checked_sub(began.elapsed()) else { return };
            thread::park_timeout(left);
        }
    }

    /// For a caller: whether more than one attended task can run.
    pub(super) fn is_one_of_several(&self) -> bool {
        self.awake.load(Ordering::SeqCst) > 1
    }

    /// Returns when every attended task has ended.
    pub(super) async fn dispersed(&self) {
        // The sender is here, so waiting ends only with the last task.
        let _ = self.living.subscribe().wait_for(|living| *living == 0).await;
    }

    fn rise(&self) {
        self.awake.fetch_add(1, Ordering::SeqCst);
    }

    fn settle(&self) {
        if self.awake.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(writer) = self.writer.get()
        {
            writer.unpark();
        }
    }
}

/// A task whose entries the writer lets come; see [`super::Journal::attend`].
pub struct Attended<F> {
    task: Pin<Box<F>>,
    state: Arc<State>,
}

struct State {
    crowd: Arc<Crowd>,
    // A lock and not atomics: the flags and the waker change together, for nanoseconds.
    now: Mutex<Now>,
}

struct Now {
    /// Whether the task is in the crowd's count.
    counted: bool,
    /// Woken since its last turn began.
    woken: bool,
    waker: Option<Waker>,
}

impl<F: Future> Attended<F> {
    /// Counts at once: a task that was just made can run.
    pub(super) fn new(crowd: &Arc<Crowd>, task: F) -> Self {
        crowd.rise();
        crowd.living.send_modify(|living| *living += 1);
        let now = Mutex::new(Now { counted: true, woken: false, waker: None });
        Attended { task: Box::pin(task), state: Arc::new(State { crowd: Arc::clone(crowd), now }) }
    }
}

impl State {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self) {
        let mut now = self.now();
        if !now.woken && std::mem::take(&mut now.counted) {
            self.crowd.settle();
        }
    }
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut now = self.now();
        now.woken = true;
        if !std::mem::replace(&mut now.counted, true) {
            self.crowd.rise();
        }
        let waker = now.waker.clone();
        drop(now);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<F: Future> Future for Attended<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        {
            let mut now = self.state.now();
            now.woken = false;
            if !std::mem::replace(&mut now.counted, true) {
                self.state.crowd.rise();
            }
            if !now.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                now.waker = Some(context.waker().clone());
            }
        }
        let waker = Waker::from(Arc::clone(&self.state));
        let polled = self.task.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            self.state.leave();
        }
        polled
    }
}

impl<F> Drop for Attended<F> {
    fn drop(&mut self) {
        let mut now = self.state.now();
        // Whoever still holds the waker cannot bring it back into the count.
        if std::mem::replace(&mut now.counted, true) {
            self.state.crowd.settle();
        }
        self.state.crowd.living.send_modify(|living| *living -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::*;

    fn awake(crowd: &Crowd) -> usize {
        crowd.awake.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn counts_a_task_while_it_can_run_and_not_while_it_waits() {
        let crowd = Arc::new(Crowd::default());
        let (go, wait) = oneshot::channel::<()>();
        let task = Attended::new(&crowd, wait);
        assert_eq!(awake(&crowd), 1);
        let running = tokio::spawn(task);
        tokio::task::yield_now().await;
        assert_eq!(awake(&crowd), 0);
        go.send(()).unwrap();
        assert_eq!(awake(&crowd), 1);
        running.await.unwrap().unwrap();
        assert_eq!(awake(&crowd), 0);
    }

    #[tokio::test]
    async fn a_task_that_is_dropped_is_counted_no_more_even_if_it_is_woken() {
        let crowd = Arc::new(Crowd::default());
        let task = Attended::new(&crowd, pending::<()>());
        let waker = Waker::from(Arc::clone(&task.state));
        assert_eq!(*crowd.living.borrow(), 1);
        drop(task);
        crowd.dispersed().await;
        assert_eq!(awake(&crowd), 0);
        waker.wake();
        assert_eq!(awake(&crowd), 0);
    }

    #[tokio::test]
    async fn a_task_that_wakes_itself_stays_counted() {
        let crowd = Arc::new(Crowd::default());
        let running = tokio::spawn(Attended::new(&crowd, async {
            tokio::task::yield_now().await;
            pending::<()>().await;
        }));
        tokio::task::yield_now().await;
        while awake(&crowd) > 0 {
            tokio::task::yield_now().await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(awake(&crowd), 0);
    }

    #[test]
    fn the_writer_waits_for_nobody_when_nobody_can_run_and_never_for_ever() {
        let crowd = Arc::new(Crowd::default());
        crowd.linger();
        let _runs = Attended::new(&crowd, pending::<()>());
        crowd.linger();
    }
}
