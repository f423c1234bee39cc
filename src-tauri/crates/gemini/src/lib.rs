//! The Gemini API's webhook side: event catalog, pointers, JWKS cache.
