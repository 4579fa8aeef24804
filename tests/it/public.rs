//! Properties of the public types that a compiler checks, and the texts of errors.

use std::{collections::HashSet, error::Error, hash::Hash};

use tower_hot_middleware::{
    Build, Change, HotMiddleware, HotMiddlewareService, LogLevel, Options, OptionsBuilder, OptionsError,
    PublishError, ResponseBody, ResponseFuture, Stats, StatsError, StopOnDrop,
    message::{Client, Listener, Message},
};

const fn portable<T: Send + Sync + Unpin + 'static>() {}

const fn error<T: Error + Send + Sync + Unpin + 'static>() {}

const fn key<T: Hash + Eq + Clone>() {}

const _: () = {
    portable::<(HotMiddleware, Options, OptionsBuilder, LogLevel, Build, Change, Stats, StopOnDrop)>();
    portable::<(Client, Listener, Message)>();
    portable::<HotMiddlewareService<()>>();
    portable::<ResponseBody<String>>();
    portable::<ResponseFuture<std::future::Ready<()>>>();
    key::<Client>();
    error::<OptionsError>();
    error::<PublishError>();
    error::<StatsError>();
};

#[cfg(feature = "command")]
const _: () = {
    use tower_hot_middleware::{
        command::{Command, CommandError, CommandHandle, Output, WaitError},
        watch::{Watch, WatchError, WatchHandle},
    };

    portable::<(Command, CommandHandle, Output, Watch, WatchHandle)>();
    error::<CommandError>();
    error::<WaitError>();
    error::<WatchError>();
};

#[cfg(all(unix, feature = "webpack"))]
const _: () = {
    use tower_hot_middleware::webpack::{Webpack, WebpackError, WebpackHandle};

    portable::<(Webpack, WebpackHandle)>();
    error::<WebpackError>();
};

#[tokio::test]
async fn an_error_s_debug_text_is_its_message() {
    let hot = HotMiddleware::new(Options::default());
    let mut errors: Vec<Box<dyn Error>> = vec![
        Box::new(Options::builder().path("hot").build().unwrap_err()),
        Box::new(Stats::from_json(b"[1]").unwrap_err()),
        Box::new(Stats::from_json(b"{").unwrap_err()),
    ];
    // Nothing is serialized without a client.
    let _stream = crate::client::open(crate::serve_app(&hot).await, "/__webpack_hmr").await;
    let not_json = std::collections::BTreeMap::from([(vec![1], 1)]);
    errors.push(Box::new(hot.publish(&not_json).unwrap_err()));
    #[cfg(feature = "command")]
    {
        use tower_hot_middleware::{command::Command, watch::Watch};

        errors.push(Box::new(hot.watch(Watch::new()).unwrap_err()));
        errors.push(Box::new(hot.command(Command::new("")).unwrap_err()));
        errors.push(Box::new(hot.command(Command::new("make").watch("Cargo.toml/none")).unwrap_err()));
    }
    #[cfg(all(unix, feature = "webpack"))]
    errors.push(Box::new(hot.webpack(tower_hot_middleware::webpack::Webpack::new("/none")).unwrap_err()));
    for error in &errors {
        assert_eq!(format!("{error:?}"), error.to_string());
    }
    let texts: HashSet<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), errors.len(), "{texts:?}");
}

#[test]
fn the_readme_s_recipe_for_release_builds_is_the_app_that_is_compiled() {
    let readme = include_str!("../../README.md");
    let (_, recipe) = readme.split_once("### Without it in release builds\n").unwrap();
    let recipe = recipe.split("\n## ").next().unwrap();
    let app = concat!(include_str!("../left-out/Cargo.toml"), include_str!("../left-out/src/main.rs"));
    let app = app.replace("path = \"../..\"", "version = \"0.1\"");
    let blocks: Vec<_> = recipe.split("```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), 3);
    for line in blocks.iter().flat_map(|block| block.lines().skip(1)).filter(|line| !line.is_empty()) {
        assert!(app.contains(&format!("{line}\n")), "tests/left-out lacks {line:?}");
    }
}

#[test]
fn the_default_middleware_is_enabled_in_debug_builds_alone() {
    let text = format!("{:?}", HotMiddleware::dev());
    assert!(text.contains(&format!("enabled: {}", cfg!(debug_assertions))), "{text}");
}
