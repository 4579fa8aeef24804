use super::*;

#[test]
fn wrong_values_are_named() {
    let cases = [
        (Options::builder().path(""), "\"\""),
        (Options::builder().path("hmr"), "\"hmr\" does not start"),
        (Options::builder().path("/"), "\"/\" ends"),
        (Options::builder().path("/hmr/"), "\"/hmr/\" ends"),
        (Options::builder().path("/hmr?x"), "\"/hmr?x\" has a character"),
        (Options::builder().path("/hm r"), "\"/hm r\" has a character"),
        (Options::builder().path("/hmé"), "\"/hmé\" has a character"),
        (Options::builder().path("/a/../b"), "\"/a/../b\" has a segment"),
        (Options::builder().base_path("app"), "\"app\" does not start"),
        (Options::builder().heartbeat(Duration::ZERO), "0ns"),
        (Options::builder().heartbeat(Duration::from_secs(3601)), "3601s"),
        (Options::builder().replay_buffer_events(0), "0 events"),
        (Options::builder().replay_buffer_bytes(100), "100 bytes"),
        (Options::builder().allowed_host("app.test").allowed_host(""), "\"\" is empty"),
        (Options::builder().allowed_host("."), "\".\" is empty"),
        (Options::builder().allowed_host("app.test:80"), "\"app.test:80\" has a port"),
        (Options::builder().allowed_host("http://app.test"), "\"http://app.test\" has a scheme"),
        (Options::builder().allowed_host("*.app.test"), "\"*.app.test\" has a *"),
        (Options::builder().allowed_host("app test"), "\"app test\" has a character"),
        (Options::builder().allowed_host("app.test/"), "\"app.test/\" has a character"),
        (Options::builder().allowed_host("büro.test"), "\"büro.test\" has a character"),
        (Options::builder().allowed_host("me@app.test"), "\"me@app.test\" has a user name"),
        (Options::builder().allowed_host("..app.test"), "\"..app.test\" has a label"),
        (Options::builder().allowed_host("::1"), "\"::1\" has a character"),
        (Options::builder().allowed_origin("app.test"), "\"app.test\" has no scheme"),
        (Options::builder().allowed_origin("null"), "\"null\" has no scheme"),
        (Options::builder().allowed_origin("*"), "\"*\" has no scheme"),
        (Options::builder().allowed_origin("http://app.test/"), "\"http://app.test/\" has a character"),
        (Options::builder().allowed_origin("http://*.app.test"), "\"http://*.app.test\" has a character"),
        (Options::builder().allowed_origin("http://app.test:0"), "\"http://app.test:0\" has a port"),
        (Options::builder().build_token(""), "shorter than 16"),
        (Options::builder().build_token("a token with blanks"), "has a character other than"),
    ];
    for (builder, named) in cases {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(named), "{error:?} does not name {named:?}");
    }
}

#[cfg(feature = "websocket")]
#[test]
fn a_base_of_vite_s_client_has_a_slash_at_both_ends() {
    for (base, named) in [
        ("", "\"\" of Vite's client does not end with a slash"),
        ("/app", "\"/app\" of Vite's client does not end with a slash"),
        ("app/", "\"app/\" of Vite's client does not start with a slash"),
        ("//", "\"//\" of Vite's client ends with a slash"),
        ("/a/../", "\"/a/../\" of Vite's client has a segment"),
    ] {
        let error = Options::builder().vite_base(base).build().unwrap_err().to_string();
        assert!(error.contains(named), "{error:?} does not name {named:?}");
    }
    assert!(Options::builder().vite_base("/app/").build().is_ok());
}

#[test]
fn the_token_is_shown_nowhere() {
    let secret = "a-secret-of-17-ch";
    let builder = Options::builder().build_token(secret);
    assert!(!format!("{builder:?}{:?}", builder.clone().build().unwrap()).contains(secret));
    let error = Options::builder().build_token(format!("{secret}\n")).build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
}

#[test]
fn right_values_pass() {
    let options = Options::builder()
        .path("/a/b%20c")
        .base_path("/app/")
        .replay_buffer_events(1)
        .replay_buffer_bytes(4096)
        .build()
        .unwrap();
    assert_eq!((options.path.as_str(), options.base_path.as_deref()), ("/a/b%20c", Some("/app")));
    assert!(Options::builder().base_path("/").build().is_ok());
}

#[test]
fn the_defaults_are_what_building_nothing_gives() {
    assert_eq!(format!("{:?}", Options::builder().build().unwrap()), format!("{:?}", Options::default()));
}
