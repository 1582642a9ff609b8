//! The catalogue of products and their service plans (Microsoft's own identifiers), and what a tenant owns.

use crate::Error;
use crate::ids::Guid;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// A product: what a licence is bought of.
#[derive(Debug, PartialEq, Eq)]
pub struct Sku {
    /// Its id, the same in every tenant.
    pub id: Guid,
    /// Its part number: `ENTERPRISEPACK`.
    pub part_number: &'static str,
    /// What people call it: `Office 365 E3`.
    pub display_name: &'static str,
    /// Its service plans.
    pub plans: Vec<ServicePlan>,
}

/// A service plan of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServicePlan {
    /// Its id, the same in every product and tenant.
    pub id: Guid,
    /// Its name: `EXCHANGE_S_ENTERPRISE`.
    pub name: &'static str,
}

/// The catalogue.
#[derive(Debug)]
pub struct Catalogue {
    skus: Vec<Sku>,
    by_id: BTreeMap<Guid, usize>,
    by_part_number: BTreeMap<String, usize>,
}

static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::read()));

/// How many near matches an error names.
const NEAR_MATCHES: usize = 5;

impl Catalogue {
    /// Microsoft's list as it stood at the start of 2026 (skus.tsv).
    pub fn get() -> &'static Catalogue {
        &CATALOGUE
    }

    fn read() -> Catalogue {
        let mut catalogue =
            Catalogue { skus: Vec::new(), by_id: BTreeMap::new(), by_part_number: BTreeMap::new() };
        for line in include_str!("../../data/skus.tsv").lines().skip(1) {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let [part_number, sku, plan_name, plan, display_name, ..] = cells[..] else { continue };
            let (Some(sku), Some(plan)) = (Guid::parse(sku), Guid::parse(plan)) else { continue };
            let next = catalogue.skus.len();
            let at = *catalogue.by_id.entry(sku).or_insert(next);
            if at == next {
                catalogue.skus.push(Sku { id: sku, part_number, display_name, plans: Vec::new() });
                // one part number (MCOPSTN5) has two ids: the first is meant by the name
                catalogue.by_part_number.entry(part_number.to_ascii_lowercase()).or_insert(next);
            }
            let plans = &mut catalogue.skus[at].plans;
            if plans.iter().all(|known| known.id != plan) {
                plans.push(ServicePlan { id: plan, name: plan_name });
            }
        }
        catalogue
    }

    /// Every product, in the order of the list.
    pub fn skus(&self) -> &[Sku] {
        &self.skus
    }

    /// The product with this id.
    pub fn by_id(&self, id: Guid) -> Option<&Sku> {
        self.by_id.get(&id).map(|at| &self.skus[*at])
    }

    /// The first service plan of this name (any case).
    pub fn plan_named(&self, name: &str) -> Option<&ServicePlan> {
        self.skus.iter().flat_map(|sku| &sku.plans).find(|plan| plan.name.eq_ignore_ascii_case(name))
    }

    /// The product with this part number (any case) or skuId. The error names products that are near.
    pub fn find(&self, name: &str) -> Result<&Sku, Error> {
        let by_id = Guid::parse(name).and_then(|id| self.by_id(id));
        let by_name = || self.by_part_number.get(&name.to_ascii_lowercase()).map(|at| &self.skus[*at]);
        by_id.or_else(by_name).ok_or_else(|| {
            Error::invalid_spec(format!("no product has the part number or skuId '{name}'"))
                .with_help(format!("near: {}", self.near(name).join(", ")))
        })
    }

    fn near(&self, name: &str) -> Vec<&str> {
        let wanted = name.to_ascii_lowercase();
        let mut ranked: Vec<(usize, &str)> = self
            .by_part_number
            .iter()
            .map(|(key, at)| (distance(&wanted, key), self.skus[*at].part_number))
            .collect();
        ranked.sort();
        ranked.into_iter().take(NEAR_MATCHES).map(|(_, part_number)| part_number).collect()
    }
}

/// Edits between two names; a name within the other counts as near, however long it is.
fn distance(a: &str, b: &str) -> usize {
    if b.contains(a) || a.contains(b) {
        return 1 + usize::from(a.len().abs_diff(b.len()) > 4);
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_the_products_that_the_list_counts() {
        // microsoft-graph.md 5.1: 569 skuIds, 723 plan ids
        let catalogue = Catalogue::get();
        assert_eq!(catalogue.skus().len(), 569);
        let plans: std::collections::BTreeSet<Guid> =
            catalogue.skus().iter().flat_map(|sku| sku.plans.iter().map(|plan| plan.id)).collect();
        assert_eq!(plans.len(), 723);
    }

    #[test]
    fn a_product_is_found_by_part_number_and_id() {
        // microsoft-graph.md 5.1, core ids
        for (name, id) in [
            ("ENTERPRISEPACK", "6fd2c87f-b296-42f0-b197-1e91e994b900"),
            ("exchangestandard", "4b9405b0-7788-4568-add1-99614e613b69"),
            ("05e9a617-0261-4cee-bb44-138d3ef5d965", "05e9a617-0261-4cee-bb44-138d3ef5d965"),
            ("EMS", "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"),
        ] {
            assert_eq!(
                Catalogue::get().find(name).map(|sku| sku.id.to_string()),
                Ok(id.to_owned()),
                "{name}"
            );
        }
    }

    #[test]
    fn an_unknown_product_is_refused_with_near_matches() {
        let error = Catalogue::get().find("ENTERPRISEPAK").unwrap_err();
        assert!(error.to_string().contains("ENTERPRISEPAK"), "{error}");
        assert!(error.help().is_some_and(|help| help.contains("ENTERPRISEPACK")), "{error}");
    }
}
