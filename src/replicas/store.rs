//! The shared log in Redis: its keys, and each operation on it.

use std::{sync::Arc, time::Duration};

use redis::{Client, Connection, FromRedisValue, IntoConnectionInfo, RedisResult, Script, Value, cmd};

use crate::{
    hub::relayed::{Operation, Origin},
    options::Redis,
};

/// The longest time for a connection, and for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(1);
/// The longest time that a read waits for an event.
const BLOCK: Duration = Duration::from_millis(500);
/// The most entries that are read at once.
const MAX_READ: usize = 512;

/// The keys and scripts of one app's shared log.
pub(super) struct Store {
    client: Client,
    keys: [String; 7],
    replicas: [String; 2],
    expiry: u64,
    append: Script,
    load: Script,
    beat: Script,
    restore: Script,
}

/// One entry of the shared log.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) epoch: u64,
    pub(super) at: u64,
    pub(super) origin: Origin,
    pub(super) count: u64,
    /// Hash of the bundle's earlier build; empty for none.
    pub(super) before: String,
    pub(super) text: Vec<u8>,
}

/// All of a shared log.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) epoch: u64,
    pub(super) at: u64,
    /// Number of this process's latest operation that the log has or had.
    pub(super) count: u64,
    /// The position in an earlier log at which this one was begun.
    pub(super) was: String,
    /// The states from before its oldest event.
    pub(super) earlier: Vec<Vec<u8>>,
    pub(super) entries: Vec<Entry>,
}

impl Store {
    /// Creates the store of these settings, without a connection.
    pub(super) fn new(settings: &Redis) -> RedisResult<Self> {
        let client = Client::open(settings.info().clone().into_connection_info()?)?;
        // The braces keep all keys in one slot.
        let key = |name: &str| format!("{{hot-middleware:{}}}:{name}", settings.key_prefix());
        Ok(Self {
            client,
            keys: ["events", "state", "bundles", "order", "hashes", "building", "counts"].map(key),
            replicas: ["replicas", "clients"].map(key),
            expiry: u64::try_from(settings.key_expiry().as_millis()).unwrap_or(u64::MAX),
            append: Script::new(include_str!("append.lua")),
            load: Script::new(include_str!("load.lua")),
            beat: Script::new(include_str!("beat.lua")),
            restore: Script::new(include_str!("restore.lua")),
        })
    }

