//! Downloads into files, which go on where they were broken off.

use super::request::{Failure, refusal};
use super::{Network, NetworkError, Request, without_secrets};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::Body;
use ureq::http::Response;
use url::Url;

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub done: u64,
    pub size: Option<u64>,
}

/// A file to fetch.
pub(crate) struct Download<'a> {
    pub request: Request,
    /// Where it goes. What a former attempt has left there is taken for its beginning.
    pub path: &'a Path,
    pub limit: u64,
    /// What is there already may be taken for the beginning of the file, because the whole is checked afterwards.
    pub resumes: bool,
    /// Told now and then.
    pub tell: &'a (dyn Fn(Progress) + Sync),
}

/// Between two reports.
const INTERVAL: Duration = Duration::from_secs(2);

impl Network {
    /// Fetches a file. What came stays where it is when the download fails, so that another attempt can go on.
    /// Returns the URL that it came from in the end.
    pub(crate) fn download(&self, download: &Download<'_>) -> Result<Url, NetworkError> {
        let unwritable = |error: io::Error| NetworkError::other(format!("{}: {error}", download.path.display()));
        if let Some(dir) = download.path.parent() {
            fs::create_dir_all(dir).map_err(unwritable)?;
        }
        if !download.resumes {
            File::create(download.path).map_err(unwritable)?;
        }
        let mut request = Request { retries: 0, ..download.request.clone() };
        let mut tag: Option<String> = None;
        for attempt in 0.. {
            let present = fs::metadata(download.path).map_or(0, |file| file.len());
            request.from = (present > 0).then(|| (present, tag.clone()));
            let outcome = self.attempt(&request, |url, response| receive(download, present, url, response));
            match outcome {
                Ok(Received::Whole(url)) => return Ok(url),
                // The server has another file, or a shorter one: from the beginning.
                Ok(Received::Useless) => drop(File::create(download.path).map_err(unwritable)?),
                Ok(Received::Part { tag: new, error }) => {
                    if attempt >= download.request.retries {
                        return Err(error);
                    }
                    tag = new;
                }
                Err(error) if error.problem != super::NetworkProblem::Other => return Err(error),
                Err(error) if attempt >= download.request.retries => return Err(error),
                Err(_) => {}
            }
            std::thread::sleep(Duration::from_millis(250 << attempt.min(5)));
        }
        Err(NetworkError::other("there was no attempt"))
    }
}

/// What came of one attempt.
enum Received {
    Whole(Url),
    /// The connection broke.
    Part {
        tag: Option<String>,
        error: NetworkError,
    },
    /// What is there is not the beginning of the file.
    Useless,
}

fn receive(download: &Download<'_>, present: u64, url: &Url, response: Response<Body>) -> Result<Received, Failure> {
    let status = response.status().as_u16();
    if status == 416 {
        return Ok(Received::Useless);
    }
    if let Some(error) = refusal(url, status) {
        return Err(if status >= 500 { Failure::again(url, &error.text) } else { Failure::last(error) });
    }
    let header = |name: &str| response.headers().get(name)?.to_str().ok();
    let goes_on = status == 206 && header("content-range").is_some_and(|r| r.starts_with(&format!("bytes {present}-")));
    if status == 206 && !goes_on {
        return Ok(Received::Useless);
    }
    let tag = header("etag").filter(|tag| !tag.starts_with("W/")).map(str::to_owned);
    let start = if goes_on { present } else { 0 };
    let size = header("content-length").and_then(|text| text.parse::<u64>().ok()).map(|length| start + length);
    let too_large = || {
        let text = format!("{} is larger than {} bytes", without_secrets(url), download.limit);
        Failure::last(NetworkError::other(text))
    };
    if size.is_some_and(|size| size > download.limit) {
        return Err(too_large());
    }
    let unwritable =
        |error: io::Error| Failure::last(NetworkError::other(format!("{}: {error}", download.path.display())));
    let file = File::options().create(true).write(true).truncate(!goes_on).append(goes_on).open(download.path);
    let mut file = file.map_err(unwritable)?;
    let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
    let mut progress = Progress { done: start, size };
    let mut told = Instant::now();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let error = match body.read(&mut buffer) {
            Ok(0) if size.is_none_or(|size| size == progress.done) => return Ok(Received::Whole(url.clone())),
            Ok(0) => "the connection ended too early".to_owned(),
            Ok(count) => {
                file.write_all(buffer.get(..count).unwrap_or_default()).map_err(unwritable)?;
                progress.done += count as u64;
                if progress.done > download.limit {
                    return Err(too_large());
                }
                if told.elapsed() >= INTERVAL {
                    told = Instant::now();
                    (download.tell)(progress);
                }
                continue;
            }
            Err(error) => error.to_string(),
        };
        let error = NetworkError::other(format!("{} cannot be read: {error}", without_secrets(url)));
        return Ok(Received::Part { tag, error });
    }
}
