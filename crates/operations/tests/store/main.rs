//! The store through its door, with a clock that is moved by hand. Nothing here sleeps.

#![expect(
    clippy::unwrap_used,
    reason = "the lint spares functions marked as tests, but not the helpers that they share"
)]

/// Each test on a store of its own, once on SQLite and once on PostgreSQL: the same observations.
macro_rules! both_stores {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::lab::Lab::new()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::lab::Lab::shared().await).await;
            })*
        }
    };
}

mod attachment;
mod backup;
mod bucket;
mod child;
mod cluster;
mod crash;
mod fairness;
mod faults;
mod fence;
mod folder;
mod items;
mod keys;
mod lab;
mod life;
mod model;
mod pieces;
mod points;
mod postgres;
mod retention;
mod s3;
mod torture;
mod upgrade;
