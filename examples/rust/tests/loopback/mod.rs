//! WeChat on loopback: answers each POST with what the closure makes of path and body.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// Its address. It answers until the test ends.
pub fn listen(answer: impl Fn(&str, &[u8]) -> (u16, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.expect("a connection"), &answer);
        }
    });
    format!("http://{address}")
}

fn serve(stream: TcpStream, answer: &impl Fn(&str, &[u8]) -> (u16, Vec<u8>)) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let path = head[0].split(' ').nth(1).expect("a path").to_owned();
    let header = |name: &str| {
        let find = |line: &String| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        head.iter().find_map(find)
    };
    assert!(head[0].starts_with("POST "), "{}", head[0]);
    assert_eq!(header("content-type").as_deref(), Some("text/xml; charset=utf-8"));
    let length = header("content-length").expect("a length").parse().expect("a number");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let (status, body) = answer(&path, &body);
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = reader.into_inner();
    // Who refuses a large answer hangs up early.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)));
}
