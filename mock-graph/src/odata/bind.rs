//! A tree becomes a condition: names are looked up, types compared, and each operator held against the
//! property's row in graph-filter-support.tsv (microsoft-graph.md section 3).

use super::ast::{BinaryOp, Expr, Lambda, Literal};
use super::condition::{Condition, Constant, Source, Test, fold};
use super::error::QueryError;
use super::metadata::{Entity, PropertyInfo, Type, members};
use super::support::{self, Level, Operator};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;

/// The most operands of one `in` or `or` (microsoft-graph.md section 3: "`in` max 15 values").
const MAX_CLAUSES: usize = 15;
/// The functions of OData that Graph's directory refuses by its own text, rather than as unknown.
const KNOWN_FUNCTIONS: [&str; 27] = [
    "contains",
    "substringof",
    "indexof",
    "length",
    "substring",
    "tolower",
    "toupper",
    "trim",
    "concat",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "fractionalseconds",
    "date",
    "time",
    "now",
    "totaloffsetminutes",
    "totalseconds",
    "round",
    "floor",
    "ceiling",
    "cast",
    "matchespattern",
    "geo.distance",
];

/// Checks an expression for objects of a type. `advanced` says that the request has both
/// `ConsistencyLevel: eventual` and `$count=true`.
pub(crate) fn bind(entity: Entity, advanced: bool, expr: &Expr) -> Result<Condition, QueryError> {
    Binder { entity, advanced, negated: false, item: None }.condition(expr)
}

/// The element of a lambda.
struct ItemScope {
    variable: String,
    /// The collection's path, which rows of the table begin with.
    path: &'static str,
    ty: Type,
}

struct Binder {
    entity: Entity,
    advanced: bool,
    negated: bool,
    item: Option<ItemScope>,
}

/// A value that a path leads to.
struct Operand {
    source: Source,
    ty: Type,
    collection: bool,
    /// As the table spells it: `displayName`, `assignedLicenses/skuId`.
    path: String,
    /// The kind that a cast in the path demands.
    cast: Option<Entity>,
}

fn unsupported() -> QueryError {
    QueryError::new("unsupported-query")
}

impl Binder {
    fn condition(&mut self, expr: &Expr) -> Result<Condition, QueryError> {
        match expr {
            Expr::And(parts) => self.parts(parts).map(Condition::All),
            Expr::Or(parts) if parts.len() > MAX_CLAUSES => Err(too_many(parts.len())),
            Expr::Or(parts) => self.parts(parts).map(Condition::Any),
            Expr::Not(inner) => self.not(inner),
            Expr::Binary(op, left, right) => self.binary(*op, left, right),
            Expr::In(left, list) => self.one_of(left, list),
            Expr::Call(name, args) => self.call(name, args),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Path(path) => {
                let operand = self.operand(path)?;
                if operand.ty != Type::Boolean || operand.collection {
                    return Err(QueryError::new("filter-not-boolean"));
                }
                self.allow(&operand, Operator::Eq)?;
                Ok(guarded(&operand, Test::Compare(BinaryOp::Eq, Constant::Bool(true))))
            }
            Expr::Literal(Literal::Bool(true)) => Ok(Condition::Always),
            Expr::Literal(Literal::Bool(false)) => Ok(Condition::Not(Box::new(Condition::Always))),
            Expr::Literal(_) | Expr::Negate(_) => Err(QueryError::new("filter-not-boolean")),
        }
    }

