//! The relay against an echo.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use towline_testkit::{Cut, DEADLINE, Relay};

/// A server that sends back what it gets. Its threads end with the connections.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

fn connect(relay: &Relay) -> TcpStream {
    let stream = TcpStream::connect(relay.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Sends a byte and waits until it is back.
fn round_trip(mut stream: &TcpStream) -> Duration {
    let start = Instant::now();
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    start.elapsed()
}

/// Whether nothing comes for a while. The one wait for time here: an absence can't be waited for otherwise.
fn is_silent(mut stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let read = stream.read(&mut [0]);
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn bytes_pass_both_ways_and_are_counted() {
    let relay = Relay::new(echo());
    let mut stream = connect(&relay);
    stream.write_all(b"hello").unwrap();
    let mut back = [0; 5];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hello");
    assert_eq!((relay.bytes_to_target(), relay.bytes_back(), relay.connections()), (5, 5, 1));
}

#[test]
fn an_end_of_the_stream_passes_after_what_came_before_it() {
    let relay = Relay::new(echo());
    relay.set_delay(Duration::from_millis(10));
    let mut stream = connect(&relay);
    stream.write_all(b"last words").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut back = String::new();
    stream.read_to_string(&mut back).unwrap();
    assert_eq!(back, "last words");
}

#[test]
fn a_round_trip_takes_twice_the_delay() {
    let relay = Relay::new(echo());
    let stream = connect(&relay);
    for delay in [0, 1, 10, 40].map(Duration::from_millis) {
        relay.set_delay(delay);
        let trips: Vec<Duration> = (0..10).map(|_| round_trip(&stream)).collect();
        let (least, most) = (trips.iter().min().unwrap(), trips.iter().max().unwrap());
        eprintln!("delay {delay:?}: {least:?} to {most:?}");
        assert!(trips.iter().all(|trip| *trip >= 2 * delay), "{delay:?}: {trips:?}");
        // The least, as anything else may be the machine's other work.
        assert!(*least < 2 * delay + Duration::from_millis(2), "{delay:?}: {trips:?}");
    }
}

#[test]
fn delay_takes_nothing_from_throughput() {
    const BYTES: usize = 16 * 1024 * 1024;
    let relay = Relay::new(echo());
    relay.set_delay(Duration::from_millis(50));
    let stream = connect(&relay);
    let start = Instant::now();
    let mut writer = stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || writer.write_all(&vec![7; BYTES]).unwrap());
    let mut back = vec![0; BYTES];
    (&stream).read_exact(&mut back).unwrap();
    writing.join().unwrap();
    eprintln!("16 MiB there and back with 100 ms of round trip: {:?}", start.elapsed());
    assert!(back.iter().all(|byte| *byte == 7));
    // One chunk at a time would take a hundred seconds.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_thin_link_takes_its_time() {
    let relay = Relay::new(echo());
    relay.set_rates(Some(100_000), None);
    let stream = connect(&relay);
    let start = Instant::now();
    (&stream).write_all(&[7; 50_000]).unwrap();
    (&stream).read_exact(&mut [0; 50_000]).unwrap();
    let took = start.elapsed();
    eprintln!("50 kB at 100 kB/s: {took:?}");
    assert!(took > Duration::from_millis(470), "{took:?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    relay.set_rate(None);
    assert!(round_trip(&stream) < Duration::from_millis(400));
}

#[test]
fn a_cut_closes_and_refuses() {
    let relay = Relay::new(echo());
    let mut stream = connect(&relay);
    round_trip(&stream);
    relay.cut(Cut::Refuse);
    let refused = TcpStream::connect(relay.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)), "the old one is closed");
    relay.restore();
    round_trip(&connect(&relay));
}

#[test]
fn a_cut_may_leave_new_connections_hanging() {
    let relay = Relay::new(echo());
    let mut old = connect(&relay);
    relay.cut(Cut::Hang);
    assert!(matches!(old.read(&mut [0]), Ok(0) | Err(_)), "the old one is closed");
    let mut new = connect(&relay);
    new.write_all(b"x").unwrap();
    assert!(is_silent(&new));
    relay.restore();
    new.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_freeze_passes_nothing_and_loses_nothing() {
    let relay = Relay::new(echo());
    let mut old = connect(&relay);
    round_trip(&old);
    relay.freeze();
    old.write_all(b"ab").unwrap();
    let mut new = connect(&relay);
    new.write_all(b"c").unwrap();
    assert!(is_silent(&old) && is_silent(&new));
    assert_eq!(relay.bytes_to_target(), 1);
    relay.restore();
    old.read_exact(&mut [0; 2]).unwrap();
    new.read_exact(&mut [0]).unwrap();
    assert_eq!(relay.bytes_to_target(), 4);
}

#[test]
fn a_target_that_refuses_closes_the_connection() {
    let relay = Relay::new(towline_testkit::Port::new().address());
    assert!(matches!(connect(&relay).read(&mut [0]), Ok(0) | Err(_)));
    relay.set_target(echo());
    round_trip(&connect(&relay));
}
