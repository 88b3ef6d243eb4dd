//! Streams that exist for the form's sake: they carry nothing and end with the plugin.

use crate::wire::Outgoing;
use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

/// Sends nothing; ends when the plugin ends, or when the host closes its half (if it has one).
pub(super) struct Silence {
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Silence {
    pub(super) fn new(mut ending: watch::Receiver<bool>, incoming: Option<Streaming<Bytes>>) -> Silence {
        let end = async move {
            let ended = async { drop(ending.wait_for(|end| *end).await) };
            match incoming {
                None => ended.await,
                Some(incoming) => tokio::select! {
                    () = ended => {}
                    () = read_all(incoming) => {}
                },
            }
        };
        Silence { end: Box::pin(end) }
    }
}

async fn read_all(mut incoming: Streaming<Bytes>) {
    while let Ok(Some(_)) = incoming.message().await {}
}

impl Stream for Silence {
    type Item = Result<Box<dyn Outgoing>, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.end.as_mut().poll(context).map(|()| None)
    }
}
