//! The words of a membership rule.

/// One word, with the place at which it begins (a character's number, from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `user.department`, `true`, `null`, `and`: anything that is no operator, text or bracket.
    Word(String),
    /// `-eq`, without its hyphen, in lower case.
    Operator(String),
    /// A quoted text.
    Text(String),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
}

/// The words of a rule, or what is wrong with it.
pub(super) fn tokens(rule: &str) -> Result<Vec<(usize, Token)>, String> {
    let letters: Vec<char> = rule.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        let letter = letters[at];
        at += 1;
        let token = match letter {
            letter if letter.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '[' | '{' => Token::OpenList,
            ']' | '}' => Token::CloseList,
            ',' => Token::Comma,
            '"' | '\'' => text(&letters, &mut at, letter)
                .map(Token::Text)
                .ok_or_else(|| format!("the text at character {} has no end", start + 1))?,
            '-' => Token::Operator(word(&letters, &mut at).to_lowercase()),
            _ => {
                at = start;
                let word = word(&letters, &mut at);
                if word.is_empty() {
                    return Err(format!("'{letter}' at character {} is not expected", start + 1));
                }
                Token::Word(word)
            }
        };
        out.push((start + 1, token));
    }
    Ok(out)
}

/// A backtick takes the next character as it is.
fn text(letters: &[char], at: &mut usize, quote: char) -> Option<String> {
    let mut out = String::new();
    loop {
        let letter = *letters.get(*at)?;
        *at += 1;
        match letter {
            '`' => {
                out.push(*letters.get(*at)?);
                *at += 1;
            }
            letter if letter == quote => return Some(out),
            letter => out.push(letter),
        }
    }
}

fn word(letters: &[char], at: &mut usize) -> String {
    let part = |letter: &&char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | ':');
    let word: String = letters[*at..].iter().take_while(part).collect();
    *at += word.chars().count();
    word
}
