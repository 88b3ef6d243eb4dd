//! Tokens that end, and are used until shortly before.

use super::WebAnswer;
use serde_json::Value as Json;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long before its end a token is used no more.
const MARGIN: Duration = Duration::from_secs(120);

/// Longest time for which a token is used, whatever is said of it.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A token, and for how many seconds it is good.
pub(crate) struct WebToken {
    pub text: String,
    pub seconds: u64,
}

impl WebToken {
    pub fn new(text: &str, seconds: u64) -> WebToken {
        WebToken { text: text.to_owned(), seconds }
    }

    /// What a server of tokens answers; `None` if it gives none. `usual` is how long one is good if it does not say.
    pub fn of_answer(answer: &WebAnswer, usual: u64) -> Option<WebToken> {
        let content: Json = serde_json::from_slice(&answer.body).ok().filter(|_| answer.is_success())?;
        let seconds = content.get("expires_in");
        let seconds = seconds.and_then(|seconds| seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok()));
        Some(WebToken::new(content.get("access_token")?.as_str()?, seconds.unwrap_or(usual)))
    }

    fn is_used_for(&self) -> Duration {
        Duration::from_secs(self.seconds).min(LONGEST).saturating_sub(MARGIN)
    }
}

/// The token that was last given, with the end of its use.
#[derive(Default)]
pub(crate) struct KeptToken(Mutex<Option<(String, Instant)>>);

impl KeptToken {
    /// The token, or a new one if it is not good any more.
    pub async fn get<E>(&self, ask: impl Future<Output = Result<WebToken, E>>) -> Result<String, E> {
        let mut kept = self.0.lock().await;
        if let Some((text, end)) = kept.as_ref()
            && Instant::now() < *end
        {
            return Ok(text.clone());
        }
        let token = ask.await?;
        let end = Instant::now() + token.is_used_for();
        *kept = Some((token.text.clone(), end));
        Ok(token.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_are_kept_while_they_are_good() {
        let kept = KeptToken::default();
        let given = async |text: &str, seconds: u64| {
            let answer: Result<String, ()> = kept.get(async { Ok(WebToken::new(text, seconds)) }).await;
            answer.unwrap()
        };
        assert_eq!(given("short", 60).await, "short");
        assert_eq!(given("long", u64::MAX).await, "long");
        assert_eq!(given("late", 600).await, "long");
    }
}