    fn parts(&mut self, parts: &[Expr]) -> Result<Vec<Condition>, QueryError> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn not(&mut self, inner: &Expr) -> Result<Condition, QueryError> {
        let outer = std::mem::replace(&mut self.negated, true);
        let inner = self.condition(inner);
        self.negated = outer;
        inner.map(|inner| Condition::Not(Box::new(inner)))
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Condition, QueryError> {
        if op.level() > 0 {
            return Err(QueryError::new("filter-not-boolean"));
        }
        match (left, right) {
            (Expr::Path(path), Expr::Literal(literal)) => self.compare(op, path, literal),
            (Expr::Literal(literal), Expr::Path(path)) => self.compare(op.mirrored(), path, literal),
            (Expr::Path(path), Expr::Negate(_)) => self.operand(path).and(Err(unsupported())),
            // `startsWith(displayName,'a') eq true` is legal OData
            (test, Expr::Literal(Literal::Bool(wanted)))
                if matches!(op, BinaryOp::Eq | BinaryOp::Ne) && is_test(test) =>
            {
                if *wanted == (op == BinaryOp::Eq) { self.condition(test) } else { self.not(test) }
            }
            (Expr::Path(path), _) | (_, Expr::Path(path)) => {
                self.operand(path)?;
                Err(unsupported())
            }
            _ => Err(unsupported()),
        }
    }

    fn compare(&mut self, op: BinaryOp, path: &[String], literal: &Literal) -> Result<Condition, QueryError> {
        if op == BinaryOp::Has {
            self.operand(path)?;
            return Err(unsupported());
        }
        if path.last().is_some_and(|last| last.eq_ignore_ascii_case("$count")) {
            return self.count(op, &path[..path.len() - 1], literal);
        }
        let operand = self.operand(path)?;
        let constant = constant(&operand, literal, op)?;
        if constant == Constant::Null {
            if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                return Err(unsupported());
            }
            self.allow(&operand, Operator::Null)?;
        }
        match op {
            BinaryOp::Ne => self.allow(&operand, Operator::Ne)?,
            BinaryOp::Eq if constant == Constant::Null => {}
            BinaryOp::Eq => self.allow(&operand, Operator::Eq)?,
            // the table has no column for gt and lt: they follow ge and le
            BinaryOp::Gt | BinaryOp::Ge => self.allow(&operand, Operator::Ge)?,
            _ => self.allow(&operand, Operator::Le)?,
        }
        Ok(guarded(&operand, Test::Compare(op, constant)))
    }

    fn count(&mut self, op: BinaryOp, path: &[String], literal: &Literal) -> Result<Condition, QueryError> {
        let operand = self.operand(path)?;
        if !operand.collection {
            return Err(unknown_property("$count", &operand.ty.edm()));
        }
        let Literal::Integer(wanted) = literal else {
            return Err(incompatible("Edm.Int32", literal.edm(), op));
        };
        if !self.advanced || support::of(self.entity, &operand.path).is_none() && !self.has_members(&operand)
        {
            return Err(unsupported());
        }
        Ok(Condition::Count(operand.source, op, *wanted))
    }

    fn has_members(&self, operand: &Operand) -> bool {
        let Type::Complex(name) = operand.ty else { return false };
        members(name)
            .any(|member| support::of(self.entity, &format!("{}/{}", operand.path, member.name)).is_some())
    }

