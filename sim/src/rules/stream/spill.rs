//! Octets and sorted records that live in memory while they are few and in files when they are many.

use super::error::CheckError;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where files go, and how much memory may be used before they are needed.
#[derive(Debug, Clone)]
pub(in super::super) struct Room {
    /// None: everything stays in memory.
    folder: Option<Arc<Path>>,
    /// Most records of one kind in memory.
    pub(super) records: usize,
    /// Most octets of one kind in memory.
    pub(super) octets: usize,
}

impl Room {
    /// Without files.
    pub(in super::super) fn memory() -> Room {
        Room { folder: None, records: usize::MAX, octets: usize::MAX }
    }

    pub(in super::super) fn with_files(folder: &Path, records: usize, octets: usize) -> Room {
        Room { folder: Some(Arc::from(folder)), records: records.max(1), octets }
    }

    fn file(&self) -> Result<SpillFile, CheckError> {
        match &self.folder {
            Some(folder) => SpillFile::create(folder),
            None => Err(CheckError::no_folder()),
        }
    }
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file of its own that is gone when this is dropped, and, where the system allows to remove an open file,
/// even when the process is killed.
#[derive(Debug)]
struct SpillFile {
    file: File,
    path: PathBuf,
    /// Where the system refused to remove it while it is open.
    remove: bool,
}

impl SpillFile {
    fn create(folder: &Path) -> Result<SpillFile, CheckError> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".forestbed-check-{}-{number}", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let remove = std::fs::remove_file(&path).is_err();
                    return Ok(SpillFile { file, path, remove });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(CheckError::io(folder, "create a file", error)),
            }
        }
    }

    fn failed(&self, what: &'static str, error: io::Error) -> CheckError {
        CheckError::io(self.path.parent().unwrap_or(&self.path), what, error)
    }

    fn append(&mut self, octets: &[u8]) -> Result<(), CheckError> {
        (&self.file).write_all(octets).map_err(|error| self.failed("write a file", error))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), CheckError> {
        read_at(&self.file, out, offset).map_err(|error| self.failed("read a file", error))
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut out: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                out = &mut out[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        if self.remove {
            // nobody is left to tell when this fails
            std::fs::remove_file(&self.path).unwrap_or_default();
        }
    }
}

/// Octets that are appended and read back by their offset.
#[derive(Debug)]
pub(in super::super) struct Blob {
    room: Room,
    file: Option<SpillFile>,
    /// How much is in the file; what follows is in `tail`.
    written: u64,
    tail: Vec<u8>,
    #[cfg(test)]
    reads: std::sync::atomic::AtomicUsize,
}

/// How much is written at once.
const CHUNK: usize = 1 << 20;

impl Blob {
    pub(in super::super) fn new(room: &Room) -> Blob {
        Blob {
            room: room.clone(),
            file: None,
            written: 0,
            tail: Vec::new(),
            #[cfg(test)]
            reads: Default::default(),
        }
    }

    /// How often it was read.
    #[cfg(test)]
    pub(in super::super) fn reads(&self) -> usize {
        self.reads.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(in super::super) fn len(&self) -> u64 {
        self.written + self.tail.len() as u64
    }

    /// Appends, and tells where.
    pub(in super::super) fn append(&mut self, octets: &[u8]) -> Result<u64, CheckError> {
        let at = self.len();
        self.tail.extend_from_slice(octets);
        let most = if self.file.is_some() { CHUNK.min(self.room.octets) } else { self.room.octets };
        if self.tail.len() > most {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(self.room.file()?),
            };
            file.append(&self.tail)?;
            self.written += self.tail.len() as u64;
            self.tail.clear();
            self.tail.shrink_to(2 * CHUNK);
        }
        Ok(at)
    }

    /// Reads so many octets from there on.
    pub(in super::super) fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), CheckError> {
        #[cfg(test)]
        self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let here = offset.saturating_sub(self.written) as usize;
        let from_file = self.written.saturating_sub(offset).min(out.len() as u64) as usize;
        let (first, second) = out.split_at_mut(from_file);
        if let Some(file) = self.file.as_ref().filter(|_| !first.is_empty()) {
            file.read(offset, first)?;
        }
        match self.tail.get(here..here + second.len()) {
            Some(octets) => second.copy_from_slice(octets),
            None => return Err(CheckError::damaged()),
        }
        Ok(())
    }
}

/// A record of fixed length that can be sorted.
pub(in super::super) trait Record: Copy + Ord + Send {
    /// Its length in a file.
    const OCTETS: usize;
    /// Appends exactly so many octets.
    fn write(&self, out: &mut Vec<u8>);
    /// From exactly so many octets.
    fn read(octets: &[u8]) -> Self;
}

