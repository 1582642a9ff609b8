//! `dSHeuristics` of CN=Directory Service: switches by the place of a character (MS-ADTS 6.1.1.2.4.1.2).

use super::{Directory, attr};

/// fSupFirstLastANR and fSupLastFirstANR: given name and surname are not looked for in that order.
const NO_FIRST_LAST: usize = 1;
const NO_LAST_FIRST: usize = 2;
/// fUserPwdSupport: `userPassword` sets the password.
const USER_PASSWORD: usize = 9;
/// DoNotVerifyUPNAndOrSPNUniqueness: bit 0 for principal names, bit 1 for service principal names.
const UNIQUENESS: usize = 21;
/// Places that must hold a certain character once the value reaches them.
const COUNTERS: [(usize, char); 2] = [(10, '1'), (20, '2')];

/// Whether the value counts its own places right: a `1` at the tenth, a `2` at the twentieth.
pub(super) fn counts_right(text: &str) -> bool {
    COUNTERS.iter().all(|(place, wanted)| text.chars().nth(place - 1).is_none_or(|found| found == *wanted))
}

impl Directory {
    /// The character at a place, counted from 1; `0` where there is none.
    fn heuristic(&self, place: usize) -> char {
        let dn = format!("CN=Directory Service,CN=Windows NT,CN=Services,{}", self.info.configuration_dn);
        let entry = self.resolve(&dn).ok().and_then(|id| self.entry(id));
        let text = entry.and_then(|entry| entry.text(attr::DS_HEURISTICS));
        text.and_then(|text| text.chars().nth(place - 1)).unwrap_or('0')
    }

    /// Whether `userPassword` sets the password, in UTF-8 and without quotes.
    pub(super) fn user_password_is_password(&self) -> bool {
        self.heuristic(USER_PASSWORD) == '1'
    }

    /// Whether ambiguous name resolution takes two words for given name and surname, and for surname and given
    /// name.
    pub(super) fn orders_of_names(&self) -> (bool, bool) {
        (self.heuristic(NO_FIRST_LAST) == '0', self.heuristic(NO_LAST_FIRST) == '0')
    }

    /// Whether two objects of the forest may share a principal name, and a service principal name.
    pub(super) fn names_may_repeat(&self) -> (bool, bool) {
        let bits = self.heuristic(UNIQUENESS).to_digit(16).unwrap_or(0);
        (bits & 1 != 0, bits & 2 != 0)
    }
}
