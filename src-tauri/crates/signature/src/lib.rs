//! Sign, verify and explain webhook signatures: Standard Webhooks `v1`, `v1a`, and the JWT of Google's guide.
