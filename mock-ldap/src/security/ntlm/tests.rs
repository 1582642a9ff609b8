//! The known answers of MS-NLMP 4.2.4, and what must be refused.

use super::keys::{self, Direction};
use super::message::flag;
use super::*;
use forestbed_sim::clock::DEFAULT_START;
use forestbed_sim::directory::nt_hash_of;

/// The AUTHENTICATE message of MS-NLMP 4.2.4.3: user User of Domain, password Password, at COMPUTER.
const AUTHENTICATE: &str = "
    4e 54 4c 4d 53 53 50 00 03 00 00 00 18 00 18 00 6c 00 00 00 54 00 54 00 84 00 00 00 0c 00 0c 00
    48 00 00 00 08 00 08 00 54 00 00 00 10 00 10 00 5c 00 00 00 10 00 10 00 d8 00 00 00 35 82 88 e2
    05 01 28 0a 00 00 00 0f 44 00 6f 00 6d 00 61 00 69 00 6e 00 55 00 73 00 65 00 72 00 43 00 4f 00
    4d 00 50 00 55 00 54 00 45 00 52 00 86 c3 50 97 ac 9c ec 10 25 54 76 4a 57 cc cc 19 aa aa aa aa
    aa aa aa aa 68 cd 0a b8 51 e5 1c 96 aa bc 92 7b eb ef 6a 1c 01 01 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 aa aa aa aa aa aa aa aa 00 00 00 00 02 00 0c 00 44 00 6f 00 6d 00 61 00 69 00 6e 00
    01 00 0c 00 53 00 65 00 72 00 76 00 65 00 72 00 00 00 00 00 00 00 00 00 c5 da d2 54 4f c9 79 90
    94 ce 1c e9 0b c9 d0 3e";
/// The flags of MS-NLMP 4.2.4.
const FLAGS: u32 = 0xe28a_8233;
/// The challenge of MS-NLMP 4.2.1.
const CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
/// The exported session key of MS-NLMP 4.2.1.
const EXPORTED: [u8; 16] = [0x55; 16];
const NAMES: ServerNames<'static> = ServerNames {
    netbios_domain: "Domain",
    netbios_computer: "Server",
    dns_domain: "domain.test",
    dns_computer: "server.domain.test",
    dns_forest: "domain.test",
};

fn octets(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).expect("hex")).collect()
}

fn negotiate(flags: u32) -> Vec<u8> {
    [&SIGNATURE[..], &1u32.to_le_bytes(), &flags.to_le_bytes(), &[0; 24]].concat()
}

fn challenged(flags: u32) -> Challenged {
    Challenged::new(&negotiate(flags), &NAMES, CHALLENGE, DEFAULT_START).expect("a challenge")
}

#[test]
fn keys_are_those_of_the_published_example() {
    let key = keys::response_key(&nt_hash_of("Password"), "User", "Domain");
    assert_eq!(key[..], octets("0c 86 8a 40 3b fd 7a 93 a3 00 1e f2 2e f0 2e 3f"));
    let sealing = keys::seal_key(&EXPORTED, Direction::ToServer, FLAGS);
    assert_eq!(sealing[..], octets("59 f6 00 97 3c c4 96 0a 25 48 0a 7c 19 6e 4c 58"));
    let signing = keys::sign_key(&EXPORTED, Direction::ToServer);
    assert_eq!(signing[..], octets("47 88 dc 86 1b 47 82 f3 5d 43 fd 98 fe 1a 2d 39"));
}

#[test]
fn the_published_message_is_a_proof_and_its_key_unseals_the_published_buffer() {
    let (challenged, message) = (challenged(FLAGS), octets(AUTHENTICATE));
    let claim = challenged.claim(&message).expect("a message");
    assert_eq!((claim.user(), claim.domain(), claim.workstation()), ("User", "Domain", "COMPUTER"));
    assert!(!claim.is_anonymous() && claim.asks_for_layer() && claim.channel_binding().is_none());
    let key = claim.prove(&nt_hash_of("Password")).expect("the right password");
    assert!(claim.prove(&nt_hash_of("password")).is_none());
    claim.check_integrity(&key).expect("none is claimed");
    let mut layer = key.layer();
    assert!(layer.seals() && layer.is_strong());
    // MS-NLMP 4.2.4.4: signature and sealed data
    let sealed = "01 00 00 00 7f b3 8e c5 c5 5d 49 76 00 00 00 00
        54 e5 01 65 bf 19 36 dc 99 60 20 c1 81 1b 0f 06 fb 5f";
    let plain: Vec<u8> = "Plaintext".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(layer.unwrap(&octets(sealed)), Ok(plain));
    assert_eq!(layer.unwrap(&octets(sealed)).map_err(|_| ()), Err(()), "a buffer counts once");
}

