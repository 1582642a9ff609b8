//! `directoryObjects/getByIds`: many objects by id in one request.

use super::body;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::objects::{Writer, page};
use super::projection::Shape;
use crate::odata::{Entity, Options};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::CloudObject;
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use serde_json::Value;

/// The most ids of one request (microsoft-graph.md section 2.4).
const MAX_IDS: usize = 1000;

/// Answers with the objects that exist, in the order of the ids; unknown ids are silently missing.
pub(crate) fn get_by_ids(world: &World, call: &ApiCall<'_>) -> Result<ApiReply, ApiError> {
    let body = body::object(call)?;
    let ids =
        texts(body.get("ids"))?.ok_or_else(|| ApiError::of("parameter-missing", &[("parameter", "ids")]))?;
    let types = texts(body.get("types"))?.unwrap_or_default();
    if ids.len() > MAX_IDS {
        return Err(ApiError::of("too-many-references", &[("max", &MAX_IDS.to_string())]));
    }
    let tenant = world.tenant_view(View::Object);
    let wanted = |object: &&CloudObject| {
        let own = object.kind().graph_type();
        types.is_empty()
            || types
                .iter()
                .any(|ty| ty.eq_ignore_ascii_case(own) || ty.eq_ignore_ascii_case("directoryObject"))
    };
    let found: Vec<&CloudObject> =
        ids.iter().filter_map(|id| tenant.object(Guid::parse(id)?)).filter(wanted).collect();
    let entity = Entity::DirectoryObject;
    let writer = Writer::new(&tenant, call, entity, "directoryObjects", &Options::default(), Shape::List)?;
    Ok(page(writer.context(), None, None, &found, |out, object| writer.element(out, object)))
}

fn texts(value: Option<&Value>) -> Result<Option<Vec<&str>>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(values)) => {
            let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            texts.map(Some).ok_or_else(|| ApiError::of("bad-json", &[]))
        }
        Some(_) => Err(ApiError::of("bad-json", &[])),
    }
}
