//! `google.protobuf.Timestamp`.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub(crate) struct Timestamp {
    /// Since the epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
