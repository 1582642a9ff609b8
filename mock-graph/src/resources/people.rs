//! What is done to single users and groups beside reading and writing them: invitations, photos, sessions,
//! passwords.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::domains::boolean;
use super::error::ApiError;
use super::read::find;
use super::records::Listing;
use super::rooms::Templates;
use super::route::Matched;
use crate::odata::Entity;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CallContext, Invite, Photo, Tenant};
use forestbed_sim::world::World;
use http::header::{CONTENT_TYPE, ETAG};
use serde_json::{Map, Value, json};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/invitations", invite),
    ("/users/{id}/revokeSignInSessions", revoke),
    ("/users/{id}/changePassword", change_password),
    ("/users/{id}/retryServiceProvisioning", retry),
    ("/groups/{id}/retryServiceProvisioning", retry),
    ("/contacts/{id}/retryServiceProvisioning", retry),
    ("/users/{id}/photo", photo),
    ("/users/{id}/photo/$value", photo_value),
    ("/users/{id}/photos", photos),
    ("/users/{id}/photos/{id}", photo),
    ("/users/{id}/photos/{id}/$value", photo_value),
    ("/groups/{id}/photo", photo),
    ("/groups/{id}/photo/$value", photo_value),
    ("/groups/{id}/photos", photos),
    ("/groups/{id}/photos/{id}", photo),
    ("/groups/{id}/photos/{id}/$value", photo_value),
];

fn context(call: &ApiCall<'_>) -> CallContext {
    CallContext { now: call.now, app: Some(call.caller.app_id) }
}

fn entity(matched: &Matched) -> (Entity, &'static str) {
    match matched.template.split('/').nth(1) {
        Some("groups") => (Entity::Group, "groups"),
        Some("contacts") => (Entity::OrgContact, "contacts"),
        _ => (Entity::User, "users"),
    }
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b str> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
}

fn required<'b>(body: &'b Map<String, Value>, name: &'static str) -> Result<&'b str, ApiError> {
    let missing = || ApiError::of("parameter-missing", &[("parameter", name)]);
    text(body, name).filter(|text| !text.is_empty()).ok_or_else(missing)
}

fn invite(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let body = object(call)?;
    let email = required(&body, "invitedUserEmailAddress")?;
    let redirect = required(&body, "inviteRedirectUrl")?;
    if !redirect.contains("://") || redirect.len() > 2048 {
        return Err(ApiError::of("webhook-url", &[("property", "inviteRedirectUrl")]));
    }
    let invite = Invite {
        email: email.to_owned(),
        display_name: text(&body, "invitedUserDisplayName").map(str::to_owned),
        member: text(&body, "invitedUserType") == Some("Member"),
    };
    let mut tenant = world.tenant_mut();
    let guest = tenant.invite(&context(call), &invite)?;
    let id = world.seed.guid("invitation", &guest.to_string(), 0);
    let redeem = format!("{}/redeem?rd={}&tenant={}&user={guest}", call.base, id, tenant.id());
    let record = json!({
        "id": id.to_string(),
        "invitedUserDisplayName": invite.display_name,
        "invitedUserEmailAddress": email,
        "invitedUserMessageInfo": body.get("invitedUserMessageInfo"),
        "invitedUserType": if invite.member { "Member" } else { "Guest" },
        "inviteRedeemUrl": redeem,
        "inviteRedirectUrl": redirect,
        "resetRedemption": false,
        "sendInvitationMessage": body.get("sendInvitationMessage").and_then(Value::as_bool).unwrap_or(false),
        "status": "PendingAcceptance",
        "invitedUser": { "id": guest.to_string() },
    });
    Listing::of("invitation", "invitations").one(call, 201, &record)
}

fn revoke(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let mut tenant = world.tenant_mut();
    let id = find(&tenant, Entity::User, matched.key(0))?.id();
    tenant.revoke_sessions(&context(call), id)?;
    tenant.audit_activity(&context(call), "Update StsRefreshTokenValidFrom Timestamp", id);
    // microsoft-graph.md section 2.1: 200 and {"value":true}
    Ok(boolean(call))
}

