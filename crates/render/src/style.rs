//! How texts are to look.

/// What the output device can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Use ANSI colours.
    pub colour: bool,
    /// Columns to wrap at; Terraform takes 78 where there is no terminal.
    pub width: usize,
}

impl Default for TextOptions {
    fn default() -> TextOptions {
        TextOptions { colour: false, width: 78 }
    }
}

/// Terminal styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Reset,
    Bold,
    Underline,
    Red,
    Green,
    Yellow,
    Cyan,
    DarkGray,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Reset => "\u{1b}[0m",
            Style::Bold => "\u{1b}[1m",
            Style::Underline => "\u{1b}[4m",
            Style::Red => "\u{1b}[31m",
            Style::Green => "\u{1b}[32m",
            Style::Yellow => "\u{1b}[33m",
            Style::Cyan => "\u{1b}[36m",
            Style::DarkGray => "\u{1b}[90m",
        }
    }
}

impl TextOptions {
    /// The escape sequence, or nothing without colours.
    pub(crate) fn ink(self, style: Style) -> &'static str {
        if self.colour { style.code() } else { "" }
    }

    /// The text in a style.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        format!("{}{text}{}", self.ink(style), self.ink(Style::Reset))
    }

    /// A rule across the page.
    pub(crate) fn rule(self) -> String {
        self.paint(Style::DarkGray, &"─".repeat(self.width.saturating_sub(1).max(1)))
    }
}
