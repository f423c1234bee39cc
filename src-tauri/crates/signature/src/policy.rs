//! What a delivery is checked against besides the keys: the tolerance, the token's claims, and what was seen before.

/// The rules of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How far `webhook-timestamp` may be from now, in seconds, either way and inclusive. The specification names no
    /// number (SW-39); every library allows 300.
    pub tolerance: u64,
    /// The requirements for a JWT.
    pub jwt: JwtPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self { tolerance: 300, jwt: JwtPolicy::default() }
    }
}

/// The requirements for a JWT (RFC 7519, RFC 8725).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtPolicy {
    /// Allowed `alg` values. Only RSA signatures can be checked: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`.
    pub algorithms: Vec<String>,
    /// The `aud` that the token must have; `None` leaves it unchecked.
    pub audience: Option<String>,
    /// The `iss` that the token must have; `None` leaves it unchecked.
    pub issuer: Option<String>,
    /// Clock difference allowed to `exp`, `nbf` and `iat`, in seconds.
    pub leeway: u64,
    /// Claims that must be present.
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

/// What the caller knows of earlier deliveries. A repeat causes a warning (`duplicate_id`), never a refusal: the sender
/// repeats a delivery until it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether an earlier delivery with this `webhook-id` was accepted.
    pub message_id: bool,
    /// Whether an earlier delivery with this token's `jti` was accepted.
    pub token_id: bool,
}
