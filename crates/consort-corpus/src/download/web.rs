//! Fetching over HTTPS.

use std::io::{self, Read};
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

/// How long names, connections and answers may take.
const ANSWER_SECONDS: u64 = 30;

/// How long nothing may come in.
const SILENCE_SECONDS: u64 = 30;

/// How long one file may take. At 100 kB/s the largest takes four minutes.
const WHOLE_SECONDS: u64 = 1800;

/// Redirections followed for one address, all of them to HTTPS.
const REDIRECTS_MAX: u32 = 3;

/// Fetches over HTTPS: through the proxy that the environment names, if it names one, and trusting
/// whom the system trusts, so that it works wherever the user's browser does. Plain HTTP is
/// refused, also as the target of a redirection.
pub fn web() -> impl FnMut(&str) -> io::Result<Box<dyn Read>> {
    with(config().build().into())
}

fn with(agent: Agent) -> impl FnMut(&str) -> io::Result<Box<dyn Read>> {
    move |url| {
        let response = agent.get(url).call().map_err(ureq::Error::into_io)?;
        Ok(Box::new(response.into_body().into_reader()))
    }
}

fn config() -> ConfigBuilder<AgentScope> {
    let answer = Some(Duration::from_secs(ANSWER_SECONDS));
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
    Agent::config_builder()
        .https_only(true)
        .max_redirects(REDIRECTS_MAX)
        .tls_config(tls.build())
        .user_agent(concat!(
            "consort/",
            env!("CARGO_PKG_VERSION"),
            " (+",
            env!("CARGO_PKG_REPOSITORY"),
            ")"
        ))
        .timeout_resolve(answer)
        .timeout_connect(answer)
        .timeout_recv_response(answer)
        .timeout_per_read(Some(Duration::from_secs(SILENCE_SECONDS)))
        .timeout_global(Some(Duration::from_secs(WHOLE_SECONDS)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use super::*;

    /// Answers one request with `answer`; the request comes back.
    fn serve(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tunes.zip", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
                request.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(request).unwrap()
        });
        (url, server)
    }

    /// Fetches from this machine, whatever proxy its environment names.
    fn loopback() -> impl FnMut(&str) -> io::Result<Box<dyn Read>> {
        with(config().https_only(false).proxy(None).build().into())
    }

    fn text(mut body: Box<dyn Read>) -> io::Result<String> {
        let mut text = String::new();
        body.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn a_body_comes_as_it_is_and_the_request_says_who_asks() {
        let (url, server) = serve("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nABcd");
        assert_eq!(text(loopback()(&url).unwrap()).unwrap(), "ABcd");
        let request = server.join().unwrap().to_ascii_lowercase();
        assert!(request.contains("user-agent: consort/"), "{request}");
        // A compressed body would not have the pinned hash.
        assert!(!request.contains("accept-encoding: gzip"), "{request}");
    }

    #[test]
    fn a_refusal_is_named() {
        let (url, server) = serve("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        let error = loopback()(&url).err().unwrap();
        assert_eq!(error.to_string(), "http status: 404");
        server.join().unwrap();
    }

    #[test]
    fn a_body_that_ends_early_is_an_end_of_file() {
        let (url, server) = serve("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nABcd");
        let error = text(loopback()(&url).unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        server.join().unwrap();
    }

    #[test]
    fn what_is_not_https_is_refused_before_anything_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let error = web()(&url).err().unwrap();
        assert!(
            error
                .to_string()
                .starts_with("configured for https only: http://"),
            "{error}"
        );
        let nobody = listener.accept().unwrap_err();
        assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_circle_of_redirections_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: {url}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        let server = thread::spawn(move || {
            for _ in 0..=REDIRECTS_MAX {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1 << 12];
                let _ = stream.read(&mut request).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let error = loopback()(&url).err().unwrap();
        assert_eq!(error.to_string(), "too many redirects");
        server.join().unwrap();
    }
}
