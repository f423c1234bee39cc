//! What a delivery is held against besides the keys: tolerance, the token's claims, and what has been seen before.

/// The rules of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How far `webhook-timestamp` may be from now, in seconds, both ways and inclusive. The specification names no
    /// number (SW-39); every library takes 300.
    pub tolerance: u64,
    /// What is asked of a JWT.
    pub jwt: JwtPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self { tolerance: 300, jwt: JwtPolicy::default() }
    }
}

/// What is asked of a JWT (RFC 7519, RFC 8725).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtPolicy {
    /// Allowed `alg` values. Only RSA signatures can be checked: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`.
    pub algorithms: Vec<String>,
    /// The `aud` that the token must hold; `None` leaves it unchecked.
    pub audience: Option<String>,
    /// The `iss` that the token must hold; `None` leaves it unchecked.
    pub issuer: Option<String>,
    /// Clock difference allowed to `exp`, `nbf` and `iat`, in seconds.
    pub leeway: u64,
    /// Claims that must be there.
    pub required: Vec<String>,
}

impl Default for JwtPolicy {
    fn default() -> Self {
        Self {
            algorithms: vec!["RS256".to_owned()],
            audience: None,
            issuer: None,
            leeway: 60,
            required: vec!["exp".to_owned()],
        }
    }
}

/// What the caller knows of earlier deliveries. A repeat is a warning (`duplicate_id`), never a refusal: the sender
/// repeats a delivery until it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// This `webhook-id` came before on an accepted delivery.
    pub message_id: bool,
    /// This token's `jti` came before on an accepted delivery.
    pub token_id: bool,
}