#[test]
fn what_one_side_wraps_the_other_unwraps_in_order() {
    for asked in [flag::SIGN, flag::SIGN | flag::SEAL, flag::SEAL, flag::SIGN | flag::KEY_EXCHANGE] {
        let flags = asked | flag::EXTENDED_SESSION_SECURITY | flag::KEY_128;
        let mut server = SecurityLayer::new(&EXPORTED, flags);
        let mut client = server.clone().swapped();
        assert_eq!(server.sign_list(b"list")[12..], [0; 4]);
        let _ = client.client_signed_list(b"list", &[]);
        for message in [&b"one"[..], b"", &[7; 70_000]] {
            let mut out = Vec::new();
            server.wrap(message, &mut out);
            assert_eq!(out.len(), 4 + 16 + message.len());
            assert_eq!(out[20..] == *message, !server.seals() || message.is_empty());
            let mut altered = out[4..].to_vec();
            altered[0] ^= 1;
            assert!(client.clone().unwrap(&altered).is_err());
            assert_eq!(client.unwrap(&out[4..]).expect("untouched"), message);
        }
        assert!(client.unwrap(&[0; 15]).is_err());
    }
}

#[test]
fn a_challenge_agrees_to_what_was_offered_and_no_more() {
    for (offered, given) in [
        (0x1, 0x1 | 0x200 | 0x80_0000),
        (0x2, 0x2 | 0x200 | 0x80_0000),
        (0x3, 0x1 | 0x200 | 0x80_0000),
        // signing and sealing only with extended session security
        (0x31, 0x1 | 0x200 | 0x80_0000),
        (0x8_0031, 0x8_0031 | 0x200 | 0x80_0000),
        (0x5, 0x5 | 0x200 | 0x1_0000 | 0x80_0000),
    ] {
        let token = challenged(offered).token().to_vec();
        assert_eq!(token[20..24], u32::to_le_bytes(given), "{offered:x}");
        assert_eq!(token[24..32], CHALLENGE);
    }
    let neither = Challenged::new(&negotiate(0x200), &NAMES, CHALLENGE, DEFAULT_START);
    assert_eq!(neither.map(|_| ()), Err(Refused::Malformed));
}

#[test]
fn version_one_of_the_responses_is_refused() {
    // AUTHENTICATE of MS-NLMP 4.2.2.3: LM and NT responses of 24 octets each
    let response = octets("67 c4 30 11 f3 02 98 a2 ad 35 ec e6 4f 16 33 1c 44 bd be d9 27 84 1f 94");
    let mut message = octets(AUTHENTICATE);
    message[0x84..0x84 + 24].copy_from_slice(&response);
    message[20..24].copy_from_slice(&[24, 0, 24, 0]);
    let challenged = challenged(FLAGS);
    let claim = challenged.claim(&message).expect("a message");
    assert!(claim.prove(&nt_hash_of("Password")).is_none());
}

#[test]
fn damaged_messages_are_refused_wherever_they_are_cut() {
    let (challenged, message) = (challenged(FLAGS), octets(AUTHENTICATE));
    for length in 0..message.len() {
        let cut = challenged.claim(&message[..length]);
        assert!(cut.is_err(), "{length}");
    }
    for at in (12..60).step_by(4) {
        let mut far = message.clone();
        far[at..at + 4].copy_from_slice(&[0xff; 4]);
        if let Ok(claim) = challenged.claim(&far) {
            assert!(claim.prove(&nt_hash_of("Password")).is_none(), "{at}");
        }
    }
    for length in 0..16 {
        let cut = Challenged::new(&negotiate(FLAGS)[..length], &NAMES, CHALLENGE, DEFAULT_START);
        assert!(cut.is_err(), "{length}");
    }
}
