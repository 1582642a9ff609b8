//! Mistakes that are wrong rules.

use super::{Mistake, Mistakes};
use crate::rules::{Direction, RuleSet};

/// Rule files that a mistake adds.
pub(crate) fn rules(mistakes: &Mistakes) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (mistake, attribute, precedence) in
        [(Mistake::WritesProxiesBack, "proxyAddresses", 10), (Mistake::RepairsMail, "mail", 20)]
    {
        if mistakes.make(mistake) {
            let (name, text) = written_back(attribute, precedence);
            files.push((name, text));
        }
    }
    if mistakes.make(Mistake::ExpiredIsDisabled) {
        files.push(("expired.yaml".to_owned(), expired(mistakes.now())));
    }
    files
}

/// What the service made of an attribute goes into the forest.
fn written_back(attribute: &str, precedence: u16) -> (String, String) {
    let carried = format!("calculated-{attribute}");
    let text = format!(
        "format: 1
attributes:
  - {{ name: {carried}, sides: [metaverse], kind: text, multiple: true }}
rules:
  - {{ name: Mistake - In {attribute}, precedence: {precedence}, direction: inbound, connector: cloud, object: user,
      metaverse: person, link: Join, rename: {{ {carried}: {attribute} }}, source: a mistake, confidence: custom }}
  - {{ name: Mistake - Out {attribute}, precedence: {}, direction: outbound, connector: active-directory, object: user,
      metaverse: person, link: Join, rename: {{ {attribute}: {carried} }}, source: a mistake, confidence: custom }}
",
        precedence + 1
    );
    (format!("{attribute}.yaml"), text)
}

/// `accountExpires` is 0 or the largest number for never.
fn expired(now: i64) -> String {
    format!(
        "format: 1
attributes:
  - {{ name: accountExpires, sides: [active-directory], kind: integer }}
rules:
  - name: Mistake - Expired
    precedence: 30
    direction: inbound
    connector: active-directory
    object: user
    metaverse: person
    link: Join
    source: a mistake
    confidence: custom
    flows:
      - {{ to: accountEnabled, expression: 'IIF([accountExpires] > 0 && [accountExpires] < {now}, False, NULL)' }}
"
    )
}

/// Changes compiled rules.
pub(crate) fn spoil(set: &mut RuleSet, mistakes: &Mistakes) {
    let contact = |name: &str| name == "contact";
    let disabled = ["In from AD - User Disabled account", "In from AD - InetOrgPerson Disabled account"];
    let identity = ["sourceObjectType", "sourceAnchor", "sourceAnchorBinary"].map(|name| set.names.get(name));
    let alias = set.names.get("alias");
    for rule in &mut set.rules {
        if mistakes.make(Mistake::DisabledAccountWins)
            && let Some(at) = disabled.iter().position(|name| *name == rule.name)
        {
            rule.precedence = 40 + at as u16;
        }
        if mistakes.make(Mistake::ContactsApart)
            && contact(&rule.object)
            && rule.direction == Direction::Inbound
        {
            rule.join.clear();
        }
        if mistakes.make(Mistake::OrderDependence) && rule.direction == Direction::Inbound {
            rule.flows.iter_mut().filter(|f| identity.contains(&Some(f.to))).for_each(|f| f.once = true);
        }
        if mistakes.make(Mistake::LosesMailboxName) && rule.direction == Direction::Outbound {
            rule.flows.retain(|flow| Some(flow.to) != alias);
        }
    }
    set.rules.sort_by_key(|rule| rule.precedence);
    for octet in mistakes.names().bytes() {
        set.fingerprint = (set.fingerprint ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}
