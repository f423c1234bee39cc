//! The real window through WebDriver.