    fn one_of(&mut self, left: &Expr, list: &[Expr]) -> Result<Condition, QueryError> {
        let Expr::Path(path) = left else { return Err(unsupported()) };
        let operand = self.operand(path)?;
        if list.len() > MAX_CLAUSES {
            return Err(too_many(list.len()));
        }
        let mut constants = Vec::new();
        for element in list {
            let Expr::Literal(literal) = element else { return Err(unsupported()) };
            constants.push(constant(&operand, literal, BinaryOp::Eq)?);
        }
        self.allow(&operand, Operator::In)?;
        Ok(guarded(&operand, Test::OneOf(constants)))
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Result<Condition, QueryError> {
        let lower = name.to_ascii_lowercase();
        match (lower.as_str(), args) {
            ("startswith" | "endswith", [Expr::Path(path), Expr::Literal(Literal::Text(text))]) => {
                let operand = self.operand(path)?;
                if operand.ty != Type::String || operand.collection {
                    return Err(no_signature(name, &operand.ty));
                }
                if lower == "startswith" {
                    self.allow(&operand, Operator::StartsWith)?;
                    return Ok(guarded(&operand, Test::StartsWith(fold(text))));
                }
                // endsWith only on these two, and always advanced
                if !self.advanced || !matches!(operand.path.as_str(), "mail" | "userPrincipalName") {
                    return Err(unsupported());
                }
                Ok(guarded(&operand, Test::EndsWith(fold(text))))
            }
            ("startswith" | "endswith", _) => Err(unsupported()),
            ("isof", [ty]) => {
                let ty = type_text(ty).ok_or_else(unsupported)?;
                let entity = cast_target(&ty).ok_or_else(|| unknown_property(&ty, &self.type_name()))?;
                if !self.advanced {
                    return Err(unsupported());
                }
                Ok(entity.kind().map_or(Condition::Always, Condition::IsKind))
            }
            (known, _) if KNOWN_FUNCTIONS.contains(&known) => {
                Err(unsupported().unknown(format!("filter function {name}")))
            }
            _ => Err(QueryError::new("filter-unknown-function")
                .arg("function", name)
                .unknown(format!("filter function {name}"))),
        }
    }

    fn lambda(&mut self, lambda: &Lambda) -> Result<Condition, QueryError> {
        let operand = self.operand(&lambda.path)?;
        if !operand.collection {
            return Err(QueryError::new("filter-any-on-single").arg("word", word(lambda)));
        }
        if lambda.all || self.item.is_some() {
            return Err(unsupported());
        }
        let Some((variable, body)) = &lambda.body else {
            let any_row = support::of(self.entity, &operand.path).is_some() || self.has_members(&operand);
            return if self.advanced && any_row {
                Ok(Condition::Exists(operand.source, None))
            } else {
                Err(unsupported())
            };
        };
        let complex = matches!(operand.ty, Type::Complex(_)) && matches!(body, Expr::And(_) | Expr::Or(_));
        if complex && !self.advanced {
            return Err(QueryError::new("filter-complex").arg("property", &operand.path));
        }
        let path = self.entity.property(&operand.path).map_or("", |info| info.name);
        self.item = Some(ItemScope { variable: variable.clone(), path, ty: operand.ty });
        let body = self.condition(body);
        self.item = None;
        let exists = Condition::Exists(operand.source, Some(Box::new(body?)));
        Ok(match operand.cast.and_then(Entity::kind) {
            Some(kind) => Condition::All(vec![Condition::IsKind(kind), exists]),
            None => exists,
        })
    }

    /// Refuses what the table does not allow for this property, in Graph's words.
    fn allow(&self, operand: &Operand, operator: Operator) -> Result<(), QueryError> {
        let Some(row) = support::of(self.entity, &operand.path) else {
            return Err(QueryError::new("filter-not-indexed").unknown(format!("filter on {}", operand.path)));
        };
        let enough = |operator| match row.level(operator) {
            Level::Default => true,
            Level::Advanced => self.advanced,
            Level::No => false,
        };
        if self.negated && !enough(Operator::Not) {
            return Err(unsupported());
        }
        if enough(operator) {
            return Ok(());
        }
        if operator == Operator::Ne && !self.advanced {
            return Err(QueryError::new("filter-operator").arg("operator", "NotEqualsMatch"));
        }
        let property = operand.path.split('/').next().unwrap_or_default();
        Err(QueryError::new("filter-property-clause")
            .arg("property", property)
            .arg("resource", self.entity.resource()))
    }

    fn operand(&self, path: &[String]) -> Result<Operand, QueryError> {
        let (mut cast, mut at) = (None, 0);
        while let Some(segment) = path.get(at) {
            if segment.eq_ignore_ascii_case("$it") && at == 0 {
                at += 1;
            } else if segment.contains('.') {
                let target = cast_target(segment);
                cast = Some(target.ok_or_else(|| unknown_property(segment, &self.type_name()))?);
                at += 1;
            } else {
                break;
            }
        }
        let rest = &path[at..];
        if let (Some(item), Some(first)) = (&self.item, rest.first())
            && item.variable == *first
        {
            return item_operand(item, &rest[1..]);
        }
        let Some(name) = rest.first() else { return Err(unsupported()) };
        let entity = cast.unwrap_or(self.entity);
        let Some(info) = entity.property(name) else {
            let found = entity.navigation(name);
            return Err(match found {
                Some(navigation) => unsupported().unknown(format!("filter on {navigation}")),
                None => unknown_property(name, &format!("microsoft.graph.{}", entity.type_name())),
            });
        };
        let operand = Operand {
            source: Source::Property(info.id, None),
            ty: info.ty,
            collection: info.collection,
            path: info.name.to_owned(),
            cast,
        };
        match &rest[1..] {
            [] => Ok(operand),
            [member] if !info.collection => {
                let inner = member_of(info.ty, member)?;
                Ok(Operand {
                    source: Source::Property(info.id, Some(inner.name)),
                    ty: inner.ty,
                    collection: inner.collection,
                    path: format!("{}/{}", info.name, inner.name),
                    cast,
                })
            }
            [member, ..] => Err(unknown_property(member, &info.ty.edm())),
        }
    }

    fn type_name(&self) -> String {
        format!("microsoft.graph.{}", self.entity.type_name())
    }
}

fn item_operand(item: &ItemScope, rest: &[String]) -> Result<Operand, QueryError> {
    let (member, ty, collection, path) = match rest {
        [] => (None, item.ty, false, item.path.to_owned()),
        [name] => {
            let inner = member_of(item.ty, name)?;
            (Some(inner.name), inner.ty, inner.collection, format!("{}/{}", item.path, inner.name))
        }
        [_, name, ..] => return Err(unknown_property(name, "Edm.String")),
    };
    Ok(Operand { source: Source::Item(member), ty, collection, path, cast: None })
}

fn member_of(ty: Type, name: &str) -> Result<&'static PropertyInfo, QueryError> {
    let Type::Complex(complex) = ty else { return Err(unknown_property(name, &ty.edm())) };
    let found = members(complex).find(|info| info.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| unknown_property(name, &ty.edm()))
}