/// Takes records in any order.
#[derive(Debug)]
pub(in super::super) struct Sorter<T> {
    room: Room,
    buffer: Vec<T>,
    runs: Vec<Run<T>>,
}

impl<T: Record> Sorter<T> {
    pub(in super::super) fn new(room: &Room) -> Sorter<T> {
        Sorter { room: room.clone(), buffer: Vec::new(), runs: Vec::new() }
    }

    pub(in super::super) fn push(&mut self, record: T) -> Result<(), CheckError> {
        if self.buffer.len() >= self.room.records {
            self.spill()?;
        }
        self.buffer.push(record);
        Ok(())
    }

    fn sort(&mut self) {
        use rayon::slice::ParallelSliceMut as _;
        self.buffer.par_sort_unstable();
    }

    fn spill(&mut self) -> Result<(), CheckError> {
        self.sort();
        self.runs.push(Run::write(self.room.file()?, self.buffer.iter().map(|record| Ok(*record)))?);
        self.buffer.clear();
        if self.runs.len() >= RUNS_MAX {
            let runs = std::mem::take(&mut self.runs);
            self.runs.push(merge(&self.room, &runs)?);
        }
        Ok(())
    }

    /// Everything, sorted.
    pub(in super::super) fn finish(mut self) -> Result<Sorted<T>, CheckError> {
        if self.runs.is_empty() {
            self.sort();
            return Ok(Sorted::Memory(self.buffer));
        }
        if !self.buffer.is_empty() {
            self.spill()?;
        }
        self.buffer = Vec::new();
        match self.runs.len() {
            1 => Ok(Sorted::File(self.runs.remove(0))),
            _ => Ok(Sorted::File(merge(&self.room, &self.runs)?)),
        }
    }
}

/// Most runs that are merged at once: each has a file and a buffer.
const RUNS_MAX: usize = 256;
/// Records between two that are kept in memory, to find others by.
const FENCE: usize = 256;
/// Records that are read from a run at once.
const BLOCK: usize = 2048;

/// Sorted records in a file.
#[derive(Debug)]
pub(in super::super) struct Run<T> {
    file: SpillFile,
    count: usize,
    /// Every so many-th record.
    fence: Vec<T>,
    kind: PhantomData<T>,
}

impl<T: Record> Run<T> {
    fn write(
        file: SpillFile,
        records: impl Iterator<Item = Result<T, CheckError>>,
    ) -> Result<Run<T>, CheckError> {
        let (mut fence, mut count) = (Vec::new(), 0);
        let mut octets = Vec::with_capacity(T::OCTETS);
        let mut writer = BufWriter::with_capacity(CHUNK, &file.file);
        for record in records {
            let record = record?;
            if count % FENCE == 0 {
                fence.push(record);
            }
            octets.clear();
            record.write(&mut octets);
            writer.write_all(&octets).map_err(|error| file.failed("write a file", error))?;
            count += 1;
        }
        writer.flush().map_err(|error| file.failed("write a file", error))?;
        drop(writer);
        Ok(Run { file, count, fence, kind: PhantomData })
    }

    fn block(&self, from: usize, count: usize) -> Result<Vec<T>, CheckError> {
        let count = count.min(self.count - from.min(self.count));
        let mut octets = vec![0; count * T::OCTETS];
        self.file.read((from * T::OCTETS) as u64, &mut octets)?;
        Ok(octets.chunks_exact(T::OCTETS).map(T::read).collect())
    }
}

/// One run of several.
fn merge<T: Record>(room: &Room, runs: &[Run<T>]) -> Result<Run<T>, CheckError> {
    let mut heads: Vec<Reader<'_, T>> = runs.iter().map(|run| Reader::of_run(run, 0)).collect();
    let mut heap = std::collections::BinaryHeap::with_capacity(heads.len());
    for (number, head) in heads.iter_mut().enumerate() {
        if let Some(record) = head.next()? {
            heap.push(std::cmp::Reverse((record, number)));
        }
    }
    let merged = std::iter::from_fn(|| {
        let std::cmp::Reverse((record, number)) = heap.pop()?;
        match heads[number].next() {
            Ok(Some(next)) => heap.push(std::cmp::Reverse((next, number))),
            Ok(None) => {}
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(record))
    });
    Run::write(room.file()?, merged)
}

