//! Ctrl-C, Ctrl-Break, and the closing of the console.

use std::{future::poll_fn, io, process, task::Poll, thread};

use tokio::{
    runtime::Builder,
    signal::windows::{ctrl_break, ctrl_c, ctrl_close},
};

/// Number of SIGINT, whose exit code a shell expects after Ctrl-C.
const INTERRUPT: i32 = 2;

/// Calls a function with the number of SIGINT for each event to exit. A second one, or `false`, ends the process at once,
/// and its job ends its children.
pub(crate) fn signals(mut arrived: impl FnMut(i32) -> bool + Send + 'static) -> io::Result<()> {
    let runtime = Builder::new_current_thread().build()?;
    let (mut interrupt, mut stop, mut close) = {
        let _context = runtime.enter();
        (ctrl_c()?, ctrl_break()?, ctrl_close()?)
    };
    thread::spawn(move || {
        for count in 0.. {
            runtime.block_on(poll_fn(|cx| {
                let any = interrupt.poll_recv(cx).is_ready()
                    | stop.poll_recv(cx).is_ready()
                    | close.poll_recv(cx).is_ready();
                if any { Poll::Ready(()) } else { Poll::Pending }
            }));
            if count > 0 || !arrived(INTERRUPT) {
                process::exit(128 + INTERRUPT);
            }
        }
    });
    Ok(())
}
