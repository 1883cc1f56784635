//! Keys, as the command line changes them beside a running server.

use operations::Error;

use crate::lab::{Lab, START_MS};

#[tokio::test]
async fn a_running_server_notices_at_once() {
    let lab = Lab::new();
    let store = lab.open().await;
    let beside = lab.sqlite_beside();
    assert!(!store.has_keys().await.unwrap());
    let ada = beside.keys_add("ada", None, None).unwrap();
    let bob = beside.keys_add("bob", Some("depot"), Some(2.5)).unwrap();
    assert!(store.has_keys().await.unwrap());
    assert_eq!((ada.holder.tenant.as_str(), ada.holder.rate, ada.holder.created_ms), ("ada", None, START_MS));
    assert_eq!((bob.holder.tenant.as_str(), bob.holder.rate), ("depot", Some(2.5)));
    assert_eq!(store.verify_key(&ada.key).await.unwrap(), Some(ada.holder.clone()));
    assert_eq!(store.verify_key(&bob.key).await.unwrap(), Some(bob.holder.clone()));
    for wrong in ["", "ada", "rm-", &ada.key[1..], &ada.key.to_uppercase()] {
        assert_eq!(store.verify_key(wrong).await.unwrap(), None, "{wrong}");
    }
    assert_eq!(beside.keys_list().unwrap(), [ada.holder, bob.holder]);
    assert!(beside.keys_revoke("ada").unwrap());
    assert!(!beside.keys_revoke("ada").unwrap());
    assert_eq!(store.verify_key(&ada.key).await.unwrap(), None);
}

#[test]
fn a_key_is_never_kept_in_plain() {
    let lab = Lab::new();
    let key = lab.sqlite_beside().keys_add("ada", None, None).unwrap().key;
    assert!(key.len() > 60);
    for entry in std::fs::read_dir(lab.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "{}", path.display());
        }
    }
}

#[test]
fn bad_keys_are_refused_by_name() {
    let lab = Lab::new();
    let beside = lab.sqlite_beside();
    beside.keys_add("ada", None, None).unwrap();
    assert_eq!(beside.keys_add("ada", None, None), Err(Error::KeyExists { name: "ada".into() }));
    for (name, tenant, rate, field) in [
        ("", None, None, "key name"),
        ("x", Some(""), None, "tenant"),
        ("x", None, Some(0.0), "rate"),
        ("x", None, Some(f64::NAN), "rate"),
        ("x", None, Some(f64::INFINITY), "rate"),
    ] {
        let refused = beside.keys_add(name, tenant, rate);
        assert!(matches!(refused, Err(Error::Invalid { field: told, .. }) if told == field), "{refused:?}");
    }
    assert_eq!(beside.keys_list().unwrap().len(), 1, "what was refused left nothing");
}

#[tokio::test]
async fn keys_made_before_the_first_start_are_there() {
    let lab = Lab::new();
    let key = lab.sqlite_beside().keys_add("ada", None, None).unwrap().key;
    assert!(lab.open().await.verify_key(&key).await.unwrap().is_some());
}

#[tokio::test]
async fn the_command_line_cancels_beside_the_server() {
    let lab = Lab::new();
    let store = lab.open().await;
    let id = crate::lab::accept(&store, "x").await;
    let token = crate::lab::claim(&store).await.token;
    let answer = lab.sqlite_beside().request_cancel(id).unwrap();
    assert!(matches!(answer, operations::Cancellation::Canceled(_)), "{answer:?}");
    assert_eq!(store.renew(&token).await.unwrap(), operations::Renewal::CancelRequested);
}