/// Sorted records.
#[derive(Debug)]
pub(in super::super) enum Sorted<T> {
    Memory(Vec<T>),
    File(Run<T>),
}

impl<T: Record> Sorted<T> {
    /// From the first one on.
    pub(in super::super) fn reader(&self) -> Reader<'_, T> {
        match self {
            Sorted::Memory(records) => Reader { run: None, block: Block::Borrowed(records), at: 0, next: 0 },
            Sorted::File(run) => Reader::of_run(run, 0),
        }
    }

    /// From the first one on of which this does not hold; it holds of the first ones and of no other.
    pub(in super::super) fn seek(&self, before: impl Fn(&T) -> bool) -> Result<Reader<'_, T>, CheckError> {
        match self {
            Sorted::Memory(records) => {
                let at = records.partition_point(before);
                Ok(Reader { run: None, block: Block::Borrowed(records), at, next: 0 })
            }
            Sorted::File(run) => {
                let fence = run.fence.partition_point(&before).saturating_sub(1);
                let mut reader = Reader::of_run(run, fence * FENCE);
                reader.block = Block::Owned(run.block(reader.next, FENCE)?);
                let block = reader.block.records();
                (reader.at, reader.next) = (block.partition_point(before), reader.next + block.len());
                Ok(reader)
            }
        }
    }
}

#[derive(Debug)]
enum Block<'a, T> {
    Borrowed(&'a [T]),
    Owned(Vec<T>),
}

impl<T> Block<'_, T> {
    fn records(&self) -> &[T] {
        match self {
            Block::Borrowed(records) => records,
            Block::Owned(records) => records,
        }
    }
}

/// Records one after the other.
#[derive(Debug)]
pub(in super::super) struct Reader<'a, T> {
    run: Option<&'a Run<T>>,
    block: Block<'a, T>,
    /// The next one in the block.
    at: usize,
    /// The first one behind the block.
    next: usize,
}

impl<'a, T: Record> Reader<'a, T> {
    fn of_run(run: &'a Run<T>, from: usize) -> Reader<'a, T> {
        Reader { run: Some(run), block: Block::Owned(Vec::new()), at: 0, next: from }
    }

    pub(in super::super) fn next(&mut self) -> Result<Option<T>, CheckError> {
        if self.at >= self.block.records().len() {
            let Some(run) = self.run else { return Ok(None) };
            self.block = Block::Owned(run.block(self.next, BLOCK)?);
            (self.at, self.next) = (0, self.next + self.block.records().len());
        }
        let record = self.block.records().get(self.at).copied();
        self.at += 1;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    struct Number(u16);

    impl Record for Number {
        const OCTETS: usize = 2;

        fn write(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.0.to_le_bytes());
        }

        fn read(octets: &[u8]) -> Number {
            Number(u16::from_le_bytes([octets[0], octets[1]]))
        }
    }

    fn all(mut reader: Reader<'_, Number>) -> Vec<u16> {
        std::iter::from_fn(|| reader.next().unwrap()).map(|number| number.0).collect()
    }

    proptest! {
        #[test]
        fn records_come_back_sorted_and_are_found(
            numbers in prop::collection::vec(any::<u16>(), 0..3000),
            most in 1usize..400,
            probe in any::<u16>(),
        ) {
            let folder = std::env::temp_dir();
            let mut sorter = Sorter::new(&Room::with_files(&folder, most, 0));
            numbers.iter().try_for_each(|number| sorter.push(Number(*number))).unwrap();
            let sorted = sorter.finish().unwrap();
            let mut expected = numbers.clone();
            expected.sort_unstable();
            prop_assert_eq!(all(sorted.reader()), expected.clone());
            let found = all(sorted.seek(|number| number.0 < probe).unwrap());
            prop_assert_eq!(found, expected.into_iter().filter(|n| *n >= probe).collect::<Vec<_>>());
        }

        #[test]
        fn octets_come_back(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..40),
            most in 0usize..200,
        ) {
            let mut blob = Blob::new(&Room::with_files(&std::env::temp_dir(), 1, most));
            let places: Vec<u64> = parts.iter().map(|part| blob.append(part).unwrap()).collect();
            for (part, place) in parts.iter().zip(places) {
                let mut out = vec![0; part.len()];
                blob.read(place, &mut out).unwrap();
                prop_assert_eq!(&out, part);
            }
            let mut whole = vec![0; blob.len() as usize];
            blob.read(0, &mut whole).unwrap();
            prop_assert_eq!(whole, parts.concat());
            prop_assert!(blob.read(blob.len(), &mut [0]).is_err());
        }
    }
}
