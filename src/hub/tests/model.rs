//! The hub compared with a model: a plain list of all events, in which each client has a position.
//!
//! The model has no log to fall out of, no frames, no slots and no wakers. It knows what was published,
//! computes from scratch each time how much of it fits into the log's bounds, and records what a client has
//! to receive.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{super::clients::Clients, *};
use crate::build::{ChangedFile, Effect};

const NAMES: [&str; 2] = ["", "other"];
const HASHES: [&str; 3] = ["h0", "h1", "h2"];
/// Hashes that a client may claim to have; the last one was never built.
const SINCE: [&str; 4] = ["h0", "h1", "h2", "h3"];

#[derive(Clone, Debug)]
enum Step {
    /// An event of the app, this many bytes longer than the shortest.
    Publish(usize),
    Building(&'static str),
    Built(&'static str, &'static str),
    Begin(&'static str, &'static str),
    Unchanged(&'static str),
    Subscribe {
        ids: bool,
        changes: bool,
        since: Option<&'static str>,
        last: LastEventId,
    },
    /// Polls a client this many times, by its own task or by another.
    Poll(usize, usize, bool),
    Drop(usize),
    Close,
}

#[derive(Clone, Copy, Debug)]
enum LastEventId {
    None,
    OfAnotherProcess,
    /// The event this far before the latest; a future one if negative.
    Before(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let last = prop_oneof![
        2 => Just(LastEventId::None),
        1 => Just(LastEventId::OfAnotherProcess),
        5 => (-2_i64..12).prop_map(LastEventId::Before),
    ];
    let subscribe = (any::<bool>(), any::<bool>(), option::of(select(&SINCE[..])), last)
        .prop_map(|(ids, changes, since, last)| Step::Subscribe { ids, changes, since, last });
    let (name, hash) = (|| select(&NAMES[..]), || select(&HASHES[..]));
    let step = prop_oneof![
        60 => (0_usize..40).prop_map(Step::Publish),
        15 => name().prop_map(Step::Building),
        30 => (name(), hash()).prop_map(|(name, hash)| Step::Built(name, hash)),
        5 => (name(), hash()).prop_map(|(name, hash)| Step::Begin(name, hash)),
        10 => name().prop_map(Step::Unchanged),
        30 => subscribe,
        90 => (0..usize::MAX, 1_usize..12, any::<bool>())
            .prop_map(|(client, times, other)| Step::Poll(client, times, other)),
        15 => (0..usize::MAX).prop_map(Step::Drop),
        1 => Just(Step::Close),
    ];
    vec(step, 1..120)
}

/// A published event.
#[derive(Clone)]
struct Published {
    /// Its JSON for every client.
    json: String,
    /// The extension fields for clients that asked for changes.
    extension: String,
    /// Bytes of the effect that is kept for other encodings.
    effect: usize,
}

impl Published {
    fn plain(json: impl Into<String>) -> Self {
        Self { json: json.into(), extension: String::new(), effect: 0 }
    }

    /// Number of bytes that it takes up in the log.
    fn len(&self) -> usize {
        format!("data: {}\n\n", self.json).len() + self.extension.len() + self.effect
    }

    fn text(&self, changes: bool) -> String {
        match self.json.strip_suffix('}') {
            Some(json) if changes => format!("data: {json}{}}}\n\n", self.extension),
            _ => format!("data: {}\n\n", self.json),
        }
    }
}

fn outcome(action: &str, name: &str, hash: &str) -> String {
    format!(
        r#"{{"name":"{name}","action":"{action}","hash":"{hash}","warnings":[],"errors":[],"modules":{{}}}}"#
    )
}

/// The key `changes` of a build with this hash: the one file has the hash as its version.
fn changes_key(hash: &str) -> String {
    format!(r#","changes":[{{"id":"/a","version":"{hash}"}}]"#)
}

/// One client of the hub, and its state in the model.
struct Client {
    subscriber: Subscriber,
    ids: bool,
    changes: bool,
    /// Number of the last event that it was given, directly or by a state that includes it.
    read: u64,
    /// Events that it was given and has not received yet.
    due: String,
    /// The wakes of its two tasks, each with the expected number.
    wakes: [(Arc<Wakes>, usize); 2],
    /// The task that waits.
    waits: Option<usize>,
}

/// The hub, its model, and the clients of both.
struct Model {
    hub: Arc<Hub>,
    max_events: usize,
    max_bytes: usize,
    events: Vec<Published>,
    /// Every hash of each bundle, the latest last, in the order of the bundles' first builds.
    bundles: Vec<(&'static str, Vec<&'static str>)>,
    building: Vec<(&'static str, Published)>,
    clients: Vec<Client>,
    ids_given: bool,
    closed: bool,
}

impl Model {
    fn new(max_events: usize, max_bytes: usize) -> Self {
        Self {
            hub: hub(max_events, max_bytes),
            max_events,
            max_bytes,
            events: Vec::new(),
            bundles: Vec::new(),
            building: Vec::new(),
            clients: Vec::new(),
            ids_given: false,
            closed: false,
        }
    }

    fn last(&self) -> u64 {
        self.events.len() as u64
    }

    /// Number of the latest events that fit into the bounds; at least one.
    fn kept(&self) -> usize {
        let mut bytes = 0;
        let fits = |event: &&Published| {
            bytes += event.len();
            bytes <= self.max_bytes
        };
        let fitting = self.events.iter().rev().take(self.max_events).take_while(fits).count();
        fitting.max(1).min(self.events.len())
    }

    fn push(&mut self, event: Published) {
        if self.closed || (self.clients.is_empty() && !self.ids_given) {
            return;
        }
        self.events.push(event);
        self.wake();
    }

    fn wake(&mut self) {
        for client in &mut self.clients {
            if let Some(task) = client.waits.take() {
                client.wakes[task].1 += 1;
            }
        }
    }

    /// Returns the state that replaces events: the latest `sync` of each bundle, and the builds under way.
    ///
    /// A newcomer that doesn't ask for changes receives nothing of a bundle that is being built.
    fn state(&self, changes: bool, newcomer: bool, since: Option<&str>) -> Vec<String> {
        let is_built =
            |name: &str| !self.building.iter().any(|(other, _)| other.is_empty() || *other == name);
        let is_included = |(name, _): &&(&str, Vec<&str>)| changes || !newcomer || is_built(name);
        let syncs = self.bundles.iter().filter(is_included).map(|(name, hashes)| {
            let hash = *hashes.last().unwrap();
            let mut sync = Published::plain(outcome("sync", name, hash));
            if let Some(since) = since.filter(|since| *since != hash && hashes.contains(since)) {
                sync.extension = format!(r#","since":"{since}"{}"#, changes_key(hash));
            }
            sync.text(changes)
        });
        syncs.chain(self.building.iter().map(|(_, building)| building.text(changes))).collect()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Publish(length) => {
                let json = format!("\"{}{}\"", self.last(), "-".repeat(length));
                say(&self.hub, &json);
                self.push(Published::plain(json));
            }
            Step::Building(name) => self.building(name),
            Step::Built(name, hash) => self.built(name, hash, false),
            Step::Begin(name, hash) => self.built(name, hash, true),
            Step::Unchanged(name) => {
                self.hub.unchanged(name);
                self.building.retain(|(other, _)| *other != name);
                if let Some((_, hashes)) = self.bundles.iter().find(|(other, _)| *other == name) {
                    self.push(Published::plain(outcome("sync", name, hashes.last().unwrap())));
                }
            }
            Step::Subscribe { ids, changes, since, last } => self.subscribe(ids, changes, since, last),
            Step::Poll(client, times, other) => {
                if let Some(client) = client.checked_rem(self.clients.len()) {
                    for _ in 0..times {
                        self.poll(client, usize::from(other));
                    }
                }
            }
            Step::Drop(client) => {
                if let Some(client) = client.checked_rem(self.clients.len()) {
                    self.clients.remove(client);
                }
            }
            Step::Close => {
                self.hub.close();
                self.closed = true;
                self.wake();
            }
        }
    }

    fn building(&mut self, name: &'static str) {
        self.hub.building(Some(name).filter(|name| !name.is_empty()), None);
        if self.closed {
            return;
        }
        let event = Published::plain(match name {
            "" => r#"{"action":"building"}"#.to_owned(),
            _ => format!(r#"{{"action":"building","name":"{name}"}}"#),
        });
        self.building.retain(|(other, _)| *other != name);
        self.building.push((name, event.clone()));
        self.push(event);
    }

    fn built(&mut self, name: &'static str, hash: &'static str, initial: bool) {
        let build = Build::new(hash).name(name).change(Change::new("/a").version(hash));
        if initial {
            self.hub.set_initial(build);
        } else {
            self.hub.built(build);
        }
        if self.closed {
            return;
        }
        self.building.retain(|(other, _)| !other.is_empty() && *other != name);
        let place = self.bundles.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            self.bundles.push((name, Vec::new()));
            self.bundles.len() - 1
        });
        let hashes = &mut self.bundles[place].1;
        let previous = hashes.last().copied();
        hashes.push(hash);
        let same = previous == Some(hash);
        let mut event = Published::plain(outcome(if same || initial { "sync" } else { "built" }, name, hash));
        if let Some(previous) = previous.filter(|_| !same) {
            event.extension = format!(r#","previous":"{previous}"{}"#, changes_key(hash));
        }
        if !same && !initial {
            let file = ChangedFile { id: "/a".to_owned(), removed: false };
            event.effect = Effect::Apply(vec![file]).weight();
        }
        self.push(event);
    }

    fn subscribe(
        &mut self,
        ids: bool,
        changes: bool,
        since: Option<&'static str>,
        last_event_id: LastEventId,
    ) {
        let boot = &self.hub.boot;
        let last = i64::try_from(self.last()).unwrap();
        let (seen, last_event_id) = match last_event_id {
            LastEventId::None => (None, None),
            LastEventId::OfAnotherProcess => (None, Some("0-1".to_owned())),
            LastEventId::Before(events) => {
                let seen = u64::try_from(last - events).ok().filter(|seen| *seen <= self.last());
                (seen, Some(format!("{boot}-{}", last - events)))
            }
        };
        let since_list = since.into_iter().map(str::to_owned).collect();
        let subscriber = self.hub.subscribe(&Subscribe {
            ids,
            changes,
            since: since_list,
            last_event_id,
            ..Subscribe::default()
        });
        assert_eq!(subscriber.is_none(), self.closed);
        let Some(subscriber) = subscriber else { return };
        self.ids_given |= ids;
        let wakes = [(); 2].map(|()| (Arc::<Wakes>::default(), 0));
        let mut client = Client { subscriber, ids, changes, read: 0, due: String::new(), wakes, waits: None };
        match seen.map(|seen| self.last() - seen) {
            Some(missed) if missed <= self.kept() as u64 => client.read = self.last() - missed,
            missed => self.replace(&mut client, missed, since),
        }
        self.clients.push(client);
    }

    /// Gives a client the state in place of the events that it has not been given.
    fn replace(&self, client: &mut Client, missed: Option<u64>, since: Option<&str>) {
        client.read = self.last();
        let lagged = missed.map(|missed| format!("data: {{\"action\":\"lagged\",\"missed\":{missed}}}\n\n"));
        for event in lagged.into_iter().chain(self.state(client.changes, missed.is_none(), since)) {
            self.give(client, &event);
        }
    }

    /// Gives a client an event, with the number that it has read up to.
    fn give(&self, client: &mut Client, event: &str) {
        if client.ids {
            client.due.extend(["id: ", &self.hub.boot, "-", &client.read.to_string(), "\n"]);
        }
        client.due += event;
    }

    fn poll(&mut self, index: usize, task: usize) {
        let mut client = self.clients.remove(index);
        let waker = Waker::from(client.wakes[task].0.clone());
        let polled = client.subscriber.poll_next(&mut Context::from_waker(&waker));
        let unread = self.last() - client.read;
        if client.due.is_empty() && unread > self.kept() as u64 {
            self.replace(&mut client, Some(unread), None);
        } else if client.due.is_empty() && unread > 0 {
            client.read += 1;
            let index = usize::try_from(client.read - 1).unwrap();
            let event = self.events[index].text(client.changes);
            self.give(&mut client, &event);
        }
        match polled {
            Poll::Ready(Some(bytes)) => {
                let text = std::str::from_utf8(&bytes).unwrap();
                let rest = client.due.strip_prefix(text).filter(|_| !text.is_empty());
                let rest = rest
                    .unwrap_or_else(|| panic!("{text:?} was received, {:?} was expected", client.due))
                    .to_owned();
                client.due = rest;
            }
            Poll::Ready(None) => {
                assert!(client.due.is_empty() && self.closed, "{:?} was expected", client.due);
            }
            Poll::Pending => {
                assert!(client.due.is_empty() && !self.closed, "{:?} was expected", client.due);
                client.waits = Some(task);
            }
        }
        self.clients.insert(index, client);
    }

    /// Compares all that is visible without reading: the bounds, the number of clients and every wake.
    fn check(&self) {
        for client in &self.clients {
            for (wakes, expected) in &client.wakes {
                assert_eq!(wakes.0.load(Ordering::SeqCst), *expected, "wakes");
            }
        }
        let state = self.hub.lock();
        assert_eq!(state.log.len(), self.kept());
        assert!(state.log.len() <= self.max_events);
        assert!(state.log.len() == 1 || state.log.bytes() <= self.max_bytes, "{} bytes", state.log.bytes());
        assert_eq!(
            state.log.bytes(),
            (0..state.log.len()).filter_map(|n| state.log.get(n)).map(Frame::len).sum::<usize>()
        );
        assert_eq!((state.last, state.clients.count), (self.last(), self.clients.len()));
        assert_eq!((state.closed, state.resumable), (self.closed, self.ids_given));
    }

    /// Lets every client read what is left for it, and then leave.
    fn end(&mut self) {
        for client in 0..self.clients.len() {
            while !self.clients[client].due.is_empty() || self.clients[client].read < self.last() {
                self.poll(client, 0);
            }
            self.poll(client, 0);
        }
        self.check();
        self.clients.clear();
        let state = self.hub.lock();
        let Clients { wakers, free, count, .. } = &state.clients;
        assert_eq!((wakers.len(), free.len(), *count), (0, 0, 0), "a client is still connected");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn clients_receive_what_a_plain_list_of_all_events_says(
        max_events in 1_usize..=8,
        max_bytes in select(&[1, 60, 200, 1 << 20][..]),
        steps in steps(),
    ) {
        let mut model = Model::new(max_events, max_bytes);
        for step in &steps {
            model.take(step);
            model.check();
        }
        model.end();
    }
}
