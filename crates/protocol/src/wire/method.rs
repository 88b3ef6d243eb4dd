//! The calls of the provider service that the host makes, by their name in both protocols.

use http::uri::PathAndQuery;

macro_rules! methods {
    ($($name:ident: $five:literal, $six:literal;)*) => {
        /// A call, named as in protocol 6.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Method {
            $($name,)*
        }

        impl Method {
            /// Name in a protocol version.
            pub(crate) fn name(self, protocol: u32) -> &'static str {
                match (self, protocol) {
                    $((Method::$name, 5) => $five,)*
                    $((Method::$name, _) => $six,)*
                }
            }

            pub(crate) fn path(self, protocol: u32) -> PathAndQuery {
                PathAndQuery::from_static(match (self, protocol) {
                    $((Method::$name, 5) => concat!("/tfplugin5.Provider/", $five),)*
                    $((Method::$name, _) => concat!("/tfplugin6.Provider/", $six),)*
                })
            }
        }
    };
}

methods! {
    GetProviderSchema: "GetSchema", "GetProviderSchema";
    GetResourceIdentitySchemas: "GetResourceIdentitySchemas", "GetResourceIdentitySchemas";
    ValidateProviderConfig: "PrepareProviderConfig", "ValidateProviderConfig";
    ValidateResourceConfig: "ValidateResourceTypeConfig", "ValidateResourceConfig";
    ValidateDataResourceConfig: "ValidateDataSourceConfig", "ValidateDataResourceConfig";
    ValidateEphemeralResourceConfig: "ValidateEphemeralResourceConfig", "ValidateEphemeralResourceConfig";
    ConfigureProvider: "Configure", "ConfigureProvider";
    UpgradeResourceState: "UpgradeResourceState", "UpgradeResourceState";
    UpgradeResourceIdentity: "UpgradeResourceIdentity", "UpgradeResourceIdentity";
    ReadResource: "ReadResource", "ReadResource";
    PlanResourceChange: "PlanResourceChange", "PlanResourceChange";
    ApplyResourceChange: "ApplyResourceChange", "ApplyResourceChange";
    ImportResourceState: "ImportResourceState", "ImportResourceState";
    MoveResourceState: "MoveResourceState", "MoveResourceState";
    ReadDataSource: "ReadDataSource", "ReadDataSource";
    OpenEphemeralResource: "OpenEphemeralResource", "OpenEphemeralResource";
    RenewEphemeralResource: "RenewEphemeralResource", "RenewEphemeralResource";
    CloseEphemeralResource: "CloseEphemeralResource", "CloseEphemeralResource";
    CallFunction: "CallFunction", "CallFunction";
    GenerateResourceConfig: "GenerateResourceConfig", "GenerateResourceConfig";
    ValidateListResourceConfig: "ValidateListResourceConfig", "ValidateListResourceConfig";
    ListResource: "ListResource", "ListResource";
    ValidateActionConfig: "ValidateActionConfig", "ValidateActionConfig";
    PlanAction: "PlanAction", "PlanAction";
    InvokeAction: "InvokeAction", "InvokeAction";
    StopProvider: "Stop", "StopProvider";
}
