#!/usr/bin/env bash
# estate: --users 50
# CLI for Microsoft 365 (@pnp/cli-microsoft365), unmodified: its host names are built in, and so is its telemetry, which
# must not get out.
. "$(dirname "$0")/lib.sh"
TARGET=${CARGO_TARGET_DIR:-$REPO/target}
M365=$TARGET/clients/m365/node_modules/.bin/m365
HOME=$FORESTBED_STATE_DIR/m365-home; export HOME; mkdir -p "$HOME"
journal() { curl -sf -H "Authorization: Bearer $FORESTBED_CONTROL_TOKEN" "$FORESTBED_CONTROL_URL/api/journal?limit=9999"; }

out=$("$M365" login --authType secret --appId "$FORESTBED_CLIENT_ID" --tenant "$FORESTBED_TENANT_ID" --secret "$FORESTBED_CLIENT_SECRET" 2>&1)
has "m365 login with a secret" "$out" '"authType": "secret"' PROXY-PROGRAMS
out=$("$M365" entra user list --properties id,userPrincipalName --output json 2>&1)
has "m365 entra user list" "$out" '"userPrincipalName": "[^"]+@contoso' PROXY-PROGRAMS
out=$("$M365" entra group list --output json 2>&1)
has "m365 entra group list" "$out" '"displayName": "' PROXY-PROGRAMS
out=$("$M365" entra user add --displayName 'Ada Proxy' --userName ada.proxy@contoso.com --mailNickname ada.proxy --password 'xWwvJ]6NMw+bWH-d' --output json 2>&1)
has "m365 entra user add" "$out" '"userPrincipalName": "ada.proxy@contoso.com"' PROXY-PROGRAMS
out=$("$M365" entra user get --userName ada.proxy@contoso.com --output json 2>&1)
has "m365 entra user get" "$out" '"displayName": "Ada Proxy"' PROXY-PROGRAMS
lines=$(journal)
has "it came through tunnels to graph.microsoft.com" "$lines" '"side":"proxy","status":200,"target":"graph.microsoft.com:443"' PROXY-CONNECT
has "its telemetry is refused and written down" "$lines" '"side":"proxy","status":403,"target":"[^"]*applicationinsights[^"]*:443"' PROXY-REFUSAL PROXY-PROGRAMS
others=$(printf '%s\n' "$lines" | grep '"side":"proxy"' | grep '"status":200' | grep -vcE '"target":"(login|graph)\.microsoft(online)?\.com:443"')
eq "no other host was let through" "$others" 0 PROXY-REFUSAL
finish
