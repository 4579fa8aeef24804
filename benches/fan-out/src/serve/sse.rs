//! axum's `Sse` over a tokio broadcast channel; newcomers receive the latest build.

use std::{convert::Infallible, io::Result, sync::Arc, time::Duration};

use axum::{
    Router,
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
    serve::ListenerExt,
};
use futures_util::{StreamExt, future::ready, stream};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
};
use tokio_stream::wrappers::BroadcastStream;

use super::{Command, Commands, Small, build_json};

/// The way a careful user writes it.
pub(super) async fn encoded_once(listener: TcpListener, commands: Commands) -> Result<()> {
    let encode = |command, number| -> Arc<str> {
        match command {
            Command::Small => serde_json::to_string(&Small::new(number)).expect("strings are JSON").into(),
            Command::Build => build_json(number).to_string().into(),
        }
    };
    run(listener, commands, encode, |json| Event::default().data(json)).await
}

/// The way most users write it: `Event::json_data` encodes the channel's value for each client.
pub(super) async fn encoded_for_each(listener: TcpListener, commands: Commands) -> Result<()> {
    let value = |command, number| -> Arc<Value> {
        Arc::new(match command {
            Command::Small => serde_json::to_value(Small::new(number)).expect("strings are JSON"),
            Command::Build => build_json(number),
        })
    };
    run(listener, commands, value, |value| Event::default().json_data(&*value).expect("a value is JSON"))
        .await
}

async fn run<T: Clone + Send + Sync + 'static>(
    listener: TcpListener,
    mut commands: Commands,
    publish: impl Fn(Command, usize) -> T,
    write: fn(T) -> Event,
) -> Result<()> {
    let events = broadcast::Sender::<T>::new(1024);
    let latest = watch::Sender::<Option<T>>::new(None);
    let (subscribed, shown) = (events.clone(), latest.subscribe());
    let stream = move || {
        let later = BroadcastStream::new(subscribed.subscribe()).filter_map(|event| ready(event.ok()));
        let first = stream::iter(shown.borrow().clone());
        let events = first.chain(later).map(move |event| Ok::<_, Infallible>(write(event)));
        // No comment is sent during a measurement.
        ready(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(3600))))
    };
    let app = Router::new().route("/__webpack_hmr", get(stream));
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    tokio::spawn(axum::serve(listener, app).into_future());
    while let Some((command, number)) = commands.recv().await {
        let event = publish(command, number);
        if matches!(command, Command::Build) {
            latest.send_replace(Some(event.clone()));
        }
        // There may be no receiver yet.
        events.send(event).ok();
    }
    Ok(())
}
