//! The description of what is served: OpenAPI 3.1, at `/emulator/openapi.json`.
