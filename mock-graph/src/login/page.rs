//! The few pages that people see: plain HTML, without scripts of anybody else.

use super::error::StsError;
use super::{LoginCall, LoginReply};
use http::header::LOCATION;
use std::fmt::Write as _;

/// A field of a form.
pub(super) enum Field<'a> {
    /// Typed, with what stands there at first.
    Text { name: &'a str, label: &'a str, value: &'a str },
    /// Typed unseen.
    Password { name: &'a str, label: &'a str },
    /// Carried along.
    Hidden { name: &'a str, value: &'a str },
    /// Ticked.
    Tick { name: &'a str, label: &'a str },
    /// Pressed.
    Button { name: &'a str, label: &'a str },
}

/// Text as it may stand in HTML, attributes included.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body><h1>{title}</h1>\n{body}</body></html>\n"
    )
}

/// A page with a text.
pub(super) fn text(status: u16, title: &str, text: &str) -> LoginReply {
    LoginReply::html(status, document(title, &format!("<p>{}</p>\n", escape(text))))
}

/// A page that tells an error.
pub(super) fn error(call: &LoginCall<'_>, error: &StsError) -> LoginReply {
    text(error.status(), "Sign in", &error.description(call))
}

/// A page with a form that posts to `action`, and what was wrong before.
pub(super) fn form(
    title: &str,
    action: &str,
    fields: &[Field<'_>],
    wrong: Option<(u16, String)>,
) -> LoginReply {
    let mut body = String::new();
    if let Some((_, wrong)) = &wrong {
        let _ = writeln!(body, "<p role=\"alert\">{}</p>", escape(wrong));
    }
    let _ = writeln!(body, "<form method=\"post\" action=\"{}\">", escape(action));
    fields.iter().for_each(|field| write_field(&mut body, field));
    body.push_str("</form>\n");
    LoginReply::html(wrong.map_or(200, |(status, _)| status), document(title, &body))
}

fn write_field(body: &mut String, field: &Field<'_>) {
    let _ = match field {
        Field::Text { name, label, value } => writeln!(
            body,
            "<p><label>{} <input name=\"{name}\" value=\"{}\"></label></p>",
            escape(label),
            escape(value)
        ),
        Field::Password { name, label } => writeln!(
            body,
            "<p><label>{} <input type=\"password\" name=\"{name}\"></label></p>",
            escape(label)
        ),
        Field::Hidden { name, value } => {
            writeln!(body, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
        }
        Field::Tick { name, label } => writeln!(
            body,
            "<p><label><input type=\"checkbox\" name=\"{name}\" value=\"1\"> {}</label></p>",
            escape(label)
        ),
        Field::Button { name, label } => {
            writeln!(body, "<button name=\"{name}\" value=\"1\">{}</button>", escape(label))
        }
    };
}

/// Sends the browser on.
pub(super) fn redirect(location: &str) -> LoginReply {
    let mut reply = LoginReply::html(302, String::new());
    reply.headers.push((LOCATION, location.to_owned()));
    reply
}

/// A page whose form posts itself to the client (`response_mode=form_post`).
pub(super) fn form_post(action: &str, fields: &[(&str, String)]) -> LoginReply {
    let mut inputs = String::new();
    for (name, value) in fields {
        write_field(&mut inputs, &Field::Hidden { name, value });
    }
    let body = format!(
        "<form name=\"hiddenform\" method=\"post\" action=\"{}\">\n{inputs}<noscript><button>Continue</button>\
         </noscript></form>\n<script>document.forms[0].submit();</script>\n",
        escape(action)
    );
    LoginReply::html(200, document("Working...", &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_stays_text() {
        let field = Field::Text { name: "login", label: "User", value: "\"><script>alert('&')</script>" };
        let reply = form("Sign in", "/a?b=\"c", &[field], Some((400, "<b>".to_owned())));
        let body = String::from_utf8(reply.body).unwrap();
        assert!(!body.contains("<script>") && !body.contains("<b>") && body.contains("&quot;c"), "{body}");
        assert_eq!(reply.status, 400);
    }
}
