//! A bag while it is being received: in a folder of its own, with a note of how far it is.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use assent_evidence::sha256;
use assent_export::{Folder, Sink as _, segment_of, verify};
use assent_proto::v1::ExportChunk;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Beside the bag, so that it is no part of it.
const STATE: &str = "export.json";
const BAG: &str = "bag";

/// The folder.
pub(super) struct Partial {
    folder: PathBuf,
    bag: Folder,
    asked: String,
    state: Option<State>,
}

/// How far it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    /// What was asked of whom: another question is another export.
    asked: String,
    inquiry_id: String,
    segments_done: u32,
}

impl Partial {
    /// The folder `OUT.partial`, made where it is not there. Of an export that broke off, only whole segments are kept.
    pub(super) fn open(out: &Path, asked: String) -> Result<Self, Failure> {
        let mut name = out.as_os_str().to_owned();
        name.push(".partial");
        let folder = PathBuf::from(name);
        let failed = failed("make", &folder);
        // What it holds may be personal: it is its owner's alone.
        let mut private = DirBuilder::new();
        private.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        private.create(&folder).and_then(|()| private.create(folder.join(BAG))).map_err(failed)?;
        let state = match fs::read(folder.join(STATE)) {
            Ok(bytes) => serde_json::from_slice::<State>(&bytes).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(self::failed("read", &folder.join(STATE))(error)),
        };
        if state.as_ref().is_some_and(|it| it.asked != asked) {
            return Err(Failure::Usage(format!(
                "`{}` holds another export that broke off: ask the same again to go on with it, or remove the folder",
                folder.display()
            )));
        }
        let bag = folder.join(BAG);
        let done = state.as_ref().map_or(0, |it| it.segments_done);
        remove_unfinished(&bag, &bag, done).map_err(self::failed("clear", &bag))?;
        Ok(Self { bag: Folder::new(bag), folder, asked, state })
    }

    /// The inquiry that it belongs to, and how many of its segments are there.
    pub(super) fn begun(&self) -> Option<(String, u32)> {
        self.state.as_ref().map(|it| (it.inquiry_id.clone(), it.segments_done))
    }

    /// Nothing was begun: there is nothing to go on with. A folder that holds something else stays.
    pub(super) fn discard(&self) {
        let _ = fs::remove_dir(self.folder.join(BAG)).and_then(|()| fs::remove_dir(&self.folder));
    }

    /// The inquiry stands in the log.
    pub(super) fn begin(&mut self, inquiry_id: &str) -> Result<(), Failure> {
        if self.state.is_none() {
            let asked = self.asked.clone();
            self.save(State { asked, inquiry_id: inquiry_id.to_owned(), segments_done: 0 })?;
        }
        Ok(())
    }

    /// Bytes of a file. The server is not trusted with where they go.
    pub(super) fn chunk(&mut self, chunk: &ExportChunk) -> Result<(), Failure> {
        let ExportChunk { path, bytes, last } = chunk;
        let is_below = path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains('\\'));
        if !is_below {
            return Err(Failure::Unanswered(format!(
                "the server named a file outside of the export: `{path}`"
            )));
        }
        let written = self.bag.write(path, bytes);
        let closed = written.and_then(|()| if *last { self.bag.close(path) } else { Ok(()) });
        closed.map_err(failed("write", &self.folder.join(BAG).join(path)))
    }

    /// So many segments are whole.
    pub(super) fn progress(&mut self, segments: u32) -> Result<(), Failure> {
        match self.state.clone() {
            Some(state) if segments > state.segments_done => {
                self.save(State { segments_done: segments, ..state })
            }
            _ => Ok(()),
        }
    }

    /// Checks that everything arrived, and puts the bag where it belongs.
    pub(super) fn finish(self, out: &Path, manifest_sha256: &[u8]) -> Result<(), Failure> {
        let bag = self.folder.join(BAG);
        let manifest = bag.join("manifest-sha256.txt");
        let bytes = fs::read(&manifest).map_err(failed("read", &manifest))?;
        let checked = verify(&bag, &[], &mut |_| {});
        let report = checked.map_err(|it| Failure::Doing { doing: "check the export", source: it.into() })?;
        let whole = sha256(&bytes)[..] == *manifest_sha256 && report.is_proven();
        if !whole {
            let first = report.findings.first().map(|it| format!(": {it}")).unwrap_or_default();
            // What was erased meanwhile is in the segments that were kept.
            let _ = fs::remove_file(self.folder.join(STATE));
            return Err(Failure::Unanswered(format!(
                "the export did not arrive as it was made{first}; run the same command again to begin it anew"
            )));
        }
        fs::rename(&bag, out).map_err(failed("move the export to", out))?;
        fs::remove_dir_all(&self.folder).map_err(failed("remove", &self.folder))
    }

    fn save(&mut self, state: State) -> Result<(), Failure> {
        let path = self.folder.join(STATE);
        let bytes = serde_json::to_vec(&state).unwrap_or_default();
        fs::write(&path, bytes).map_err(failed("write", &path))?;
        self.state = Some(state);
        Ok(())
    }
}

/// Removes what is sent again: everything but the files of whole segments.
fn remove_unfinished(root: &Path, folder: &Path, segments_done: u32) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            remove_unfinished(root, &path, segments_done)?;
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let is_whole = segment_of(&relative).is_some_and(|number| number <= segments_done);
        if !is_whole {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure + use<> {
    let path = path.to_owned();
    move |source| Failure::File { doing, path, source }
}