    pub(super) fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(CONNECT_TIMEOUT)?;
        connection.set_read_timeout(Some(TIMEOUT + BLOCK))?;
        connection.set_write_timeout(Some(TIMEOUT))?;
        Ok(connection)
    }

    /// Appends operations, each once however often it is sent.
    pub(super) fn append(
        &self,
        connection: &mut Connection,
        position: (u64, u64),
        bound: (usize, usize),
        origin: Origin,
        operations: &[(u64, Operation, Arc<[u8]>)],
    ) -> RedisResult<()> {
        let mut call = self.append.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(position.0)
            .arg(position.1)
            .arg(bound.0)
            .arg(bound.1)
            .arg(self.expiry)
            .arg(origin.to_string());
        for (count, operation, text) in operations {
            let (kind, name, key, hash) = kind(operation);
            call.arg(count).arg(kind).arg(name).arg(key).arg(hash).arg(&**text);
        }
        call.invoke(connection)
    }

    /// Reads the whole log. Begins one if there is none, or if it has lost what this reader has read.
    pub(super) fn load(
        &self,
        connection: &mut Connection,
        position: (u64, u64),
        origin: Origin,
    ) -> RedisResult<Loaded> {
        let mut call = self.load.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(position.0).arg(position.1).arg(self.expiry).arg(origin.to_string());
        let (epoch, at, count, was, earlier, entries): (u64, u64, u64, String, Vec<Vec<u8>>, Value) =
            call.invoke(connection)?;
        Ok(Loaded { epoch, at, count, was, earlier, entries: parse_entries(entries)? })
    }

    /// Restores the states of bundles in a log that has lost them.
    pub(super) fn restore(
        &self,
        connection: &mut Connection,
        epoch: u64,
        builds: &[(Operation, Vec<u8>)],
    ) -> RedisResult<()> {
        let mut call = self.restore.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(epoch).arg(self.expiry);
        for (operation, text) in builds {
            let (_, _, key, hash) = kind(operation);
            call.arg(key).arg(hash).arg(&**text);
        }
        call.invoke(connection)
    }

    /// Waits for the entries after a position, for half a second at most. Those of another log, or of another program, are
    /// the first ones or left out.
    pub(super) fn read(&self, connection: &mut Connection, position: (u64, u64)) -> RedisResult<Vec<Entry>> {
        let after = format!("{}-{}", position.0, position.1);
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(MAX_READ).arg("BLOCK").arg(u64::try_from(BLOCK.as_millis()).unwrap_or(500));
        read.arg("STREAMS").arg(&self.keys[0]).arg(after);
        let streams = read.query::<Option<Vec<(Value, Value)>>>(connection)?.into_iter().flatten();
        let mut entries = streams.map(|(_, entries)| entries).next().map_or(Ok(Vec::new()), parse_entries)?;
        let own = entries.iter().take_while(|entry| entry.epoch == position.0).count();
        entries.truncate(own.max(1));
        Ok(entries)
    }

    /// Returns the position of the log's end.
    pub(super) fn end(&self, connection: &mut Connection) -> RedisResult<(u64, u64)> {
        let end: (Option<u64>, Option<u64>) =
            cmd("HMGET").arg(&self.keys[1]).arg(&["epoch", "at"]).query(connection)?;
        Ok((end.0.unwrap_or(0), end.1.unwrap_or(0)))
    }

    /// Returns the origin and number of the entry at a position, if it is still there.
    pub(super) fn entry(
        &self,
        connection: &mut Connection,
        position: (u64, u64),
    ) -> RedisResult<Option<Entry>> {
        let id = format!("{}-{}", position.0, position.1);
        let entries = cmd("XRANGE").arg(&self.keys[0]).arg(&id).arg(&id).query(connection)?;
        Ok(parse_entries(entries)?.into_iter().next())
    }

    /// Reports the number of this process's clients. Returns that of all other processes that are alive.
    pub(super) fn beat(
        &self,
        connection: &mut Connection,
        origin: Origin,
        clients: usize,
        lifetime: Duration,
    ) -> RedisResult<usize> {
        let mut call = self.beat.prepare_invoke();
        for key in self.replicas.iter().chain(&self.keys) {
            call.key(key);
        }
        let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        call.arg(origin.to_string()).arg(clients).arg(self.expiry).arg(lifetime);
        call.invoke(connection)
    }
}

/// Returns what the script has to know of an operation: its kind, the name and the key of its bundle, and its hash.
fn kind(operation: &Operation) -> (&'static str, &str, String, &str) {
    match operation {
        Operation::Built(build) | Operation::Initial(build) | Operation::Known(build) => {
            let (name, nth) = build.key();
            ("built", name, format!("{name}\0{nth}"), build.hash.as_deref().unwrap_or_default())
        }
        Operation::Building { name, .. } => {
            ("building", name.as_deref().unwrap_or_default(), String::new(), "")
        }
        Operation::Unchanged { name } => ("unchanged", name, String::new(), ""),
        _ => ("event", "", String::new(), ""),
    }
}

/// An id, and the names and values of its fields.
type Fields = (String, Vec<Vec<u8>>);

fn parse_entries(value: Value) -> RedisResult<Vec<Entry>> {
    Ok(Vec::<Fields>::from_redis_value(value)?.into_iter().filter_map(parse).collect())
}

/// Parses an entry; one of another version or program has no text, so that it is ignored.
fn parse((id, fields): Fields) -> Option<Entry> {
    let (epoch, at) = id.split_once('-')?;
    let (epoch, at) = (epoch.parse().ok()?, at.parse().ok()?);
    let unknown = Entry { epoch, at, origin: Origin(0), count: 0, before: String::new(), text: Vec::new() };
    Some(parse_fields(epoch, at, fields).unwrap_or(unknown))
}

fn parse_fields(epoch: u64, at: u64, fields: Vec<Vec<u8>>) -> Option<Entry> {
    let mut fields: Vec<_> = fields.into_iter().skip(1).step_by(2).map(Some).collect();
    let mut field = |index: usize| fields.get_mut(index)?.take();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    Some(Entry {
        epoch,
        at,
        origin: Origin::parse(&text(field(0)?)?)?,
        count: text(field(1)?)?.parse().ok()?,
        before: text(field(2)?)?,
        text: field(3)?,
    })
}