/// Only a user can do it, and only to itself: with the present password.
fn change_password(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let body = object(call)?;
    let (present, new) = (required(&body, "currentPassword")?, required(&body, "newPassword")?);
    let mut tenant = world.tenant_mut();
    let id = find(&tenant, Entity::User, matched.key(0))?.id();
    if call.caller.user != Some(id) {
        return Err(ApiError::of("denied", &[]));
    }
    tenant.change_own_password(&context(call), id, present, new)?;
    tenant.audit_activity(&context(call), "Change user password", id);
    Ok(ApiReply::no_content())
}

/// What is set aside is tried again by the conflict sweeper; asking for it changes nothing else.
fn retry(world: &World, _: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    find(&world.tenant(), entity(matched).0, matched.key(0))?;
    Ok(ApiReply::no_content())
}

fn etag(photo: &Photo) -> String {
    // any hash will do, as long as it is the same for the same bytes
    let hash = photo.bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016X}\"")
}

fn photo_record(photo: &Photo) -> Value {
    json!({
        "@odata.mediaContentType": "image/jpeg",
        "@odata.mediaEtag": etag(photo),
        "id": format!("{}x{}", photo.width, photo.height),
        "height": photo.height,
        "width": photo.width,
    })
}

fn owner(tenant: &Tenant, matched: &Matched) -> Result<Guid, ApiError> {
    Ok(find(tenant, entity(matched).0, matched.key(0))?.id())
}

/// The photo that a path names: there is one size, the one that was put there.
fn found(tenant: &Tenant, matched: &Matched) -> Result<Photo, ApiError> {
    let photo = tenant.photo(owner(tenant, matched)?);
    let size = matched.keys.get(1);
    let fits = |photo: &Photo| size.is_none_or(|size| *size == format!("{}x{}", photo.width, photo.height));
    photo.filter(fits).ok_or_else(|| ApiError::of("photo-absent", &[]))
}

fn photo(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method == http::Method::DELETE {
        let mut tenant = world.tenant_mut();
        let id = owner(&tenant, matched)?;
        tenant.delete_photo(&context(call), id)?;
        return Ok(ApiReply::no_content());
    }
    let tenant = world.tenant();
    let set = format!("{}('{}')/photo", entity(matched).1, owner(&tenant, matched)?);
    Listing::of("profilePhoto", set).one(call, 200, &photo_record(&found(&tenant, matched)?))
}

fn photos(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = world.tenant();
    let id = owner(&tenant, matched)?;
    let listing = Listing::of("profilePhoto", format!("{}('{id}')/photos", entity(matched).1));
    let options = listing.options(call)?;
    listing.page(world, call, &options, tenant.photo(id).into_iter().map(|photo| (1, photo_record(&photo))))
}

fn photo_value(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    match call.method.as_str() {
        "PUT" | "PATCH" => {
            let media = call.header("content-type").unwrap_or("").to_ascii_lowercase();
            if !media.starts_with("image/jpeg") && !media.starts_with("application/octet-stream") {
                return Err(ApiError::of("media-type", &[("type", &media)]));
            }
            let mut tenant = world.tenant_mut();
            let id = owner(&tenant, matched)?;
            tenant.set_photo(&context(call), id, call.body)?;
            Ok(ApiReply { status: 200, ..ApiReply::default() })
        }
        "DELETE" => {
            let mut tenant = world.tenant_mut();
            let id = owner(&tenant, matched)?;
            tenant.delete_photo(&context(call), id)?;
            Ok(ApiReply::no_content())
        }
        _ => {
            let tenant = world.tenant();
            let photo = found(&tenant, matched)?;
            let reply =
                ApiReply { status: 200, body: photo.bytes.to_vec(), returned: 1, ..ApiReply::default() };
            Ok(reply.with_header(CONTENT_TYPE, "image/jpeg").with_header(ETAG, &etag(&photo)))
        }
    }
}
