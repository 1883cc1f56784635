//! Datasets: who may change them, a map on its way in, and what is wished of those that there are.
//!
//! Everybody who may ask may see the datasets. They are everybody's, so changing them is for those whom the operator names
//! (`datasets.tenants`); where no key is configured at all, for who asks from this machine, though not through a page of somebody else's.
//! A map goes into the store piece by piece as it comes, judged by its first bytes, and is accepted when it is whole.

use std::sync::Arc;

use engine::{DatasetError, DatasetId};
use operations::{Output, new_id};
use uuid::Uuid;
use wire::{
    Catalogue, CatalogueFound, CatalogueWish, Endpoint, Handler, Import, LongQuestion, Method, Received, Refusal,
};

use super::admit::Asker;
use super::converse::{Asked, refusal};
use super::receive::Incoming;
use super::repeat::Repeatable;
use super::reply::Reply;
use crate::serve::{IMPORT_IN_STAGES, MapsError};

/// A map that is in the store.
pub(super) struct StoredMap {
    /// The operation that it is to be accepted with.
    pub(super) id: Uuid,
    pub(super) file: Output,
}

/// Whether that endpoint changes which datasets there are or which is in use.
pub(super) fn changes_datasets(endpoint: &Endpoint) -> bool {
    match &endpoint.handler {
        Handler::Accept(question) => question.import.is_some(),
        Handler::Catalogue(_) => endpoint.method != Method::Get,
        _ => false,
    }
}

impl Asked<'_> {
    /// Whether the asker may change datasets.
    pub(super) fn may_change_datasets(&self, asker: &Asker) -> Result<(), Refusal> {
        let is_named = self.app.config.datasets.tenants.contains(&asker.tenant);
        let is_here = asker.sees_all && self.app.address.ip().is_loopback();
        if !is_named && !is_here {
            let who = &asker.tenant;
            let message =
                format!("{who} may not change datasets: the operator names the tenants that may (datasets.tenants)");
            return Err(Refusal::NotAllowed(message));
        }
        // Without a key it would be enough that somebody here opens a page of somebody else's.
        match self.request.header("origin").filter(|_| asker.sees_all) {
            Some(origin) if origin != self.request.base_url => {
                Err(Refusal::NotAllowed(format!("a page of {origin} may not change datasets without a key")))
            }
            _ => Ok(()),
        }
    }

    /// Takes a map in, and accepts its import.
    pub(super) async fn accept_map(
        &mut self,
        question: &'static LongQuestion,
        import: &'static Import,
        asker: &Asker,
        body: Incoming,
    ) -> Result<Reply, Refusal> {
        // All that can be refused is refused before the map is read.
        let refused = (question.check)(&self.app.live.engine(), &self.request).err();
        let bad_header = Repeatable::of(&self.request, self.dialect.secrets).err().or_else(|| self.webhook().err());
        if let Some(refused) = bad_header {
            body.discard();
            return Err(refused);
        }
        if let Some(response) = refused {
            body.discard();
            return Ok(Reply::from(response));
        }
        let id = new_id();
        let writer = self.app.store.attachment_writer(id).await.map_err(|error| refusal(&error))?;
        let limit = self.app.config.datasets.upload_bytes;
        let request = Arc::clone(&self.request);
        let file = match body.store(writer, limit, &|first| (import.begins)(&request, first)).await? {
            Ok(file) => file,
            Err(response) => return Ok(Reply::from(response)),
        };
        let received = Received { bytes: file.bytes().unwrap_or(0), blake3: file.blake3().unwrap_or_default() };
        drop(request);
        Arc::make_mut(&mut self.request).body = serde_json::to_vec(&received).map_err(|_| Refusal::Internal)?;
        self.accept(question, asker, Some(StoredMap { id, file })).await
    }

    /// The form of a map's import if several workers are to share it: there may be several, and it is worth their while.
    pub(super) fn stages_of(&self, map: &StoredMap) -> Option<u32> {
        let is_large = map.file.bytes() >= Some(self.app.config.datasets.cut_bytes);
        (is_large && self.app.maps.are_shared()).then_some(IMPORT_IN_STAGES)
    }

    /// Looks at the datasets, or changes them.
    pub(super) async fn catalogue(&self, catalogue: &Catalogue) -> Result<Reply, Refusal> {
        let wish = match (catalogue.wish)(&self.request) {
            Ok(wish) => wish,
            Err(response) => return Ok(Reply::from(response)),
        };
        let app = Arc::clone(self.app);
        let found = tokio::task::spawn_blocking(move || match wish {
            CatalogueWish::List => app.maps.all().map(CatalogueFound::All),
            CatalogueWish::Show(id) => app.maps.one(&id).map(|view| found(view, id)),
            CatalogueWish::Activate(id) => app.maps.make_active(&id).map(|view| {
                // So that who hears of it is answered from it.
                app.live.refresh();
                found(view, id)
            }),
            CatalogueWish::Remove(id) => app
                .maps
                .remove(&id)
                .map(|was_there| if was_there { CatalogueFound::Removed } else { CatalogueFound::Unknown(id) }),
        });
        let found = match found.await.map_err(|_| Refusal::Internal)? {
            Ok(found) => found,
            Err(MapsError::Needed(why)) => CatalogueFound::Needed(why),
            Err(MapsError::Dataset(DatasetError::Unknown { id, .. })) => CatalogueFound::Unknown(id),
            Err(error) => {
                tracing::error!(%error, "the datasets");
                return Err(Refusal::Unavailable(error.to_string()));
            }
        };
        Ok(Reply::from((catalogue.render)(&self.request, &found)))
    }
}

fn found(view: Option<engine::DatasetView>, id: DatasetId) -> CatalogueFound {
    view.map_or(CatalogueFound::Unknown(id), |view| CatalogueFound::One(Box::new(view)))
}