fn guarded(operand: &Operand, test: Test) -> Condition {
    let test = Condition::Test(operand.source.clone(), test);
    match operand.cast.and_then(Entity::kind) {
        Some(kind) => Condition::All(vec![Condition::IsKind(kind), test]),
        None => test,
    }
}

fn cast_target(text: &str) -> Option<Entity> {
    let name = text.trim_start_matches('#');
    let after = |prefix: &str| {
        let head = name.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix));
        head.map(|_| &name[prefix.len()..])
    };
    Entity::named(after("microsoft.graph.").or_else(|| after("graph."))?)
}

fn type_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(Literal::Text(text)) => Some(text.clone()),
        Expr::Path(path) => Some(path.join("/")),
        _ => None,
    }
}

fn is_test(expr: &Expr) -> bool {
    !matches!(expr, Expr::Path(_) | Expr::Literal(_) | Expr::Negate(_))
}

fn word(lambda: &Lambda) -> &'static str {
    if lambda.all { "All" } else { "Any" }
}

fn too_many(count: usize) -> QueryError {
    QueryError::new("filter-too-many-clauses").arg("count", count).arg("max", MAX_CLAUSES)
}

fn unknown_property(name: &str, ty: &str) -> QueryError {
    QueryError::new("filter-unknown-property")
        .arg("property", name)
        .arg("type", ty)
        .unknown(format!("filter on {name}"))
}

fn incompatible(left: &str, right: &str, op: BinaryOp) -> QueryError {
    QueryError::new("filter-incompatible-types")
        .arg("left", left)
        .arg("right", right)
        .arg("operator", op.kind())
}

fn no_signature(function: &str, ty: &Type) -> QueryError {
    QueryError::new("filter-no-signature").arg("function", function).arg("type", ty.edm())
}

fn constant(operand: &Operand, literal: &Literal, op: BinaryOp) -> Result<Constant, QueryError> {
    let wrong = || incompatible(&operand.ty.edm(), literal.edm(), op);
    if operand.collection || matches!(operand.ty, Type::Complex(_)) && *literal != Literal::Null {
        return Err(wrong());
    }
    match (operand.ty, literal) {
        (_, Literal::Null) => Ok(Constant::Null),
        (Type::Boolean, Literal::Bool(value)) => Ok(Constant::Bool(*value)),
        (Type::Int32, Literal::Integer(value)) => Ok(Constant::Int(*value)),
        (Type::Guid, Literal::Guid(value)) => Ok(Constant::Guid(*value)),
        (Type::DateTimeOffset, Literal::Instant(time, _)) => Ok(Constant::Time(*time)),
        (Type::DateTimeOffset, Literal::Date(date)) => {
            SimTime::parse_rfc3339(&format!("{date}T00:00:00Z")).map(Constant::Time).ok_or_else(wrong)
        }
        // the id is a string to OData and an identifier to the store
        (Type::String, Literal::Text(text)) if operand.path == "id" => {
            Ok(Guid::parse(text).map_or_else(|| Constant::Text(fold(text)), Constant::Guid))
        }
        // two anchors that differ in case are two anchors: they are base64
        (Type::String, Literal::Text(text)) if operand.path == "onPremisesImmutableId" => {
            Ok(Constant::Exact(text.clone()))
        }
        (Type::String, Literal::Text(text)) => Ok(Constant::Text(fold(text))),
        _ => Err(wrong()),
    }
}
